package dev.millrace.core.stream;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The heads of streams: those that the present commit changed, those used lately, and behind them the store. Thread: shard. */
final class HeadTable {
    private static final long ENTRY_BYTES = 240;

    private final Store store;
    private final long cacheBytesMax;
    /** Changed by the present commit: not in the store yet. */
    private final Map<StreamKey, StreamHead> changed = new LinkedHashMap<>();
    /** Looked for by the present commit, and not there: a new stream is looked for before and while it is written. */
    private final Set<StreamKey> absent = new HashSet<>();

    private final LinkedHashMap<StreamKey, StreamHead> cached = new LinkedHashMap<>(1024, 0.75f, true);
    private long cachedBytes;

    HeadTable(Store store, long cacheBytesMax) {
        this.store = store;
        this.cacheBytesMax = cacheBytesMax;
    }

    /** The head, or null where the stream never had an event. */
    StreamHead find(StreamKey stream) {
        StreamHead head = changed.get(stream);
        if (head == null) {
            head = cached.get(stream);
        }
        if (head == null && !absent.contains(stream)) {
            byte[] row = store.get(Table.STREAM_HEAD, StreamRows.head(stream));
            if (row != null) {
                head = StreamHead.decode(row);
                remember(stream, head);
            } else {
                absent.add(stream);
            }
        }
        return head;
    }

    void put(StreamKey stream, StreamHead head) {
        changed.put(stream, head);
    }

    /** Writes what the commit changed. */
    void endBatch(WriteSink sink) {
        changed.forEach((stream, head) -> {
            sink.put(Table.STREAM_HEAD, StreamRows.head(stream), head.encode());
            remember(stream, head);
        });
        changed.clear();
        absent.clear();
    }

    private void remember(StreamKey stream, StreamHead head) {
        if (cached.put(stream, head) == null) {
            cachedBytes += sizeOf(stream);
        }
        var eldest = cached.entrySet().iterator();
        while (cachedBytes > cacheBytesMax && eldest.hasNext()) {
            cachedBytes -= sizeOf(eldest.next().getKey());
            eldest.remove();
        }
    }

    private static long sizeOf(StreamKey stream) {
        return ENTRY_BYTES + stream.key().length;
    }

    /** Forgets a partition; its rows are the caller's. */
    void dropPartition(int partitionId) {
        changed.keySet().removeIf(stream -> stream.partitionId() == partitionId);
        for (StreamKey stream : new HashMap<>(cached).keySet()) {
            if (stream.partitionId() == partitionId) {
                cached.remove(stream);
                cachedBytes -= sizeOf(stream);
            }
        }
    }
}
