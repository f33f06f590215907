package dev.millrace.client.internal;

import dev.millrace.client.FailurePolicy;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Hands messages to a handler in several threads; messages of one key, and those without a key of one partition, go to
 * the same thread and so stay in order.
 *
 * <pre>
 *   source ──dispatcher thread──▶ worker 0 ─▶ handler
 *                            └──▶ worker n ─▶ handler
 * </pre>
 *
 * The dispatcher also lets the source commit and rebalance. So many messages are in hand at most; then it only waits.
 */
final class HandlerRunner implements RunningConsumer, MessageSource.Progress, RetryingWorker.Owner {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final int IN_HAND_COUNT_MAX = 1000;
    private static final Duration POLL_TIME = Duration.ofSeconds(1);

    private final MessageSource source;
    private final MessageHandler handler;
    private final FailurePolicy policy;
    private final Consumer<AutoCloseable> onEnd;
    private final List<BlockingQueue<HandlerTask>> queues = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Map<TopicPartition, HandledPartition> partitions = new ConcurrentHashMap<>();
    private final AtomicInteger inHand = new AtomicInteger();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final CompletableFuture<Void> finished = new CompletableFuture<>();

    /** @param parking where the policy makes dead letters; else null */
    HandlerRunner(
            MessageSource source,
            MessageHandler handler,
            int concurrency,
            FailurePolicy policy,
            Parking parking,
            Consumer<AutoCloseable> onEnd) {
        this.onEnd = onEnd;
        this.source = source;
        this.handler = handler;
        this.policy = policy;
        for (int i = 0; i < concurrency; i++) {
            BlockingQueue<HandlerTask> queue = new LinkedBlockingQueue<>();
            queues.add(queue);
            RetryingWorker retrying = policy.deadLetter() == null
                    ? null
                    : new RetryingWorker(queue, handler, policy, parking, this, new SplittableRandom());
            threads.add(newThread("millrace-handler-" + i, () -> work(queue, retrying)));
        }
        threads.add(newThread("millrace-dispatcher", this::dispatch));
    }

    private static Thread newThread(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        return thread;
    }

    void start() {
        source.follow(this);
        threads.forEach(Thread::start);
    }

    @Override
    public boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** Returns when that time is over, or this stops. */
    void awaitStop(long nanos) throws InterruptedException {
        stopping.await(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void stop(Throwable cause) {
        if (cause != null) {
            failure.compareAndSet(null, cause);
        }
        stopping.countDown();
        queues.forEach(queue -> queue.add(HandlerTask.END));
        source.wakeUp();
    }

    // ---- dispatcher

    private void dispatch() {
        try {
            while (!isStopping()) {
                int room = IN_HAND_COUNT_MAX - inHand.get();
                source.poll(POLL_TIME, room).forEach(this::dispatch);
            }
        } catch (RuntimeException | Error e) {
            if (!isStopping()) {
                stop(e);
            }
        }
        end();
    }

    private void dispatch(ReceivedMessage message) {
        HandledPartition partition =
                partitions.computeIfAbsent(message.topicPartition(), name -> new HandledPartition());
        HandledPartition.Entry entry = partition.handOut(message.offset());
        inHand.incrementAndGet();
        int hash = message.key() != null ? Arrays.hashCode(message.key()) : message.partition() * 31;
        queues.get(Math.floorMod(hash ^ hash >>> 16, queues.size())).add(new HandlerTask(message, partition, entry));
    }

    private void end() {
        partitions.values().forEach(HandledPartition::settle);
        try {
            source.close();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
        onEnd.accept(this);
        Throwable cause = failure.get();
        if (cause == null) {
            finished.complete(null);
        } else {
            LOG.log(System.Logger.Level.ERROR, "consumer.stopped cause={0}", cause.toString());
            finished.completeExceptionally(cause);
        }
    }

    // ---- workers

    private void work(BlockingQueue<HandlerTask> queue, RetryingWorker retrying) {
        try {
            if (retrying != null) {
                retrying.work();
            }
            while (!isStopping()) {
                HandlerTask task = queue.take();
                if (task != HandlerTask.END) {
                    run(task);
                }
            }
        } catch (InterruptedException e) {
            stop(new MillraceException(Fault.CLIENT_CLOSED, "a handler thread was interrupted"));
        }
    }

    private void run(HandlerTask task) throws InterruptedException {
        if (task.partition().begin()) {
            boolean done = false;
            try {
                done = handled(task.message());
            } finally {
                task.partition().end(task.entry(), done);
            }
        }
        over();
    }

    @Override
    public void over() {
        if (inHand.getAndDecrement() == IN_HAND_COUNT_MAX) {
            source.wakeUp();
        }
    }

    /** Calls the handler as often as the policy allows; false where the message stays unfinished. */
    private boolean handled(ReceivedMessage message) throws InterruptedException {
        long backoffMs = policy.backoff().toMillis();
        for (int attempt = 0; ; attempt++) {
            try {
                CurrentMessage.run(message, () -> handler.handle(message));
                return true;
            } catch (Exception e) {
                if (attempt >= policy.retries()) {
                    return givenUp(message, e);
                }
                LOG.log(System.Logger.Level.DEBUG, "handler.retry message={0} attempt={1}", message, attempt + 1);
            } catch (Error e) {
                stop(e);
                return false;
            }
            if (stopping.await(backoffMs, TimeUnit.MILLISECONDS)) {
                return false;
            }
            backoffMs = Math.min(TimeUnit.MINUTES.toMillis(1), 2 * backoffMs);
        }
    }

    private boolean givenUp(ReceivedMessage message, Exception cause) {
        if (policy.skip() == null) {
            stop(cause);
            return false;
        }
        try {
            CurrentMessage.run(message, () -> policy.skip().accept(message, cause));
            return true;
        } catch (Exception e) {
            stop(e);
            return false;
        }
    }

    // ---- what the source asks

    @Override
    public long finishedOffset(TopicPartition partition, long position) {
        HandledPartition handled = partitions.get(partition);
        return handled == null ? position : handled.finishedOffset(position);
    }

    @Override
    public void settle(TopicPartition partition) {
        HandledPartition handled = partitions.get(partition);
        if (handled != null) {
            handled.settle();
        }
    }

    @Override
    public void forget(TopicPartition partition) {
        HandledPartition handled = partitions.remove(partition);
        if (handled != null) {
            handled.drop();
        }
    }

    // ---- what the user asks

    @Override
    public CompletableFuture<Void> finished() {
        return finished.copy();
    }

    @Override
    public Set<TopicPartition> assignment() {
        return source.subscription().assignment();
    }

    @Override
    public long position(TopicPartition partition) {
        return source.subscription().position(partition);
    }

    @Override
    public long endOffset(TopicPartition partition) {
        return source.subscription().endOffset(partition);
    }

    @Override
    public boolean caughtUp() {
        return source.subscription().caughtUp();
    }

    @Override
    public void pause(Collection<TopicPartition> paused) {
        source.subscription().pause(paused);
    }

    @Override
    public void resume(Collection<TopicPartition> resumed) {
        source.subscription().resume(resumed);
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        source.subscription().seek(partition, offset);
        forget(partition);
    }

    /** Finishes what handlers work on; called from a handler it returns at once and the rest follows. */
    @Override
    public void close() {
        stop(null);
        if (!threads.contains(Thread.currentThread())) {
            Waiting.on(finished.handle((done, error) -> null));
        }
    }
}
