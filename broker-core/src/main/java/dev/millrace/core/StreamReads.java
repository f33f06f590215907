package dev.millrace.core;

import dev.millrace.core.StreamOperations.AsOf;
import dev.millrace.core.StreamOperations.Cursor;
import dev.millrace.core.StreamOperations.Events;
import dev.millrace.core.StreamOperations.LatestPage;
import dev.millrace.core.StreamOperations.MatchPage;
import dev.millrace.core.StreamOperations.Snapshot;
import dev.millrace.core.StreamOperations.Span;
import dev.millrace.core.StreamOperations.State;
import dev.millrace.core.StreamOperations.StreamInfo;
import dev.millrace.core.StreamOperations.StreamsPage;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.stream.EventMatch;
import dev.millrace.core.stream.PendingChanges;
import dev.millrace.core.stream.StreamHead;
import dev.millrace.core.stream.StreamKey;
import dev.millrace.core.stream.StreamReader;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicSettings;
import dev.millrace.core.wire.EventQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Reads event streams on the reader threads. What is told is durable: events by the partition's end, and where a head was
 * changed otherwise and not durably, the answer waits for the disk.
 */
final class StreamReads {
    private static final int COUNT_MAX = 10_000;
    private static final int BYTES_MAX = 4 << 20;
    private static final int SCANNED_BYTES_MAX = 8 << 20;
    private static final int READ_BYTES = 1 << 20;
    private static final byte[] NO_KEY = {};

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final StreamReader reader;
    private final LogReader logReader;
    private final Executor threads;
    private final TimeSource time;
    private final int decompressedBytesMax;

    /** What it reads from, and on which threads. */
    record Sources(StreamReader streams, LogReader logs, Executor threads) {}

    StreamReads(
            ShardRuntime<BrokerStateMachine> runtime,
            PartitionLookup lookup,
            Sources sources,
            TimeSource time,
            int decompressedBytesMax) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.reader = sources.streams;
        this.logReader = sources.logs;
        this.threads = sources.threads;
        this.time = time;
        this.decompressedBytesMax = decompressedBytesMax;
    }

    /** Fails: FaultException INDEX_DISABLED. */
    static Topic requireIndexed(Topic topic) {
        if (!topic.settings().indexed()) {
            throw new FaultException(
                    Fault.INDEX_DISABLED,
                    "topic \"" + topic.name() + "\" keeps no streams: its setting " + TopicSettings.STREAM_INDEX
                            + " is none");
        }
        return topic;
    }

    CompletableFuture<Events> read(TopicPartition partition, byte[] key, Span span) {
        PartitionLog log = lookup.log(partition);
        StreamReader.Span bounded = bounded(span);
        return answer(
                pending -> pending.contains(new StreamKey(log.partitionId(), key)),
                () -> events((StreamReader.Slice) refusing(reader.read(log, key, bounded, time.nowMs()))));
    }

    CompletableFuture<State> load(TopicPartition partition, byte[] key, String schema, Span span) {
        PartitionLog log = lookup.log(partition);
        StreamReader.Span bounded = bounded(span);
        return answer(pending -> pending.contains(new StreamKey(log.partitionId(), key)), () -> {
            StreamReader.State state =
                    (StreamReader.State) refusing(reader.load(log, key, schema, bounded, time.nowMs()));
            var found = state.snapshot();
            return new State(
                    found == null
                            ? null
                            : new Snapshot(found.version(), found.schema(), found.takenMs(), found.state()),
                    events(state.tail()));
        });
    }

    private static StreamReader.Span bounded(Span span) {
        if (span.countMax() < 1 || span.from() < -1) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "a read of " + span.countMax() + " events from version " + span.from()
                            + "; allowed are 1 event or more, and versions from 0 on or -1 for the last");
        }
        return new StreamReader.Span(
                span.from(),
                span.backward(),
                Math.min(COUNT_MAX, span.countMax()),
                Math.min(BYTES_MAX, Math.max(1, span.bytesMax())),
                asOf(span.asOf()));
    }

    /** Any time is one: before 1970 there was nothing. */
    private static StreamReader.AsOf asOf(AsOf asOf) {
        boolean counted = asOf.kind() == AsOf.Kind.VERSION || asOf.kind() == AsOf.Kind.OFFSET;
        if (counted && asOf.value() < -1) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "as of " + asOf.kind().name().toLowerCase(Locale.ROOT) + " " + asOf.value()
                            + "; -1 is the least, before all events");
        }
        return new StreamReader.AsOf(
                switch (asOf.kind()) {
                    case NOW -> StreamReader.AsOf.Kind.NOW;
                    case VERSION -> StreamReader.AsOf.Kind.VERSION;
                    case TIME -> StreamReader.AsOf.Kind.TIME;
                    case OFFSET -> StreamReader.AsOf.Kind.OFFSET;
                },
                asOf.value());
    }

    private static Events events(StreamReader.Slice slice) {
        return new Events(
                slice.events(),
                slice.firstVersion(),
                slice.lastVersion(),
                slice.readEnd(),
                slice.complete(),
                slice.truncated());
    }

    CompletableFuture<LatestPage> latest(
            TopicPartition partition, byte[] prefix, AsOf asOf, Cursor cursor, int countMax) {
        PartitionLog log = lookup.log(partition);
        int limit = requireCount(countMax);
        StreamReader.AsOf moment = asOf(asOf);
        return answer(pending -> pending.touches(log.partitionId()), () -> {
            long end = cursor.endOffset() < 0 ? log.durableEndOffset() : cursor.endOffset();
            PageBudget budget = new PageBudget(limit);
            LatestEvents page = new LatestEvents(reader, log, budget);
            reader.heads(
                    log.partitionId(),
                    prefix,
                    cursor.afterKey(),
                    (key, head) -> page.add(key, reader.lastOffset(log, head, moment, end, time.nowMs())));
            page.fetch();
            return new LatestPage(page.events(), budget.isSpent() ? new Cursor(budget.lastKey(), end) : null);
        });
    }

    private static int requireCount(int countMax) {
        if (countMax < 1) {
            throw new FaultException(Fault.INVALID_REQUEST, "a page of " + countMax + " where 1 is the least");
        }
        return Math.min(COUNT_MAX, countMax);
    }

    CompletableFuture<StreamsPage> list(TopicPartition partition, byte[] prefix, Cursor cursor, int countMax) {
        PartitionLog log = lookup.log(partition);
        int limit = requireCount(countMax);
        return answer(pending -> pending.touches(log.partitionId()), () -> {
            List<StreamInfo> streams = new ArrayList<>();
            PageBudget budget = new PageBudget(limit);
            reader.heads(log.partitionId(), prefix, cursor.afterKey(), (key, head) -> {
                StreamInfo info = visible(log, key, head);
                boolean shown = info != null && info.lastVersion() >= info.firstVersion();
                if (shown) {
                    streams.add(info);
                }
                return budget.spend(key, shown ? new Record(0, 0, key, null, List.of()) : null);
            });
            return new StreamsPage(streams, budget.isSpent() ? new Cursor(budget.lastKey(), -1) : null);
        });
    }

    CompletableFuture<StreamInfo> describe(TopicPartition partition, byte[] key) {
        PartitionLog log = lookup.log(partition);
        StreamKey stream = new StreamKey(log.partitionId(), key);
        return answer(pending -> pending.contains(stream), () -> {
            StreamHead head = reader.head(stream);
            StreamInfo info = head == null ? null : visible(log, key, head);
            if (info == null) {
                throw new FaultException(Fault.STREAM_NOT_FOUND, "stream \"" + stream + "\" holds no event");
            }
            return info;
        });
    }

    /** The stream with the bounds of what is durable of it; null where nothing is. */
    private StreamInfo visible(PartitionLog log, byte[] key, StreamHead head) {
        StreamInfo info = info(key, head);
        if (head.state() != StreamHead.State.LIVE) {
            return info;
        }
        long[] bounds = reader.bounds(log, head, time.nowMs());
        if (bounds == null) {
            return head.lastOffset() >= log.durableEndOffset() && head.streamId() >= log.durableEndOffset()
                    ? null
                    : info;
        }
        return new StreamInfo(
                key,
                info.state(),
                bounds[0],
                bounds[1],
                info.lastOffset(),
                info.lastTimestampMs(),
                info.countMax(),
                info.ageMsMax(),
                info.erasedMs(),
                info.purgedMs());
    }

    static StreamInfo info(byte[] key, StreamHead head) {
        return new StreamInfo(
                key,
                head.state().name().toLowerCase(Locale.ROOT),
                head.firstVersion(),
                head.lastVersion(),
                head.lastOffset(),
                head.lastTimestampMs(),
                head.countMax(),
                head.ageMsMax(),
                head.erasedMs(),
                head.purgedMs());
    }

    CompletableFuture<MatchPage> find(TopicPartition partition, EventQuery query, long fromOffset, int countMax) {
        PartitionLog log = lookup.log(partition);
        int limit = requireCount(countMax);
        EventMatch match = new EventMatch(null, null, query);
        return answer(pending -> false, () -> find(log, match, fromOffset, limit));
    }

    private MatchPage find(PartitionLog log, EventMatch match, long fromOffset, int limit) {
        long end = log.durableEndOffset();
        if (fromOffset < log.logStartOffset() && fromOffset > 0) {
            throw new FaultException(
                    Fault.POSITION_GONE,
                    "offset " + fromOffset + " is gone; the log starts at " + log.logStartOffset());
        }
        long next = Math.max(fromOffset, log.logStartOffset());
        long scanned = 0;
        List<Record> found = new ArrayList<>();
        PageBudget budget = new PageBudget(limit);
        while (next < end && !budget.isSpent() && scanned < SCANNED_BYTES_MAX) {
            LogRead read = logReader.readCached(log, next, READ_BYTES);
            if (read instanceof LogRead.NotCached) {
                read = logReader.readStored(log, next, READ_BYTES);
            }
            if (read instanceof LogRead.Refused refused) {
                throw refused.refusal().toException();
            }
            if (!(read instanceof LogRead.Batches batches)) {
                break;
            }
            try {
                scanned += batches.batches().remaining();
                next = collect(batches, match, next, budget, found);
            } finally {
                batches.releaser().run();
            }
        }
        return new MatchPage(found, next, end);
    }

    private long collect(LogRead.Batches batches, EventMatch match, long from, PageBudget budget, List<Record> found) {
        for (RecordBatch batch : RecordBatch.in(batches.batches())) {
            RecordCursor cursor = batch.cursor(decompressedBytesMax);
            while (cursor.next()) {
                if (cursor.offset() >= from && match.test(cursor)) {
                    found.add(cursor.record());
                    budget.spend(NO_KEY, found.get(found.size() - 1));
                    if (budget.isSpent()) {
                        return cursor.offset() + 1;
                    }
                }
            }
        }
        return batches.nextOffset();
    }

    // ---- waiting for the disk

    @FunctionalInterface
    private interface Unsettled {
        boolean in(PendingChanges pending);
    }

    /** Reads on a reader thread; then, where what was read may not be durable, waits until it is. */
    private <T> CompletableFuture<T> answer(Unsettled unsettled, Supplier<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        threads.execute(() -> {
            T value = null;
            FaultException failure = null;
            try {
                value = work.get();
            } catch (RuntimeException failed) {
                failure = Answers.faultOfRead(failed);
            }
            complete(
                    answer,
                    value,
                    failure,
                    unsettled.in(runtime.machine().streams().pending()));
        });
        return answer;
    }

    private <T> void complete(CompletableFuture<T> answer, T value, FaultException failure, boolean wait) {
        if (wait) {
            runtime.query(machine -> Boolean.TRUE).whenComplete((durable, error) -> {
                if (error != null) {
                    answer.completeExceptionally(error);
                } else {
                    complete(answer, value, failure, false);
                }
            });
        } else if (failure != null) {
            answer.completeExceptionally(failure);
        } else {
            answer.complete(value);
        }
    }

    private static Object refusing(Object read) {
        if (read instanceof Refusal refusal) {
            throw refusal.toException();
        }
        return read;
    }
}
