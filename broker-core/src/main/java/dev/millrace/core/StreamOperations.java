package dev.millrace.core;

import dev.millrace.core.record.Record;
import dev.millrace.core.wire.EventQuery;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Event streams: appending with expectations, and reading by key. A stream is a topic's key; its events have versions
 * 0, 1, 2 and so on. Thread: any.
 *
 * <p>Fails, all of them: TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, INDEX_DISABLED, CROSS_PARTITION, INVALID_REQUEST,
 * DATA_DAMAGED, OVERLOADED, SHUTTING_DOWN.
 */
public interface StreamOperations {
    int EVENTS_MAX = 1000;
    int APPEND_BYTES_MAX = 4 << 20;

    /** @param expected see {@link dev.millrace.core.wire.ExpectedVersion} */
    record Check(byte[] key, long expected) {}

    /**
     * @param failIfMatch of events after the offset; null for none
     * @param failIfExists wherever they are; null for none
     */
    record Condition(EventQuery failIfMatch, long afterOffset, EventQuery failIfExists) {}

    /** How an append ended. */
    sealed interface Outcome {}

    /** @param duplicate the events were there before */
    record Appended(long[] versions, long firstOffset, long lastOffset, long appendTimeMs, boolean duplicate)
            implements Outcome {}

    /** All expectations that did not hold. */
    record Conflict(List<FailedCheck> failed) implements Outcome {}

    /** @param actualVersion -1 where the stream holds no event */
    record FailedCheck(byte[] key, long expected, long actualVersion, boolean deleted) {}

    /** @param item which of the query's; -1 where it asks for everything */
    record ConditionFailed(boolean exists, int item, List<Long> offsets) implements Outcome {}

    /**
     * Appends events to streams of one partition, all or nothing.
     *
     * <p>Durable: when the future completes, and so is what a conflict answers. Fails: BATCH_TOO_LARGE,
     * MESSAGE_TOO_LARGE, CORRUPT_BATCH, TAG_LIMIT, ID_CONFLICT, STREAM_TOMBSTONED, DISK_FULL, STORAGE_FAILED.
     *
     * @param events one record batch, writable, or empty for a check alone; belongs to the broker until the future
     *     completes
     * @param condition null for none
     */
    CompletableFuture<Outcome> append(
            TopicPartition partition, ByteBuffer events, List<Check> checks, Condition condition);

    /** Up to when events count. */
    record AsOf(Kind kind, long value) {
        public static final AsOf NOW = new AsOf(Kind.NOW, 0);

        /** What the value means: nothing, the last version, the last timestamp, the last offset. */
        public enum Kind {
            NOW,
            VERSION,
            TIME,
            OFFSET
        }
    }

    /**
     * What to read.
     *
     * @param from a version; -1 for the last
     */
    record Span(long from, boolean backward, int countMax, int bytesMax, AsOf asOf) {}

    /**
     * @param lastVersion as of the moment asked for
     * @param readEnd the partition's durable end: an append on condition of nothing after it sees all that came later
     * @param complete nothing follows in the direction of reading
     * @param truncated events before the first were asked for, and are hidden or gone
     */
    record Events(
            List<Record> events,
            long firstVersion,
            long lastVersion,
            long readEnd,
            boolean complete,
            boolean truncated) {}

    /** Durable events only. Fails: STREAM_NOT_FOUND, STREAM_TOMBSTONED. */
    CompletableFuture<Events> read(TopicPartition partition, byte[] key, Span span);

    record Snapshot(long version, String schema, long takenMs, byte[] state) {}

    /** @param snapshot null where there is none of the schema */
    record State(Snapshot snapshot, Events tail) {}

    /** The newest snapshot of a schema, and the events after it. Fails: as {@link #read}. */
    CompletableFuture<State> load(TopicPartition partition, byte[] key, String schema, Span span);

    /** Fails: STREAM_NOT_FOUND, STREAM_DELETED, STREAM_TOMBSTONED, MESSAGE_TOO_LARGE. */
    CompletableFuture<Void> putSnapshot(
            TopicPartition partition, byte[] key, long version, String schema, byte[] state);

    /**
     * Where a paged reading goes on.
     *
     * @param afterKey null for the first page
     * @param endOffset the durable end that the first page saw, so that all pages show one moment; -1 for the first page
     */
    record Cursor(byte[] afterKey, long endOffset) {
        public static final Cursor START = new Cursor(null, -1);
    }

    /** @param next null after the last page */
    record LatestPage(List<Record> events, Cursor next) {}

    /** The last event of every stream of a partition, by key, as of a moment. */
    CompletableFuture<LatestPage> latest(
            TopicPartition partition, byte[] prefix, AsOf asOf, Cursor cursor, int countMax);

    /**
     * A stream.
     *
     * @param state live, deleted or tombstoned
     * @param firstVersion the oldest that can be read
     * @param lastVersion -1 where there is none
     * @param countMax 0 for all
     * @param ageMsMax 0 for any age
     * @param erasedMs when something was last erased, 0 for never
     * @param purgedMs when what was erased had left the disk, 0 for not yet
     */
    record StreamInfo(
            byte[] key,
            String state,
            long firstVersion,
            long lastVersion,
            long lastOffset,
            long lastTimestampMs,
            long countMax,
            long ageMsMax,
            long erasedMs,
            long purgedMs) {}

    /** @param next null after the last page */
    record StreamsPage(List<StreamInfo> streams, Cursor next) {}

    /** The streams of a partition that hold events, by key. */
    CompletableFuture<StreamsPage> list(TopicPartition partition, byte[] prefix, Cursor cursor, int countMax);

    /** Fails: STREAM_NOT_FOUND for one that never was. */
    CompletableFuture<StreamInfo> describe(TopicPartition partition, byte[] key);

    /**
     * Hides old events.
     *
     * @param before the first version that stays; -1 changes nothing
     * @param countMax 0 for all, -1 changes nothing
     * @param ageMsMax 0 for any age, -1 changes nothing
     *     <p>Fails: STREAM_NOT_FOUND, STREAM_DELETED, STREAM_TOMBSTONED.
     */
    CompletableFuture<StreamInfo> limit(
            TopicPartition partition, byte[] key, long before, long countMax, long ageMsMax);

    /**
     * Deletes a stream, or ends it for good.
     *
     * <p>Fails: STREAM_NOT_FOUND, STREAM_DELETED, STREAM_TOMBSTONED, WRONG_EXPECTED_VERSION.
     */
    CompletableFuture<StreamInfo> delete(TopicPartition partition, byte[] key, long expected, boolean forGood);

    /**
     * Replaces events by a mark, and removes the old bytes from the disk. The future completes once the mark is durable;
     * {@link #describe} tells when the old bytes are gone.
     *
     * <p>Fails: STREAM_NOT_FOUND, STREAM_DELETED, STREAM_TOMBSTONED, BATCH_TOO_LARGE.
     */
    CompletableFuture<StreamInfo> erase(TopicPartition partition, byte[] key, long fromVersion, long toVersion);

    /**
     * Events of a partition that match, from an offset on.
     *
     * @param next the offset to go on from
     */
    record MatchPage(List<Record> events, long next, long readEnd) {}

    CompletableFuture<MatchPage> find(TopicPartition partition, EventQuery query, long fromOffset, int countMax);

    /** What a subscriber wants of a topic. */
    record Filter(byte[] key, byte[] keyPrefix, EventQuery query) {}

    /** Makes a filter of batches. Fails: throws INVALID_REQUEST. */
    EventFilter filter(UUID topicId, Filter filter);
}
