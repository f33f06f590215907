package dev.millrace.client;

import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.StartPosition;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One partition in memory, with the broker's rules for producers' sequences. Thread: by the broker's monitor. */
final class FakeLog {
    /** @param fault null where the batch is in the log now, or was before */
    record Appended(long offset, int sequence, int count, boolean duplicate, Fault fault) {
        @Override
        public String toString() {
            return "seq=" + sequence + " count=" + count + (duplicate ? " duplicate" : "")
                    + (fault == null ? "" : " " + fault);
        }
    }

    private record Remembered(int sequence, int count, long offset) {}

    private static final int REMEMBERED_COUNT = 5;

    private final TreeMap<Long, ByteBuffer> batches = new TreeMap<>();
    private final Map<Long, Deque<Remembered>> producers = new HashMap<>();
    private long startOffset;
    private long endOffset;

    Appended append(ByteBuffer payload) {
        byte[] copy = new byte[payload.remaining()];
        payload.duplicate().get(copy);
        RecordBatch batch = RecordBatch.at(ByteBuffer.wrap(copy), 0);
        int sequence = batch.baseSequence();
        int count = batch.recordCount();
        if (!batch.checksumValid()) {
            return new Appended(-1, sequence, count, false, Fault.CORRUPT_BATCH);
        }
        if (batch.idempotent()) {
            Deque<Remembered> last = producers.computeIfAbsent(batch.producerId(), id -> new ArrayDeque<>());
            for (Remembered known : last) {
                if (known.sequence == sequence && known.count == count) {
                    return new Appended(known.offset, sequence, count, true, null);
                }
            }
            int expected = last.isEmpty() ? 0 : last.getLast().sequence + last.getLast().count;
            if (sequence != expected) {
                Fault fault = last.isEmpty() ? Fault.UNKNOWN_PRODUCER : Fault.OUT_OF_ORDER_SEQUENCE;
                return new Appended(-1, sequence, count, false, fault);
            }
            last.add(new Remembered(sequence, count, endOffset));
            if (last.size() > REMEMBERED_COUNT) {
                last.remove();
            }
        }
        batch.assign(endOffset, 0);
        batches.put(endOffset, ByteBuffer.wrap(copy));
        long offset = endOffset;
        endOffset += count;
        return new Appended(offset, sequence, count, false, null);
    }

    /** Appends values with their text as the key, each in a batch of its own. */
    FakeLog with(String... values) {
        for (String value : values) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
            builder.append(endOffset, value.getBytes(), value.getBytes(), List.of());
            append(builder.build());
        }
        return this;
    }

    /** Appends one batch of many values. */
    FakeLog withBatch(Compression compression, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 256);
        for (String value : values) {
            builder.append(endOffset, value.getBytes(), value.getBytes(), List.of());
        }
        append(builder.build());
        return this;
    }

    /** Flips a bit in the last value of the batch at this offset, where only a checksum can tell. */
    void damage(long offset) {
        ByteBuffer batch = batches.floorEntry(offset).getValue();
        int last = batch.limit() - 2;
        batch.put(last, (byte) (batch.get(last) ^ 1));
    }

    ByteBuffer batchAt(long offset) {
        Map.Entry<Long, ByteBuffer> entry = batches.floorEntry(offset);
        return entry == null || offset >= endOffset ? null : entry.getValue().duplicate();
    }

    long offsetAfter(long offset) {
        return RecordBatch.at(batches.floorEntry(offset).getValue(), 0).lastOffset() + 1;
    }

    long find(StartPosition position) {
        return switch (position.kind()) {
            case EARLIEST -> startOffset;
            case LATEST -> endOffset;
            case OFFSET -> position.value();
            case TIME ->
                records().stream()
                        .filter(record -> record.timestampMs() >= position.value())
                        .mapToLong(Record::offset)
                        .findFirst()
                        .orElse(endOffset);
        };
    }

    boolean holds(long offset) {
        return offset >= startOffset && offset <= endOffset;
    }

    void deleteBefore(long offset) {
        startOffset = offset;
    }

    long startOffset() {
        return startOffset;
    }

    long endOffset() {
        return endOffset;
    }

    List<Record> records() {
        List<Record> records = new ArrayList<>();
        for (ByteBuffer batch : batches.values()) {
            RecordBatch.at(batch, 0).records(1 << 24).forEach(records::add);
        }
        return records;
    }

    List<String> values() {
        return records().stream().map(record -> new String(record.value())).toList();
    }
}
