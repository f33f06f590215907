package dev.millrace.server.protocol.wire;

import dev.millrace.core.LogOperations;
import dev.millrace.core.LogOperations.Append;
import dev.millrace.core.LogOperations.Outcome;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The publishes that came with one read of a connection: the broker gets them together, and their answers leave together. One
 * by one, a future and a task of the event loop for each small batch cost as much as checking it.
 *
 * <p>Thread: event loop.
 */
final class PublishBurst {
    /** Then the broker shall begin: with this many, or with this much. */
    private static final int COUNT_MAX = 128;

    private static final int BYTES_MAX = 128 << 10;

    private final LogOperations logs;
    private final Outbox outbox;
    private final Answer answer;
    private List<Append> appends = new ArrayList<>();
    private List<Waiting> waiting = new ArrayList<>();
    private long bytes;

    /** A request without its answer; its batches lie in the body. */
    private record Waiting(int requestId, int bytes, ByteBuf body) {}

    /** Gives the answer to one request, or why there is none. Thread: event loop. */
    @FunctionalInterface
    interface Answer {
        void answer(int requestId, int requestBytes, Frame frame, Throwable error);
    }

    PublishBurst(LogOperations logs, Outbox outbox, Answer answer) {
        this.logs = logs;
        this.outbox = outbox;
        this.answer = answer;
    }

    /** Owns the body, until the broker is done with it. */
    void add(int requestId, int requestBytes, Frames.Publish request, ByteBuf body) {
        appends.add(new Append(new TopicPartition(request.topicId(), request.partition()), request.payload()));
        waiting.add(new Waiting(requestId, requestBytes, body));
        bytes += requestBytes;
        if (appends.size() >= COUNT_MAX || bytes >= BYTES_MAX) {
            submit();
        }
    }

    /** Hands over what was added: before any other request, and when no more is there to be read. */
    void submit() {
        if (appends.isEmpty()) {
            return;
        }
        List<Append> all = appends;
        List<Waiting> those = waiting;
        appends = new ArrayList<>();
        waiting = new ArrayList<>();
        bytes = 0;
        CompletableFuture<List<Outcome>> done;
        try {
            done = logs.appendAll(all);
        } catch (RuntimeException failure) {
            done = CompletableFuture.failedFuture(failure);
        }
        done.whenComplete((outcomes, error) -> {
            those.forEach(request -> request.body.release());
            outbox.execute(() -> answerAll(those, outcomes, error));
        });
    }

    private void answerAll(List<Waiting> those, List<Outcome> outcomes, Throwable error) {
        for (int i = 0; i < those.size(); i++) {
            Waiting request = those.get(i);
            Outcome outcome = error == null ? outcomes.get(i) : new Outcome(null, error);
            Frame frame = outcome.error() == null ? published(outcome.appended()) : null;
            answer.answer(request.requestId, request.bytes, frame, outcome.error());
        }
    }

    private static Frame published(LogOperations.Appended appended) {
        return new Frames.Published(appended.baseOffset(), appended.appendTimeMs(), appended.duplicate());
    }
}
