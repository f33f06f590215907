package dev.millrace.client.internal;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.TopicFrames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The callers' side of publishing: finds the partition, takes memory, encodes into the open batch. Thread: any.
 *
 * <p>From there on {@link Lane} and {@link PublishSender} go on, on the loop.
 */
final class NativeProducer implements Producer {
    /** After this time the topic is described again, to learn of added partitions. */
    private static final long ROUTE_LIFE_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** Lengths, deltas and the waiter: what a record takes beside its bytes, at most. */
    private static final int RECORD_OVERHEAD_BYTES = 64;

    private final Link link;
    private final ProducerOptions options;
    private final MemoryBudget budget;
    private final PublishSender sender;
    private final TimerSender timers;
    private final Callbacks callbacks;
    private final TopicDirectory topics;
    private final BuilderPool builders;
    private final BatchMemory memory = new BatchMemory();
    private final RandomGenerator random;
    private final Consumer<AutoCloseable> onClose;
    private final Map<String, TopicRoute> routes = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<TopicRoute>> lookups = new ConcurrentHashMap<>();
    private volatile boolean closed;

    NativeProducer(
            Link link,
            ProducerOptions options,
            Callbacks callbacks,
            RandomGenerator random,
            Consumer<AutoCloseable> onClose) {
        this.link = link;
        this.options = options;
        this.callbacks = callbacks;
        this.random = random;
        this.onClose = onClose;
        this.budget = new MemoryBudget(options.bufferBytes());
        this.topics = new TopicDirectory(link);
        this.builders = new BuilderPool(options.compression(), options.batchBytesMax());
        this.sender = new PublishSender(link, options, budget, callbacks, routes::remove);
        this.timers = new TimerSender(link, budget, callbacks, options.deliveryNanos());
        link.onLoop(() -> link.addListener(sender));
    }

    @Override
    public Receipt publish(Message message) {
        Waiter.Future waiter = new Waiter.Future(true);
        submit(message, waiter);
        return Waiting.on(waiter);
    }

    @Override
    public CompletableFuture<Receipt> publishAsync(Message message) {
        Waiter.Future receipt = new Waiter.Future(false);
        submitOrFail(message, receipt);
        return receipt;
    }

    @Override
    public void publishAsync(Message message, BiConsumer<? super Receipt, ? super MillraceException> whenDone) {
        submitOrFail(message, new Waiter.Callback(Objects.requireNonNull(whenDone, "whenDone")));
    }

    private void submitOrFail(Message message, Waiter waiter) {
        try {
            submit(message, waiter);
        } catch (MillraceException e) {
            waiter.fail(e);
        }
    }

    private void submit(Message given, Waiter waiter) {
        if (closed) {
            throw new MillraceException(Fault.CLIENT_CLOSED, "the producer was closed");
        }
        Message message = CurrentMessage.advance(given);
        long recordBytes = checkedBytes(message);
        TopicRoute route = route(message.topic(), message.partition());
        Lane lane = route.laneOf(message);
        if (message.later() != null) {
            schedule(message, route, lane, recordBytes, waiter);
            return;
        }
        budget.reserve(recordBytes, options.blockNanos());
        long timestampMs = message.timestampMs() >= 0 ? message.timestampMs() : System.currentTimeMillis();
        BatchAccumulator.Wake wake;
        try {
            wake = lane.input.append(message, timestampMs, recordBytes, waiter);
        } catch (RuntimeException e) {
            budget.release(recordBytes);
            throw e;
        }
        if (wake == BatchAccumulator.Wake.SEALED && message.key() == null) {
            route.moveSticky();
        }
        if (wake != BatchAccumulator.Wake.NOTHING) {
            sender.wake(lane);
            renewIfOld(message.topic(), route);
        }
    }

    private void schedule(Message message, TopicRoute route, Lane lane, long recordBytes, Waiter waiter) {
        renewIfOld(message.topic(), route);
        NewTimer timer = LaterMessages.timer(message, route.topicId(), lane.partition);
        budget.reserve(recordBytes, options.blockNanos());
        timers.send(timer, message.topic(), recordBytes, waiter);
    }

    private long checkedBytes(Message message) {
        if (message.timestampMs() < -1) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST, "timestamp " + message.timestampMs() + " ms is before 1970");
        }
        long bytes = RECORD_OVERHEAD_BYTES + (long) bytesOf(message.key()) + bytesOf(message.value());
        for (RecordHeader header : message.headers()) {
            bytes += 8L + 3L * header.key().length() + bytesOf(header.value());
        }
        long payloadBytes = bytes - RECORD_OVERHEAD_BYTES;
        if (payloadBytes > link.messageBytesMax()) {
            throw new MillraceException(
                    Fault.MESSAGE_TOO_LARGE,
                    "a message of " + payloadBytes + " bytes to " + message.topic() + "; the broker takes "
                            + link.messageBytesMax());
        }
        return bytes;
    }

    private static int bytesOf(byte[] field) {
        return field == null ? 0 : field.length;
    }

    // ---- routes

    /** Asks where the topic is not known, or the partition, which may have been added just now. */
    private TopicRoute route(String topic, int partition) {
        TopicRoute route = routes.get(topic);
        boolean known = route != null && partition < route.lanes().size();
        return known ? route : Waiting.on(lookUp(topic));
    }

    /** The next messages take the new one; this one need not wait. Once a batch: small records felt the clock. */
    private void renewIfOld(String topic, TopicRoute route) {
        if (System.nanoTime() - route.loadedNanos() > ROUTE_LIFE_NANOS) {
            lookUp(topic);
        }
    }

    /** One look-up for all callers that need it at the same time. */
    private CompletableFuture<TopicRoute> lookUp(String topic) {
        CompletableFuture<TopicRoute> mine = new CompletableFuture<>();
        CompletableFuture<TopicRoute> other = lookups.putIfAbsent(topic, mine);
        if (other != null) {
            return other;
        }
        topics.describe(topic, options.deliveryNanos()).whenComplete((info, error) -> {
            lookups.remove(topic);
            if (error != null) {
                mine.completeExceptionally(error);
            } else {
                mine.complete(routes.compute(topic, (name, before) -> renewed(info, before)));
            }
        });
        return mine;
    }

    /** Keeps the lanes that there are: messages wait in them. */
    private TopicRoute renewed(TopicFrames.TopicInfo info, TopicRoute before) {
        List<Lane> lanes = new ArrayList<>(before == null ? List.of() : before.lanes());
        for (int partition = lanes.size(); partition < info.partitions().size(); partition++) {
            BatchAccumulator input = new BatchAccumulator(info.name(), partition, options, builders, memory);
            lanes.add(new Lane(info.name(), info.topicId(), partition, sender, input));
        }
        return new TopicRoute(info.name(), info.topicId(), List.copyOf(lanes), System.nanoTime(), random);
    }

    // ---- the end

    @Override
    public void flush() {
        if (callbacks.isCurrentThread()) {
            throw new IllegalStateException("flush and close wait for callbacks, so a callback must not call them");
        }
        List<CompletableFuture<Void>> outcomes = new ArrayList<>();
        for (TopicRoute route : routes.values()) {
            for (Lane lane : route.lanes()) {
                List<CompletableFuture<Void>> ofLane = lane.input.unsettled();
                if (!ofLane.isEmpty()) {
                    outcomes.addAll(ofLane);
                    sender.wake(lane);
                }
            }
        }
        outcomes.addAll(timers.unsettled());
        // They never fail: each publisher hears of its own failure.
        outcomes.forEach(Waiting::on);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            flush();
        } finally {
            budget.close();
            MillraceException cause = new MillraceException(Fault.CLIENT_CLOSED, "the producer was closed");
            routes.values().forEach(route -> route.lanes().forEach(lane -> lane.input.close(cause)));
            link.onLoop(sender::close);
            onClose.accept(this);
        }
    }
}
