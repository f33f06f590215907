package dev.millrace.core.record;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects what belongs to an id, page by page. Where the id is that of one record, all that this record belongs to follows.
 * Thread: one.
 */
public final class TraceSearch {
    /** An index takes no longer id. */
    public static final int ID_CHARS_MAX = 1024;

    /** About what a record takes in memory beside its key and headers. */
    private static final int RECORD_BYTES = 64;

    private final Index index;
    private final int countMax;
    private final long bytesMax;
    private final Map<Place, Found> found = new LinkedHashMap<>();
    private long bytes;
    private boolean truncated;

    /** Where records are found by their ids. */
    @FunctionalInterface
    public interface Index {
        /** @param from {@link Place#FIRST} at first, then where the last page ended */
        Page page(String id, Place from);
    }

    /** @param next where to go on, null where there are no more */
    public record Page(List<Found> found, Place next) {}

    /** Of a record, written {@code orders/3@4711}. */
    public record Place(String topic, int partition, long offset) {
        public static final Place FIRST = new Place("", 0, 0);

        @Override
        public String toString() {
            return topic + "/" + partition + "@" + offset;
        }
    }

    /** @param valueBytes -1 for no value */
    public record Found(Place place, long timestampMs, byte[] key, int valueBytes, List<RecordHeader> headers) {
        private String id() {
            String id = EventHeaders.textIdOf(headers);
            return id == null ? place.toString() : id;
        }

        private String correlation() {
            byte[] correlation = EventHeaders.find(headers, EventHeaders.CORRELATION);
            return correlation == null ? null : new String(correlation, StandardCharsets.UTF_8);
        }

        private long bytes() {
            long bytes = RECORD_BYTES + (key == null ? 0 : key.length);
            for (RecordHeader header : headers) {
                bytes += RECORD_BYTES + header.key().length() + (header.value() == null ? 0 : header.value().length);
            }
            return bytes;
        }
    }

    /**
     * @param countMax records, at most
     * @param bytesMax of their keys and headers, at most; the record that reaches it is the last
     */
    public TraceSearch(Index index, int countMax, long bytesMax) {
        this.index = index;
        this.countMax = countMax;
        this.bytesMax = bytesMax;
    }

    /** The records, each once. */
    public List<Found> search(String id) {
        collect(id);
        for (String whole : wholes(id)) {
            collect(whole);
        }
        return new ArrayList<>(found.values());
    }

    /** Whether there are more. */
    public boolean truncated() {
        return truncated;
    }

    /** What the records belong to that have the id as their own; what is no id is passed over. */
    private Set<String> wholes(String id) {
        Set<String> wholes = new LinkedHashSet<>();
        for (Found record : found.values()) {
            String correlation = record.correlation();
            boolean usable = correlation != null && !correlation.isEmpty() && correlation.length() <= ID_CHARS_MAX;
            if (usable && record.id().equals(id) && !correlation.equals(id)) {
                wholes.add(correlation);
            }
        }
        return wholes;
    }

    private void collect(String id) {
        Place next = Place.FIRST;
        while (next != null) {
            Page page = index.page(id, next);
            for (Found record : page.found()) {
                boolean isFull = found.size() >= countMax || bytes >= bytesMax;
                if (isFull && !found.containsKey(record.place())) {
                    truncated = true;
                    return;
                }
                if (found.put(record.place(), record) == null) {
                    bytes += record.bytes();
                }
            }
            next = page.next();
        }
    }
}
