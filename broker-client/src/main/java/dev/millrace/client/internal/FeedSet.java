package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.StartFrom;
import dev.millrace.client.Telemetry;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.StartPosition;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The partitions that one consumer reads: connects the loop's feeds with the buffer that is polled. Thread: any. */
final class FeedSet implements Link.Listener, FeedBuffer.Returns {
    private static final int WINDOW_BYTES_MIN = 64 << 10;
    private static final int WINDOW_BYTES_MAX = 4 << 20;

    private final Link link;
    private final int bufferBytes;
    private final FeedFilter filter;
    private final FeedBuffer buffer = new FeedBuffer(this);
    /** Thread: loop. */
    private final Map<TopicPartition, PartitionFeed> feeds = new HashMap<>();

    FeedSet(Link link, int bufferBytes) {
        this(link, bufferBytes, null);
    }

    /** @param filter null for all records */
    FeedSet(Link link, int bufferBytes, FeedFilter filter) {
        this.filter = filter;
        this.link = link;
        this.bufferBytes = bufferBytes;
        link.onLoop(() -> link.addListener(this));
    }

    FeedBuffer buffer() {
        return buffer;
    }

    /** Null where the application wants none. */
    Telemetry telemetry() {
        return link.telemetry();
    }

    static StartPosition toWire(StartFrom start) {
        return switch (start.kind()) {
            case EARLIEST -> StartPosition.EARLIEST;
            case LATEST -> StartPosition.LATEST;
            case OFFSET -> StartPosition.offset(start.value());
            case TIME -> StartPosition.time(start.value());
            case AGO -> StartPosition.time(System.currentTimeMillis() - start.value());
        };
    }

    /** @param partitionCount how many the consumer reads in all, among which the memory is shared */
    void add(TopicPartition partition, UUID topicId, StartPosition start, int partitionCount) {
        int generation = buffer.add(partition);
        int windowBytes =
                Math.max(WINDOW_BYTES_MIN, Math.min(WINDOW_BYTES_MAX, bufferBytes / Math.max(1, partitionCount)));
        link.onLoop(() -> {
            PartitionFeed feed = new PartitionFeed(link, buffer, partition, topicId, windowBytes, filter);
            PartitionFeed before = feeds.put(partition, feed);
            if (before != null) {
                before.close();
            }
            feed.startAt(start, generation);
        });
    }

    void remove(Collection<TopicPartition> partitions) {
        List<TopicPartition> gone = List.copyOf(partitions);
        buffer.remove(gone);
        link.onLoop(() -> gone.forEach(partition -> {
            PartitionFeed feed = feeds.remove(partition);
            if (feed != null) {
                feed.close();
            }
        }));
    }

    /** Fails: NOT_ASSIGNED. */
    void seek(TopicPartition partition, long offset) {
        Checks.atLeast("offset", offset, 0);
        restart(partition, StartPosition.offset(offset), offset);
    }

    /** Goes on elsewhere; the position is unknown until the broker tells. */
    void restart(TopicPartition partition, StartPosition start) {
        restart(partition, start, -1);
    }

    private void restart(TopicPartition partition, StartPosition start, long position) {
        int generation = buffer.restart(partition, position);
        if (generation < 0) {
            throw new MillraceException(Fault.NOT_ASSIGNED, partition + " is not read by this consumer");
        }
        link.onLoop(() -> {
            PartitionFeed feed = feeds.get(partition);
            if (feed != null) {
                feed.startAt(start, generation);
            }
        });
    }

    @Override
    public void onConsumed(TopicPartition partition, int generation, int bytes) {
        link.onLoop(() -> {
            PartitionFeed feed = feeds.get(partition);
            if (feed != null) {
                feed.onConsumed(generation, bytes);
            }
        });
    }

    @Override
    public void onUp(Connection connection) {
        feeds.values().forEach(PartitionFeed::subscribe);
    }

    @Override
    public void onDown(MillraceException cause) {
        // Each feed hears of its own subscription's end.
    }

    /** The last call; what waits is dropped. */
    void close() {
        buffer.close();
        link.onLoop(() -> {
            link.removeListener(this);
            feeds.values().forEach(PartitionFeed::close);
            feeds.clear();
        });
    }
}
