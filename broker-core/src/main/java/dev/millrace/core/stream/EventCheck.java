package dev.millrace.core.stream;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.EventBatches.Names;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import java.nio.ByteBuffer;
import java.util.List;

/** Makes batches ready to be appended to streams, and says what is wrong with them. Thread: any. */
public final class EventCheck {
    private EventCheck() {}

    /**
     * The batches with a place for each version: a {@link ByteBuffer}, or a {@link Refusal}.
     *
     * @param batches whose structure was checked
     * @param partition where they are to go, of {@code partitionCount}
     */
    public static Object prepare(ByteBuffer batches, int partition, int partitionCount, Sizes sizes) {
        KeyCheck keys = new KeyCheck(partition, partitionCount);
        Object prepared = EventBatches.withPlaceForVersion(batches, sizes.decompressedBytesMax, cursor -> {
            Refusal problem = problem(cursor, keys);
            return problem == null
                    ? null
                    : new Refusal(
                            problem.fault(),
                            "event " + (cursor.offsetDelta() + 1) + " of " + cursor.recordCount() + ": "
                                    + problem.detail());
        });
        return prepared instanceof ByteBuffer events ? withinSize(events, sizes) : prepared;
    }

    private static Object withinSize(ByteBuffer events, Sizes sizes) {
        for (RecordBatch batch : RecordBatch.in(events)) {
            if (batch.sizeBytes() > sizes.batchBytesMax) {
                return Refusal.of(
                        Fault.BATCH_TOO_LARGE,
                        "the batch takes %d bytes as it is kept in a stream, the limit is %d",
                        batch.sizeBytes(),
                        sizes.batchBytesMax);
            }
        }
        return events;
    }

    /** Looks at a key once where events of one stream follow on each other. */
    private static final class KeyCheck {
        private final int partition;
        private final int partitionCount;
        private byte[] good;

        KeyCheck(int partition, int partitionCount) {
            this.partition = partition;
            this.partitionCount = partitionCount;
        }

        Refusal problem(RecordCursor cursor) {
            if (good != null && cursor.keyIs(good)) {
                return null;
            }
            byte[] key = cursor.key();
            Refusal problem = keyProblem(key, partition, partitionCount);
            good = problem == null ? key : null;
            return problem;
        }
    }

    /** @param batchBytesMax of a batch as it is kept, which is not compressed */
    public record Sizes(int batchBytesMax, int decompressedBytesMax) {}

    private static Refusal problem(RecordCursor cursor, KeyCheck keys) {
        if (cursor.keyBytes() < 1) {
            return Refusal.of(Fault.INVALID_REQUEST, "it has no key, which names its stream");
        }
        Refusal wrongKey = keys.problem(cursor);
        return wrongKey != null ? wrongKey : headerProblem(cursor);
    }

    /** What is wrong with a stream's key wherever it lies, or null. */
    public static Refusal keyLengthProblem(byte[] key) {
        return key.length >= 1 && key.length <= StreamKey.BYTES_MAX
                ? null
                : Refusal.of(
                        Fault.INVALID_REQUEST,
                        "the key of a stream has 1 to %d bytes, not %d",
                        StreamKey.BYTES_MAX,
                        key.length);
    }

    /** What is wrong with a stream's key in this partition, or null. */
    public static Refusal keyProblem(byte[] key, int partition, int partitionCount) {
        Refusal length = keyLengthProblem(key);
        if (length != null) {
            return length;
        }
        int right = Murmur2.partition(key, partitionCount);
        return right == partition
                ? null
                : Refusal.of(
                        Fault.CROSS_PARTITION,
                        "stream \"%s\" lies in partition %d, not %d",
                        StreamKey.text(key),
                        right,
                        partition);
    }

    private static Refusal headerProblem(RecordCursor cursor) {
        while (cursor.nextHeader()) {
            int bytes = cursor.headerValueBytes();
            if (cursor.headerIs(Names.ID) && bytes != EventHeaders.ID_BYTES) {
                return Refusal.of(
                        Fault.INVALID_REQUEST,
                        "header $id has %d bytes; an event id has %d",
                        bytes,
                        EventHeaders.ID_BYTES);
            } else if (cursor.headerIs(Names.TYPE) && (bytes < 1 || bytes > EventHeaders.TYPE_BYTES_MAX)) {
                return Refusal.of(
                        Fault.INVALID_REQUEST,
                        "header $type has %d bytes; a type has 1 to %d",
                        bytes,
                        EventHeaders.TYPE_BYTES_MAX);
            } else if (cursor.headerIs(Names.TAGS)) {
                Refusal problem = tagsProblem(EventHeaders.tagsOf(cursor.headerValue()));
                if (problem != null) {
                    return problem;
                }
            }
        }
        return null;
    }

    private static Refusal tagsProblem(List<String> tags) {
        if (tags.size() > EventHeaders.TAGS_MAX) {
            return Refusal.of(Fault.TAG_LIMIT, "%d tags; at most %d are allowed", tags.size(), EventHeaders.TAGS_MAX);
        }
        for (String tag : tags) {
            int bytes = tag.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            if (bytes < 1 || bytes > EventHeaders.TAG_BYTES_MAX) {
                return Refusal.of(
                        Fault.TAG_LIMIT, "a tag of %d bytes; a tag has 1 to %d", bytes, EventHeaders.TAG_BYTES_MAX);
            }
        }
        return null;
    }
}
