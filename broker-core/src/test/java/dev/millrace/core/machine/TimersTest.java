package dev.millrace.core.machine;

import static dev.millrace.core.machine.TogetherWorld.AUDIT;
import static dev.millrace.core.machine.TogetherWorld.ORDERS;
import static dev.millrace.core.machine.TogetherWorld.after;
import static dev.millrace.core.machine.TogetherWorld.at;
import static dev.millrace.core.machine.TogetherWorld.batch;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.CancelTimer;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.ScheduleTimers;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Record;
import dev.millrace.core.time.Stamp;
import dev.millrace.core.timer.Place;
import dev.millrace.core.timer.TimerTable;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.TimerRef;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TimersTest {
    private final TogetherWorld world = new TogetherWorld();

    private TimerTable timers() {
        return world.shard.machine.timers();
    }

    private static TimerRef named(String key) {
        return new TimerRef(ORDERS, key, 0, 0);
    }

    @Test
    void isNotThereBeforeItsTimeAndThereThen() {
        long dueMs = world.shard.nowMs + 1_000;
        world.scheduled(at(dueMs, null, "a"));
        world.shard.nowMs = dueMs - 1;
        world.shard.runtime.runOnce(dueMs - 1);
        world.shard.sync();
        assertThat(world.values(ORDERS, 0)).isEmpty();
        assertThat(world.shard.machine.nextDueMs()).isEqualTo(dueMs);
        world.shard.runtime.runOnce(dueMs);
        world.shard.sync();
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
        assertThat(timers().pendingCount()).isZero();
        assertThat(world.shard.machine.nextDueMs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void keepsItsTimestampAndSaysWhenItWasDue() {
        long dueMs = world.shard.nowMs + 500;
        world.scheduled(at(dueMs, null, "a"));
        world.passMs(3_000);
        Record record = world.records(ORDERS, 0).get(0);
        assertThat(record.timestampMs()).isEqualTo(1);
        assertThat(record.headers()).hasSize(1);
        assertThat(record.headers().get(0).key()).isEqualTo("$due");
        assertThat(ByteBuffer.wrap(record.headers().get(0).value()).getLong()).isEqualTo(dueMs);
    }

    @Test
    void whatIsDueTogetherComesInDueOrder() {
        long nowMs = world.shard.nowMs;
        world.scheduled(at(nowMs + 300, null, "c"), at(nowMs + 100, null, "a"), at(nowMs + 300, null, "d"));
        world.scheduled(at(nowMs + 200, null, "b"), at(nowMs + 50_000, null, "z"));
        world.passMs(10_000);
        assertThat(world.values(ORDERS, 0)).containsExactly("a", "b", "c", "d");
    }

    @Test
    void whatWasMissedWhileTheBrokerWasDownComesAtOnce() {
        long nowMs = world.shard.nowMs;
        world.scheduled(at(nowMs + 200, null, "b"), at(nowMs + 100, null, "a"));
        world.shard.crash(new Random(1));
        world.passMs(1_000_000);
        assertThat(world.values(ORDERS, 0)).containsExactly("a", "b");
    }

    @Test
    void aTimeThatHasPassedIsNow() {
        world.scheduled(at(5, null, "a"));
        world.passMs(0);
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
    }

    @Test
    void aLaterTimerWithTheKeyTakesTheEarliersPlace() {
        world.scheduled(after(1_000, "k", "first"));
        TransactionResult second = world.scheduled(after(5_000, "k", "second"));
        assertThat(((OperationResult.Scheduled) second.results().get(0)).replaced())
                .isTrue();
        assertThat(timers().pendingCount()).isOne();
        world.passMs(2_000);
        assertThat(world.values(ORDERS, 0)).isEmpty();
        world.passMs(5_000);
        assertThat(world.values(ORDERS, 0)).containsExactly("second");
        assertThat(world.<Boolean>ask(new CancelTimer(named("k"))))
                .as("its key is free again")
                .isFalse();
    }

    @Test
    void aCancelledTimerNeverFires() {
        world.scheduled(after(1_000, "k", "a"), after(1_000, null, "b"), after(1_000, "other", "c"));
        Place place = new Place(timers().nextDueMs(), 1);
        assertThat(world.<Boolean>ask(new CancelTimer(named("k")))).isTrue();
        assertThat(world.<Boolean>ask(new CancelTimer(named("k")))).isFalse();
        assertThat(world.<Boolean>ask(new CancelTimer(new TimerRef(ORDERS, null, place.dueMs(), place.sequence()))))
                .isTrue();
        world.shard.crash(new Random(1));
        world.passMs(2_000);
        assertThat(world.values(ORDERS, 0)).containsExactly("c");
    }

    @Test
    void aCancelThatComesInTheTurnInWhichItIsDueStopsIt() {
        world.scheduled(after(1_000, "k", "a"));
        world.submit(new CancelTimer(named("k")));
        world.passMs(2_000);
        assertThat(world.values(ORDERS, 0)).isEmpty();
        assertThat(timers().pendingCount()).isZero();
    }

    @Test
    void aTimerOfATopicThatIsGoneIsDropped() {
        NewTimer audit = new NewTimer(AUDIT, 0, -1, 1_000, "k", batch("a"));
        world.scheduled(audit, after(1_000, null, "b"));
        List<FiredTimer> fired = new ArrayList<>();
        world.shard.machine.onTimersFired(fired::addAll);
        world.ask(new DeleteTopic("audit"));
        world.passMs(2_000);
        assertThat(fired).extracting(FiredTimer::topic).containsExactly(null, "orders");
        assertThat(timers().pendingCount()).isZero();
    }

    @Test
    void aRequestThatIsSentAgainSchedulesOnce() {
        ScheduleTimers request = world.schedule(after(1_000, null, "a"));
        TransactionResult first = world.ask(request);
        world.shard.crash(new Random(1));
        TransactionResult again = world.ask(request);
        assertThat(again.duplicate()).isTrue();
        assertThat(again.results()).isEqualTo(first.results());
        world.passMs(2_000);
        assertThat(world.<TransactionResult>ask(request).duplicate())
                .as("also after it was fired")
                .isTrue();
        world.passMs(2_000);
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
    }

    @Test
    void oneThatIsRefusedDoesNoHarmToTheOthers() {
        world.pendingMax = 2;
        TransactionResult result = world.scheduled(
                after(1_000, null, "a"),
                new NewTimer(ORDERS, 9, -1, 1_000, null, batch("b")),
                after(TimerTable.DELAY_MS_MAX + 1, null, "c"),
                at(world.shard.nowMs + TimerTable.DELAY_MS_MAX + 86_400_000, null, "d"),
                after(1_000, null, "e"),
                after(1_000, null, "f"));
        assertThat(result.results().stream()
                        .map(one -> one instanceof OperationResult.Refused refused
                                ? Fault.ofCode(refused.code()).toString()
                                : "fine"))
                .containsExactly(
                        "fine", "PARTITION_NOT_FOUND", "INVALID_REQUEST", "INVALID_REQUEST", "fine", "LIMIT_REACHED");
        assertThat(world.refusal(new ScheduleTimers(4711, 0, List.of(after(1, null, "x")), 9)))
                .isEqualTo(Fault.UNKNOWN_PRODUCER);
    }

    @Test
    void listsWhatIsPendingPageByPage() {
        long nowMs = world.shard.nowMs;
        world.scheduled(
                at(nowMs + 3_000, "k", "c"),
                at(nowMs + 1_000, null, "a"),
                new NewTimer(AUDIT, 0, nowMs + 2_000, -1, null, batch("b")));
        TimerTable.Listed first = timers().list(null, new Place(0, 0), 2);
        assertThat(first.timers()).extracting(TimerTable.Pending::dueMs).containsExactly(nowMs + 1_000, nowMs + 2_000);
        TimerTable.Listed second = timers().list(null, first.next(), 2);
        assertThat(second.timers()).extracting(TimerTable.Pending::key).containsExactly("k");
        assertThat(second.next()).isNull();
        assertThat(timers().list(AUDIT, new Place(0, 0), 10).timers()).hasSize(1);
    }

    @Test
    void aWallClockThatRanAheadFiresNothing() {
        long nowMs = world.shard.nowMs;
        world.scheduled(after(1_000, null, "a"));
        world.shard.runtime.runOnce(new Stamp(nowMs + 9_000_000, nowMs + 500, nowMs, nowMs + 500));
        world.shard.sync();
        assertThat(world.values(ORDERS, 0)).isEmpty();
        world.shard.runtime.runOnce(new Stamp(nowMs + 9_000_000, nowMs + 1_100, nowMs, nowMs + 1_100));
        world.shard.sync();
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
    }

    @Test
    void waitsWhileThereIsNoRoomForItsRecord() {
        boolean[] room = {false};
        world.shard.machine.fireTimersOnlyWhile(() -> room[0]);
        world.scheduled(after(1_000, null, "a"));
        world.passMs(5_000);
        assertThat(world.values(ORDERS, 0)).isEmpty();
        room[0] = true;
        world.passMs(0);
        assertThat(world.values(ORDERS, 0)).containsExactly("a");
    }

    @Test
    void moreThanATurnFiresComeAllTheSame() {
        for (int i = 0; i < 5; i++) {
            NewTimer[] many = new NewTimer[1_000];
            for (int j = 0; j < many.length; j++) {
                many[j] = at(world.shard.nowMs + 100_000 - 1_000L * i - j, null, "v");
            }
            world.scheduled(many);
        }
        world.passMs(200_000);
        List<Long> due = world.records(ORDERS, 0).stream()
                .map(record -> ByteBuffer.wrap(record.headers().get(0).value()).getLong())
                .toList();
        assertThat(due).hasSize(5_000).isSorted();
    }

    /** Against a model: schedules, replacements, cancellations, time and crashes in any order. */
    @Test
    void firesEachOnceAndInOrderWhateverHappens() {
        long first = Seeds.first();
        for (long seed = first; seed < first + Seeds.count(60); seed++) {
            try {
                new Life(seed).live();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("failed with -Dseed=" + seed, e);
            }
        }
    }

    private static final class Life {
        private final Random random;
        private final TogetherWorld world = new TogetherWorld();
        private final TreeMap<Place, String> pending = new TreeMap<>();
        private final Map<String, Place> keys = new HashMap<>();
        private final List<String> fired = new ArrayList<>();
        private int count;

        Life(long seed) {
            random = new Random(seed);
        }

        void live() {
            for (int step = 0; step < 150; step++) {
                int dice = random.nextInt(10);
                if (dice < 5) {
                    schedule();
                } else if (dice < 7) {
                    cancel();
                } else if (dice < 9) {
                    world.passMs(random.nextInt(400));
                } else {
                    world.shard.crash(random);
                }
                settle();
            }
            world.passMs(10_000);
            settle();
            assertThat(world.shard.machine.timers().pendingCount()).isZero();
            assertThat(world.values(ORDERS, 0)).isEqualTo(fired);
        }

        private void schedule() {
            String key = random.nextBoolean() ? null : "k" + random.nextInt(5);
            String value = "v" + count++;
            long dueMs = world.shard.nowMs + 1 + random.nextInt(1_000);
            OperationResult.Scheduled scheduled = (OperationResult.Scheduled)
                    world.scheduled(at(dueMs, key, value)).results().get(0);
            Place before = key == null ? null : keys.get(key);
            assertThat(scheduled.replaced()).isEqualTo(before != null);
            Place place = new Place(scheduled.dueMs(), scheduled.sequence());
            if (before != null) {
                pending.remove(before);
            }
            pending.put(place, value);
            if (key != null) {
                keys.put(key, place);
            }
        }

        private void cancel() {
            String key = "k" + random.nextInt(5);
            boolean found = world.<Boolean>ask(new CancelTimer(named(key)));
            Place place = keys.remove(key);
            assertThat(found).isEqualTo(place != null);
            if (place != null) {
                pending.remove(place);
            }
        }

        /** What the shard must have fired by now. */
        private void settle() {
            world.passMs(0);
            settle(world.shard.nowMs);
        }

        private void settle(long nowMs) {
            while (!pending.isEmpty() && pending.firstKey().dueMs() <= nowMs) {
                Place place = pending.firstKey();
                fired.add(pending.remove(place));
                keys.values().remove(place);
            }
            assertThat(world.shard.machine.timers().nextDueMs())
                    .isLessThanOrEqualTo(
                            pending.isEmpty()
                                    ? Long.MAX_VALUE
                                    : pending.firstKey().dueMs());
        }
    }
}
