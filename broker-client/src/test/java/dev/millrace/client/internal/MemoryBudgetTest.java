package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No more bytes are out than the budget holds, and whoever waits for some gets them. */
@Timeout(30)
class MemoryBudgetTest {
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(20);

    @Test
    void refusesWhatDoesNotFitInTimeAndSaysWhatIsTaken() {
        MemoryBudget budget = new MemoryBudget(1000);
        budget.reserve(900, 0);
        assertThatThrownBy(() -> budget.reserve(101, 0))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        refused -> assertThat(refused.fault()).isEqualTo(Fault.BUFFER_FULL))
                .hasMessageContaining("101")
                .hasMessageContaining("900 of 1000");
        budget.reserve(100, 0);
        assertThat(budget.usedBytes()).isEqualTo(1000);
    }

    @Test
    void whatIsLargerThanTheBudgetGoesAlone() {
        MemoryBudget budget = new MemoryBudget(1000);
        budget.reserve(5000, 0);
        assertThatThrownBy(() -> budget.reserve(1, 0)).isInstanceOf(MillraceException.class);
        budget.release(5000);
        budget.reserve(1, 0);
        assertThatThrownBy(() -> budget.reserve(5000, 0)).isInstanceOf(MillraceException.class);
    }

    @Test
    void aLittleRoomIsEnoughForWhoeverWaits() {
        MemoryBudget budget = new MemoryBudget(1000);
        budget.reserve(1000, 0);
        CompletableFuture<Void> waiter = CompletableFuture.runAsync(() -> budget.reserve(10, LONG_NANOS));
        // Less than an eighth comes back, and nothing more.
        budget.release(10);
        waiter.join();
        assertThat(budget.usedBytes()).isEqualTo(1000);
    }

    @Test
    void closingFailsWhoeverWaits() {
        MemoryBudget budget = new MemoryBudget(10);
        budget.reserve(10, 0);
        CompletableFuture<Void> waiter = CompletableFuture.runAsync(() -> budget.reserve(10, LONG_NANOS));
        budget.close();
        assertThatThrownBy(waiter::join).hasRootCauseInstanceOf(MillraceException.class);
        assertThatThrownBy(() -> budget.reserve(1, 0)).isInstanceOf(MillraceException.class);
    }

    @Test
    void manyThreadsTakeAndGiveBackWithinTheBudget() {
        MemoryBudget budget = new MemoryBudget(1000);
        AtomicLong out = new AtomicLong();
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int bytes = 50 + 37 * i;
            threads.add(CompletableFuture.runAsync(() -> {
                for (int round = 0; round < 2000; round++) {
                    budget.reserve(bytes, LONG_NANOS);
                    assertThat(out.addAndGet(bytes)).isLessThanOrEqualTo(1000);
                    out.addAndGet(-bytes);
                    budget.release(bytes);
                }
            }));
        }
        threads.forEach(CompletableFuture::join);
        assertThat(budget.usedBytes()).isZero();
    }
}
