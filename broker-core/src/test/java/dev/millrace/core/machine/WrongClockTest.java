package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.group.GroupsExpired;
import dev.millrace.core.group.MemberRef;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.time.BrokerClock;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.topic.Topic;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A shard on a machine whose wall clock jumps about, by up to 40 days: nothing ends before its true time. */
class WrongClockTest {
    private static final int SEEDS = 6;
    private static final long MINUTE_MS = 60_000;
    private static final long RETENTION_MS = 60 * MINUTE_MS;
    private static final long SESSION_MS = 10_000;
    private static final long HEARTBEAT_MS = SESSION_MS / 3;
    private static final long TICK_MS = 200;
    private static final long JUMP_MS_MAX = 40L * 24 * 60 * MINUTE_MS;
    private static final long LIFE_MS = 4 * RETENTION_MS;

    @Test
    void nothingEndsBeforeItsTimeWhateverTheWallClockSays() {
        long first = Seeds.first();
        for (long seed = first; seed < first + Seeds.count(SEEDS); seed++) {
            try {
                new World(seed).live();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("failed with -Dseed=" + seed, e);
            }
        }
    }

    @Test
    void aRestartWhileTheClockIsWrongDeletesNothingEither() {
        SimulatedShard shard = new SimulatedShard();
        World world = new World(1, shard);
        world.append();
        world.errorMs = JUMP_MS_MAX;
        world.trueMs += TICK_MS;
        world.append();
        shard.crash(new Random(1));
        BrokerClock restarted = new BrokerClock(world, world);
        restarted.resumeFrom(shard.machine.logs().lastAppendMs(), shard.machine.lastDueMs());
        shard.runtime.submit(new Maintain(RETENTION_MS, -1, RETENTION_MS));
        shard.runtime.runOnce(restarted.read());
        shard.sync();
        PartitionLog log = shard.machine.logs().find(world.topic.partitionIds()[0]);
        assertThat(log.logStartOffset()).isZero();
        assertThat(log.durableEndOffset()).isEqualTo(2);
    }

    /** One life. True time is the monotonic clock; the wall clock shows it with an error. */
    private static final class World implements TimeSource, BrokerClock.Listener {
        private final Random random;
        private final SimulatedShard shard;
        private long trueMs = 1_700_000_000_000L;
        private final long endMs = trueMs + LIFE_MS;
        private long errorMs;
        private long errorUntilMs = trueMs;
        private final BrokerClock clock = new BrokerClock(this, this);
        private final List<Long> appendedMs = new ArrayList<>();
        private final Topic topic;
        private final long producerId;
        private int sequence;
        private long lastIdempotentMs;
        private ByteBuffer lastIdempotent;
        private long lastAppendTimeMs;
        private long heartbeatDueMs;
        private int epoch;
        private long awakeMs;
        private int stops;
        private long doomedAwakeMs;
        private int doomedStops;
        private String doomed;
        private int doomedCount;

        World(long seed) {
            this(seed, new SimulatedShard());
        }

        World(long seed, SimulatedShard shard) {
            this.shard = shard;
            random = new Random(seed);
            shard.nowMs = trueMs;
            topic = this.<Topic>ask(new CreateTopic(new UUID(7, 7), "t", 1, new TreeMap<>(), 1000));
            producerId = this.<Long>ask(new AllocateProducer());
            epoch = this.<MemberAssignment>ask(join("alive")).memberEpoch();
            ask(new CommitOffsets("idle", "", 0, List.of(new CommitOffsets.Entry(topic.partitionIds()[0], 0, -1, ""))));
        }

        @Override
        public long nowMs() {
            return trueMs + errorMs;
        }

        @Override
        public long nanoTime() {
            return trueMs * 1_000_000;
        }

        @Override
        public void onUnconfirmed(long aheadMs) {}

        @Override
        public void onFollowed(long movedMs) {}

        @SuppressWarnings("unchecked") // the command decides
        private <T> T ask(dev.millrace.core.command.Command command) {
            CompletableFuture<Object> answer = shard.runtime.submit(command);
            shard.runtime.runOnce(clock.read());
            shard.sync();
            return (T) answer.join();
        }

        private static JoinGroup join(String memberId) {
            return new JoinGroup("g", memberId, null, "c", List.of("t"), (int) SESSION_MS);
        }

        void live() {
            while (trueMs < endMs) {
                trueMs += TICK_MS;
                awakeMs += TICK_MS;
                shard.runtime.runOnce(clock.read());
                disturb();
                heartbeat();
                if (random.nextInt(50) == 0) {
                    append();
                }
                doom();
                expire();
                if (trueMs % (30 * TICK_MS) == 0) {
                    maintain();
                }
            }
            assertEverythingGoesInTheEnd();
        }

        private void disturb() {
            if (trueMs >= errorUntilMs && errorMs != 0) {
                errorMs = 0;
                errorUntilMs = trueMs + random.nextInt(5) * MINUTE_MS;
            } else if (trueMs >= errorUntilMs && random.nextInt(300) == 0) {
                errorMs = random.nextLong(-JUMP_MS_MAX, JUMP_MS_MAX);
                errorUntilMs = trueMs + random.nextLong(BrokerClock.BELIEF_MS - MINUTE_MS);
            } else if (random.nextInt(3_000) == 0) {
                standStill();
            }
        }

        /** The process is stopped; heartbeats wait in sockets and are read when it goes on, perhaps after a tick. */
        private void standStill() {
            stops++;
            trueMs += BrokerClock.WATCHED_MS_MAX + random.nextLong(2 * SESSION_MS);
            expire();
            heartbeatDueMs = trueMs;
        }

        private void heartbeat() {
            if (trueMs >= heartbeatDueMs) {
                heartbeatDueMs = trueMs + HEARTBEAT_MS;
                MemberAssignment told = ask(new HeartbeatGroup("g", "alive", epoch, null));
                epoch = told.memberEpoch();
            }
        }

        private void append() {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
            builder.append(5, null, new byte[10], List.of());
            ByteBuffer batch = builder.build();
            boolean idempotent = random.nextBoolean();
            if (idempotent) {
                RecordBatchBuilder.stampProducer(batch, producerId, (short) 0, sequence++);
                lastIdempotentMs = trueMs;
                lastIdempotent = copy(batch);
            }
            AppendResult result = ask(new AppendRecords(topic.topicId(), 0, batch));
            assertThat(result.duplicate()).isFalse();
            assertThat(result.baseOffset()).isEqualTo(appendedMs.size());
            assertThat(result.appendTimeMs()).as("append time").isGreaterThanOrEqualTo(lastAppendTimeMs);
            lastAppendTimeMs = result.appendTimeMs();
            appendedMs.add(trueMs);
        }

        private static ByteBuffer copy(ByteBuffer batch) {
            return ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
        }

        /** A member that dies at once must be noticed, also while the clock is wrong. */
        private void doom() {
            if (doomed == null && random.nextInt(500) == 0) {
                doomed = "doomed" + doomedCount++;
                doomedAwakeMs = awakeMs;
                doomedStops = stops;
                ask(join(doomed));
            }
        }

        private void expire() {
            GroupsExpired ended = ask(new ExpireGroups(RETENTION_MS));
            for (MemberRef member : ended.members()) {
                assertThat(member.memberId()).as("whose session ended").isEqualTo(doomed);
                assertThat(awakeMs - doomedAwakeMs + (stops - doomedStops) * BrokerClock.WATCHED_MS_MAX)
                        .as("how long it was silent while the broker was awake")
                        .isGreaterThanOrEqualTo(SESSION_MS);
                doomed = null;
            }
            if (doomed != null) {
                assertThat(awakeMs - doomedAwakeMs)
                        .as("silence of a dead member")
                        .isLessThanOrEqualTo(SESSION_MS + 2 * TICK_MS);
            }
            if (trueMs < endMs - LIFE_MS + RETENTION_MS) {
                assertThat(ended.groups()).as("offsets that expired").isEmpty();
            }
        }

        private void maintain() {
            ask(new Maintain(RETENTION_MS, -1, RETENTION_MS));
            PartitionLog log = shard.machine.logs().find(topic.partitionIds()[0]);
            long start = log.logStartOffset();
            if (start > 0) {
                assertThat(trueMs - appendedMs.get((int) start - 1))
                        .as("age of the youngest record that is gone")
                        .isGreaterThanOrEqualTo(RETENTION_MS);
            }
            if (sequence > 0 && trueMs - lastIdempotentMs < RETENTION_MS) {
                AppendResult again = ask(new AppendRecords(topic.topicId(), 0, copy(lastIdempotent)));
                assertThat(again.duplicate())
                        .as("a producer that was silent for %d ms is known", trueMs - lastIdempotentMs)
                        .isTrue();
            }
        }

        private void assertEverythingGoesInTheEnd() {
            errorMs = 0;
            long steps = (RETENTION_MS + JUMP_MS_MAX + BrokerClock.BELIEF_MS) / MINUTE_MS + 10;
            for (long i = 0; i < steps; i++) {
                trueMs += MINUTE_MS;
                shard.runtime.runOnce(clock.read());
            }
            for (int i = 0; i < 2 * BrokerClock.BELIEF_MS / TICK_MS; i++) {
                trueMs += TICK_MS;
                clock.read();
            }
            ask(new Maintain(RETENTION_MS, -1, RETENTION_MS));
            PartitionLog log = shard.machine.logs().find(topic.partitionIds()[0]);
            assertThat(log.logStartOffset()).isEqualTo(appendedMs.size());
        }
    }
}
