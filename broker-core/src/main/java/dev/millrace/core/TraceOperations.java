package dev.millrace.core;

import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceSearch;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Finds what belongs together, over all topics with {@code correlation.index=on}, and what holds groups up at it. Thread:
 * any.
 */
public interface TraceOperations {
    int ID_CHARS_MAX = TraceSearch.ID_CHARS_MAX;
    int COUNT_MAX = 1000;
    /** Groups that are told of for one record. */
    int RETRY_GROUPS_MAX = 100;

    /**
     * Records whose {@code $correlation}, whose id or whose trace id is this one, by topic, partition and offset; before
     * them the record without an id of its own that the id names by its place, {@code orders/3@4711}. Their values are not
     * read along.
     *
     * <p>Fails: INVALID_REQUEST for an id or a count out of bounds; DATA_DAMAGED.
     *
     * @param from where to go on, {@link Place#FIRST} at first
     * @param countMax 1 to 1000; an answer of many bytes has fewer
     */
    CompletableFuture<Page> find(String id, Place from, int countMax);

    /**
     * Groups that have begun attempts at these records and have neither passed them nor moved them to their dead letters,
     * also at dead letters on their way back; and groups in which a record's key is parked. By record and group; records
     * that are gone have none.
     *
     * <p>Fails: INVALID_REQUEST for more than {@link #COUNT_MAX} records.
     */
    CompletableFuture<Retries> retries(List<Asked> records);

    /** A record's place. */
    record Place(String topic, int partition, long offset) {
        public static final Place FIRST = new Place("", 0, 0);
    }

    /**
     * A record that was found.
     *
     * @param timestampMs when it was published, by its publisher
     * @param key may be null
     * @param valueBytes -1 for no value
     */
    record Found(Place place, long timestampMs, byte[] key, int valueBytes, List<RecordHeader> headers) {}

    /** @param next where to go on asking, null where there are no more */
    record Page(List<Found> found, Place next) {}

    /** @param keyHash as {@link dev.millrace.core.wire.DeadLetterNames#keyHash} says */
    record Asked(Place place, long keyHash) {}

    /** @param looked of so many of the records, from the first on, this tells; ask again for the others */
    record Retries(int looked, List<Retry> retries) {}

    /**
     * How far a group is with a record.
     *
     * @param attempts begun so far, 0 where it only waits for its key
     * @param attemptsMax of how many, 0 where that is not known
     * @param lastError exception and message of the last failure that was told, else empty
     * @param lastFailureMs when the broker heard of it, or -1
     * @param nextTryMs when the next attempt is due, by the broker's clock; -1 where one was begun meanwhile, or where that
     *     is not known
     * @param keyParked an earlier record of its key is parked or on its way back
     */
    record Retry(
            Place place,
            String group,
            int attempts,
            int attemptsMax,
            String lastError,
            long lastFailureMs,
            long nextTryMs,
            boolean keyParked) {}
}
