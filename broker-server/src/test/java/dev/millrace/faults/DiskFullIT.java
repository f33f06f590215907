package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.TopicPartition;
import dev.millrace.history.LogHygiene;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The disk fills up, by the load or by something else and then to the last byte. Publishes are refused before the load
 * has filled it; reads, commits and {@code /health/live} go on, {@code /health/ready} says why not, and once there is room
 * publishing resumes in the same process. Nothing acknowledged is lost. Budget: 3 minutes; needs root for the mounts.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DiskFullIT {
    private static final long DISK_BYTES = 256L << 20;
    private static final long RESERVE_BYTES = 64L << 20;
    private static final int ROUNDS = Integer.getInteger("fault.disk", 1);
    private static final Duration OUTAGE_MAX = Duration.ofSeconds(120);
    private static final Duration PROGRESS_MAX = Duration.ofSeconds(30);
    private static final int COMMITS = 200;

    @TempDir
    Path directory;

    private final long seed = Seeds.next();

    private Daemon daemon() {
        return new Daemon(
                Distribution.underTest(),
                directory,
                "storage.generationSize=4MiB",
                "storage.generationMaxAge=1s",
                "storage.retentionCheckInterval=200ms",
                "storage.diskReserve=64MiB");
    }

    private Workload workload(int ratePerSecond) {
        return new Workload(new Load(4, 2, 1, ratePerSecond, 4000, 0), seed, OUTAGE_MAX);
    }

    @Test
    void publishesAreRefusedBeforeTheLoadHasFilledTheDiskAndGoOnWhenRecordsAreDeleted() throws Exception {
        try (Daemon daemon = daemon();
                SmallDisk disk = SmallDisk.mount(daemon.data(), SmallDisk.Make.EXT4, DISK_BYTES);
                Workload workload = workload(0)) {
            daemon.start();
            Process process = daemon.process();
            workload.start(daemon, Map.of());
            long usableMin = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                awaitDiskFull(daemon);
                long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
                while (System.nanoTime() < endNanos) {
                    usableMin = Math.min(usableMin, disk.usableBytes());
                    daemon.process().waitFor(5, TimeUnit.MILLISECONDS);
                }
                demandReadsAndCommits(daemon, workload.client(), "full by load").get(30, TimeUnit.SECONDS);
                deleteMost(workload);
                workload.awaitProgress(PROGRESS_MAX);
            }
            assertThat(usableMin).as("free bytes while publishes were refused").isGreaterThan(RESERVE_BYTES / 4);
            assertThat(daemon.process()).isSameAs(process);
            long acknowledged = end(daemon, workload);
            Figures.print("disk full by load", "acknowledged=%d usableMin=%d", acknowledged, usableMin);
        }
    }

    /** When something else takes the last byte. */
    enum Stage {
        /** While records are appended, generations flushed and offsets committed, as fast as it goes. */
        LOAD,
        /** While nobody publishes, and one commit follows the other. */
        COMMITS,
        /** While the load is refused already. */
        REFUSED,
        /** Between a kill and the next start. */
        OPEN
    }

    @ParameterizedTest
    @EnumSource(SmallDisk.Make.class)
    void whenSomethingElseFillsTheDiskTheDaemonGoesOnAndResumes(SmallDisk.Make make) throws Exception {
        try (Daemon daemon = daemon();
                SmallDisk disk = SmallDisk.mount(daemon.data(), make, DISK_BYTES);
                Workload workload = workload(2000)) {
            daemon.start();
            workload.start(daemon, Map.of());
            Map<Stage, Integer> waits = new EnumMap<>(Stage.class);
            for (int round = 0; round < ROUNDS; round++) {
                for (Stage stage : Stage.values()) {
                    workload.awaitProgress(PROGRESS_MAX);
                    int logged = daemon.log().length();
                    CompletableFuture<Void> underWay = fillAt(stage, daemon, disk, workload);
                    Process process = daemon.process();
                    awaitDiskFull(daemon);
                    CompletableFuture<Void> commits = CompletableFuture.allOf(
                            underWay, demandReadsAndCommits(daemon, workload.client(), stage.toString()));
                    boolean waited = await(commits, daemon, logged);
                    disk.free();
                    workload.resumeProducers();
                    assertThat(commits).as(() -> stage + ": " + daemon.log()).succeedsWithin(Duration.ofSeconds(30));
                    waits.merge(stage, waited ? 1 : 0, Integer::sum);
                    workload.awaitProgress(PROGRESS_MAX);
                    assertThat(process.isAlive())
                            .as("%s: %s", stage, daemon.log())
                            .isTrue();
                    deleteMost(workload);
                }
            }
            long acknowledged = end(daemon, workload);
            Figures.print(
                    "disk full by a sibling on " + make, "acknowledged=%d commits waited=%s", acknowledged, waits);
            // Only what is under way when the whole reserve goes at once can be caught in the middle.
            assertThat(waits.get(Stage.REFUSED) + waits.get(Stage.OPEN))
                    .as("commits go on: %s", waits)
                    .isZero();
        }
    }

    /** Completes when the commits that were under way while the disk was filled are answered. */
    private CompletableFuture<Void> fillAt(Stage stage, Daemon daemon, SmallDisk disk, Workload workload)
            throws Exception {
        switch (stage) {
            case LOAD -> disk.fillAndStayGreedy();
            case COMMITS -> {
                workload.pauseProducers(PROGRESS_MAX);
                return fillUnderCommits(disk, workload.client());
            }
            case REFUSED -> {
                disk.fillUpTo(RESERVE_BYTES / 2);
                awaitDiskFull(daemon);
                awaitFlushed(daemon, disk);
                disk.fillAndStayGreedy();
            }
            case OPEN -> {
                daemon.kill();
                workload.history().restarted();
                disk.fill();
                daemon.launch();
                await(daemon, () -> daemon.statusOf("/health/ready") == 200 || saysDiskFull(daemon));
                // The start has freed what it had to replay.
                disk.fillAndStayGreedy();
            }
        }
        return CompletableFuture.completedFuture(null);
    }

    private static CompletableFuture<Void> fillUnderCommits(SmallDisk disk, MillraceClient client) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean full = new AtomicBoolean();
        CompletableFuture<Void> commits = CompletableFuture.runAsync(() -> {
            while (!full.get()) {
                commit(client, 1);
                begun.countDown();
            }
        });
        assertThat(begun.await(30, TimeUnit.SECONDS)).as("the first commit").isTrue();
        disk.fillAndStayGreedy();
        full.set(true);
        return commits;
    }

    private static void awaitDiskFull(Daemon daemon) throws Exception {
        await(daemon, () -> saysDiskFull(daemon));
    }

    /** What was admitted before the refusal is on its way to the disk until the room on it stays what it is. */
    private static void awaitFlushed(Daemon daemon, SmallDisk disk) throws Exception {
        long[] last = {disk.usableBytes(), System.nanoTime()};
        await(daemon, () -> {
            long usable = disk.usableBytes();
            if (Math.abs(usable - last[0]) > 1 << 20) {
                last[0] = usable;
                last[1] = System.nanoTime();
            }
            return System.nanoTime() - last[1] > TimeUnit.SECONDS.toNanos(2);
        });
    }

    private static void await(Daemon daemon, Callable<Boolean> condition) throws Exception {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertThat(daemon.process().isAlive()).as(daemon.log()).isTrue();
            assertThat(deadlineNanos - System.nanoTime()).as(daemon.log()).isPositive();
            daemon.process().waitFor(10, TimeUnit.MILLISECONDS);
        }
    }

    private static boolean saysDiskFull(Daemon daemon) throws InterruptedException {
        try {
            return daemon.statusOf("/health/ready") == 503
                    && daemon.get("/health/ready").contains("disk_full");
        } catch (IOException ended) {
            return false;
        }
    }

    /** True where a flush was caught by the full disk, so that the commits wait for room. */
    private static boolean await(CompletableFuture<Void> commits, Daemon daemon, int logged) throws Exception {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!commits.isDone()) {
            if (daemon.log().substring(logged).contains("store.waits")) {
                return true;
            }
            assertThat(deadlineNanos - System.nanoTime())
                    .as("commits on a full disk: %s", daemon.log())
                    .isPositive();
            daemon.process().waitFor(20, TimeUnit.MILLISECONDS);
        }
        assertThat(commits).as(() -> "commits on a full disk: " + daemon.log()).isCompleted();
        return false;
    }

    private static CompletableFuture<Void> demandReadsAndCommits(Daemon daemon, MillraceClient client, String when)
            throws Exception {
        CompletableFuture<Void> commits = CompletableFuture.runAsync(() -> commit(client, COMMITS));
        try (Consumer consumer = client.consumer()
                .topics(Workload.TOPIC)
                .from(StartFrom.earliest())
                .open()) {
            List<ReceivedMessage> read = consumer.poll(Duration.ofSeconds(20));
            assertThat(read).as("records read, %s", when).isNotEmpty();
        }
        assertThat(daemon.statusOf("/health/live")).as(when).isEqualTo(200);
        assertThat(daemon.get("/health/ready")).as(when).contains("disk_full", "diskReserve");
        return commits;
    }

    /** Commits of a group of its own, each of which must be answered. The same offset is written anew, a lower one is not. */
    private static void commit(MillraceClient client, int count) {
        for (int i = 0; i < count; i++) {
            client.admin().commitOffsets("other", Map.of(new TopicPartition(Workload.TOPIC, 0), 1L));
        }
    }

    /** As an operator who needs room would. */
    private static void deleteMost(Workload workload) {
        for (TopicInfo.Partition partition :
                workload.client().admin().describeTopic(Workload.TOPIC).partitions()) {
            workload.history().allowStart(partition.partition(), partition.endOffset());
            workload.client()
                    .admin()
                    .deleteBefore(new TopicPartition(Workload.TOPIC, partition.partition()), partition.endOffset());
        }
    }

    private long end(Daemon daemon, Workload workload) throws Exception {
        workload.stop();
        daemon.kill();
        workload.history().restarted();
        daemon.start();
        LogHygiene hygiene = new LogHygiene();
        assertThat(workload.check(daemon, hygiene)).isEmpty();
        assertThat(daemon.terminate()).isZero();
        return workload.acknowledgedCount();
    }
}
