package dev.millrace.core;

import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceSearch;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Finds what belongs together, over all topics with {@code correlation.index=on}. Thread: any. */
public interface TraceOperations {
    int ID_CHARS_MAX = TraceSearch.ID_CHARS_MAX;
    int COUNT_MAX = 1000;

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
}
