package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.EventFilter;
import dev.millrace.core.LogOperations;
import dev.millrace.core.LogOperations.Bounds;
import dev.millrace.core.LogOperations.FoundOffset;
import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.StreamOperations;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.CorruptBatchException;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StreamFrames;
import dev.millrace.server.metrics.DeliveryMeters;
import dev.millrace.server.protocol.DeliveryTracing;
import dev.millrace.server.protocol.wire.Subscription.State;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The subscriptions of one connection, and the pump that serves them in turn: one read each, as long as the peer takes
 * what it is sent. What a slow consumer can hold is bounded by the channel's water mark and the few reads under way.
 *
 * <p>Thread: the connection's event loop.
 */
final class Subscriptions {
    private static final int READS_MAX = 4;
    /** What a DELIVER frame adds to its payload. */
    private static final int DELIVER_HEAD_BYTES = FrameCodec.HEADER_BYTES + Long.BYTES;

    private final Broker broker;
    private final LogOperations logs;
    private final StartOffsets startOffsets;
    private final Outbox outbox;
    private final UnsentBytes unsent;
    private final DeliveryMeters deliveries;
    private final TimeSource clock;
    /** Null for none. */
    private final DeliveryTracing tracing;

    private final int countMax;
    private final int readBytesMax;
    private final Map<Integer, Subscription> byId = new HashMap<>();
    private final Queue<Subscription> ready = new ArrayDeque<>();
    private int readsUnderWay;
    private boolean heldBack;

    /** Where deliveries go, and how much of them the peer has left there. */
    record WayOut(Outbox outbox, UnsentBytes unsent) {}

    Subscriptions(Broker broker, WireOptions options, WayOut out, DeliveryMeters deliveries) {
        this.broker = broker;
        this.logs = broker.logs();
        this.startOffsets = new StartOffsets(logs);
        this.outbox = out.outbox();
        this.unsent = out.unsent();
        this.deliveries = deliveries;
        this.clock = options.clock();
        this.tracing = options.tracing();
        this.countMax = options.limits().subscriptionsPerConnection();
        this.readBytesMax =
                Math.min(LogOperations.STORED_TOGETHER_BYTES, options.limits().frameBytesMax() - DELIVER_HEAD_BYTES);
    }

    int size() {
        return byId.size();
    }

    /**
     * The future completes in the event loop, before anything is delivered; with null where the subscription was ended
     * meanwhile, which was answered already.
     */
    CompletableFuture<Frame> subscribe(int id, Frames.Subscribe request) {
        return subscribe(id, request, null);
    }

    /** Of what passes a filter; see {@link #subscribe(int, Frames.Subscribe)}. */
    CompletableFuture<Frame> subscribe(int id, StreamFrames.SubscribeFiltered request) {
        EventFilter filter = broker.streams()
                .filter(
                        request.topicId(),
                        new StreamOperations.Filter(request.key(), request.keyPrefix(), request.query()));
        return subscribe(
                id,
                new Frames.Subscribe(request.topicId(), request.partition(), request.start(), request.creditBytes()),
                new Filtering(filter, clock.nanoTime()));
    }

    /** @param filtering null for all */
    private CompletableFuture<Frame> subscribe(int id, Frames.Subscribe request, Filtering filtering) {
        check(id, request);
        TopicPartition partition = new TopicPartition(request.topicId(), request.partition());
        Topic topic = broker.topics()
                .find(request.topicId())
                .orElseThrow(() ->
                        new FaultException(Fault.TOPIC_NOT_FOUND, "topic id " + request.topicId() + " does not exist"));
        Subscription subscription = new Subscription(id, partition, request.creditBytes(), deliveries.of(topic.name()));
        subscription.filterBy(filtering);
        byId.put(id, subscription);
        CompletableFuture<Frame> answer = new CompletableFuture<>();
        startOffsets
                .find(partition, request.start())
                .whenComplete((found, error) -> outbox.execute(() -> {
                    try {
                        answer.complete(start(subscription, found, error));
                    } catch (RuntimeException failure) {
                        byId.remove(id, subscription);
                        subscription.end();
                        answer.completeExceptionally(failure);
                    }
                }));
        return answer;
    }

    void credit(int id, int bytes) {
        Subscription subscription = byId.get(id);
        // Credit for one that has just ended is no mistake of the client.
        if (subscription == null) {
            return;
        }
        try {
            if (subscription.addCredit(bytes)) {
                ready.add(subscription);
            }
        } catch (FaultException invalid) {
            end(subscription, invalid);
        }
    }

    /** Nothing is delivered after it. Ending what has ended already is no mistake. */
    void unsubscribe(int id) {
        Subscription subscription = byId.remove(id);
        if (subscription != null) {
            subscription.end();
        }
    }

    /** Ends all, telling the client why. */
    void endAll(FaultException reason) {
        for (Subscription subscription : new ArrayList<>(byId.values())) {
            end(subscription, reason);
        }
    }

    /** Ends all without a word, since the connection is gone. */
    void close() {
        byId.values().forEach(Subscription::end);
        byId.clear();
        ready.clear();
    }

    /** Reads for those that are ready, in turn; less far ahead while memory for peers is short. */
    void pump() {
        long share = unsent.share();
        while (readsUnderWay < READS_MAX && outbox.isWritable()) {
            heldBack = unsent.bytes() + (long) readsUnderWay * readBytes(share) >= share;
            if (heldBack && (readsUnderWay > 0 || unsent.bytes() > 0)) {
                return;
            }
            Subscription next = ready.poll();
            if (next == null) {
                return;
            }
            if (next.state() == State.READY) {
                read(next, readBytes(share));
            }
        }
    }

    private int readBytes(long share) {
        return (int) Math.min(readBytesMax, share);
    }

    private void check(int id, Frames.Subscribe request) {
        if (byId.containsKey(id)) {
            throw new FaultException(Fault.INVALID_REQUEST, "subscription " + id + " exists on this connection");
        }
        if (request.creditBytes() < 0) {
            throw new FaultException(
                    Fault.INVALID_REQUEST, "a credit of " + request.creditBytes() + " bytes where 0 is the least");
        }
        if (byId.size() >= countMax) {
            throw new FaultException(
                    Fault.LIMIT_REACHED, "a connection holds at most " + countMax + " subscriptions; open another one");
        }
    }

    private Frame start(Subscription subscription, FoundOffset found, Throwable error) {
        if (subscription.state() == State.ENDED) {
            return null;
        }
        if (error != null) {
            throw faultOfStart(subscription, error);
        }
        Bounds bounds = logs.bounds(subscription.partition());
        subscription.startAt(found.offset());
        if (subscription.state() == State.READY) {
            ready.add(subscription);
        }
        return new Frames.Subscribed(found.offset(), bounds.logStartOffset(), bounds.endOffset());
    }

    private void read(Subscription subscription, int bytesAllowed) {
        subscription.reading();
        readsUnderWay++;
        int bytesMax = (int) Math.min(bytesAllowed, subscription.creditBytes());
        CompletableFuture<LogSlice> read;
        try {
            read = logs.read(subscription.partition(), subscription.nextOffset(), bytesMax);
        } catch (RuntimeException failure) {
            read = CompletableFuture.failedFuture(failure);
        }
        if (read.isDone()) {
            read.whenComplete((slice, error) -> onRead(subscription, slice, error));
        } else {
            read.whenComplete((slice, error) -> outbox.execute(() -> onRead(subscription, slice, error)));
        }
    }

    private void onRead(Subscription subscription, LogSlice slice, Throwable error) {
        readsUnderWay--;
        if (subscription.state() == State.ENDED) {
            if (slice != null) {
                slice.release();
            }
        } else if (error != null) {
            end(subscription, faultOfRead(subscription, error));
        } else if (slice.batches().hasRemaining() && subscription.filtering() != null) {
            deliverFiltered(subscription, slice);
        } else if (slice.batches().hasRemaining()) {
            deliver(subscription, slice);
        } else {
            slice.release();
            await(subscription);
        }
    }

    private void deliver(Subscription subscription, LogSlice slice) {
        ByteBuffer batches = slice.batches();
        Runnable sent = traced(subscription, batches, () -> sent(slice));
        subscription.delivered(batches.remaining(), slice.nextOffset());
        if (subscription.state() == State.READY) {
            ready.add(subscription);
        }
        ByteBuffer head = FrameCodec.encodeHead(subscription.id(), new Frames.Deliver(slice.endOffset(), batches));
        outbox.write(head, batches, sent);
    }

    /** What to do when the batches were sent; also ends the spans that begin now, where records in them are traced. */
    private Runnable traced(Subscription subscription, ByteBuffer batches, Runnable sent) {
        Runnable end = tracing == null
                ? null
                : tracing.begin(subscription.partition(), subscription.nextOffset(), Long.MAX_VALUE, batches);
        return end == null
                ? sent
                : () -> {
                    try {
                        end.run();
                    } finally {
                        sent.run();
                    }
                };
    }

    private static FaultException faultOfStart(Subscription subscription, Throwable error) {
        FaultException fault = FaultFrames.faultOf(error);
        boolean gone = subscription.filtering() != null && fault.fault() == Fault.OFFSET_OUT_OF_RANGE;
        return gone ? new FaultException(Fault.POSITION_GONE, fault.detail()) : fault;
    }

    private FaultException faultOfRead(Subscription subscription, Throwable error) {
        FaultException fault = FaultFrames.faultOf(error);
        boolean gone = subscription.filtering() != null && fault.fault() == Fault.OFFSET_OUT_OF_RANGE;
        return gone ? positionGone(subscription, subscription.nextOffset()) : fault;
    }

    /** Whoever keeps a position must hear that events were lost to him, and not go on as if nothing were. */
    private FaultException positionGone(Subscription subscription, long offset) {
        Bounds bounds = logs.bounds(subscription.partition());
        return new FaultException(
                Fault.POSITION_GONE,
                "offset " + offset + " is gone or not there yet; the log holds " + bounds.logStartOffset() + " to "
                        + (bounds.endOffset() - 1));
    }

    private void deliverFiltered(Subscription subscription, LogSlice slice) {
        Filtering filtering = subscription.filtering();
        EventBatches.Filtered filtered;
        try {
            filtered = filtering.filter().apply(slice.batches());
        } catch (CorruptBatchException damaged) {
            end(subscription, new FaultException(Fault.DATA_DAMAGED, damaged.getMessage(), damaged));
            return;
        } finally {
            slice.release();
        }
        ByteBuffer batches = filtered.batches();
        Runnable sent = traced(subscription, batches, this::goOnWhereHeldBack);
        subscription.filtered(filtered.kept(), batches.remaining(), slice.nextOffset());
        if (batches.hasRemaining()) {
            ByteBuffer head = FrameCodec.encodeHead(subscription.id(), new Frames.Deliver(slice.endOffset(), batches));
            outbox.write(head, batches, sent);
        }
        tell(
                subscription,
                filtering.afterRead(filtered.dropped(), slice.nextOffset(), slice.endOffset(), clock.nanoTime()));
        if (subscription.state() == State.READY) {
            ready.add(subscription);
        }
    }

    private void tell(Subscription subscription, StreamFrames.Checkpoint checkpoint) {
        if (checkpoint != null) {
            outbox.write(subscription.id(), checkpoint);
        }
    }

    /** At the end of the log: says so, and later what was passed over, if nothing comes that would say it. */
    private void tellAtEnd(Subscription subscription) {
        if (subscription.state() != State.WAITING || subscription.filtering() == null) {
            return;
        }
        tell(subscription, subscription.filtering().atEnd(subscription.nextOffset(), clock.nanoTime()));
        long dueInNanos = subscription.filtering().dueInNanos(clock.nanoTime());
        if (dueInNanos >= 0) {
            outbox.channel()
                    .eventLoop()
                    .schedule(
                            () -> outbox.execute(() -> tellAtEnd(subscription)), dueInNanos + 1, TimeUnit.NANOSECONDS);
        }
    }

    private void sent(LogSlice slice) {
        slice.release();
        goOnWhereHeldBack();
    }

    private void goOnWhereHeldBack() {
        if (heldBack) {
            outbox.schedule();
        }
    }

    private void await(Subscription subscription) {
        subscription.waiting();
        Runnable wakeUp = () -> outbox.execute(() -> {
            if (subscription.wake()) {
                ready.add(subscription);
            }
        });
        tellAtEnd(subscription);
        subscription.cancelWaitWith(logs.onAppend(subscription.partition(), subscription.nextOffset(), wakeUp));
    }

    private void end(Subscription subscription, FaultException reason) {
        byId.remove(subscription.id(), subscription);
        subscription.end();
        outbox.write(subscription.id(), FaultFrames.ended(reason));
    }
}
