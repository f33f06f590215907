package dev.millrace.core.stream;

import dev.millrace.core.command.ConfirmErased;
import dev.millrace.core.command.DeleteStream;
import dev.millrace.core.command.EraseEvents;
import dev.millrace.core.command.LimitStream;
import dev.millrace.core.command.PutSnapshot;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Store.ChunkPlace;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.StreamHead.State;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Changes of streams that are no appends: limits, ends, snapshots, erasure. Each answers a head or a Refusal. Thread: shard. */
public final class StreamChanges {
    private static final int SNAPSHOTS_KEPT = 2;

    private final Store store;
    private final HeadTable heads;
    private final Consumer<StreamKey> onChanged;
    private final Erasure erasure;
    /** What earlier erasures of a stream have left on the disk: the next one of it must clean that, too. */
    private final Map<StreamKey, Set<ChunkPlace>> unpurged = new HashMap<>();

    StreamChanges(Store store, PartitionLogs logs, HeadTable heads, TagIndex tags, Consumer<StreamKey> onChanged) {
        this.store = store;
        this.heads = heads;
        this.onChanged = onChanged;
        this.erasure = new Erasure(store, logs, tags);
    }

    public Object delete(StreamTarget target, DeleteStream command, WriteSink sink) {
        StreamKey stream = new StreamKey(target.partitionId(), command.key());
        StreamHead head = heads.find(stream);
        Refusal refused =
                command.forGood() && head != null && head.state() == State.DELETED ? null : unlessLive(stream, head);
        if (refused != null) {
            return refused;
        }
        if (!Streams.holds(command.expected(), head)) {
            return Refusal.of(
                    Fault.WRONG_EXPECTED_VERSION,
                    "stream \"%s\" is at version %d, not at the expected %s",
                    stream,
                    head.lastVersion(),
                    ExpectedVersion.describe(command.expected()));
        }
        StreamHead next = head.ended(command.forGood() ? State.TOMBSTONED : State.DELETED);
        dropSnapshots(stream, head, sink);
        return changed(stream, next);
    }

    /** Hides events; those that the log holds keep their rows, so that they can be erased. */
    public Object limit(StreamTarget target, LimitStream command) {
        StreamKey stream = new StreamKey(target.partitionId(), command.key());
        StreamHead head = heads.find(stream);
        Refusal refused = unlessLive(stream, head);
        if (refused != null) {
            return refused;
        }
        if (command.before() > head.lastVersion() + 1) {
            return Refusal.of(
                    Fault.INVALID_REQUEST,
                    "cannot truncate stream \"%s\" before version %d: its last is %d",
                    stream,
                    command.before(),
                    head.lastVersion());
        }
        long countMax = command.countMax() < 0 ? head.countMax() : command.countMax();
        long ageMsMax = command.ageMsMax() < 0 ? head.ageMsMax() : command.ageMsMax();
        long first = Math.max(head.firstVersion(), command.before());
        if (countMax > 0) {
            first = Math.max(first, head.lastVersion() - countMax + 1);
        }
        return changed(stream, head.limited(first, countMax, ageMsMax));
    }

    public Object putSnapshot(StreamTarget target, PutSnapshot command, long nowMs, WriteSink sink) {
        StreamKey stream = new StreamKey(target.partitionId(), command.key());
        StreamHead head = heads.find(stream);
        Refusal refused = unlessLive(stream, head);
        if (refused != null) {
            return refused;
        }
        if (command.atVersion() < 0 || command.atVersion() > head.lastVersion()) {
            return Refusal.of(
                    Fault.INVALID_REQUEST,
                    "a snapshot of stream \"%s\" at version %d: its last is %d",
                    stream,
                    command.atVersion(),
                    head.lastVersion());
        }
        List<byte[]> older = new ArrayList<>();
        store.scanBackward(
                Table.STREAM_SNAPSHOT,
                StreamRows.event(target.partitionId(), head.streamId(), 0),
                StreamRows.event(target.partitionId(), head.streamId(), command.atVersion()),
                (key, value) -> older.add(key));
        older.stream().skip(SNAPSHOTS_KEPT - 1L).forEach(key -> sink.delete(Table.STREAM_SNAPSHOT, key));
        sink.put(
                Table.STREAM_SNAPSHOT,
                StreamRows.event(target.partitionId(), head.streamId(), command.atVersion()),
                new Snapshot(command.atVersion(), command.schema(), nowMs, command.state()).encode());
        return changed(stream, head);
    }

    /**
     * Also of what is hidden, and of a stream that was ended: the log holds it still. Also answers where the erased chunks
     * lie, which are to be purged: an {@link Erasure.Done}.
     */
    public Object erase(StreamTarget target, EraseEvents command, long nowMs, WriteSink sink) {
        StreamKey stream = new StreamKey(target.partitionId(), command.key());
        StreamHead head = heads.find(stream);
        if (head == null) {
            return notFound(stream);
        }
        Set<ChunkPlace> places = unpurgedOf(stream);
        Object done = erasure.erase(target.log(), head, command.fromVersion(), command.toVersion(), nowMs, sink);
        if (done instanceof Erasure.Done erased) {
            dropSnapshots(stream, head, sink);
            // Each has a time of its own, by which it is confirmed.
            StreamHead next = head.erased(Math.max(nowMs, head.erasedMs() + 1), 0);
            changed(stream, next);
            places.addAll(erased.places());
            unpurged.put(stream, places);
            List<ChunkPlace> all = List.copyOf(places);
            sink.put(Table.META, StreamRows.purge(stream), Erasure.encode(next.erasedMs(), all));
            return new Erasure.Done(erased.eventCount(), next, all);
        }
        return done;
    }

    private Set<ChunkPlace> unpurgedOf(StreamKey stream) {
        Set<ChunkPlace> known = unpurged.get(stream);
        if (known != null) {
            return known;
        }
        byte[] row = store.get(Table.META, StreamRows.purge(stream));
        return row == null
                ? new LinkedHashSet<>()
                : new LinkedHashSet<>(
                        Erasure.decode(stream.partitionId(), stream.key(), row).places());
    }

    public Object confirmErased(StreamTarget target, ConfirmErased command, long nowMs, WriteSink sink) {
        StreamKey stream = new StreamKey(target.partitionId(), command.key());
        StreamHead head = heads.find(stream);
        if (head == null || head.erasedMs() != command.erasedMs()) {
            // Something was erased since, which has its own confirmation.
            return head == null ? notFound(stream) : head;
        }
        unpurged.remove(stream);
        sink.delete(Table.META, StreamRows.purge(stream));
        return changed(stream, head.erased(head.erasedMs(), nowMs));
    }

    private StreamHead changed(StreamKey stream, StreamHead next) {
        heads.put(stream, next);
        onChanged.accept(stream);
        return next;
    }

    static Refusal unlessLive(StreamKey stream, StreamHead head) {
        if (head == null) {
            return notFound(stream);
        }
        return switch (head.state()) {
            case LIVE -> null;
            case DELETED ->
                Refusal.of(Fault.STREAM_DELETED, "stream \"%s\" was deleted at version %d", stream, head.lastVersion());
            case TOMBSTONED ->
                Refusal.of(
                        Fault.STREAM_TOMBSTONED,
                        "stream \"%s\" was ended for good at version %d",
                        stream,
                        head.lastVersion());
        };
    }

    static Refusal notFound(StreamKey stream) {
        return Refusal.of(Fault.STREAM_NOT_FOUND, "stream \"%s\" holds no event", stream);
    }

    private void dropSnapshots(StreamKey stream, StreamHead head, WriteSink sink) {
        sink.deleteRange(
                Table.STREAM_SNAPSHOT,
                StreamRows.event(stream.partitionId(), head.streamId(), 0),
                StreamRows.event(stream.partitionId(), head.streamId(), Long.MAX_VALUE));
    }

    /** As {@link Erasure#endBatch}. */
    Runnable endBatch(EventCache cache) {
        return erasure.endBatch(cache);
    }

    /** What was erased and is not known to have left the disk. */
    public static List<Erasure.Unpurged> unpurged(Store store) {
        List<Erasure.Unpurged> found = new ArrayList<>();
        byte[] from = {StreamRows.PURGE_PREFIX};
        store.scan(Table.META, from, StreamRows.after(from), (key, value) -> {
            byte[] stream = new byte[key.length - 5];
            System.arraycopy(key, 5, stream, 0, stream.length);
            found.add(Erasure.decode(ByteBuffer.wrap(key).getInt(1), stream, value));
            return true;
        });
        return found;
    }
}
