package dev.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.bench.LatencyRecorder.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LatencyRecorderTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    @Test
    void losesNothingBetweenThreadsAndDrains() throws InterruptedException {
        LatencyRecorder recorder = new LatencyRecorder();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                for (int record = 0; record < 10_000; record++) recorder.record(0, MS, 3);
            });
            threads.add(thread);
            thread.start();
        }
        Measured total = new Measured();
        long drained = 0;
        while (recorder.settledCount() < 80_000)
            drained += recorder.drainTo(total).records();
        for (Thread thread : threads) thread.join();
        drained += recorder.drainTo(total).records();

        assertThat(drained).isEqualTo(80_000);
        assertThat(total.records()).isEqualTo(80_000);
        assertThat(total.bytes()).isEqualTo(240_000);
        assertThat(total.latencyMicros.getTotalCount()).isEqualTo(80_000);
    }

    @Test
    void keepsTheFirstFailureAndTheLastTime() {
        LatencyRecorder recorder = new LatencyRecorder();
        Measured total = new Measured();
        recorder.settled(System.nanoTime(), 5, new IllegalStateException("first"));
        recorder.drainTo(total);
        recorder.failed(new IllegalStateException("second"));
        recorder.record(10 * MS, 30 * MS, 5);
        recorder.record(10 * MS, 20 * MS, 5);
        recorder.drainTo(total);

        assertThat(total.errors()).isEqualTo(2);
        assertThat(total.firstFailure()).hasMessage("first");
        assertThat(total.lastNanos()).isEqualTo(30 * MS);
        assertThat(recorder.settledCount()).isEqualTo(4);
        assertThat(recorder.acknowledgedCount()).isEqualTo(2);
        assertThat(total.latencyMicros.getMaxValue()).isBetween(19_980L, 20_020L);
    }

    @Test
    void whatIsNotTimedIsCountedWithoutALatency() {
        LatencyRecorder recorder = new LatencyRecorder();
        Measured total = new Measured();
        long before = System.nanoTime();
        recorder.settled(Pacer.UNTIMED, 7, null);
        recorder.settled(Pacer.UNTIMED, 7, null);
        recorder.settled(Pacer.UNTIMED, 7, new IllegalStateException("refused"));
        recorder.drainTo(total);

        assertThat(total.records()).isEqualTo(2);
        assertThat(total.bytes()).isEqualTo(14);
        assertThat(total.errors()).isEqualTo(1);
        assertThat(total.latencyMicros.getTotalCount()).isZero();
        assertThat(total.lastNanos() - before).isNotNegative();
        assertThat(recorder.settledCount()).isEqualTo(3);
    }
}
