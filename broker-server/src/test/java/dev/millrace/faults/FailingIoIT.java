package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.faults.FaultyDisk.Action;
import dev.millrace.faults.FaultyDisk.Kind;
import dev.millrace.faults.FaultyDisk.Plan;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One call below the daemon fails: the N-th write, sync, open and so on, from its start or under load. Whatever N is, all
 * that was acknowledged is there after a restart on a sound disk, once and at its offset; nothing is acknowledged after a
 * failed write or sync of the write-ahead log; and a daemon that ends does so in words, with exit code 1.
 *
 * <p>The method is SQLite's. Budget: 4 minutes for 8 faults a kind; more with {@code -Dfault.io=100}. Needs Linux and
 * gcc.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES) // enough for -Dfault.io=100; 8 take 4 minutes for all methods together
class FailingIoIT {
    private static final int ROUNDS = 40;
    private static final int RECORDS_PER_ROUND = 64;
    private static final int RECORD_BYTES = 1000;
    private static final int NO_ROOM_SYNCS = 12;
    /** What a life may take from a burst's begin until all is answered or the process has ended. */
    private static final long BURST_SECONDS_MAX = 40;

    @TempDir
    Path directory;

    private final Map<String, Integer> outcomes = new TreeMap<>();
    private FaultyDisk disk;
    private Daemon daemon;
    private PublishedHistory published;
    private Random random;

    /** What may go wrong with a call; DELAY and SHORT are not errors, and must not be noticed. */
    private static List<Action> actions(Kind kind) {
        return switch (kind) {
            case WRITE -> List.of(Action.EIO, Action.ENOSPC, Action.SHORT, Action.EDQUOT, Action.EINTR);
            case SYNC -> List.of(Action.EIO, Action.ENOSPC, Action.EIO, Action.DELAY);
            case OPEN -> List.of(Action.EIO, Action.ENOSPC, Action.EMFILE);
            default -> List.of(Action.EIO, Action.ENOSPC);
        };
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "READ")
    void nothingAcknowledgedIsLostWhicheverCallFails(Kind kind) throws Exception {
        random = new Random(Seeds.next());
        live(kind, (startCalls, burstCalls) -> plans(kind, startCalls, burstCalls));
    }

    /** RocksDB resumes by itself where a sync found no room, and must not get to it: see RocksStore. */
    @Test
    void aSyncThatFindsNoRoomLeavesAStoreThatStarts() throws Exception {
        random = new Random(Seeds.next());
        live(Kind.SYNC, (startCalls, burstCalls) -> {
            List<Plan> plans = new ArrayList<>();
            for (int i = 0; i < NO_ROOM_SYNCS; i++) {
                long at = 1 + random.nextLong(burstCalls * 3 / 4);
                plans.add(new Plan(Kind.SYNC, at, Action.ENOSPC, random.nextBoolean()));
            }
            return plans;
        });
    }

    /** @param planned of the calls of a start and of a burst */
    private void live(Kind kind, BiFunction<Long, Long, List<Plan>> planned) throws Exception {
        disk = new FaultyDisk(directory);
        // Small generations, so that each burst goes through several flushes.
        daemon = new Daemon(
                Distribution.underTest(),
                directory,
                "storage.generationSize=1MiB",
                "storage.diskReserve=0B",
                "storage.retentionCheckInterval=1s");
        disk.under(daemon);
        daemon.start();
        long startCalls = disk.count(kind);
        try (PublishedHistory history = new PublishedHistory(daemon.server(), this::lastWordNanos)) {
            published = history;
            long burstCalls = callsOfABurst(kind);
            System.out.println(kind + ": " + startCalls + " calls to start, " + burstCalls + " for a burst");
            for (Plan plan : planned.apply(startCalls, burstCalls)) {
                boolean atStart = plan.at() < 0;
                run(atStart ? new Plan(kind, -plan.at(), plan.action(), plan.sticky()) : plan, atStart);
            }
            restartOnASoundDisk("the end of " + kind);
        } finally {
            daemon.close();
        }
        Figures.print("failing " + kind, "%s acknowledged=%d", outcomes, published.acknowledgedCount());
        int reached = outcomes.values().stream().mapToInt(n -> n).sum() - outcomes.getOrDefault("not reached", 0);
        assertThat(reached).as("faults that were hit: %s", outcomes).isPositive();
        assertThat(outcomes.getOrDefault("not reached", 0))
                .as("faults that were not hit, so that their runs show nothing: %s", outcomes)
                .isLessThanOrEqualTo(reached);
    }

    private long callsOfABurst(Kind kind) throws Exception {
        long before = disk.count(kind);
        published.burst(ROUNDS, RECORDS_PER_ROUND, RECORD_BYTES).get(BURST_SECONDS_MAX, TimeUnit.SECONDS);
        return disk.count(kind) - before;
    }

    /** Calls by number: negative from the launch, positive from the begin of a burst. */
    private List<Plan> plans(Kind kind, long startCalls, long burstCalls) {
        int count = Integer.getInteger("fault.io", 8);
        List<Action> actions = actions(kind);
        List<Plan> plans = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean atStart = burstCalls == 0 || startCalls > 0 && i % 3 == 2;
            // Not the very last ones: how many there are depends on how records meet in a commit.
            long at = 1 + random.nextLong(Math.max(1, (atStart ? startCalls : burstCalls) * 3 / 4));
            Action action = actions.get(i % actions.size());
            // What is interrupted is tried again, for ever where it is interrupted for ever.
            boolean sticky = random.nextBoolean() && action != Action.EINTR;
            plans.add(new Plan(kind, atStart ? -at : at, action, sticky));
        }
        Collections.shuffle(plans, random);
        return plans;
    }

    private void run(Plan plan, boolean atStart) throws Exception {
        int logged = daemon.log().length();
        long startNanos = System.nanoTime();
        if (atStart) {
            endProcess();
            disk.reset();
            disk.arm(plan);
            launch();
        } else {
            disk.armFromNow(plan);
        }
        String outcome = daemon.process().isAlive() ? burst(plan, logged) : ended(plan, logged, "refused to start");
        if (outcome == null) {
            outcome = ended(plan, logged, "ended");
        }
        outcomes.merge(outcome, 1, Integer::sum);
        String what = plan + (atStart ? " of a start" : " of a burst") + ", " + disk.hits() + " hits"
                + (disk.hits() > 0 ? " on " + disk.hitPath() : "") + ": " + outcome;
        System.out.println(what + " (" + (System.nanoTime() - startNanos) / 1_000_000 + " ms)");
        restart();
        published.check(what);
    }

    /** Waits until the daemon is ready or has ended. */
    private void launch() throws Exception {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(BURST_SECONDS_MAX);
        daemon.launch();
        while (daemon.process().isAlive() && daemon.statusOf("/health/ready") != 200) {
            assertThat(deadlineNanos - System.nanoTime()).as(daemon.log()).isPositive();
            daemon.process().waitFor(10, TimeUnit.MILLISECONDS);
        }
    }

    /** Null where the process has ended. */
    private String burst(Plan plan, int logged) throws Exception {
        CompletableFuture<Void> answered = published.burst(ROUNDS, RECORDS_PER_ROUND, RECORD_BYTES);
        CompletableFuture<?> over =
                CompletableFuture.anyOf(answered, daemon.process().onExit());
        boolean waited = false;
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(BURST_SECONDS_MAX);
        while (!isOver(over)) {
            assertThat(deadlineNanos - System.nanoTime())
                    .as("%s: neither answered nor ended\n%s", plan, daemon.log())
                    .isPositive();
            if (!waited && daemon.log().substring(logged).contains("store.waits")) {
                assertThat(plan.action()).as("what commits may wait for").isEqualTo(Action.ENOSPC);
                waited = true;
                // There is room again.
                disk.heal();
            }
        }
        if (waited) {
            assertThat(daemon.process().isAlive()).as(daemon.log()).isTrue();
            return "waited for room";
        }
        if (disk.hits() > 0 && lastWordNanos() != 0) {
            assertThat(daemon.process().waitFor(20, TimeUnit.SECONDS))
                    .as("%s on %s: goes on after a failed write or sync", plan, disk.hitPath())
                    .isTrue();
        }
        if (!daemon.process().isAlive()) {
            return null;
        }
        return disk.hits() == 0 ? "not reached" : "went on";
    }

    private static boolean isOver(CompletableFuture<?> over) throws InterruptedException, ExecutionException {
        try {
            over.get(100, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        }
    }

    private String ended(Plan plan, int logged, String how) throws InterruptedException {
        String log = daemon.log().substring(logged);
        assertThat(daemon.process().waitFor()).as("%s\n%s", plan, log).isEqualTo(1);
        assertThat(disk.hits()).as("%s: ended without a fault\n%s", plan, log).isPositive();
        assertThat(plan.action().words())
                .as("%s must not be noticed\n%s", plan, log)
                .isNotNull();
        assertThat(log)
                .as("%s: why it ended", plan)
                .contains("error: ")
                // All that the JDK says of a failed sync.
                .containsAnyOf(plan.action().words(), "SyncFailedException");
        return how;
    }

    /** When a write or sync of the log of acknowledged records failed; 0 where it did not. */
    private long lastWordNanos() {
        return disk.hits() > 0 && disk.failsWriteOrSync() && disk.hitPath().endsWith(".log") ? disk.hitNanos() : 0;
    }

    /** A daemon that goes on is killed: what it acknowledged must not depend on anything that it does later. */
    private void endProcess() throws InterruptedException {
        if (daemon.process().isAlive()) {
            daemon.kill();
        }
        published.restarted();
    }

    private void restart() throws Exception {
        endProcess();
        disk.reset();
        daemon.start();
        // What had no answer is sent again now.
        published.awaitOutcomes();
    }

    /** Reads fail below a reader: it is told, or waits for the answer of a second try, but is never given later records. */
    @Test
    void aReaderIsToldOfAFailedReadAndSkipsNothing() throws Exception {
        random = new Random(Seeds.next());
        disk = new FaultyDisk(directory);
        daemon = new Daemon(
                Distribution.underTest(),
                directory,
                "storage.generationSize=1MiB",
                "storage.tailCache=1MiB",
                "storage.blockCache=1MiB",
                "storage.diskReserve=0B");
        disk.under(daemon);
        daemon.start();
        try (PublishedHistory history = new PublishedHistory(daemon.server(), this::lastWordNanos)) {
            published = history;
            for (int i = 0; i < 4; i++) {
                published.burst(ROUNDS, RECORDS_PER_ROUND, RECORD_BYTES).get(BURST_SECONDS_MAX, TimeUnit.SECONDS);
            }
            restart();
            disk.onlyFiles(".sst");
            long before = disk.count(Kind.READ);
            published.check("without a fault");
            long reads = disk.count(Kind.READ) - before;
            int told = 0;
            for (boolean sticky : new boolean[] {true, false, true}) {
                told += failReads(Action.EIO, sticky, reads) ? 1 : 0;
            }
            assertThat(failReads(Action.SHORT, random.nextBoolean(), reads)).isFalse();
            assertThat(failReads(Action.DELAY, random.nextBoolean(), reads)).isFalse();
            Figures.print("failing READ", "reads=%d told=%d of 3 EIO", reads, told);
            restartOnASoundDisk("the end of READ");
        } finally {
            daemon.close();
        }
    }

    /** Whether the reader was told. RocksDB may try a read ahead that failed once again, so only lasting errors must be. */
    private boolean failReads(Action action, boolean sticky, long reads) throws Exception {
        disk.armFromNow(new Plan(Kind.READ, 1 + random.nextLong(reads / 2), action, sticky));
        String error = published.readUntilAnError();
        assertThat(disk.hits()).as("reads that failed").isPositive();
        if (action == Action.EIO && sticky) {
            assertThat(error).as("what the reader was told of reads that fail").isNotNull();
        }
        disk.heal();
        published.check(action + " of a read");
        return error != null;
    }

    /** RocksDB itself asks for direct I/O at its first flush only, and would fail for good there. */
    @Test
    void aFileSystemWithoutDirectIoIsUsedWithoutIt() throws Exception {
        random = new Random(Seeds.next());
        disk = new FaultyDisk(directory);
        daemon = new Daemon(
                Distribution.underTest(), directory, "storage.generationSize=1MiB", "storage.diskReserve=0B");
        disk.under(daemon);
        disk.withoutDirectIo(daemon);
        daemon.start();
        assertThat(daemon.log()).contains("store.buffered");
        try (PublishedHistory history = new PublishedHistory(daemon.server(), this::lastWordNanos)) {
            published = history;
            for (int i = 0; i < 3; i++) {
                published.burst(ROUNDS, RECORDS_PER_ROUND, RECORD_BYTES).get(BURST_SECONDS_MAX, TimeUnit.SECONDS);
                restart();
                published.check("life " + i + " without direct I/O");
            }
            restartOnASoundDisk("the end of the lives without direct I/O");
        } finally {
            daemon.close();
        }
    }

    private void restartOnASoundDisk(String when) throws Exception {
        disk.notUnder(daemon);
        restart();
        published.check(when);
        assertThat(daemon.terminate()).isZero();
    }
}
