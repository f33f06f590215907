package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.storage.LogFileScan.End;
import dev.millrace.core.storage.LogFileScan.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Agrees with what RocksDB writes, and tells a torn end from damage. */
class LogFileScanTest {
    private static final int COMMITS = 60;

    @TempDir
    Path root;

    private Path log;
    private long lastSequence;

    @BeforeEach
    void write() throws IOException {
        Path directory = root.resolve("shard-0");
        try (RocksStore store = RocksStore.open(directory, StoreOptions.defaults())) {
            for (int i = 0; i < COMMITS; i++) {
                WriteSink sink = store.begin();
                // Some in one fragment, some over several blocks, some that leave less than a header in a block.
                byte[] value = new byte[i % 15 == 0 ? 80_000 : 200 + 37 * i];
                new Random(i).nextBytes(value);
                sink.put(Table.META, new byte[] {(byte) i}, value);
                lastSequence = store.commit(sink);
            }
            store.sync();
            log = Files.copy(StoreFiles.fullestLog(directory), root.resolve("000004.log"));
        }
    }

    private record Seen(Outcome outcome, List<Long> sequences) {}

    private static Seen scan(Path file) throws IOException {
        List<Long> sequences = new ArrayList<>();
        Outcome outcome = LogFileScan.run(file, (head, bytes) -> sequences.add(head.getLong(0)), bytes -> {});
        return new Seen(outcome, sequences);
    }

    @Test
    void readsEveryCommitThatRocksDbWrote() throws IOException {
        AtomicLong progress = new AtomicLong();
        Outcome outcome = LogFileScan.run(log, (head, bytes) -> {}, progress::addAndGet);
        Seen seen = scan(log);
        // The first record is empty: it reserves the log's space.
        assertThat(outcome).isEqualTo(new Outcome(End.WHOLE, Files.size(log), 1 + COMMITS, ""));
        assertThat(progress).hasValue(Files.size(log));
        assertThat(seen.sequences()).hasSize(1 + COMMITS).isSorted().endsWith(lastSequence);
    }

    @Test
    void findsEveryFlippedByte() throws IOException {
        byte[] good = Files.readAllBytes(log);
        Random random = new Random(17);
        for (int i = 0; i < 160; i++) {
            int at = i < 60 ? i : random.nextInt(good.length - 7);
            if (isPadding(good, at)) {
                continue;
            }
            byte[] bad = good.clone();
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(log, bad);
            Seen seen = scan(log);
            assertThat(seen.outcome().end()).as("byte %d", at).isNotEqualTo(End.WHOLE);
            assertThat(seen.outcome().wholeBytes()).as("byte %d", at).isLessThanOrEqualTo(at);
            assertThat(seen.outcome().problem()).startsWith("byte ");
        }
    }

    /** Fewer than 7 bytes before the end of a block hold nothing. */
    private static boolean isPadding(byte[] file, int at) {
        int blockEnd = Math.min(file.length, (at / LogFileScan.BLOCK_BYTES + 1) * LogFileScan.BLOCK_BYTES);
        for (int i = Math.max(at - at % LogFileScan.BLOCK_BYTES, blockEnd - 6); i < blockEnd; i++) {
            if (file[i] != 0) {
                return false;
            }
        }
        return at >= blockEnd - 6;
    }

    @Test
    void damageInTheMiddleIsNotTakenForATornEnd() throws IOException {
        StoreFiles.flipByte(log, Files.size(log) / 2);
        Seen seen = scan(log);
        assertThat(seen.outcome().end()).isEqualTo(End.DAMAGED);
        assertThat(seen.outcome().problem()).contains("good records follow at byte");
        assertThat(seen.sequences()).isNotEmpty().hasSizeLessThan(COMMITS);
    }

    @Test
    void everyCutIsTornOrEndsWithAWholeRecord() throws IOException {
        byte[] good = Files.readAllBytes(log);
        long whole = 0;
        for (int cut = good.length - 1; cut > good.length - 3000; cut -= 13) {
            Files.write(log, Arrays.copyOf(good, cut));
            Outcome outcome = scan(log).outcome();
            assertThat(outcome.end()).as("cut at %d", cut).isNotEqualTo(End.DAMAGED);
            if (outcome.end() == End.WHOLE) {
                whole++;
            } else {
                assertThat(outcome.wholeBytes()).isLessThan(cut);
                Files.write(log, Arrays.copyOf(good, (int) outcome.wholeBytes()));
                assertThat(scan(log).outcome().end()).isEqualTo(End.WHOLE);
            }
        }
        assertThat(whole).isLessThan(5);
    }

    @Test
    void zerosAtTheEndAreSpaceAndInTheMiddleDamage() throws IOException {
        byte[] good = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(good, good.length + 100_000));
        assertThat(scan(log).outcome().end()).isEqualTo(End.WHOLE);
        byte[] hole = good.clone();
        Arrays.fill(hole, 40_000, 120_000, (byte) 0);
        Files.write(log, hole);
        assertThat(scan(log).outcome().end()).isEqualTo(End.DAMAGED);
        byte[] zeroTail = good.clone();
        Arrays.fill(zeroTail, good.length - 300, good.length, (byte) 0);
        Files.write(log, zeroTail);
        assertThat(scan(log).outcome().end()).isEqualTo(End.TORN);
    }

    @Test
    void readsRecyclableRecordsAndStopsAtThoseOfTheFileBefore() throws IOException {
        byte[] own = recyclable(4, "own record of this file");
        byte[] old = recyclable(3, "record that the file held before");
        Files.write(log, concat(own, own, old));
        assertThat(scan(log).outcome()).isEqualTo(new Outcome(End.WHOLE, 2L * own.length, 2, ""));
        byte[] bad = concat(own, own, own);
        bad[own.length + 15] ^= 1;
        Files.write(log, bad);
        assertThat(scan(log).outcome().end()).isEqualTo(End.DAMAGED);
    }

    /** A whole record of the recyclable kind: crc, length, type 5, log number, payload. */
    private static byte[] recyclable(int logNumber, String payload) {
        ByteBuffer record = ByteBuffer.allocate(11 + payload.length()).order(ByteOrder.LITTLE_ENDIAN);
        record.position(4);
        record.putShort((short) payload.length())
                .put((byte) 5)
                .putInt(logNumber)
                .put(payload.getBytes());
        CRC32C crc = new CRC32C();
        crc.update(record.array(), 6, record.capacity() - 6);
        int value = (int) crc.getValue();
        record.putInt(0, (value >>> 15 | value << 17) + 0xa282ead8);
        return record.array();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
