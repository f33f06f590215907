package dev.millrace.client.internal;

import dev.millrace.client.EventSubscription;
import dev.millrace.client.EventSubscriptionBuilder.EventHandler;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Hands events to a handler, on a thread of its own, and tells it how far it is.
 *
 * <p>A poll may bring as many events as a slow handler is busy with for minutes, so progress is counted event by event.
 */
final class SubscriptionRunner implements EventSubscription {
    private static final Duration POLL = Duration.ofMillis(200);
    static final int POLL_EVENTS_MAX = 1000;
    private static final int CHECKPOINT_EVENTS = 1000;
    /** With the wait of a poll, a second at most. */
    private static final long CHECKPOINT_NANOS = TimeUnit.MILLISECONDS.toNanos(800);

    private final EventSource source;
    private final Inbound inbound;
    private final EventHandler handler;
    private final LongSupplier nanoTime;
    private final Consumer<AutoCloseable> onEnd;
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private final Thread thread = new Thread(this::run, "millrace-events");
    private volatile boolean closing;
    /** All before it was handled, or does not match. Changed by the runner's thread, read by any. */
    private final Map<TopicPartition, Long> handled = new ConcurrentHashMap<>();

    private Map<TopicPartition, Long> told;
    private long toldNanos;
    private long handledSince;
    private boolean caughtUp;

    /** @param from where partitions go on after a checkpoint */
    SubscriptionRunner(
            EventSource source,
            Map<TopicPartition, Long> from,
            Inbound inbound,
            EventHandler handler,
            LongSupplier nanoTime,
            Consumer<AutoCloseable> onEnd) {
        this.source = source;
        this.inbound = inbound;
        this.handler = handler;
        this.nanoTime = nanoTime;
        this.onEnd = onEnd;
        // A partition that has not begun when the next checkpoint is told must not begin anew after it.
        handled.putAll(from);
        told = Map.copyOf(from);
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** Until it is closed or something fails. Thread: the runner's. */
    void run() {
        try {
            toldNanos = nanoTime.getAsLong();
            while (!closing) {
                turn();
            }
            tellCheckpoint();
            finished.complete(null);
        } catch (Exception | Error failure) {
            if (closing) {
                finished.complete(null);
            } else {
                finished.completeExceptionally(failure);
            }
        } finally {
            source.close();
            onEnd.accept(this);
        }
    }

    private void turn() throws Exception {
        List<ReceivedMessage> messages = source.poll(POLL, POLL_EVENTS_MAX);
        Map<TopicPartition, Long> polled = source.positions();
        handled.putAll(beforeAny(messages, polled));
        for (ReceivedMessage message : messages) {
            if (closing) {
                return;
            }
            inbound.run(message, () -> handler.onEvent(StoredEvent.of(inbound.handedOut(message))));
            handled.put(message.topicPartition(), message.offset() + 1);
            handledSince++;
            tellCheckpointWhenDue();
        }
        handled.putAll(polled);
        tellSignals(source.signalledEnd());
        tellCheckpointWhenDue();
    }

    /** Where partitions are before any of the messages: at their first one, or where they were polled to without one. */
    private static Map<TopicPartition, Long> beforeAny(
            List<ReceivedMessage> messages, Map<TopicPartition, Long> polled) {
        Map<TopicPartition, Long> before = new HashMap<>(polled);
        for (int i = messages.size() - 1; i >= 0; i--) {
            before.put(messages.get(i).topicPartition(), messages.get(i).offset());
        }
        return before;
    }

    /** All partitions must be caught up; one that falls behind is enough. */
    private void tellSignals(boolean nowCaughtUp) {
        if (nowCaughtUp && !caughtUp) {
            tellCheckpoint();
            handler.onCaughtUp();
        } else if (!nowCaughtUp && caughtUp) {
            handler.onFellBehind();
        }
        caughtUp = nowCaughtUp;
    }

    private void tellCheckpointWhenDue() {
        if (handledSince >= CHECKPOINT_EVENTS || nanoTime.getAsLong() - toldNanos >= CHECKPOINT_NANOS) {
            tellCheckpoint();
        }
    }

    private void tellCheckpoint() {
        handledSince = 0;
        toldNanos = nanoTime.getAsLong();
        if (!handled.equals(told)) {
            told = Map.copyOf(handled);
            handler.onCheckpoint(Checkpoints.encode(told));
        }
    }

    @Override
    public String checkpoint() {
        return Checkpoints.encode(handled);
    }

    @Override
    public CompletableFuture<Void> finished() {
        return finished;
    }

    @Override
    public void close() {
        closing = true;
        source.wakeUp();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
