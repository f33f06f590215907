package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.TimerOperations;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.TimerFrames;
import java.util.concurrent.CompletableFuture;

/** Translates the frames of timers to calls of the broker and back. Thread: any. */
final class TimerRequests {
    private final Broker broker;

    TimerRequests(Broker broker) {
        this.broker = broker;
    }

    CompletableFuture<Frame> schedule(TimerFrames.Schedule request) {
        return broker.timers()
                .schedule(request.producerId(), request.sequence(), request.timers())
                .thenApply(scheduled -> new TimerFrames.Scheduled(scheduled.duplicate(), scheduled.results()));
    }

    CompletableFuture<Frame> cancel(TimerFrames.CancelTimer request) {
        return broker.timers().cancel(request.timer()).thenApply(TimerFrames.TimerCancelled::new);
    }

    CompletableFuture<Frame> list(TimerFrames.ListTimers request) {
        return broker.timers()
                .list(new TimerOperations.Query(
                        request.topicId(), request.fromDueMs(), request.fromSequence(), request.countMax()))
                .thenApply(page -> new TimerFrames.Timers(
                        page.timers().stream().map(TimerRequests::info).toList(),
                        page.nextDueMs(),
                        page.nextSequence()));
    }

    private static TimerFrames.TimerInfo info(TimerOperations.Pending timer) {
        return new TimerFrames.TimerInfo(
                timer.partition().topicId(),
                timer.topic(),
                timer.partition().partition(),
                timer.dueMs(),
                timer.sequence(),
                timer.key(),
                timer.bytes());
    }
}
