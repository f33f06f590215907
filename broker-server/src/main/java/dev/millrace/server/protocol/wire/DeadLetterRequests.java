package dev.millrace.server.protocol.wire;

import dev.millrace.core.DeadLetterOperations;
import dev.millrace.core.DeadLetterOperations.Claim;
import dev.millrace.core.DeadLetterOperations.FailedAttempt;
import dev.millrace.core.DeadLetterOperations.Failure;
import dev.millrace.core.DeadLetterOperations.Place;
import dev.millrace.core.DeadLetterOperations.Placement;
import dev.millrace.core.DeadLetterOperations.Replay;
import dev.millrace.core.DeadLetterOperations.Selection;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.wire.DeadLetterFrames;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** Translates the frames of dead letters to calls of the broker and back. Thread: any. */
record DeadLetterRequests(DeadLetterOperations deadLetters) {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    CompletableFuture<Frame> deliveryState(DeadLetterFrames.FetchDeliveryState request) {
        return deadLetters
                .deliveryState(
                        request.group(),
                        request.partitions().stream()
                                .map(ref -> new TopicPartition(ref.topicId(), ref.partition()))
                                .toList())
                .thenApply(states -> new DeadLetterFrames.DeliveryStates(states.stream()
                        .map(state -> new DeadLetterFrames.DeliveryState(
                                state.partition().topicId(),
                                state.partition().partition(),
                                state.askBelow(),
                                state.parkedKeys()))
                        .toList()));
    }

    CompletableFuture<Frame> begin(DeadLetterFrames.BeginDelivery request) {
        return deadLetters
                .begin(claim(request.claim()), request.keyHash(), request.attemptsKnown(), request.firstFailureMs())
                .thenApply(begun -> new DeadLetterFrames.DeliveryBegun(
                        switch (begun.verdict()) {
                            case HANDLE -> DeadLetterFrames.HANDLE;
                            case DONE -> DeadLetterFrames.DONE;
                            case BLOCKED -> DeadLetterFrames.BLOCKED;
                        },
                        begun.attempts(),
                        begun.firstFailureMs()));
    }

    CompletableFuture<Frame> noteFailure(DeadLetterFrames.NoteFailure request) {
        FailedAttempt failed = new FailedAttempt(
                request.attempts(),
                request.attemptsMax(),
                request.firstFailureMs(),
                request.error(),
                request.retryInMs());
        return deadLetters.noteFailure(claim(request.claim()), failed).thenApply(done -> new Frames.Done());
    }

    CompletableFuture<Frame> park(DeadLetterFrames.ParkRecord request) {
        Failure failure = new Failure(
                request.reason(),
                request.exception(),
                request.message(),
                request.attempts(),
                request.firstFailureMs(),
                request.lastFailureMs());
        return deadLetters
                .park(claim(request.claim()), failure, new Placement(request.target(), request.parkKey()))
                .thenApply(parked -> new DeadLetterFrames.RecordParked(
                        switch (parked.outcome()) {
                            case PARKED -> DeadLetterFrames.PARKED;
                            case DONE -> DeadLetterFrames.DONE;
                            case QUEUED -> DeadLetterFrames.QUEUED;
                            case FREE -> DeadLetterFrames.FREE;
                        },
                        parked.topic(),
                        parked.partition(),
                        parked.offset()));
    }

    CompletableFuture<Frame> settle(DeadLetterFrames.SettleReplay request) {
        return deadLetters.settle(claim(request.claim())).thenApply(done -> new Frames.Done());
    }

    CompletableFuture<Frame> list(DeadLetterFrames.ListDeadLetters request) {
        var page = new DeadLetterOperations.PageRequest(
                request.skip(), request.countMax(), request.ended(), request.withRecords());
        return deadLetters
                .list(selection(request.selection()), page)
                .thenApply(found -> new DeadLetterFrames.DeadLetters(
                        found.total(),
                        found.letters().stream().map(DeadLetterRequests::toWire).toList()));
    }

    CompletableFuture<Frame> move(DeadLetterFrames.MoveDeadLetters request) {
        Selection selection = selection(request.selection());
        var moved = request.discard()
                ? deadLetters.discard(selection, request.note())
                : deadLetters.replay(new Replay(selection, bytes(request.value()), request.note()));
        return moved.thenApply(result -> new DeadLetterFrames.DeadLettersMoved(
                result.count(),
                result.skippedCount(),
                result.skipped().stream()
                        .map(skipped -> new DeadLetterFrames.Skipped(toWire(skipped.source()), skipped.reason()))
                        .toList()));
    }

    private static Claim claim(DeadLetterFrames.Claim claim) {
        return new Claim(
                claim.group(),
                claim.memberId(),
                claim.memberEpoch(),
                new TopicPartition(claim.topicId(), claim.partition()),
                claim.offset());
    }

    private static byte[] bytes(ByteBuffer view) {
        if (view == null) {
            return null;
        }
        byte[] copy = new byte[view.remaining()];
        view.get(copy);
        return copy;
    }

    private static Selection selection(DeadLetterFrames.Selection selection) {
        return new Selection(
                selection.group(),
                selection.topic(),
                selection.hasKey() ? bytes(selection.key()) : null,
                selection.places().stream()
                        .map(place -> new Place(place.topic(), place.partition(), place.offset()))
                        .toList());
    }

    private static DeadLetterFrames.DeadLetter toWire(DeadLetterOperations.Info info) {
        return new DeadLetterFrames.DeadLetter(
                info.group(),
                toWire(info.source()),
                info.state(),
                ByteBuffer.wrap(info.key()),
                info.reason(),
                info.summary(),
                info.attempts(),
                info.firstFailureMs(),
                info.lastFailureMs(),
                info.copy() == null ? new DeadLetterFrames.Place("", 0, -1) : toWire(info.copy()),
                info.changedMs(),
                info.note(),
                info.batch() == null ? NOTHING : info.batch());
    }

    private static DeadLetterFrames.Place toWire(Place place) {
        return new DeadLetterFrames.Place(place.topic(), place.partition(), place.offset());
    }
}
