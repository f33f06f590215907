package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** A full disk is named, stops writes, and costs nothing that was synced. */
final class RocksDiskFullTest {
    private static final StoreOptions OPTIONS =
            StoreOptions.defaults().withGenerationBytes(2 << 20).withJournalBytes(4 << 10);

    @TempDir
    Path mountPoint;

    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        mounted = run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mountPoint.toString());
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            run("umount", mountPoint.toString());
        }
    }

    @Test
    void namesAFullDiskAndKeepsWhatWasSynced() throws Exception {
        assumeTrue(mounted, "needs the right to mount a small file system");
        long syncedCount = 0;
        StoreException refusal = null;
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            StoreLoad load = new StoreLoad(store, OPTIONS.generationBytes(), 0, 1, 64 << 10);
            store.stopWaiting();
            while (refusal == null) {
                try {
                    load.commit(1);
                    store.sync();
                    syncedCount++;
                } catch (StoreException e) {
                    refusal = e;
                }
            }
            assertThat(refusal.kind()).isEqualTo(Kind.DISK_FULL);
            assertThat(refusal).hasMessageContaining("Free space").hasMessageContaining(mountPoint.toString());
            assertThatThrownBy(store::sync)
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DISK_FULL));
            assertThat(chunkCount(store)).as("reads go on").isGreaterThanOrEqualTo(syncedCount);
        }
        assertThat(run("mount", "-o", "remount,size=128m", mountPoint.toString()))
                .isTrue();
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            assertThat(chunkCount(store)).isBetween(syncedCount, syncedCount + 1);
        }
    }

    /** The write-ahead log has its space beforehand; a flush, which has not, waits. */
    @Test
    void commitsGoOnWhenSomethingElseHasFilledTheDiskToTheLastByte() throws Exception {
        assumeTrue(mounted, "needs the right to mount a small file system");
        assertThat(run("mount", "-o", "remount,size=96m", mountPoint.toString()))
                .isTrue();
        Path sibling = mountPoint.resolve("sibling");
        long count = 0;
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            StoreLoad load = new StoreLoad(store, OPTIONS.generationBytes(), 0, 1, 64 << 10);
            load.commit(1);
            store.sync();
            fill(sibling);
            assertThat(DiskSpace.of(mountPoint).usableBytes()).isZero();
            // More than a generation, so that a rotation falls in between.
            for (count = 1; count < 40; count++) {
                load.commit(1);
                store.sync();
            }
            assertThat(chunkCount(store)).isEqualTo(40);
            Files.delete(sibling);
            for (; count < 120; count++) {
                load.commit(1);
                store.sync();
            }
        }
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            assertThat(chunkCount(store)).isEqualTo(count);
        }
    }

    @Test
    void takesTheSpaceOfAWriteAheadLogWhenItBegins() throws Exception {
        assumeTrue(mounted, "needs the right to mount a small file system");
        assertThat(run("mount", "-o", "remount,size=128m", mountPoint.toString()))
                .isTrue();
        Path sibling = mountPoint.resolve("sibling");
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            StoreLoad load = new StoreLoad(store, OPTIONS.generationBytes(), 0, 1, 64 << 10);
            fill(sibling);
            load.commit(1);
            store.sync();
            Files.delete(sibling);
            while (load.generation() < 3) {
                load.commit(1);
                store.sync();
            }
            fill(sibling);
            load.commit(1);
            store.sync();
            assertThat(chunkCount(store)).isEqualTo(3 * OPTIONS.generationBytes() / (64 << 10) + 1);
        }
    }

    private static void fill(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] piece = new byte[4096];
            while (true) {
                out.write(piece);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    /**
     * RocksDB stops all writes after a flush that found no room; it looks for room every five seconds. The first
     * write-ahead log takes 20 MiB beforehand, the MANIFEST 4 and the second log 4.4: the first flush finds 2.4 of over 3.
     */
    @Test
    void aCommitThatAFailedFlushHoldsUpGoesOnWhenThereIsRoom() throws Exception {
        assumeTrue(mounted, "needs the right to mount a small file system");
        assertThat(run("mount", "-o", "remount,size=31m", mountPoint.toString()))
                .isTrue();
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            StoreLoad load = new StoreLoad(store, OPTIONS.generationBytes(), 0, 1, 64 << 10);
            AtomicLong count = new AtomicLong();
            AtomicReference<Thread> shard = new AtomicReference<>();
            CompletableFuture<Void> commits = CompletableFuture.runAsync(() -> {
                shard.set(Thread.currentThread());
                while (count.get() < 600) {
                    load.commit(1);
                    store.sync();
                    count.incrementAndGet();
                    awaitFlush(store.rocks());
                }
            });
            awaitParkedIn(shard, commits);
            long before = count.get();
            assertThat(chunkCount(store)).as("reads go on").isEqualTo(before);
            assertThat(run("mount", "-o", "remount,size=256m", mountPoint.toString()))
                    .isTrue();
            commits.get(60, TimeUnit.SECONDS);
            assertThat(before).isLessThan(600);
        }
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            assertThat(chunkCount(store)).isEqualTo(600);
        }
    }

    /** Until it is done or has failed: on a busy machine the commits would else use up the new log's space before. */
    private static void awaitFlush(RocksHandles rocks) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        try {
            while (rocks.db().getLongProperty(rocks.log(), "rocksdb.num-immutable-mem-table") > 0
                    && rocks.db().getLongProperty("rocksdb.background-errors") == 0) {
                assertThat(System.nanoTime()).as("the flush ends").isLessThan(deadlineNanos);
                Thread.onSpinWait();
            }
        } catch (RocksDBException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitParkedIn(AtomicReference<Thread> shard, CompletableFuture<Void> commits) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (shard.get() == null || !(LockSupport.getBlocker(shard.get()) instanceof RocksStore)) {
            assertThat(commits).as("the commits fill the disk").isNotDone();
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
    }

    @Test
    void saysWhatFailedWhereRocksDbSpeaksOnlyOfAnErrorBefore() throws Exception {
        Files.writeString(mountPoint.resolve("LOG"), """
                [WARN] [/error_handler.cc:422] Background IO error IO error: While fdatasync: 4.log: Input/output error, reason 2
                [ERROR] [/db_impl/db_impl.cc:2136] WAL Sync error IO error: Writer has previous error.
                [WARN] [/error_handler.cc:422] Background IO error IO error: Writer has previous error., reason 2
                """);
        var nameless = new RocksDBException(
                "Writer has previous error.", new Status(Status.Code.IOError, Status.SubCode.None, ""));
        assertThat(RocksErrors.of(nameless, "a sync", mountPoint))
                .hasMessageContaining(
                        "Writer has previous error. It was: IO error: While fdatasync: 4.log: Input/output error. Check");
    }

    /** Only a refusal that names a table: one that names the write-ahead log may have written half of a commit. */
    @Test
    void tellsARefusedCommitFromAFailedOne() {
        assertThat(RocksFlushFailure.refused(
                        noSpace("While appending to file: /d/000110.sst: No space left on device")))
                .isTrue();
        assertThat(RocksFlushFailure.refused(
                        noSpace("While appending to file: /d/000111.log: No space left on device")))
                .isFalse();
        assertThat(RocksFlushFailure.refused(noSpace("While appending to file: /d/000110.sst: Input/output error")))
                .isFalse();
        assertThat(RocksFlushFailure.refused(
                        noSpace("While appending to file: /d/MANIFEST-000004: No space left on device")))
                .isFalse();
    }

    @Test
    void asksAgainForAFlushThatWasNotTheTimeFor() {
        var later = new RocksDBException(
                "Writes have been stopped, thus unable to perform manual flush.",
                new Status(Status.Code.TryAgain, Status.SubCode.None, ""));
        var broken = new RocksDBException(
                "While fsync: 1.sst: Input/output error", new Status(Status.Code.IOError, Status.SubCode.None, ""));
        assertThat(RocksFlushFailure.mayPass(later)).isTrue();
        assertThat(RocksFlushFailure.mayPass(broken)).isFalse();
        assertThat(RocksFlushFailure.refused(later))
                .as("a commit that failed so is final")
                .isFalse();
    }

    private static RocksDBException noSpace(String text) {
        return new RocksDBException(text, new Status(Status.Code.IOError, Status.SubCode.NoSpace, text));
    }

    @Test
    void tellsTheKindsOfErrorsApart() {
        assertThat(kindOf(Status.Code.IOError, Status.SubCode.NoSpace, "x")).isEqualTo(Kind.DISK_FULL);
        assertThat(kindOf(Status.Code.IOError, Status.SubCode.None, "No space left on device"))
                .isEqualTo(Kind.DISK_FULL);
        assertThat(kindOf(Status.Code.Corruption, Status.SubCode.None, "bad block in 000012.sst"))
                .isEqualTo(Kind.DAMAGED);
        assertThat(kindOf(Status.Code.IOError, Status.SubCode.None, "Input/output error"))
                .isEqualTo(Kind.IO);
        assertThat(RocksErrors.of(new RocksDBException("no status"), "a commit", mountPoint)
                        .kind())
                .isEqualTo(Kind.IO);
    }

    @Test
    void refusesASecondStoreInTheSameDirectory() {
        try (RocksStore store = RocksStore.open(mountPoint.resolve("s"), OPTIONS)) {
            assertThatThrownBy(() -> RocksStore.open(mountPoint.resolve("s"), OPTIONS))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.IN_USE));
            WriteSink sink = store.begin();
            sink.appendChunk(0, 0, 0, ByteBuffer.allocateDirect(1));
            store.commit(sink);
        }
    }

    @Test
    void readsFreeAndTotalSpace() {
        DiskSpace space = DiskSpace.of(mountPoint);
        assertThat(space.usableBytes()).isPositive().isLessThanOrEqualTo(space.totalBytes());
        assertThatThrownBy(() -> DiskSpace.of(mountPoint.resolve("missing")).totalBytes())
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("missing");
    }

    private Kind kindOf(Status.Code code, Status.SubCode subCode, String text) {
        return RocksErrors.of(new RocksDBException(text, new Status(code, subCode, text)), "a commit", mountPoint)
                .kind();
    }

    private static long chunkCount(Store store) {
        long[] count = new long[1];
        for (int generation = 0; generation < 100; generation++) {
            store.scanLog(generation, 0, 0, (last, chunk) -> last == ++count[0]);
        }
        return count[0];
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
