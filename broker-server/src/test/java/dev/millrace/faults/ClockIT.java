package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.client.Admin;
import dev.millrace.client.GroupInfo;
import dev.millrace.client.Producer;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.TopicPartition;
import dev.millrace.history.LogHygiene;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon's wall clock jumps back and forth by hours and days, under producers and a group: nobody's session ends,
 * nothing is deleted, forgotten, lost or doubled. More jumps with {@code -Dfault.jumps}; some 4 s each.
 *
 * <p>Needs Linux and gcc.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ClockIT {
    private static final int JUMPS = Integer.getInteger("fault.jumps", 16);
    private static final int SESSION_MS = 2_000;
    /** So fast that a session ends between two heartbeats, if it went by this clock. */
    private static final int SPEED = 5;

    private static final long HOUR_MS = 3_600_000;
    private static final long DAY_MS = 24 * HOUR_MS;
    private static final long JUMP_MS_MAX = 40 * DAY_MS;
    private static final Duration OUTAGE_MAX = Duration.ofSeconds(60);
    private static final Duration PROGRESS_MAX = Duration.ofSeconds(10);
    private static final long SETTLE_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);
    private static final String IDLE_GROUP = "idle";
    private static final String PROBE = "probe";
    private static final String MORTAL_GROUP = "mortal";

    @TempDir
    Path directory;

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);
    private Daemon daemon;
    private FakeWallClock clock;
    private long lastAppendTimeMs;

    @BeforeEach
    void prepare() throws Exception {
        // Everything that can expire does so after an hour, so that every jump of a day would take it.
        daemon = new Daemon(
                Distribution.underTest(),
                directory,
                "groups.sessionTimeout=" + SESSION_MS + "ms",
                "groups.offsetRetention=1h",
                "producers.idRetention=1h",
                "topics.retention=1h",
                "storage.retentionCheckInterval=200ms",
                "storage.generationMaxAge=1s");
        clock = new FakeWallClock(daemon, directory);
    }

    @Test
    void aWallClockThatJumpsEndsAndDeletesNothing() throws Exception {
        try (Daemon jumping = daemon;
                Workload workload = new Workload(new Load(4, 2, 3, 300, 300, 0), seed, OUTAGE_MAX)) {
            jumping.start();
            workload.start(jumping, Map.of());
            Admin admin = workload.client().admin();
            admin.createTopic(PROBE, 1);
            admin.commitOffsets(IDLE_GROUP, Map.of(new TopicPartition(PROBE, 0), 0L));
            await("three members", () -> isSettled(admin));
            workload.awaitProgress(PROGRESS_MAX);
            GroupInfo before = admin.describeGroup(Workload.GROUP);
            try (Producer probe = workload.client().producer().build()) {
                for (int i = 0; i < JUMPS; i++) {
                    jump(admin);
                    stay(1_000 + random.nextInt(1_500));
                    probe(probe);
                    workload.awaitProgress(PROGRESS_MAX);
                    assertNothingIsGone(admin, before);
                }
            }
            clock.aheadByMs(0);
            stay(2 * SESSION_MS);
            assertNothingIsGone(admin, before);
            long acknowledged = workload.stopAndDemandEverything(jumping, new LogHygiene());
            Figures.print("clock jumps", "jumps=%d acknowledged=%d", JUMPS, acknowledged);
            assertThat(jumping.terminate()).isZero();
        }
    }

    private void jump(Admin admin) throws Exception {
        long jumpMs = random.nextInt(4) == 0 ? 0 : random.nextLong(-JUMP_MS_MAX, JUMP_MS_MAX);
        clock.aheadByMs(jumpMs);
        long aheadMs = admin.brokerInfo().nowMs() - System.currentTimeMillis();
        assertThat(aheadMs).as("how far the daemon's clock is ahead").isCloseTo(jumpMs, within(5_000L));
    }

    private void probe(Producer producer) {
        long appendTimeMs = producer.publish(PROBE, "key", "value").appendTimeMs();
        assertThat(appendTimeMs).as("append time").isGreaterThanOrEqualTo(lastAppendTimeMs);
        lastAppendTimeMs = appendTimeMs;
    }

    private static boolean isSettled(Admin admin) {
        boolean exists =
                admin.listGroups().stream().anyMatch(group -> group.group().equals(Workload.GROUP));
        return exists
                && admin.describeGroup(Workload.GROUP).members().size() == 3
                && admin.describeGroup(Workload.GROUP).state().equals("stable");
    }

    private static void assertNothingIsGone(Admin admin, GroupInfo before) {
        for (String topic : List.of(Workload.TOPIC, PROBE)) {
            assertThat(admin.describeTopic(topic).partitions())
                    .extracting(TopicInfo.Partition::startOffset)
                    .as("where the partitions of %s start", topic)
                    .containsOnly(0L);
        }
        assertThat(admin.committedOffsets(IDLE_GROUP))
                .as("offsets of the idle group")
                .hasSize(1);
        GroupInfo now = admin.describeGroup(Workload.GROUP);
        assertThat(ids(now)).as("members").isEqualTo(ids(before));
        assertThat(now.generation()).as("generation").isEqualTo(before.generation());
    }

    private static TreeSet<String> ids(GroupInfo group) {
        TreeSet<String> ids = new TreeSet<>();
        group.members().forEach(member -> ids.add(member.memberId()));
        return ids;
    }

    @Test
    void aDeadMemberIsNoticedWhateverTheWallClockSays() throws Exception {
        try (Daemon jumping = daemon;
                Workload workload = new Workload(new Load(2, 1, 0, 100, 100, 0), seed, OUTAGE_MAX)) {
            jumping.start();
            workload.start(jumping, Map.of());
            Admin admin = workload.client().admin();
            for (long aheadMs : new long[] {-5 * HOUR_MS, 30 * DAY_MS, -30 * DAY_MS}) {
                MemberProcess member = new MemberProcess(
                        new MemberProcess.Job(jumping.server(), MORTAL_GROUP, Workload.TOPIC, "mortal"));
                try (member) {
                    await("the member", () -> members(admin) == 1);
                    clock.aheadByMs(aheadMs);
                    stay(SESSION_MS);
                    assertThat(members(admin)).as("members that are alive").isEqualTo(1);
                    member.signal("KILL");
                    long killedNanos = System.nanoTime();
                    await("the end of its session", () -> members(admin) == 0);
                    assertThat(Duration.ofNanos(System.nanoTime() - killedNanos))
                            .as("until the death was noticed")
                            .isLessThan(Duration.ofMillis(5 * SESSION_MS));
                }
            }
            workload.stopAndDemandEverything(jumping, new LogHygiene());
        }
    }

    @Test
    void aWallClockThatRunsFarTooFastEndsNoSession() throws Exception {
        try (Daemon fast = daemon;
                Workload workload = new Workload(new Load(4, 1, 3, 300, 300, 0), seed, OUTAGE_MAX)) {
            fast.start();
            workload.start(fast, Map.of());
            Admin admin = workload.client().admin();
            await("three members", () -> isSettled(admin));
            GroupInfo before = admin.describeGroup(Workload.GROUP);
            long startNanos = System.nanoTime();
            for (long passedMs = 0; passedMs < 5 * SESSION_MS; ) {
                stay(20);
                passedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
                clock.aheadByMs((SPEED - 1) * passedMs);
            }
            GroupInfo after = admin.describeGroup(Workload.GROUP);
            assertThat(ids(after)).as("members").isEqualTo(ids(before));
            assertThat(after.generation()).as("generation").isEqualTo(before.generation());
            workload.stopAndDemandEverything(fast, new LogHygiene());
        }
    }

    private static long members(Admin admin) {
        return admin.listGroups().stream()
                .filter(group -> group.group().equals(MORTAL_GROUP))
                .mapToInt(Admin.GroupSummary::members)
                .sum();
    }

    @Test
    void aStartWithAWrongClockDeletesNothing() throws Exception {
        try (Daemon restarted = daemon;
                Workload workload = new Workload(new Load(4, 2, 3, 300, 300, 0), seed, OUTAGE_MAX)) {
            restarted.start();
            workload.start(restarted, Map.of());
            Admin admin = workload.client().admin();
            workload.awaitProgress(PROGRESS_MAX);
            for (long aheadMs : new long[] {30 * DAY_MS, 0, -30 * DAY_MS, 0}) {
                restarted.kill();
                clock.aheadByMs(aheadMs);
                restarted.start();
                workload.history().restarted();
                stay(2 * SESSION_MS);
                workload.awaitProgress(PROGRESS_MAX);
                assertThat(admin.describeTopic(Workload.TOPIC).partitions())
                        .extracting(TopicInfo.Partition::startOffset)
                        .containsOnly(0L);
            }
            long acknowledged = workload.stopAndDemandEverything(restarted, new LogHygiene());
            Figures.print("starts with a wrong clock", "starts=4 acknowledged=%d", acknowledged);
        }
    }

    private interface Condition {
        boolean holds();
    }

    private void await(String what, Condition condition) throws InterruptedException {
        long deadline = System.nanoTime() + SETTLE_NANOS_MAX;
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("waiting for %s", what).isLessThan(deadline);
            stay(50);
        }
    }

    private void stay(long ms) throws InterruptedException {
        assertThat(daemon.process().waitFor(ms, TimeUnit.MILLISECONDS))
                .as("the daemon ended: %s", daemon.log())
                .isFalse();
    }
}
