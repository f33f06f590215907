package dev.millrace.core.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** After a crash: everything durable is there, or the store says by name what is missing. */
final class RocksRecoveryTest {
    private static final StoreOptions OPTIONS = StoreOptions.defaults().withGenerationBytes(4 << 20);

    /** Where the last edit ends that a store without any data consists of. */
    private static final long EMPTY_MANIFEST_BYTES = 127;

    @TempDir
    Path root;

    private final ManualTime time = new ManualTime();
    private RocksStore store;
    private Path directory;

    @BeforeEach
    void open() {
        directory = root.resolve("shard-0");
        store = RocksStore.open(directory, OPTIONS, time);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void keepsEverySyncedCommitAcrossACrash() throws IOException {
        long last = fill(100);
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        try (RocksStore recovered = RocksStore.open(image, OPTIONS)) {
            assertThat(recovered.committedSequence()).isEqualTo(last);
            assertThat(countRows(recovered)).isEqualTo(100);
        }
    }

    @Test
    void acceptsATornTailThatWasNeverAcknowledged() throws IOException {
        long durable = fill(100);
        put(100);
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        Path log = StoreFiles.fullestLog(image);
        StoreFiles.truncate(log, Files.size(log) - 100);
        try (RocksStore recovered = RocksStore.open(image, OPTIONS)) {
            assertThat(recovered.committedSequence()).isEqualTo(durable);
            assertThat(countRows(recovered)).isEqualTo(100);
        }
    }

    /** A power cut may keep the later pages of what was not synced and not the earlier ones. */
    @Test
    void keepsNothingBehindAHoleInWhatWasNeverSynced() throws IOException {
        long durable = fill(10);
        long holeAt = endOfLog();
        // A value from 16 KiB on states its length in one byte more.
        int overheadBytes = endOfLog(10, 1000) - 1000 - (int) holeAt + 1;
        holeAt = endOfLog();
        // So that the record behind the hole begins a block: from there RocksDB would read on.
        long blockEnd = (holeAt / LogFileScan.BLOCK_BYTES + 1) * LogFileScan.BLOCK_BYTES;
        assertThat(endOfLog(11, (int) (blockEnd - holeAt) - overheadBytes)).isEqualTo((int) blockEnd);
        put(12);
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        StoreFiles.zero(StoreFiles.fullestLog(image), holeAt, blockEnd);
        long beforeHole = durable + 1;
        for (int attempt = 1; attempt <= 2; attempt++) {
            try (RocksStore recovered = RocksStore.open(image, OPTIONS)) {
                assertThat(recovered.committedSequence()).isEqualTo(beforeHole);
                assertThat(countRows(recovered)).isEqualTo(11);
            }
        }
    }

    /** Where the log ends after a row of this size. */
    private int endOfLog(int row, int valueBytes) throws IOException {
        put(row, valueBytes);
        return (int) endOfLog();
    }

    private long endOfLog() throws IOException {
        return LogFileScan.run(StoreFiles.fullestLog(directory), (head, bytes) -> {}, bytes -> {})
                .wholeBytes();
    }

    @Test
    void refusesALostTailUntilTheLossIsAccepted() throws IOException {
        long durable = fill(100);
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        Path log = StoreFiles.fullestLog(image);
        Path whole = Files.copy(log, root.resolve("whole.log"));
        StoreFiles.truncate(log, Files.size(log) / 2);
        for (int attempt = 1; attempt <= 2; attempt++) {
            assertKind(Kind.LOST_TAIL, () -> RocksStore.open(image, OPTIONS))
                    .hasMessageContaining(image.toString())
                    .hasMessageContaining("image.beacon")
                    .hasMessageContaining("sequence " + durable)
                    .hasMessageContaining("accept the loss");
        }
        Path healed = StoreFiles.crashImage(image, root.resolve("healed"));
        assertThat(healed.resolve(log.getFileName()))
                .as("a refusal destroys nothing")
                .exists();
        Files.delete(healed.resolve(log.getFileName()));
        Files.copy(whole, healed.resolve(log.getFileName()));
        try (RocksStore recovered = RocksStore.open(healed, OPTIONS)) {
            assertThat(countRows(recovered)).as("a refusal destroys nothing").isEqualTo(100);
        }
        RocksStore.open(image, OPTIONS.withAcceptLoss(true)).close();
        try (RocksStore recovered = RocksStore.open(image, OPTIONS)) {
            assertThat(countRows(recovered)).isBetween(1L, 99L);
            assertThat(recovered.committedSequence()).isLessThan(durable);
        }
    }

    @Test
    void refusesDamageInTheMiddleOfTheLog() throws IOException {
        fill(100);
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        Path log = StoreFiles.fullestLog(image);
        StoreFiles.flipByte(log, Files.size(log) / 2);
        assertKind(Kind.LOST_TAIL, () -> RocksStore.open(image, OPTIONS));
    }

    @Test
    void refusesAStoreThatVanishedAndCreatesNoEmptyOne() throws IOException {
        fill(10);
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        for (Path file : StoreFiles.list(image)) {
            Files.delete(file);
        }
        assertKind(Kind.LOST_TAIL, () -> RocksStore.open(image, OPTIONS));
        assertThat(StoreFiles.list(image)).isEmpty();
    }

    @Test
    void refusesAMissingBeacon() throws IOException {
        fill(10);
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        Path beacon = RocksRecovery.beaconOf(image);
        Files.delete(beacon);
        assertKind(Kind.DAMAGED, () -> RocksStore.open(image, OPTIONS)).hasMessageContaining(beacon.toString());
        RocksStore.open(image, OPTIONS.withAcceptLoss(true)).close();
        RocksStore.open(image, OPTIONS).close();
    }

    @Test
    void survivesOneDamagedBeaconSlotAndRefusesTwo() throws IOException {
        fill(10);
        Path one = StoreFiles.crashImage(directory, root.resolve("one"));
        StoreFiles.flipByte(RocksRecovery.beaconOf(one), 17);
        RocksStore.open(one, OPTIONS).close();
        Path two = StoreFiles.crashImage(directory, root.resolve("two"));
        Path beacon = RocksRecovery.beaconOf(two);
        StoreFiles.flipByte(beacon, 17);
        StoreFiles.flipByte(beacon, 4096 + 17);
        assertKind(Kind.DAMAGED, () -> RocksStore.open(two, OPTIONS)).hasMessageContaining(beacon.toString());
    }

    @Test
    void marksEverySyncAndSyncsTheMarkNowAndThen() throws IOException {
        long atOpen = syncedMark().sequence();
        long first = put(1);
        assertThat(mark().sequence()).as("committed, not synced").isEqualTo(atOpen);
        time.advanceMs(99);
        store.sync();
        assertThat(mark().sequence()).as("a kill keeps it").isEqualTo(first);
        assertThat(syncedMark().sequence()).as("within a tenth of a second").isEqualTo(atOpen);
        time.advanceMs(1);
        long second = put(2);
        store.sync();
        assertThat(syncedMark().sequence()).isEqualTo(second);
        long third = put(3);
        store.rotate(5);
        assertThat(mark().sequence()).as("rotated, not synced").isEqualTo(second);
        store.sync();
        assertThat(syncedMark().sequence()).as("first sync after a rotation").isEqualTo(third);
        assertThat(mark().clean()).isFalse();
        long fourth = put(4);
        store.close();
        assertThat(syncedMark().sequence()).isEqualTo(fourth);
        assertThat(mark().clean()).isTrue();
        store = RocksStore.open(directory, OPTIONS, time);
        assertThat(mark().clean()).as("open again").isFalse();
        assertThat(mark().sequence()).isEqualTo(fourth);
    }

    @Test
    void syncsTheMarkOfTheLastSyncOnceNothingFollows() throws IOException {
        long last = put(1);
        store.sync();
        time.advanceMs(99);
        store.idle();
        assertThat(syncedMark().sequence()).isLessThan(last);
        time.advanceMs(1);
        store.idle();
        assertThat(syncedMark().sequence()).isEqualTo(last);
    }

    @Test
    void noticesThatTheLastSyncIsMissingAtOnce() throws IOException {
        put(1);
        store.sync();
        Path before = StoreFiles.crashImage(directory, root.resolve("before"));
        long last = put(2);
        store.sync();
        Path image = StoreFiles.crashImage(directory, root.resolve("image"));
        Path log = StoreFiles.fullestLog(image);
        Files.copy(StoreFiles.fullestLog(before), log, StandardCopyOption.REPLACE_EXISTING);
        assertKind(Kind.LOST_TAIL, () -> RocksStore.open(image, OPTIONS))
                .hasMessageContaining("sequence " + last)
                .hasMessageContaining(log.getFileName().toString());
    }

    @Test
    void refusesAManifestThatLostItsEndAndDeletesNothing() throws IOException {
        fill(10);
        store.rotate(5);
        store.close();
        store = RocksStore.open(directory, OPTIONS, time);
        fill(10);
        refusesOrHasAll(StoreFiles.crashImage(directory, root.resolve("killed")));
        store.close();
        refusesOrHasAll(StoreFiles.crashImage(directory, root.resolve("closed")));
    }

    /** The first write-ahead log, flushed and gone, was never closed while it was written, so RocksDB does not miss it. */
    @Test
    void refusesALogThatDoesNotFollowOnTheFiles() throws IOException {
        fill(10);
        store.rotate(1);
        store.rotate(2);
        awaitOneLog();
        put(10);
        time.advanceMs(2_000);
        store.sync();
        refusesOrHasAll(StoreFiles.crashImage(directory, root.resolve("fresh")));
    }

    private void awaitOneLog() throws IOException {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (StoreFiles.list(directory, ".log").size() > 1) {
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private void refusesOrHasAll(Path whole) throws IOException {
        Path manifest = whole.resolve(Files.readString(whole.resolve("CURRENT")).strip());
        for (long bytes = EMPTY_MANIFEST_BYTES; bytes < Files.size(manifest); bytes += 16) {
            Path image = StoreFiles.crashImage(whole, root.resolve(whole.getFileName() + "-" + bytes));
            StoreFiles.truncate(image.resolve(manifest.getFileName()), bytes);
            List<Path> before = StoreFiles.list(image, ".sst");
            try (RocksStore opened = RocksStore.open(image, OPTIONS)) {
                assertThat(countRows(opened)).as("cut at %d", bytes).isGreaterThanOrEqualTo(10);
            } catch (StoreException refused) {
                assertThat(refused).hasMessageContaining("MANIFEST").hasMessageContaining("Restore");
                assertThat(StoreFiles.list(image, ".sst")).isEqualTo(before);
            }
        }
    }

    @Test
    void namesTheFileOfADamagedChunk() throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(1 << 20);
        WriteSink sink = store.begin();
        sink.appendChunk(0, 1, 0, chunk);
        store.commit(sink);
        store.close();
        Path largest = StoreFiles.list(directory, ".sst").stream()
                .max(Comparator.comparing(file -> file.toFile().length()))
                .orElseThrow();
        StoreFiles.flipByte(largest, 500_000);
        store = RocksStore.open(directory, OPTIONS, time);
        assertKind(Kind.DAMAGED, () -> store.scanLog(0, 1, 0, (last, c) -> true))
                .hasMessageContaining(largest.getFileName().toString());
        assertThat(put(1)).as("a failed read does not stop writes").isPositive();
    }

    @Test
    void refusesWritesAfterAFailedSyncButServesReads() throws IOException {
        put(1);
        store.sync();
        put(2);
        // The clock, read within a sync, is the one part of it that breaks without a faulty disk.
        time.failWith(new StoreException(Kind.IO, "injected"));
        assertKind(Kind.IO, () -> store.sync());
        assertKind(Kind.IO, () -> put(3)).hasMessageContaining("refused");
        assertKind(Kind.IO, () -> store.sync()).hasMessageContaining("refused");
        assertKind(Kind.IO, () -> store.rotate(9)).hasMessageContaining("refused");
        assertThat(countRows(store)).isEqualTo(2);
        store.close();
        assertThat(mark().clean()).isFalse();
    }

    private static AbstractThrowableAssert<?, ?> assertKind(Kind kind, ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    private Beacon.Mark mark() {
        return Beacon.read(RocksRecovery.beaconOf(directory));
    }

    /** What a power failure leaves of the mark at the latest moment. */
    private Beacon.Mark syncedMark() throws IOException {
        Path copy = root.resolve("copy.beacon");
        Files.copy(RocksRecovery.beaconOf(directory), copy, StandardCopyOption.REPLACE_EXISTING);
        StoreFiles.truncate(copy, 8192);
        return Beacon.read(copy);
    }

    /** Commits rows of 1 KB each, synced and marked. */
    private long fill(int count) {
        for (int i = 0; i < count; i++) {
            put(i);
        }
        time.advanceMs(2_000);
        return store.sync();
    }

    private long put(int row) {
        return put(row, 1000);
    }

    private long put(int row, int valueBytes) {
        WriteSink sink = store.begin();
        sink.put(Table.META, String.format("%06d", row).getBytes(UTF_8), new byte[valueBytes]);
        return store.commit(sink);
    }

    private static long countRows(Store store) {
        long[] count = new long[1];
        store.scan(Table.META, new byte[0], new byte[] {(byte) 0xff}, (key, value) -> ++count[0] > 0);
        return count[0];
    }
}
