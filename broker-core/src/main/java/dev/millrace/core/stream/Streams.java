package dev.millrace.core.stream;

import dev.millrace.core.command.AppendCondition;
import dev.millrace.core.command.StreamCheck;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.AppendOutcome.FailedCheck;
import dev.millrace.core.stream.AppendOutcome.Written;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Appends events to streams: gives out versions, holds expectations, recognises events that come again. The index is
 * written in the same commit as the records, so the two cannot disagree. Thread: shard.
 */
public final class Streams {
    private static final long HEAD_CACHE_BYTES = 64L << 20;
    private static final int HIDDEN_AT_ONCE_MAX = 1000;
    /** Once in so many hidden versions, as a power of two, their rows are looked at: a look costs a read of the index. */
    private static final int LOOK_SHIFT = 6;

    private final Store store;
    private final PartitionLogs logs;
    private final HeadTable heads;
    private final EventIds ids;
    private final TagIndex tags;
    private final PendingChanges pending = new PendingChanges();
    private final StreamChanges changes;
    private final List<StreamKey> changed = new ArrayList<>();
    private final List<Integer> dropped = new ArrayList<>();
    private EventCache eventCache = new EventCache(0);
    private long dueMs;

    public Streams(Store store, PartitionLogs logs, IdLimits idLimits) {
        this.store = store;
        this.logs = logs;
        this.heads = new HeadTable(store, HEAD_CACHE_BYTES);
        this.ids = new EventIds(store, idLimits);
        this.tags = new TagIndex(store);
        this.changes = new StreamChanges(store, logs, heads, tags, this::changedBesideAppend);
    }

    /** Reads what is to be in memory; what cannot be read now is tried again when it is needed. Called once at a start. */
    public void load() {
        try {
            ids.load();
        } catch (StoreException damaged) {
            // Whoever needs them is told.
            return;
        }
    }

    /** A commit follows. By {@code dueMs}, the time that is believed, ids are forgotten: see BrokerClock. */
    public void beginBatch(long dueMs) {
        this.dueMs = dueMs;
        ids.beginBatch(dueMs);
    }

    /** Lets readers keep events that they read; before there is one. */
    public void cacheEvents(long bytesMax) {
        eventCache = new EventCache(bytesMax);
    }

    /** What readers keep, and what erased events leave. Thread: any. */
    public EventCache eventCache() {
        return eventCache;
    }

    /** The changes that are no appends. */
    public StreamChanges changes() {
        return changes;
    }

    /** Thread: any. */
    public PendingChanges pending() {
        return pending;
    }

    /**
     * Appends events, or answers why not: an {@link AppendOutcome}, or a {@link Refusal}.
     *
     * @param batches checked, with a place for each version; may be empty
     * @param condition null for none
     */
    public Object append(
            StreamTarget target,
            ByteBuffer batches,
            List<StreamCheck> checks,
            AppendCondition condition,
            long nowMs,
            WriteSink sink) {
        Object checked = check(target, batches, checks, condition);
        return checked instanceof Ready ready ? write(ready, nowMs, sink) : checked;
    }

    /** Events that nothing speaks against. */
    public static final class Ready {
        private final StreamTarget target;
        private final ByteBuffer batches;
        private final List<Event> events;
        /** Where they were there before; else null. */
        private final Written before;

        private Ready(StreamTarget target, ByteBuffer batches, List<Event> events, Written before) {
            this.target = target;
            this.batches = batches;
            this.events = events;
            this.before = before;
        }

        /** Ids of events that are to be written. */
        public List<UUID> newIds() {
            return before != null
                    ? List.of()
                    : events.stream()
                            .filter(event -> event.hasId)
                            .map(Event::id)
                            .toList();
        }
    }

    /** The first half of an append, which changes nothing: {@link Ready}, or what {@link #append} answers instead. */
    public Object check(StreamTarget target, ByteBuffer batches, List<StreamCheck> checks, AppendCondition condition) {
        List<Event> events = Event.in(target.partitionId(), batches);
        Object refused;
        try {
            refused = check(target, events, checks, condition);
        } catch (StoreException damaged) {
            return Refusal.of(
                    Fault.DATA_DAMAGED,
                    "the index of topic \"%s\" cannot be read: %s",
                    target.topic(),
                    damaged.getMessage());
        }
        if (refused == null || refused instanceof Written) {
            return new Ready(target, batches, events, (Written) refused);
        }
        return refused;
    }

    /** The second half: what was ready must be so still. */
    public Written write(Ready ready, long nowMs, WriteSink sink) {
        if (ready.before != null) {
            return ready.before;
        }
        if (ready.events.isEmpty()) {
            return new Written(new long[0], -1, ready.target.log().endOffset() - 1, nowMs, false);
        }
        return write(ready.target, ready.batches, ready.events, nowMs, sink);
    }

    /** What is answered instead of writing; null where nothing speaks against it. Changes nothing. */
    private Object check(StreamTarget target, List<Event> events, List<StreamCheck> checks, AppendCondition condition) {
        Map<StreamKey, StreamHead> before = headsOf(target, events, checks);
        Refusal ended = tombstoned(before);
        if (ended != null) {
            return ended;
        }
        Object known = knownBefore(target, events);
        if (known != null) {
            return known;
        }
        List<FailedCheck> failed = failedChecks(target, checks, before);
        if (!failed.isEmpty()) {
            return new AppendOutcome.Conflict(failed);
        }
        return condition == null ? null : failedCondition(target, condition);
    }

    private Map<StreamKey, StreamHead> headsOf(StreamTarget target, List<Event> events, List<StreamCheck> checks) {
        Map<StreamKey, StreamHead> before = new LinkedHashMap<>();
        StreamKey last = null;
        for (Event event : events) {
            if (event.stream != last && !before.containsKey(event.stream)) {
                before.put(event.stream, heads.find(event.stream));
            }
            last = event.stream;
        }
        for (StreamCheck check : checks) {
            StreamKey stream = new StreamKey(target.partitionId(), check.key());
            if (!before.containsKey(stream)) {
                before.put(stream, heads.find(stream));
            }
        }
        return before;
    }

    private static Refusal tombstoned(Map<StreamKey, StreamHead> before) {
        for (Map.Entry<StreamKey, StreamHead> entry : before.entrySet()) {
            StreamHead head = entry.getValue();
            if (head != null && head.state() == StreamHead.State.TOMBSTONED) {
                return Refusal.of(
                        Fault.STREAM_TOMBSTONED,
                        "stream \"%s\" was ended for good at version %d",
                        entry.getKey(),
                        head.lastVersion());
            }
        }
        return null;
    }

    // ---- events that come again

    /** Null where none of the events was there before. */
    private Object knownBefore(StreamTarget target, List<Event> events) {
        boolean anyId = false;
        IdSet inRequest = new IdSet(events.size());
        for (Event event : events) {
            if (event.hasId && !inRequest.add(event)) {
                return Refusal.of(Fault.ID_CONFLICT, "event id %s stands twice in the append", event.id());
            }
            anyId |= event.hasId;
        }
        if (!anyId) {
            return null;
        }
        EventIds.Known[] known = ids.find(target.partitionId(), events, target.idWindowMs());
        int knownCount = 0;
        for (EventIds.Known each : known) {
            knownCount += each == null ? 0 : 1;
        }
        if (knownCount == 0) {
            return null;
        }
        Refusal conflict = idConflict(events, known, knownCount);
        return conflict != null ? conflict : duplicate(known);
    }

    private Refusal idConflict(List<Event> events, EventIds.Known[] known, int knownCount) {
        Map<StreamKey, Long> lastVersions = new java.util.HashMap<>();
        for (int i = 0; i < known.length; i++) {
            Event event = events.get(i);
            if (known[i] == null) {
                continue;
            }
            String was = "event id " + event.id() + " was appended before, at offset " + known[i].offset();
            StreamHead head = heads.find(event.stream);
            if (head == null || head.streamId() != known[i].streamId()) {
                return new Refusal(Fault.ID_CONFLICT, was + ", to another stream than \"" + event.stream + "\"");
            }
            if (event.fingerprint != known[i].fingerprint()) {
                return new Refusal(Fault.ID_CONFLICT, was + ", with another type or value");
            }
            if (knownCount < known.length) {
                return new Refusal(
                        Fault.ID_CONFLICT,
                        was + ", but " + (known.length - knownCount) + " of the " + known.length
                                + " events of this append were not");
            }
            Long last = lastVersions.put(event.stream, known[i].version());
            if (last != null && known[i].version() != last + 1) {
                return new Refusal(
                        Fault.ID_CONFLICT,
                        was + " as version " + known[i].version() + ", which does not follow version " + last
                                + " of the event before it");
            }
        }
        return null;
    }

    private static Written duplicate(EventIds.Known[] known) {
        long[] versions = new long[known.length];
        long first = Long.MAX_VALUE;
        long last = -1;
        for (int i = 0; i < known.length; i++) {
            versions[i] = known[i].version();
            first = Math.min(first, known[i].offset());
            last = Math.max(last, known[i].offset());
        }
        return new Written(versions, first, last, known[0].appendMs(), true);
    }

    // ---- expectations

    private static List<FailedCheck> failedChecks(
            StreamTarget target, List<StreamCheck> checks, Map<StreamKey, StreamHead> before) {
        List<FailedCheck> failed = new ArrayList<>();
        for (StreamCheck check : checks) {
            StreamHead head = before.get(new StreamKey(target.partitionId(), check.key()));
            if (!holds(check.expected(), head)) {
                boolean holdsEvents = head != null && head.state() == StreamHead.State.LIVE;
                failed.add(new FailedCheck(
                        check.key(),
                        check.expected(),
                        holdsEvents ? head.lastVersion() : ExpectedVersion.NONE,
                        head != null && !holdsEvents));
            }
        }
        return failed;
    }

    static boolean holds(long expected, StreamHead head) {
        boolean live = head != null && head.state() == StreamHead.State.LIVE;
        if (expected == ExpectedVersion.ANY) {
            return true;
        } else if (expected == ExpectedVersion.NONE) {
            return !live;
        } else if (expected == ExpectedVersion.EXISTS) {
            return live && head.holdsEvents();
        }
        return live && head.lastVersion() == expected;
    }

    private Object failedCondition(StreamTarget target, AppendCondition condition) {
        Object clash = failedClause(target, condition.failIfMatch(), condition.afterOffset(), false);
        return clash != null ? clash : failedClause(target, condition.failIfExists(), -1, true);
    }

    private Object failedClause(StreamTarget target, EventQuery query, long afterOffset, boolean exists) {
        if (query == null) {
            return null;
        }
        long last = target.log().endOffset() - 1;
        long after = Math.max(afterOffset, target.log().startOffset() - 1);
        if (query.all()) {
            return last > after ? new AppendOutcome.ConditionFailed(exists, -1, List.of(last)) : null;
        }
        if (!target.tags()) {
            return Refusal.of(
                    Fault.INDEX_DISABLED,
                    "topic \"%s\" has no index of tags and types, which the condition asks for",
                    target.topic());
        }
        for (int i = 0; i < query.items().size(); i++) {
            List<Long> offsets =
                    tags.matches(target.partitionId(), query.items().get(i), after);
            if (!offsets.isEmpty()) {
                return new AppendOutcome.ConditionFailed(exists, i, offsets);
            }
        }
        return null;
    }

    // ---- the write

    private Written write(StreamTarget target, ByteBuffer batches, List<Event> events, long nowMs, WriteSink sink) {
        long baseOffset = target.log().endOffset();
        long[] versions = new long[events.size()];
        for (int from = 0, to; from < versions.length; from = to) {
            to = endOfRun(events, from);
            index(target, events.subList(from, to), baseOffset, nowMs, sink);
        }
        for (int i = 0; i < versions.length; i++) {
            versions[i] = events.get(i).version;
            events.get(i).writeVersion(batches);
        }
        for (RecordBatch batch : RecordBatch.in(batches)) {
            batch.seal();
        }
        logs.appendEvents(target.log(), batches, nowMs, sink);
        return new Written(versions, baseOffset, target.log().endOffset() - 1, nowMs, false);
    }

    /** Events of one stream whose offsets follow on each other. */
    private static int endOfRun(List<Event> events, int from) {
        Event first = events.get(from);
        int to = from + 1;
        while (to < events.size()
                && to - from < StreamIndex.RUN_EVENTS_MAX
                && events.get(to).stream == first.stream
                && events.get(to).offsetDelta == first.offsetDelta + (to - from)) {
            to++;
        }
        return to;
    }

    private void index(StreamTarget target, List<Event> run, long baseOffset, long nowMs, WriteSink sink) {
        StreamKey stream = run.get(0).stream;
        long offset = baseOffset + run.get(0).offsetDelta;
        StreamHead head = heads.find(stream);
        if (head == null) {
            head = StreamHead.startingAt(offset);
        }
        for (int i = 0; i < run.size(); i++) {
            Event event = run.get(i);
            event.version = head.lastVersion() + 1 + i;
            if (event.hasId) {
                ids.add(event, offset + i, head.streamId(), nowMs);
            }
            if (target.tags()) {
                tags.add(event, offset + i, sink);
            }
        }
        Event last = run.get(run.size() - 1);
        StreamHead next = head.appended(last.version, offset + run.size() - 1, last.timestampMs);
        heads.put(stream, hideOld(target, stream, head, next, sink));
        StreamIndex.add(target.partitionId(), next.streamId(), run, offset, sink);
    }

    /** Applies the stream's limits, some events at a time. */
    private StreamHead hideOld(
            StreamTarget target, StreamKey stream, StreamHead before, StreamHead next, WriteSink sink) {
        long first = next.firstVersion();
        if (next.ageMsMax() > 0) {
            first = firstYoung(stream, next, dueMs - next.ageMsMax());
        }
        if (first > before.firstVersion() && before.state() == StreamHead.State.LIVE) {
            dropGone(target, before, first, sink);
            changedBesideAppend(stream);
        }
        return next.limited(first, next.countMax(), next.ageMsMax());
    }

    private void dropGone(StreamTarget target, StreamHead before, long first, WriteSink sink) {
        long logStart = target.log().startOffset();
        if (before.firstVersion() >> LOOK_SHIFT == first >> LOOK_SHIFT || logStart <= before.streamId()) {
            return;
        }
        try {
            StreamIndex.dropGone(store, target.partitionId(), before.streamId(), first, logStart, sink);
        } catch (StoreException damaged) {
            // They are never shown; a later append looks again.
            return;
        }
    }

    /** The first version that is not too old, as far as one look goes. */
    private long firstYoung(StreamKey stream, StreamHead head, long tooOldMs) {
        long[] young = {head.firstVersion()};
        long to = Math.min(head.lastVersion(), head.firstVersion() + HIDDEN_AT_ONCE_MAX);
        try {
            StreamIndex.scan(
                    store,
                    stream.partitionId(),
                    head.streamId(),
                    head.firstVersion(),
                    to,
                    (version, offset, timestampMs) -> {
                        boolean old = timestampMs < tooOldMs;
                        young[0] = version + (old ? 1 : 0);
                        return old;
                    });
        } catch (StoreException damaged) {
            // Readers hide what is too old by themselves; the rows go with a later append.
            return head.firstVersion();
        }
        return young[0];
    }

    private void changedBesideAppend(StreamKey stream) {
        pending.add(stream);
        changed.add(stream);
    }

    // ---- upkeep

    /** Forgets ids that not even the longest of all windows holds any more. */
    public void expireIds(long longestWindowMs, WriteSink sink) {
        ids.expire(longestWindowMs, sink);
    }

    /** Removes a partition's rows. Its ids stay until they expire: no other partition gets its number. */
    public void dropPartition(int partitionId, WriteSink sink) {
        byte[] from = StreamRows.partition(partitionId);
        byte[] to = StreamRows.after(from);
        for (Table table : List.of(Table.STREAM_HEAD, Table.STREAM_INDEX, Table.STREAM_TAG, Table.STREAM_SNAPSHOT)) {
            sink.deleteRange(table, from, to);
        }
        heads.dropPartition(partitionId);
        tags.dropPartition(partitionId);
        dropped.add(partitionId);
    }

    /**
     * Ends a commit.
     *
     * @return to be run once it is durable
     */
    public Runnable endBatch(WriteSink sink) {
        heads.endBatch(sink);
        ids.endBatch(sink);
        tags.endBatch();
        Runnable forgetErased = changes.endBatch(eventCache);
        List<StreamKey> shown = List.copyOf(changed);
        List<Integer> gone = List.copyOf(dropped);
        changed.clear();
        dropped.clear();
        return () -> {
            forgetErased.run();
            gone.forEach(eventCache::forgetAll);
            shown.forEach(pending::remove);
        };
    }
}
