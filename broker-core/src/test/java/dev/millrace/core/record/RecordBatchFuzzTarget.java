package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What must hold for any bytes at all. Entry point for Jazzer; {@link RecordBatchFuzzTest} calls it in every build.
 */
public final class RecordBatchFuzzTarget {
    static final int INFLATED_BYTES_MAX = 256 * 1024;
    static final BatchLimits LIMITS = new BatchLimits(8, 64 * 1024, 64 * 1024, INFLATED_BYTES_MAX);

    private RecordBatchFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        ByteBuffer batches = ByteBuffer.wrap(input);
        BatchCheck shallow = BatchValidator.check(batches, LIMITS);
        BatchCheck deep = BatchValidator.deepCheck(batches, LIMITS);
        require(batches.position() == 0 && batches.limit() == input.length, "the buffer was moved");
        require(!deep.ok() || shallow.ok(), "the deep check accepts what the shallow one refuses");
        require(shallow.ok() == shallow.problem().isEmpty(), "a problem without text, or text without problem");
        List<Record> records = new ArrayList<>();
        try {
            RecordBatch.each(batches, batch -> batch.records(INFLATED_BYTES_MAX).forEach(records::add));
        } catch (CorruptBatchException e) {
            require(!deep.ok(), "records of an accepted batch do not read: " + e.getMessage());
            return;
        }
        if (deep.ok()) {
            require(records.size() == deep.recordCount(), "count is " + records.size() + ", not " + deep.recordCount());
            require(
                    rebuilt(records)
                            .equals(records.stream()
                                    .map(r -> new Record(0, r.timestampMs(), r.key(), r.value(), r.headers()))
                                    .toList()),
                    "records change when they are built again");
        }
    }

    private static List<Record> rebuilt(List<Record> records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 0);
        List<Record> again = new ArrayList<>();
        for (Record r : records) {
            builder.reset();
            builder.append(r.timestampMs(), r.key(), r.value(), r.headers());
            RecordBatch.at(builder.build(), 0).records(0).forEach(again::add);
        }
        return again;
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new AssertionError(problem);
        }
    }
}
