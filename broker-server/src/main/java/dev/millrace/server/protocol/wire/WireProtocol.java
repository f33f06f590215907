package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.FrameType;
import dev.millrace.server.metrics.ProtocolMeters;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.server.net.InFlightBytes;
import dev.millrace.server.protocol.ProtocolAdapter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Speaks the native protocol. Holds what its connections share. Thread: any. */
public final class WireProtocol implements ProtocolAdapter {
    private final Broker broker;
    private final WireOptions options;
    private final InFlightBytes inFlight;
    private final ProtocolMeters meters;
    private final Map<FrameType, LongAdder> requestCounters = new EnumMap<>(FrameType.class);
    private final MemberRegistry members = new MemberRegistry();
    private final Set<WireConnection> connections = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean draining;

    public WireProtocol(Broker broker, WireOptions options, InFlightBytes inFlight, ProtocolMeters meters) {
        this.broker = broker;
        this.options = options;
        this.inFlight = inFlight;
        this.meters = meters;
        for (FrameType type : FrameType.values()) {
            if (RequestRouter.isRequest(type)) {
                requestCounters.put(type, meters.requests(type.name().toLowerCase(Locale.ROOT)));
            }
        }
        broker.groups().listen(members::tellAssignmentPending);
    }

    @Override
    public String name() {
        return "native";
    }

    @Override
    public void accept(Channel channel) {
        ConnectionLimits limits = options.limits();
        WireConnection connection = new WireConnection(this);
        connections.add(connection);
        channel.closeFuture().addListener(closed -> forget(connection));
        channel.pipeline()
                .addLast(new FrameDecoder(
                        Math.min(limits.helloBytesMax(), limits.frameBytesMax()),
                        inFlight.peers(),
                        connection::isPaused))
                // Behind the decoder: what counts is whole frames. Else one byte now and then would last for ever.
                .addLast(new IdleStateHandler(
                        true, limits.idleTimeoutMs(), limits.idleTimeoutMs(), 0, TimeUnit.MILLISECONDS))
                .addLast(connection);
        if (draining) {
            connection.drain();
        }
    }

    @Override
    public ByteBuf refusal(Fault fault, String detail) {
        meters.rejected(fault);
        return Unpooled.wrappedBuffer(FrameCodec.encode(0, FaultFrames.error(new FaultException(fault, detail))));
    }

    @Override
    public CompletableFuture<Void> drain() {
        draining = true;
        connections.forEach(WireConnection::drain);
        completeDrainWhenEmpty();
        return drained;
    }

    private void forget(WireConnection connection) {
        connections.remove(connection);
        completeDrainWhenEmpty();
    }

    private void completeDrainWhenEmpty() {
        if (draining && connections.isEmpty()) {
            drained.complete(null);
        }
    }

    Broker broker() {
        return broker;
    }

    WireOptions options() {
        return options;
    }

    InFlightBytes inFlight() {
        return inFlight;
    }

    ProtocolMeters meters() {
        return meters;
    }

    MemberRegistry members() {
        return members;
    }

    /** A connection's own, so that what it changes is recorded as this client's deed. */
    RequestRouter routerFor(Actor actor) {
        return new RequestRouter(broker.as(actor), options, members);
    }

    void countRequest(FrameType type) {
        LongAdder counter = requestCounters.get(type);
        if (counter != null) {
            counter.increment();
        }
    }
}
