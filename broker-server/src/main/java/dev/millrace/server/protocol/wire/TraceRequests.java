package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.TraceOperations;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.StreamFrames;
import dev.millrace.core.wire.TraceFrames;
import java.util.concurrent.CompletableFuture;

/** Translates the frames of traces to calls of the broker and back. Thread: any. */
final class TraceRequests {
    private static final TraceFrames.Place NOWHERE = new TraceFrames.Place("", 0, 0);

    private final Broker broker;

    TraceRequests(Broker broker) {
        this.broker = broker;
    }

    CompletableFuture<Frame> handle(Frame request) {
        return request instanceof TraceFrames.FindRetries retries
                ? retries(retries)
                : find((TraceFrames.FindCorrelated) request);
    }

    private CompletableFuture<Frame> find(TraceFrames.FindCorrelated request) {
        return broker.traces()
                .find(request.id(), place(request.from()), request.countMax())
                .thenApply(page -> new TraceFrames.Correlated(
                        page.found().stream().map(TraceRequests::found).toList(),
                        page.next() != null,
                        page.next() == null ? NOWHERE : place(page.next())));
    }

    private CompletableFuture<Frame> retries(TraceFrames.FindRetries request) {
        return broker.traces()
                .retries(request.records().stream()
                        .map(record -> new TraceOperations.Asked(place(record.place()), record.keyHash()))
                        .toList())
                .thenApply(found -> new TraceFrames.Retries(
                        found.looked(),
                        found.retries().stream().map(TraceRequests::retry).toList()));
    }

    private static TraceFrames.Retry retry(TraceOperations.Retry retry) {
        return new TraceFrames.Retry(
                place(retry.place()),
                retry.group(),
                retry.attempts(),
                retry.attemptsMax(),
                retry.lastError(),
                retry.lastFailureMs(),
                retry.nextTryMs(),
                retry.keyParked());
    }

    private static TraceFrames.Found found(TraceOperations.Found record) {
        return new TraceFrames.Found(
                place(record.place()),
                record.timestampMs(),
                record.key(),
                record.valueBytes(),
                record.headers().stream()
                        .map(header -> new StreamFrames.Header(header.key(), header.value()))
                        .toList());
    }

    private static TraceOperations.Place place(TraceFrames.Place place) {
        return new TraceOperations.Place(place.topic(), place.partition(), place.offset());
    }

    private static TraceFrames.Place place(TraceOperations.Place place) {
        return new TraceFrames.Place(place.topic(), place.partition(), place.offset());
    }
}
