package dev.millrace.core.stream;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads streams as they are on the disk: what is past the durable end of the partition is not there for it. Thread: any;
 * may wait for the disk.
 */
public final class StreamReader {
    /** The first version that there is. */
    public static final long START = 0;
    /** The last version that there is. */
    public static final long END = -1;

    private final Store store;
    private final LogReader logReader;
    private final int decompressedBytesMax;
    private final EventCache cache;

    /** @param cache what {@link Streams#eventCache} answers, so that what is erased leaves it */
    public StreamReader(Store store, LogReader logReader, int decompressedBytesMax, EventCache cache) {
        this.store = store;
        this.logReader = logReader;
        this.decompressedBytesMax = decompressedBytesMax;
        this.cache = cache;
    }

    /**
     * What to read.
     *
     * @param from a version, {@link #START} or {@link #END}
     * @param countMax how many events
     * @param bytesMax how much of them, but at least one event
     */
    public record Span(long from, boolean backward, int countMax, int bytesMax, AsOf asOf) {}

    /** Up to when events count. An event counts as of a time by its own timestamp, so one that comes late changes the past. */
    public record AsOf(Kind kind, long value) {
        public static final AsOf NOW = new AsOf(Kind.NOW, 0);

        /** What a value of {@link AsOf} means. */
        public enum Kind {
            NOW,
            VERSION,
            TIME,
            OFFSET
        }

        boolean holds(long version, long offset, long timestampMs) {
            return switch (kind) {
                case NOW -> true;
                case VERSION -> version <= value;
                case TIME -> timestampMs <= value;
                case OFFSET -> offset <= value;
            };
        }
    }

    /**
     * Events of a stream, with the bounds of what may be read of it.
     *
     * @param readEnd the partition's durable end at the time of reading
     * @param complete no event follows in the direction of reading
     * @param truncated events before the first of these were asked for, and are hidden or gone
     */
    public record Slice(
            List<Record> events,
            long firstVersion,
            long lastVersion,
            long readEnd,
            boolean complete,
            boolean truncated) {}

    /** A snapshot, or null, and the events after it. */
    public record State(Snapshot snapshot, Slice tail) {}

    /** The head as it is written, durable or not; null for none. */
    public StreamHead head(StreamKey stream) {
        byte[] row = store.get(Table.STREAM_HEAD, StreamRows.head(stream));
        return row == null ? null : StreamHead.decode(row);
    }

    /** A {@link Slice}, or a {@link Refusal}. */
    public Object read(PartitionLog log, byte[] key, Span span, long nowMs) {
        long end = log.durableEndOffset();
        StreamKey stream = new StreamKey(log.partitionId(), key);
        StreamHead head = head(stream);
        Refusal refused = unreadable(stream, head);
        if (refused != null) {
            return refused;
        }
        View view = view(log, head, new Bounds(end, nowMs));
        if (view == null) {
            return StreamChanges.notFound(stream);
        }
        return slice(view, span);
    }

    private static Refusal unreadable(StreamKey stream, StreamHead head) {
        Refusal refused = StreamChanges.unlessLive(stream, head);
        boolean deleted = refused != null && refused.fault() == Fault.STREAM_DELETED;
        return deleted ? new Refusal(Fault.STREAM_NOT_FOUND, refused.detail()) : refused;
    }

    /** A {@link State}, or a {@link Refusal}. The newest snapshot of this schema that is not past the moment counts. */
    public Object load(PartitionLog log, byte[] key, String schema, Span span, long nowMs) {
        long end = log.durableEndOffset();
        StreamKey stream = new StreamKey(log.partitionId(), key);
        StreamHead head = head(stream);
        Refusal refused = unreadable(stream, head);
        if (refused != null) {
            return refused;
        }
        View view = view(log, head, new Bounds(end, nowMs));
        if (view == null) {
            return StreamChanges.notFound(stream);
        }
        long last = lastAsOf(view, span.asOf());
        Snapshot snapshot = newestSnapshot(log.partitionId(), head, schema, last);
        long from = snapshot == null ? Math.max(START, span.from()) : Math.max(snapshot.version() + 1, span.from());
        return new State(
                snapshot != null && span.from() > snapshot.version() ? null : snapshot,
                slice(view, new Span(from, false, span.countMax(), span.bytesMax(), span.asOf())));
    }

    private Snapshot newestSnapshot(int partitionId, StreamHead head, String schema, long lastVersion) {
        Snapshot[] found = {null};
        store.scanBackward(
                Table.STREAM_SNAPSHOT,
                StreamRows.event(partitionId, head.streamId(), 0),
                StreamRows.event(partitionId, head.streamId(), lastVersion + 1),
                (key, row) -> {
                    Snapshot snapshot = Snapshot.decode(row);
                    found[0] = snapshot.schema().equals(schema) ? snapshot : null;
                    return found[0] == null;
                });
        return found[0];
    }

    // ---- what may be seen of a stream

    record Bounds(long endOffset, long nowMs) {}

    /** A stream's readable versions. */
    record View(PartitionLog log, StreamHead head, long first, long last, long endOffset) {}

    /** Null where nothing may be seen. */
    View view(PartitionLog log, StreamHead head, Bounds bounds) {
        long first = firstVisible(log, head, bounds);
        if (head.lastOffset() < bounds.endOffset) {
            return head.lastVersion() < first ? null : new View(log, head, first, head.lastVersion(), bounds.endOffset);
        }
        long[] last = {-1};
        scanBackward(log, head, first, Long.MAX_VALUE, (version, offset, timestampMs) -> {
            if (offset < bounds.endOffset) {
                last[0] = version;
            }
            return last[0] < 0;
        });
        return last[0] < 0 ? null : new View(log, head, first, last[0], bounds.endOffset);
    }

    private long firstVisible(PartitionLog log, StreamHead head, Bounds bounds) {
        long logStart = log.logStartOffset();
        long oldestMs = head.ageMsMax() > 0 ? bounds.nowMs - head.ageMsMax() : Long.MIN_VALUE;
        if (logStart <= head.streamId() && oldestMs == Long.MIN_VALUE) {
            return head.firstVersion();
        }
        long[] first = {Long.MAX_VALUE};
        scan(log, head, head.firstVersion(), Long.MAX_VALUE, (version, offset, timestampMs) -> {
            if (offset >= logStart && timestampMs >= oldestMs) {
                first[0] = version;
            }
            return first[0] == Long.MAX_VALUE;
        });
        return first[0] == Long.MAX_VALUE ? head.lastVersion() + 1 : first[0];
    }

    /** The last version as of a moment; one before the first where there is none. */
    long lastAsOf(View view, AsOf asOf) {
        if (asOf.kind() == AsOf.Kind.NOW) {
            return view.last;
        }
        long[] last = {view.first - 1};
        scanBackward(view.log, view.head, view.first, view.last + 1, (version, offset, timestampMs) -> {
            boolean found = asOf.holds(version, offset, timestampMs);
            last[0] = found ? version : last[0];
            return !found;
        });
        return last[0];
    }

    private Slice slice(View view, Span span) {
        long last = lastAsOf(view, span.asOf());
        long from = span.from() == END ? last : span.from();
        List<Place> places = new ArrayList<>();
        StreamIndex.Visitor collect = (version, offset, timestampMs) -> {
            // Of an event as of a time: one before the last may itself be later.
            if (span.asOf().holds(version, offset, timestampMs)) {
                places.add(new Place(version, offset));
            }
            return places.size() <= span.countMax();
        };
        if (span.backward()) {
            scanBackward(view.log, view.head, view.first, Math.min(from, last) + 1, collect);
        } else {
            scan(view.log, view.head, Math.max(from, view.first), last + 1, collect);
        }
        boolean more = places.size() > span.countMax();
        List<Record> events = fetch(view.log, places.subList(0, Math.min(places.size(), span.countMax())), span);
        boolean complete = !more && events.size() == places.size();
        boolean truncated = span.backward() ? complete && view.first > 0 : from < view.first;
        return new Slice(events, view.first, last, view.endOffset, complete, truncated);
    }

    private record Place(long version, long offset) {}

    private List<Record> fetch(PartitionLog log, List<Place> places, Span span) {
        List<Record> events = new ArrayList<>(places.size());
        long bytes = 0;
        try (RunFetch fetch = new RunFetch(cache, logReader, log, decompressedBytesMax)) {
            int runEnd = -1;
            for (int i = 0; i < places.size(); i++) {
                runEnd = i > runEnd ? lastOfRun(places, i) : runEnd;
                Record event = fetch.at(places.get(i).offset, places.get(runEnd).offset);
                bytes += bytes(event);
                if (bytes > span.bytesMax() && !events.isEmpty()) {
                    break;
                }
                events.add(event);
            }
        }
        return events;
    }

    private static int lastOfRun(List<Place> places, int from) {
        int last = from;
        while (last + 1 < places.size() && RunFetch.goesOn(places.get(last).offset, places.get(last + 1).offset)) {
            last++;
        }
        return last;
    }

    // ---- of all streams of a partition

    /** Told of each stream by its key; answers true to go on. */
    @FunctionalInterface
    public interface HeadVisitor {
        boolean visit(byte[] key, StreamHead head);
    }

    /** Visits the heads with a prefix, after a key where that is not null. */
    public void heads(int partitionId, byte[] prefix, byte[] afterKey, HeadVisitor visitor) {
        byte[] start = StreamRows.head(partitionId, prefix);
        byte[] from = afterKey == null ? start : StreamRows.successor(StreamRows.head(partitionId, afterKey));
        store.scan(
                Table.STREAM_HEAD,
                from,
                StreamRows.after(start),
                (row, value) -> visitor.visit(StreamRows.keyOfHead(row), StreamHead.decode(value)));
    }

    /** Where the stream's last event as of a moment lies, of what lay before the end; -1 where there is none. */
    public long lastOffset(PartitionLog log, StreamHead head, AsOf asOf, long endOffset, long nowMs) {
        View view = head.holdsEvents() ? view(log, head, new Bounds(endOffset, nowMs)) : null;
        long last = view == null ? -1 : lastAsOf(view, asOf);
        if (view == null || last < view.first) {
            return -1;
        }
        long[] at = {-1};
        scan(log, head, last, last + 1, (version, offset, timestampMs) -> {
            at[0] = offset;
            return false;
        });
        return at[0];
    }

    /**
     * Fetches the events at these offsets, which may come in any order, and answers in the same. They are read in the
     * order in which they lie, so that each chunk is read once. Null where they are several and larger than permitted.
     *
     * <p>Fails: FaultException DATA_DAMAGED, or what the log says of an offset that it has not any more.
     */
    public List<Record> events(PartitionLog log, long[] offsets, long bytesMax) {
        List<Integer> byOffset = IntStream.range(0, offsets.length)
                .boxed()
                .sorted(Comparator.comparingLong(i -> offsets[i]))
                .toList();
        Record[] events = new Record[offsets.length];
        long bytes = 0;
        try (RecordFetch fetch = new RecordFetch(logReader, log, decompressedBytesMax)) {
            for (int i : byOffset) {
                events[i] = fetch.at(offsets[i]);
                bytes += bytes(events[i]);
                if (bytes > bytesMax && offsets.length > 1) {
                    return null;
                }
            }
        }
        return List.of(events);
    }

    private static long bytes(Record event) {
        return 64L + (event.value() == null ? 0 : event.value().length);
    }

    /** First and last readable version; null where there is none. */
    public long[] bounds(PartitionLog log, StreamHead head, long nowMs) {
        if (!head.holdsEvents()) {
            return null;
        }
        View view = view(log, head, new Bounds(log.durableEndOffset(), nowMs));
        return view == null ? null : new long[] {view.first, view.last};
    }

    // ---- the index

    private void scan(PartitionLog log, StreamHead head, long from, long to, StreamIndex.Visitor visitor) {
        StreamIndex.scan(store, log.partitionId(), head.streamId(), from, to, visitor);
    }

    private void scanBackward(PartitionLog log, StreamHead head, long from, long to, StreamIndex.Visitor visitor) {
        StreamIndex.scanBackward(store, log.partitionId(), head.streamId(), from, to, visitor);
    }
}
