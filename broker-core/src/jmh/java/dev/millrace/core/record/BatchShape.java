package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The batches that all benchmarks share: how large their records are, how many there are, and how they are compressed. */
@State(Scope.Benchmark)
public class BatchShape {
    public static final long TIME_MS = 1_700_000_000_000L;
    private static final int KEYS = 64;

    @Param({"100", "1024"})
    public int recordBytes;

    @Param({"1", "64", "1000"})
    public int records;

    @Param({"none", "lz4"})
    public String compression;

    /** Key and value of the record with this number. */
    record Content(byte[] key, byte[] value) {}

    /** Half noise, half text: lz4 makes about half of it. */
    Content[] contents() {
        Random random = new Random(1);
        Content[] contents = new Content[records];
        for (int i = 0; i < records; i++) {
            byte[] key = ("customer-" + i % KEYS).getBytes(StandardCharsets.UTF_8);
            byte[] value = new byte[recordBytes - key.length];
            byte[] noise = new byte[value.length / 2];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, value, 0, noise.length);
            contents[i] = new Content(key, value);
        }
        return contents;
    }

    RecordBatchBuilder builder() {
        return new RecordBatchBuilder(
                Compression.valueOf(compression.toUpperCase(java.util.Locale.ROOT)), 64 + records * (recordBytes + 32));
    }

    /** One batch, in an array. */
    public ByteBuffer batch() {
        RecordBatchBuilder builder = builder();
        for (Content content : contents()) {
            builder.append(TIME_MS, content.key(), content.value(), List.of());
        }
        return builder.build();
    }

    /** One batch off the heap, as the network hands it over. */
    public ByteBuffer directBatch() {
        ByteBuffer batch = batch();
        return ByteBuffer.allocateDirect(batch.remaining()).put(batch).flip();
    }
}
