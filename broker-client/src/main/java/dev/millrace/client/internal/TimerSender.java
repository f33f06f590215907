package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.TimerFrames;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Sends a producer's messages that are to be delivered later: one request at a time, which takes along all that came
 * meanwhile. Its number lets the broker recognise it when it is sent again. Thread: loop, except {@link #send} and {@link
 * #unsettled}.
 */
final class TimerSender {
    private static final int COUNT_MAX = 1_000;
    private static final int BYTES_MAX = 1 << 20;
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Link link;
    private final MemoryBudget budget;
    private final Executor callbacks;
    private final long deliveryNanos;
    private final Deque<Queued> queue = new ArrayDeque<>();
    private final Set<CompletableFuture<Void>> unsettled = ConcurrentHashMap.newKeySet();
    private long producerId = -1;
    private long nextSequence;
    private boolean busy;

    /** A message with whoever waits for it, and what completes when that one knows the outcome. */
    private record Queued(
            NewTimer timer,
            String topic,
            long reservedBytes,
            long deadlineNanos,
            Waiter waiter,
            CompletableFuture<Void> settled) {
        long leftNanos() {
            return deadlineNanos - System.nanoTime();
        }
    }

    TimerSender(Link link, MemoryBudget budget, Executor callbacks, long deliveryNanos) {
        this.link = link;
        this.budget = budget;
        this.callbacks = callbacks;
        this.deliveryNanos = deliveryNanos;
    }

    /** Thread: any. */
    void send(NewTimer timer, String topic, long reservedBytes, Waiter waiter) {
        CompletableFuture<Void> settled = new CompletableFuture<>();
        Queued waiting = new Queued(timer, topic, reservedBytes, System.nanoTime() + deliveryNanos, waiter, settled);
        unsettled.add(settled);
        if (!link.onLoop(() -> {
            queue.add(waiting);
            pump();
        })) {
            fail(List.of(waiting), Link.closedException());
        }
    }

    /** What to wait for so that everything sent until now has its outcome. Thread: any. */
    List<CompletableFuture<Void>> unsettled() {
        return List.copyOf(unsettled);
    }

    private void pump() {
        if (busy || queue.isEmpty()) {
            return;
        }
        busy = true;
        if (producerId < 0) {
            askIdentity();
        } else {
            request(take());
        }
    }

    private void goOn() {
        busy = false;
        pump();
    }

    private void askIdentity() {
        long leftNanos = Math.max(1, queue.peek().leftNanos());
        link.call(new Frames.InitProducer(), Frames.ProducerReady.class, true, leftNanos)
                .whenComplete((ready, error) -> {
                    if (error == null) {
                        producerId = ready.producerId();
                        nextSequence = 0;
                    } else {
                        List<Queued> all = List.copyOf(queue);
                        queue.clear();
                        MillraceException cause = Waiting.rethrown(error);
                        fail(all, new MillraceException(cause.fault(), cause.detail(), false, cause));
                    }
                    goOn();
                });
    }

    private List<Queued> take() {
        List<Queued> taken = new ArrayList<>();
        int bytes = 0;
        while (!queue.isEmpty() && taken.size() < COUNT_MAX) {
            int more = queue.peek().timer.sizeBytes();
            if (!taken.isEmpty() && bytes + more > BYTES_MAX) {
                break;
            }
            bytes += more;
            taken.add(queue.poll());
        }
        return taken;
    }

    private void request(List<Queued> waiting) {
        List<NewTimer> timers = waiting.stream().map(Queued::timer).toList();
        long leftNanos = Math.max(1, waiting.get(0).leftNanos());
        link.call(
                        new TimerFrames.Schedule(producerId, nextSequence++, timers),
                        TimerFrames.Scheduled.class,
                        true,
                        leftNanos)
                .whenComplete((scheduled, error) -> {
                    if (error == null) {
                        succeed(waiting, scheduled);
                        goOn();
                    } else {
                        onFailed(waiting, Waiting.rethrown(error));
                    }
                });
    }

    private void onFailed(List<Queued> waiting, MillraceException cause) {
        if (cause.outcomeUnknown()) {
            // It may still come to the broker, so its number must not be used again.
            producerId = -1;
            fail(waiting, cause);
            goOn();
        } else if (cause.fault() == Fault.DISK_FULL && waiting.get(0).leftNanos() > RETRY_NANOS) {
            link.loop().schedule(() -> request(waiting), RETRY_NANOS, TimeUnit.NANOSECONDS);
        } else if (waiting.size() > 1) {
            // One of them is at fault; the others must not suffer for it.
            requestEach(waiting, 0);
        } else {
            producerId = cause.fault() == Fault.UNKNOWN_PRODUCER ? -1 : producerId;
            fail(waiting, cause);
            goOn();
        }
    }

    private void requestEach(List<Queued> waiting, int next) {
        if (next == waiting.size() || producerId < 0) {
            for (int i = waiting.size() - 1; i >= next; i--) {
                queue.addFirst(waiting.get(i));
            }
            goOn();
            return;
        }
        Queued one = waiting.get(next);
        link.call(
                        new TimerFrames.Schedule(producerId, nextSequence++, List.of(one.timer)),
                        TimerFrames.Scheduled.class,
                        true,
                        Math.max(1, one.leftNanos()))
                .whenComplete((scheduled, error) -> {
                    if (error == null) {
                        succeed(List.of(one), scheduled);
                    } else {
                        MillraceException cause = Waiting.rethrown(error);
                        producerId = cause.outcomeUnknown() ? -1 : producerId;
                        fail(List.of(one), cause);
                    }
                    requestEach(waiting, next + 1);
                });
    }

    private void succeed(List<Queued> waiting, TimerFrames.Scheduled scheduled) {
        for (int i = 0; i < waiting.size(); i++) {
            Queued one = waiting.get(i);
            if (scheduled.results().get(i) instanceof OperationResult.Refused refused) {
                fail(List.of(one), new MillraceException(Fault.ofCode(refused.code()), refused.detail()));
            } else {
                Receipt receipt = new Receipt(one.topic, one.timer.partition(), -1, -1, scheduled.duplicate());
                settle(one, () -> one.waiter.succeed(receipt));
            }
        }
    }

    private void fail(List<Queued> waiting, MillraceException cause) {
        waiting.forEach(one -> settle(one, () -> one.waiter.fail(cause)));
    }

    private void settle(Queued one, Runnable outcome) {
        budget.release(one.reservedBytes);
        if (one.waiter.blocksCaller()) {
            settleNow(one, outcome);
        } else {
            callbacks.execute(() -> settleNow(one, outcome));
        }
    }

    private void settleNow(Queued one, Runnable outcome) {
        outcome.run();
        unsettled.remove(one.settled);
        one.settled.complete(null);
    }
}
