package dev.millrace.server.protocol.wire;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.Property;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.metrics.DeliveryMeters;
import dev.millrace.server.metrics.ProtocolMeters;
import dev.millrace.server.net.ConnectionGate;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.server.net.EventLoops;
import dev.millrace.server.net.InFlightBytes;
import dev.millrace.server.net.Listener;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A native listener on a free port over a {@link FakeBroker}. */
final class WireServer implements AutoCloseable {
    static {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    final FakeBroker broker = new FakeBroker();
    final InFlightBytes inFlight;
    final ConnectionGate gate;
    final ProtocolMeters meters;
    final WireProtocol protocol;
    final EventLoops loops;
    private final Listener listener;
    private final long buffersInUseBefore = buffersInUse();

    WireServer(ConnectionLimits limits) {
        this(limits, EventLoops.start(2));
    }

    WireServer(ConnectionLimits limits, EventLoops loops) {
        this.loops = loops;
        this.inFlight = new InFlightBytes(limits.inFlightBytesTotal());
        this.gate = new ConnectionGate(limits.connections());
        this.meters = new ProtocolMeters("native", new DeliveryMeters(500));
        this.protocol = new WireProtocol(
                broker,
                new WireOptions(
                        limits,
                        "millrace/test",
                        () -> List.of(new Property("version", "test")),
                        TimeSource.SYSTEM,
                        null),
                inFlight,
                meters);
        this.listener = Listener.bind(
                loops,
                new InetSocketAddress("127.0.0.1", 0),
                gate,
                new Listener.Service(
                        "native",
                        "native.address",
                        protocol::accept,
                        detail -> protocol.refusal(Fault.TOO_MANY_CONNECTIONS, detail)));
    }

    InetSocketAddress address() {
        return listener.address();
    }

    TopicPartition topic(String name) {
        return new TopicPartition(
                broker.topics().create(name, 1, Map.of()).join().topicId(), 0);
    }

    /** Waits for another thread's work; the condition must come true by itself. */
    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("did not come true within 10 s");
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        listener.close();
        protocol.drain().orTimeout(10, TimeUnit.SECONDS).join();
        broker.close();
        loops.close();
        // The caches of the event loops went with their threads: what is still allocated now was forgotten.
        await(() -> buffersInUse() <= buffersInUseBefore);
    }

    private static long buffersInUse() {
        return PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
                .mapToLong(PoolArenaMetric::numActiveAllocations)
                .sum();
    }
}
