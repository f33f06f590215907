package dev.millrace.core.failpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.failpoint.Failpoint.Armed;
import org.junit.jupiter.api.Test;

class FailpointTest {
    @Test
    void isArmedByNameAndCount() {
        Armed armed = Armed.of("after-sync-before-answer:12");
        assertThat(armed.at()).isEqualTo(Failpoint.AFTER_SYNC_BEFORE_ANSWER);
        assertThat(armed.left()).hasValue(12);
        assertThat(Armed.of("at-rotation").left()).hasValue(1);
    }

    @Test
    void doesNothingUnlessArmed() {
        assertThat(Armed.of(null).at()).isNull();
        assertThat(Armed.of("").at()).isNull();
        Failpoint.AT_ROTATION.hit();
    }

    @Test
    void aMisspeltFailpointIsRefused() {
        for (String wrong :
                new String[] {"after-sync", "at-rotation:0", "at-rotation:x", "at-rotation:", "AT_ROTATION:1"}) {
            assertThatThrownBy(() -> Armed.of(wrong)).hasMessageContaining(wrong);
        }
    }
}
