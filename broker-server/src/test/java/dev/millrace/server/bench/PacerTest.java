package dev.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.bench.LatencyRecorder.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The arrival of records, on a clock that moves by hand. */
final class PacerTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long START = 5 * SECOND;

    private final HandClock clock = new HandClock();

    @Test
    void aStallIsInTheLatencyOfAllRecordsThatItHeldUp() {
        Pacer pacer = pacer(MS, SECOND, Long.MAX_VALUE);
        LatencyRecorder recorder = new LatencyRecorder();
        int record = 0;
        for (long due = pacer.awaitNext(); due != Pacer.END; due = pacer.awaitNext()) {
            // Each takes 10 µs, but the hundredth takes 200 ms.
            clock.now += record++ == 100 ? 200 * MS : MS / 100;
            recorder.record(due, clock.now, 1);
        }
        Measured measured = new Measured();
        recorder.drainTo(measured);

        assertThat(measured.records()).isEqualTo(1000);
        // A closed loop would have seen one slow record in a thousand. The open loop has about 200, from 200 ms down to
        // 0.
        long slow = measured.latencyMicros.getCountBetweenValues(1_000, 300_000);
        assertThat(slow).isBetween(195L, 205L);
        assertThat(measured.latencyMicros.getValueAtPercentile(90)).isBetween(95_000L, 105_000L);
        assertThat(measured.latencyMicros.getMaxValue()).isBetween(199_000L, 201_000L);
    }

    @Test
    void withoutARateARecordCountsFromItsOwnCall() {
        Pacer pacer = pacer(0, SECOND, 3);
        assertThat(pacer.awaitNext()).isEqualTo(clock.now);
        clock.now += 200 * MS;
        assertThat(pacer.awaitNext()).isEqualTo(clock.now).isGreaterThan(START + 200 * MS);
        assertThat(pacer.awaitNext()).isEqualTo(clock.now);
        assertThat(pacer.awaitNext()).isEqualTo(Pacer.END);
        assertThat(pacer.missed()).isZero();
    }

    @Test
    void ofManyRecordsWithoutARateOneInSoManyIsTimedAndAllArePublished() {
        Pacer pacer = new Pacer(new Pacer.Schedule(START, 0, 0, START + SECOND, 20_000, 4), clock, () -> false);
        for (int record = 0; record < 20_000; record++) {
            boolean timed = record < 10_000 || record % 4 == 0;
            assertThat(pacer.awaitNext()).as("record %d", record).isEqualTo(timed ? clock.now : Pacer.UNTIMED);
            clock.now += 1_000;
        }
        assertThat(pacer.awaitNext()).isEqualTo(Pacer.END);
    }

    @Test
    void theEndIsSeenAtTheNextTimedRecord() {
        Pacer pacer = new Pacer(new Pacer.Schedule(START, 0, 0, START + SECOND, 20_000, 4), clock, () -> false);
        for (int record = 0; record < 10_001; record++) pacer.awaitNext();
        clock.now = START + SECOND;
        for (int record = 10_001; record < 10_004; record++) {
            assertThat(pacer.awaitNext()).isEqualTo(Pacer.UNTIMED);
        }
        assertThat(pacer.awaitNext()).isEqualTo(Pacer.END);
    }

    @Test
    void recordsFallDueByTheRate() {
        assertThat(dues(pacer(10 * MS, 50 * MS, Long.MAX_VALUE)))
                .containsExactly(START, START + 10 * MS, START + 20 * MS, START + 30 * MS, START + 40 * MS);
        assertThat(clock.now).isBetween(START + 39 * MS, START + 50 * MS);
    }

    @Test
    void atHighRatesRecordsFallDueInBursts() {
        List<Long> dues = dues(pacer(MS / 10, 2 * MS, Long.MAX_VALUE));
        assertThat(dues).hasSize(20);
        assertThat(dues.stream().distinct()).containsExactly(START, START + MS / 2, START + MS, START + 3 * MS / 2);
    }

    @Test
    void whatWasDueAndNotTakenIsMissed() {
        Pacer pacer = pacer(10 * MS, 100 * MS, Long.MAX_VALUE);
        pacer.awaitNext();
        clock.now += 2 * SECOND;
        assertThat(pacer.awaitNext()).isEqualTo(Pacer.END);
        assertThat(pacer.missed()).isEqualTo(9);
    }

    @Test
    void whatIsDueAtTheEndIsStillPublished() {
        Pacer pacer = pacer(10 * MS, 100 * MS, Long.MAX_VALUE);
        pacer.awaitNext();
        clock.now += SECOND / 2;
        assertThat(dues(pacer)).hasSize(9).last().isEqualTo(START + 90 * MS);
        assertThat(pacer.missed()).isZero();
    }

    @Test
    void endsWithTheLastRecordOrWhenStopped() {
        assertThat(dues(pacer(MS, SECOND, 7))).hasSize(7);
        Pacer stopped = new Pacer(new Pacer.Schedule(START, MS, 0, START + SECOND, 10, 1), clock, () -> true);
        assertThat(stopped.awaitNext()).isEqualTo(Pacer.END);
    }

    private Pacer pacer(double intervalNanos, long durationNanos, long records) {
        clock.now = START;
        return new Pacer(
                new Pacer.Schedule(START, intervalNanos, 0, START + durationNanos, records, 1), clock, () -> false);
    }

    private static List<Long> dues(Pacer pacer) {
        List<Long> dues = new ArrayList<>();
        for (long due = pacer.awaitNext(); due != Pacer.END; due = pacer.awaitNext()) dues.add(due);
        return dues;
    }

    private static final class HandClock implements Pacer.Clock {
        private long now = START;

        /** Looking takes a while, so that spinning ends. */
        @Override
        public long nanoTime() {
            return now += 10;
        }

        @Override
        public void sleep(long nanos) {
            now += nanos;
        }
    }
}
