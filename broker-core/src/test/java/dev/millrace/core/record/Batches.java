package dev.millrace.core.record;

import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Batches and records for tests. */
final class Batches {
    static final int BYTES_MAX = 1 << 20;
    static final BatchLimits LIMITS = BatchLimits.ofBytes(BYTES_MAX);
    static final long TIME_MS = 1_700_000_000_000L;

    private Batches() {}

    /** The seed of this run: {@code -Dseed=}, else a new one; printed, so that a failure can be repeated. */
    static long seed(String test) {
        long seed = Seeds.first();
        System.out.println(test + ": repeat with -Dseed=" + seed);
        return seed;
    }

    static ByteBuffer of(Compression compression, List<Record> records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 0);
        records.forEach(r -> builder.append(r.timestampMs(), r.key(), r.value(), r.headers()));
        return builder.build();
    }

    /** Three small records, not compressed. */
    static ByteBuffer small() {
        return of(Compression.NONE, smallRecords());
    }

    static List<Record> smallRecords() {
        return List.of(
                new Record(0, TIME_MS, bytes("a"), bytes("one"), List.of()),
                new Record(1, TIME_MS + 7, null, bytes("two"), List.of(new RecordHeader("h", bytes("x")))),
                new Record(2, TIME_MS - 3, bytes("c"), null, List.of(new RecordHeader("n", null))));
    }

    static List<Record> compressible(int count) {
        List<Record> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(new Record(i, TIME_MS + i, bytes("key-" + i % 10), bytes("value value value " + i), List.of()));
        }
        return records;
    }

    static List<Record> random(Random random, int count) {
        List<Record> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long timestampMs = TIME_MS + random.nextInt(2_000_000) - 1_000_000;
            List<RecordHeader> headers = new ArrayList<>();
            int headerCount = random.nextInt(3) == 0 ? random.nextInt(4) : 0;
            for (int h = 0; h < headerCount; h++) {
                headers.add(new RecordHeader(randomText(random), randomBytes(random, 40)));
            }
            records.add(new Record(i, timestampMs, randomBytes(random, 30), randomBytes(random, 300), headers));
        }
        return records;
    }

    private static String randomText(Random random) {
        return random.ints(random.nextInt(8), 0x20, 0x1F700)
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Null now and then; half of the others compress well. */
    private static byte[] randomBytes(Random random, int bytesMax) {
        if (random.nextInt(8) == 0) {
            return null;
        }
        byte[] bytes = new byte[random.nextInt(bytesMax + 1)];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
        }
        return bytes;
    }

    static List<Record> read(ByteBuffer batches) {
        List<Record> records = new ArrayList<>();
        RecordBatch.each(batches, batch -> batch.records(BYTES_MAX).forEach(records::add));
        return records;
    }

    /** Makes the checksum right again after a test has changed what it covers. */
    static ByteBuffer resealed(ByteBuffer batch) {
        int sizeBytes = 12 + batch.getInt(batch.position() + BatchLayout.LENGTH_AT);
        return batch.putInt(
                batch.position() + BatchLayout.CRC_AT, BatchLayout.checksum(batch, batch.position(), sizeBytes));
    }

    static ByteBuffer concat(ByteBuffer... batches) {
        int bytes = 0;
        for (ByteBuffer batch : batches) {
            bytes += batch.remaining();
        }
        ByteBuffer all = ByteBuffer.allocate(bytes);
        for (ByteBuffer batch : batches) {
            all.put(batch.duplicate());
        }
        return all.flip();
    }

    static ByteBuffer copy(ByteBuffer source) {
        return ByteBuffer.wrap(array(source));
    }

    static byte[] array(ByteBuffer source) {
        byte[] bytes = new byte[source.remaining()];
        source.get(source.position(), bytes);
        return bytes;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
