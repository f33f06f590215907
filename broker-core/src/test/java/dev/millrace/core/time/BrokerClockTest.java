package dev.millrace.core.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BrokerClockTest {
    private static final long START_MS = 1_700_000_000_000L;
    private static final long HOUR_MS = 3_600_000;
    private static final long DAY_MS = 24 * HOUR_MS;
    private static final long BELIEF_MS = BrokerClock.BELIEF_MS;
    private static final long READ_EVERY_MS = 100;

    private final MachineTime machine = new MachineTime();
    private final BrokerClock clock = new BrokerClock(machine, new Heard());

    private final List<String> heard = new ArrayList<>();

    private final class Heard implements BrokerClock.Listener {
        @Override
        public void onUnconfirmed(long aheadMs) {
            heard.add("unconfirmed " + aheadMs);
        }

        @Override
        public void onFollowed(long movedMs) {
            heard.add("followed " + movedMs);
        }
    }

    private static final class MachineTime implements TimeSource {
        long monotonicMs = 77;
        long wallMs = START_MS;

        @Override
        public long nowMs() {
            return wallMs;
        }

        @Override
        public long nanoTime() {
            return monotonicMs * 1_000_000;
        }
    }

    /** Time passes while the broker reads the clock often; returns the last reading. */
    private Stamp pass(long ms) {
        Stamp stamp = clock.read();
        for (long left = ms; left > 0; left -= READ_EVERY_MS) {
            long step = Math.min(left, READ_EVERY_MS);
            machine.monotonicMs += step;
            machine.wallMs += step;
            stamp = clock.read();
        }
        return stamp;
    }

    /** Time passes while the broker stands still. */
    private Stamp stopFor(long ms) {
        machine.monotonicMs += ms;
        machine.wallMs += ms;
        return clock.read();
    }

    private Stamp jump(long ms) {
        machine.wallMs += ms;
        return clock.read();
    }

    @Test
    void aGoodClockIsReadAsItIs() {
        Stamp stamp = pass(HOUR_MS);
        assertThat(stamp).isEqualTo(Stamp.of(START_MS + HOUR_MS));
        assertThat(heard).isEmpty();
    }

    @Test
    void nothingIsDueByAClockThatJumpedForwards() {
        pass(1_000);
        Stamp stamp = jump(30 * DAY_MS);
        assertThat(stamp.dueMs()).isEqualTo(START_MS + 1_000);
        assertThat(stamp.nowMs()).as("what is written now is kept longer").isEqualTo(START_MS + 1_000 + 30 * DAY_MS);
        stamp = pass(BELIEF_MS - 1_000);
        assertThat(stamp.dueMs()).isEqualTo(START_MS + BELIEF_MS);
    }

    @Test
    void aJumpThatIsTakenBackInTimeLeavesNoTrace() {
        jump(30 * DAY_MS);
        pass(BELIEF_MS - 1_000);
        jump(-30 * DAY_MS);
        assertThat(pass(2 * BELIEF_MS).dueMs()).isEqualTo(machine.wallMs);
    }

    @Test
    void aClockThatStaysIsBelieved() {
        jump(30 * DAY_MS);
        assertThat(pass(BELIEF_MS + 1_000))
                .isEqualTo(new Stamp(machine.wallMs, machine.wallMs, machine.wallMs - 30 * DAY_MS, machine.wallMs));
        jump(-2 * DAY_MS);
        Stamp stamp = pass(BELIEF_MS + 1_000);
        assertThat(stamp.dueMs()).isEqualTo(machine.wallMs);
        assertThat(heard)
                .containsExactly(
                        "unconfirmed " + 30 * DAY_MS,
                        "followed " + 30 * DAY_MS,
                        "unconfirmed " + -2 * DAY_MS,
                        "followed " + -2 * DAY_MS);
    }

    @Test
    void aRestartOnAMachineThatWentOnKnowsHowLongItWasDown() {
        pass(1_000);
        long aheadMs = clock.believedAheadMs();
        long lastMs = clock.read().dueMs();
        machine.wallMs += 5 * HOUR_MS;
        machine.monotonicMs += 5 * HOUR_MS;
        BrokerClock restarted = new BrokerClock(machine, new Heard());
        restarted.resumeFrom(lastMs, lastMs);
        restarted.resumeInSameBoot(aheadMs);
        assertThat(restarted.read().dueMs()).isEqualTo(machine.wallMs);
        machine.wallMs += 30 * DAY_MS;
        BrokerClock wrong = new BrokerClock(machine, new Heard());
        wrong.resumeFrom(lastMs, lastMs);
        wrong.resumeInSameBoot(aheadMs);
        assertThat(wrong.read().dueMs()).as("the wall clock jumped meanwhile").isEqualTo(machine.wallMs - 30 * DAY_MS);
    }

    @Test
    void whatIsWrittenWhileTheClockIsBehindIsNotTooEarly() {
        pass(1_000);
        assertThat(jump(-5 * HOUR_MS))
                .isEqualTo(new Stamp(
                        START_MS + 1_000, START_MS + 1_000 - 5 * HOUR_MS, START_MS + 1_000, START_MS + 1_000));
        assertThat(pass(60_000).nowMs()).as("it goes on").isEqualTo(START_MS + 61_000);
    }

    @Test
    void whatIsWrittenNeverGoesBack() {
        long before = 0;
        for (long jumpMs : new long[] {HOUR_MS, -3 * HOUR_MS, DAY_MS, -DAY_MS, -HOUR_MS, 3 * HOUR_MS}) {
            long nowMs = jump(jumpMs).nowMs();
            assertThat(nowMs).isGreaterThanOrEqualTo(before);
            before = pass(BELIEF_MS / 2).nowMs();
        }
    }

    @Test
    void aClockThatKeepsJumpingIsNeverBelieved() {
        for (int i = 0; i < 100; i++) {
            jump(HOUR_MS);
            Stamp stamp = pass(BELIEF_MS / 2);
            assertThat(stamp.dueMs()).isEqualTo(START_MS + stamp.steadyMs() - START_MS);
        }
    }

    @Test
    void aClockAtDoubleSpeedIsNotFollowed() {
        for (int i = 0; i < 600; i++) {
            pass(READ_EVERY_MS);
            machine.wallMs += READ_EVERY_MS;
        }
        Stamp stamp = clock.read();
        assertThat(stamp.steadyMs()).isEqualTo(START_MS + 60_000);
        assertThat(stamp.dueMs()).as("a tenth at most").isLessThanOrEqualTo(START_MS + 66_000);
    }

    @Test
    void smallCorrectionsAreFollowedInSmallSteps() {
        jump(900);
        Stamp stamp = pass(1_000);
        assertThat(stamp.dueMs()).isBetween(machine.wallMs - 900, machine.wallMs - 700);
        assertThat(pass(20_000).dueMs()).isEqualTo(machine.wallMs);
    }

    @Test
    void sessionsSeeNoJump() {
        pass(1_000);
        assertThat(jump(30 * DAY_MS).steadyMs()).isEqualTo(START_MS + 1_000);
        assertThat(jump(-60 * DAY_MS).steadyMs()).isEqualTo(START_MS + 1_000);
        assertThat(pass(5_000).steadyMs()).isEqualTo(START_MS + 6_000);
    }

    @Test
    void timeInWhichTheBrokerStoodStillCountsForStoredThingsButNotForSessions() {
        pass(1_000);
        Stamp stamp = stopFor(HOUR_MS);
        assertThat(stamp.steadyMs()).isEqualTo(START_MS + 1_000 + BrokerClock.WATCHED_MS_MAX);
        assertThat(stamp.dueMs()).isEqualTo(machine.wallMs);
        assertThat(stamp.nowMs()).isEqualTo(machine.wallMs);
    }

    @Test
    void standingStillProvesNoClock() {
        pass(1_000);
        jump(30 * DAY_MS);
        Stamp stamp = stopFor(10 * BELIEF_MS);
        assertThat(stamp.dueMs()).isEqualTo(machine.wallMs - 30 * DAY_MS);
    }

    @Test
    void atAStartTheWallClockMustProveItselfBeyondTheEndOfTheLog() {
        clock.resumeFrom(START_MS - 40 * DAY_MS, -1);
        Stamp stamp = clock.read();
        assertThat(stamp.dueMs()).isEqualTo(START_MS - 40 * DAY_MS);
        assertThat(stamp.nowMs()).isEqualTo(START_MS);
        assertThat(pass(BELIEF_MS + 1_000).dueMs()).isEqualTo(machine.wallMs);
    }

    @Test
    void aStartWithAClockBehindTheLogGoesOnWhereTheLogEnds() {
        clock.resumeFrom(START_MS + DAY_MS, -1);
        Stamp stamp = pass(60_000);
        assertThat(stamp.nowMs()).isEqualTo(START_MS + DAY_MS + 60_000);
        assertThat(stamp.dueMs()).isEqualTo(START_MS + 60_000);
    }

    @Test
    void atAStartAppendTimesThatRanAheadOfWhatWasBelievedAreNotBelievedEither() {
        machine.wallMs = START_MS + DAY_MS;
        clock.resumeFrom(START_MS + DAY_MS, START_MS);
        Stamp stamp = clock.read();
        assertThat(stamp.dueMs()).isEqualTo(START_MS);
        assertThat(stamp.nowMs()).isEqualTo(START_MS + DAY_MS);
    }
}
