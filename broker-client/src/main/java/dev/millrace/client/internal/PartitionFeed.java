package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.CorruptBatchException;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.core.wire.StreamFrames;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Keeps one partition subscribed, over lost connections and refusals, and grants credit for what was handed out.
 *
 * <p>What was granted and not yet handed out never exceeds the window. Thread: loop.
 */
final class PartitionFeed {
    private static final long RETRY_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long RETRY_MAX_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Link link;
    private final FeedBuffer buffer;
    private final TopicPartition partition;
    private final UUID topicId;
    private final int windowBytes;
    private final FeedFilter filter;
    private int generation;
    private StartPosition start;
    private Receiver current;
    /** Bytes that were delivered and not handed out yet. */
    private long heldBytes;
    /** Bytes that were handed out and not granted again yet. */
    private int owedBytes;

    private long retryNanos = RETRY_MIN_NANOS;
    private boolean closed;

    /** @param filter null for all records */
    PartitionFeed(
            Link link, FeedBuffer buffer, TopicPartition partition, UUID topicId, int windowBytes, FeedFilter filter) {
        this.filter = filter;
        this.link = link;
        this.buffer = buffer;
        this.partition = partition;
        this.topicId = topicId;
        this.windowBytes = windowBytes;
    }

    /** One subscription as the broker knows it. */
    private final class Receiver implements AnswerHandler {
        private final Connection connection;
        private int requestId;
        private boolean started;

        Receiver(Connection connection) {
            this.connection = connection;
        }

        @Override
        public boolean staysOpen() {
            return true;
        }

        @Override
        public void onFrame(Frame frame) {
            if (frame instanceof Frames.Done || isLast(frame)) {
                connection.forget(requestId);
            }
            if (current == this) {
                receive(frame);
            }
        }

        private boolean isLast(Frame frame) {
            return frame instanceof Frames.Error || frame instanceof Frames.SubscriptionEnded;
        }

        @Override
        public void onLost(MillraceException cause) {
            if (current == this) {
                current = null;
            }
        }
    }

    /** Begins at a position; from here on everything belongs to the generation. */
    void startAt(StartPosition position, int newGeneration) {
        stop();
        generation = newGeneration;
        start = position;
        heldBytes = 0;
        owedBytes = 0;
        subscribe();
    }

    /** Subscribes where there is a connection and no subscription. */
    void subscribe() {
        Connection connection = link.connection();
        if (closed || connection == null || current != null || start == null) {
            return;
        }
        Receiver receiver = new Receiver(connection);
        current = receiver;
        owedBytes = 0;
        int creditBytes = (int) Math.max(0, windowBytes - heldBytes);
        Frame request = filter == null
                ? new Frames.Subscribe(topicId, partition.partition(), start, creditBytes)
                : filter.subscribe(topicId, partition, start, creditBytes);
        receiver.requestId = connection.open(request, receiver);
    }

    private void receive(Frame frame) {
        if (frame instanceof Frames.Deliver deliver) {
            onDeliver(deliver);
        } else if (frame instanceof StreamFrames.Checkpoint checkpoint) {
            onCheckpoint(checkpoint);
        } else if (frame instanceof Frames.Subscribed subscribed) {
            current.started = true;
            start = StartPosition.offset(subscribed.startOffset());
            buffer.onStarted(partition, generation, subscribed.startOffset(), subscribed.endOffset());
            grant();
        } else if (frame instanceof Frames.Error error) {
            onEnded(new MillraceException(Fault.ofCode(error.code()), partition + ": " + error.detail()));
        } else if (frame instanceof Frames.SubscriptionEnded ended) {
            onEnded(new MillraceException(Fault.ofCode(ended.code()), partition + ": " + ended.detail()));
        } else {
            onEnded(new MillraceException(Fault.UNKNOWN_FRAME, partition + ": " + frame.type() + " in a subscription"));
        }
    }

    private void onDeliver(Frames.Deliver deliver) {
        try {
            start = StartPosition.offset(Chunk.nextOffset(deliver.payload(), start.value()));
        } catch (CorruptBatchException e) {
            stop();
            fail(new MillraceException(
                    Fault.CORRUPT_BATCH, partition + " from offset " + start.value() + ": " + e.getMessage(), e));
            return;
        }
        retryNanos = RETRY_MIN_NANOS;
        Chunk chunk = new Chunk(partition, deliver.payload());
        heldBytes += chunk.sizeBytes();
        buffer.onDelivered(partition, generation, chunk, deliver.endOffset());
    }

    /** Waits its turn behind what was delivered before it. */
    private void onCheckpoint(StreamFrames.Checkpoint checkpoint) {
        retryNanos = RETRY_MIN_NANOS;
        start = StartPosition.offset(Math.max(start.value(), checkpoint.nextOffset()));
        buffer.onDelivered(
                partition,
                generation,
                Chunk.marker(partition, checkpoint.nextOffset(), checkpoint.signal()),
                checkpoint.endOffset());
    }

    private void onEnded(MillraceException cause) {
        current = null;
        if (cause.retriable()) {
            link.loop().schedule(this::subscribe, retryNanos, TimeUnit.NANOSECONDS);
            retryNanos = Math.min(RETRY_MAX_NANOS, 2 * retryNanos);
        } else {
            fail(cause);
        }
    }

    /** Stays still until it is started anew. */
    private void fail(MillraceException cause) {
        start = null;
        buffer.onProblem(partition, generation, cause);
    }

    /** Messages were handed out. */
    void onConsumed(int ofGeneration, int bytes) {
        if (ofGeneration == generation) {
            heldBytes -= bytes;
            owedBytes += bytes;
            grant();
        }
    }

    /** Small grants are saved up, but never while the broker may be waiting for them. */
    private void grant() {
        boolean due = owedBytes >= windowBytes / 4 || heldBytes <= 0;
        if (owedBytes > 0 && due && current != null && current.started) {
            current.connection.send(current.requestId, new Frames.Credit(owedBytes));
            owedBytes = 0;
        }
    }

    private void stop() {
        if (current != null) {
            current.connection.send(current.requestId, new Frames.Unsubscribe());
            current = null;
        }
    }

    void close() {
        closed = true;
        stop();
    }
}
