package dev.millrace.client.internal;

import dev.millrace.client.EventSubscription;
import dev.millrace.client.EventSubscriptionBuilder.EventHandler;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Hands a consumer's events to a handler, on a thread of its own, and tells it how far it is. */
final class SubscriptionRunner implements EventSubscription {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int CHECKPOINT_EVENTS = 1000;
    private static final long CHECKPOINT_NANOS = TimeUnit.MILLISECONDS.toNanos(800);

    private final NativeConsumer consumer;
    private final Inbound inbound;
    private final EventHandler handler;
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private final Thread thread = new Thread(this::run, "millrace-events");
    private volatile boolean closing;
    private volatile Map<TopicPartition, Long> handled = Map.of();
    private Map<TopicPartition, Long> told = Map.of();
    private long toldNanos;
    private long handledSince;
    private boolean caughtUp;

    SubscriptionRunner(NativeConsumer consumer, Inbound inbound, EventHandler handler) {
        this.consumer = consumer;
        this.inbound = inbound;
        this.handler = handler;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            toldNanos = System.nanoTime();
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
            consumer.close();
        }
    }

    private void turn() throws Exception {
        List<ReceivedMessage> messages = consumer.poll(POLL, Integer.MAX_VALUE);
        for (ReceivedMessage message : messages) {
            if (closing) {
                return;
            }
            inbound.run(message, () -> handler.onEvent(StoredEvent.of(inbound.handedOut(message))));
        }
        handled = consumer.positions();
        handledSince += messages.size();
        tellSignals(consumer.signals());
        if (handledSince >= CHECKPOINT_EVENTS || System.nanoTime() - toldNanos >= CHECKPOINT_NANOS) {
            tellCheckpoint();
        }
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

    private void tellCheckpoint() {
        handledSince = 0;
        toldNanos = System.nanoTime();
        if (!handled.equals(told)) {
            told = handled;
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
        consumer.wakeUp();
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
