package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** A full disk is named, stops writes, and costs nothing that was synced. */
final class RocksDiskFullTest {
    private static final StoreOptions OPTIONS = StoreOptions.defaults().withGenerationBytes(2 << 20);

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
