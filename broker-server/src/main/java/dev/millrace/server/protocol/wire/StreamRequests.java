package dev.millrace.server.protocol.wire;

import dev.millrace.core.StreamOperations;
import dev.millrace.core.StreamOperations.Appended;
import dev.millrace.core.StreamOperations.AsOf;
import dev.millrace.core.StreamOperations.ConditionFailed;
import dev.millrace.core.StreamOperations.Conflict;
import dev.millrace.core.StreamOperations.Cursor;
import dev.millrace.core.StreamOperations.Span;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Record;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StreamFrames;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Translates the frames of event streams to calls of the broker and back. Thread: any. */
final class StreamRequests {
    private static final int WRITTEN = 0;
    private static final int DUPLICATE = 1;
    private static final int CONFLICT = 2;
    private static final int CONDITION_FAILED = 3;

    private final StreamOperations streams;
    private final int answerBytesMax;

    /** @param frameBytesMax what an answer may take */
    StreamRequests(StreamOperations streams, int frameBytesMax) {
        this.streams = streams;
        // An event takes more in a frame than its value.
        this.answerBytesMax = frameBytesMax / 2;
    }

    /** Null where the frame is none of streams. */
    CompletableFuture<Frame> handle(Frame frame) {
        return switch (frame.type()) {
            case APPEND_EVENTS -> append((StreamFrames.AppendEvents) frame);
            case READ_STREAM -> read((StreamFrames.ReadStream) frame);
            case LOAD_STREAM -> load((StreamFrames.LoadStream) frame);
            case LATEST_EVENTS -> latest((StreamFrames.LatestEvents) frame);
            case LIST_STREAMS -> list((StreamFrames.ListStreams) frame);
            case FIND_EVENTS -> find((StreamFrames.FindEvents) frame);
            default -> change(frame);
        };
    }

    private CompletableFuture<Frame> change(Frame frame) {
        return switch (frame.type()) {
            case DESCRIBE_STREAM -> {
                var request = (StreamFrames.DescribeStream) frame;
                yield streams.describe(at(request.topicId(), request.partition()), request.key())
                        .thenApply(StreamRequests::stream);
            }
            case LIMIT_STREAM -> {
                var request = (StreamFrames.LimitStream) frame;
                yield streams.limit(
                                at(request.topicId(), request.partition()),
                                request.key(),
                                request.before(),
                                request.countMax(),
                                request.ageMsMax())
                        .thenApply(StreamRequests::stream);
            }
            case DELETE_STREAM -> {
                var request = (StreamFrames.DeleteStream) frame;
                yield streams.delete(
                                at(request.topicId(), request.partition()),
                                request.key(),
                                request.expected(),
                                request.forGood())
                        .thenApply(StreamRequests::stream);
            }
            case ERASE_EVENTS -> {
                var request = (StreamFrames.EraseEvents) frame;
                yield streams.erase(
                                at(request.topicId(), request.partition()),
                                request.key(),
                                request.fromVersion(),
                                request.toVersion())
                        .thenApply(StreamRequests::stream);
            }
            case PUT_SNAPSHOT -> {
                var request = (StreamFrames.PutSnapshot) frame;
                yield streams.putSnapshot(
                                at(request.topicId(), request.partition()),
                                request.key(),
                                request.version(),
                                request.schema(),
                                request.state())
                        .thenApply(done -> new Frames.Done());
            }
            default -> throw new IllegalArgumentException(frame.type() + " is no request of streams");
        };
    }

    private CompletableFuture<Frame> append(StreamFrames.AppendEvents request) {
        boolean conditional = request.failIfMatch() != null || request.failIfExists() != null;
        return streams.append(
                        at(request.topicId(), request.partition()),
                        request.payload(),
                        map(request.checks(), check -> new StreamOperations.Check(check.key(), check.expected())),
                        conditional
                                ? new StreamOperations.Condition(
                                        request.failIfMatch(), request.afterOffset(), request.failIfExists())
                                : null)
                .thenApply(StreamRequests::outcome);
    }

    private static Frame outcome(StreamOperations.Outcome outcome) {
        long[] none = {};
        if (outcome instanceof Appended appended) {
            return new StreamFrames.EventsAppended(
                    (byte) (appended.duplicate() ? DUPLICATE : WRITTEN),
                    appended.versions(),
                    appended.firstOffset(),
                    appended.lastOffset(),
                    appended.appendTimeMs(),
                    List.of(),
                    false,
                    -1,
                    none);
        } else if (outcome instanceof Conflict conflict) {
            List<StreamFrames.FailedCheck> failed = map(
                    conflict.failed(),
                    each -> new StreamFrames.FailedCheck(
                            each.key(), each.expected(), each.actualVersion(), each.deleted()));
            return new StreamFrames.EventsAppended((byte) CONFLICT, none, -1, -1, -1, failed, false, -1, none);
        }
        ConditionFailed failed = (ConditionFailed) outcome;
        long[] matches = failed.offsets().stream().mapToLong(Long::longValue).toArray();
        return new StreamFrames.EventsAppended(
                (byte) CONDITION_FAILED, none, -1, -1, -1, List.of(), failed.exists(), failed.item(), matches);
    }

    private CompletableFuture<Frame> read(StreamFrames.ReadStream request) {
        Span span = new Span(
                request.from(),
                request.backward(),
                request.countMax(),
                Math.min(answerBytesMax, request.bytesMax()),
                asOf(request.asOf()));
        return streams.read(at(request.topicId(), request.partition()), request.key(), span)
                .thenApply(events -> events(events, null));
    }

    private CompletableFuture<Frame> load(StreamFrames.LoadStream request) {
        Span span = new Span(
                request.from(),
                false,
                request.countMax(),
                Math.min(answerBytesMax, request.bytesMax()),
                asOf(request.asOf()));
        return streams.load(at(request.topicId(), request.partition()), request.key(), request.schema(), span)
                .thenApply(state -> events(state.tail(), state.snapshot()));
    }

    private static Frame events(StreamOperations.Events events, StreamOperations.Snapshot snapshot) {
        return new StreamFrames.StreamEvents(
                map(events.events(), StreamRequests::event),
                events.firstVersion(),
                events.lastVersion(),
                events.readEnd(),
                events.complete(),
                events.truncated(),
                snapshot == null ? -1 : snapshot.version(),
                snapshot == null ? -1 : snapshot.takenMs(),
                snapshot == null ? null : snapshot.state());
    }

    private static StreamFrames.Event event(Record record) {
        return new StreamFrames.Event(
                record.offset(),
                record.timestampMs(),
                record.key(),
                record.value(),
                map(record.headers(), header -> new StreamFrames.Header(header.key(), header.value())));
    }

    private CompletableFuture<Frame> latest(StreamFrames.LatestEvents request) {
        return streams.latest(
                        at(request.topicId(), request.partition()),
                        request.prefix(),
                        asOf(request.asOf()),
                        cursor(request.cursor()),
                        request.countMax())
                .thenApply(page -> new StreamFrames.LatestPage(
                        map(page.events(), StreamRequests::event), page.next() != null, cursor(page.next())));
    }

    private CompletableFuture<Frame> list(StreamFrames.ListStreams request) {
        return streams.list(
                        at(request.topicId(), request.partition()),
                        request.prefix(),
                        cursor(request.cursor()),
                        request.countMax())
                .thenApply(page -> new StreamFrames.StreamsPage(
                        map(page.streams(), StreamRequests::info), page.next() != null, cursor(page.next())));
    }

    private CompletableFuture<Frame> find(StreamFrames.FindEvents request) {
        return streams.find(
                        at(request.topicId(), request.partition()),
                        request.query(),
                        request.fromOffset(),
                        request.countMax())
                .thenApply(page -> new StreamFrames.EventsFound(
                        map(page.events(), StreamRequests::event), page.next(), page.readEnd()));
    }

    private static Cursor cursor(StreamFrames.Cursor cursor) {
        return new Cursor(cursor.afterKey(), cursor.endOffset());
    }

    private static StreamFrames.Cursor cursor(Cursor cursor) {
        return cursor == null
                ? new StreamFrames.Cursor(null, -1)
                : new StreamFrames.Cursor(cursor.afterKey(), cursor.endOffset());
    }

    private static AsOf asOf(StreamFrames.AsOf asOf) {
        AsOf.Kind[] kinds = AsOf.Kind.values();
        if (asOf.kind() < 0 || asOf.kind() >= kinds.length) {
            throw new FaultException(Fault.INVALID_REQUEST, "a moment of kind " + asOf.kind() + "; 0 to 3 are known");
        }
        return new AsOf(kinds[asOf.kind()], asOf.value());
    }

    private static Frame stream(StreamOperations.StreamInfo info) {
        return new StreamFrames.Stream(info(info));
    }

    private static StreamFrames.StreamInfo info(StreamOperations.StreamInfo info) {
        return new StreamFrames.StreamInfo(
                info.key(),
                info.state(),
                info.firstVersion(),
                info.lastVersion(),
                info.lastOffset(),
                info.lastTimestampMs(),
                info.countMax(),
                info.ageMsMax(),
                info.erasedMs(),
                info.purgedMs());
    }

    private static TopicPartition at(UUID topicId, int partition) {
        return new TopicPartition(topicId, partition);
    }

    private static <A, B> List<B> map(List<A> values, Function<A, B> function) {
        return values.stream().map(function).toList();
    }
}
