package dev.millrace.core.error;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.error.Fault.Retry;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What callers conclude from a fault. */
class FaultTest {
    private static final Set<Fault> DECIDED_ANEW = EnumSet.of(Fault.WRONG_EXPECTED_VERSION, Fault.CONDITION_FAILED);

    @Test
    void whatWasDecidedOnAnOldReadIsOfUseAfterANewOneAndNeverTheSameAgain() {
        for (Fault fault : Fault.values()) {
            assertThat(fault.retry() == Retry.AFTER_REREAD).as("%s", fault).isEqualTo(DECIDED_ANEW.contains(fault));
        }
        assertThat(DECIDED_ANEW).noneMatch(Fault::retriable).noneMatch(Fault::outcomeUnknown);
        assertThat(Retry.AFTER_REREAD).hasToString("reread");
    }

    @Test
    void whatMayHaveBeenWrittenAndWhatMaySucceedLaterIsRetriable() {
        for (Fault fault : Fault.values()) {
            boolean later = fault.retry() == Retry.YES || fault.retry() == Retry.UNKNOWN_OUTCOME;
            assertThat(fault.retriable()).as("%s", fault).isEqualTo(later);
            assertThat(Fault.ofCode(fault.code())).isEqualTo(fault);
        }
    }
}
