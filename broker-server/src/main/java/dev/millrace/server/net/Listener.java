package dev.millrace.server.net;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One open address: accepts connections up to a limit, and goes on when accepting fails for a while. */
public final class Listener implements AutoCloseable {
    /** Above it no more deliveries are read for the connection; below half they go on. */
    public static final int UNSENT_BYTES_HIGH = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 1024;
    private static final int READ_BYTES_MIN = 256;
    private static final int READ_BYTES_INITIAL = 2048;
    private static final int READ_BYTES_MAX = 128 << 10;
    /** Refused connections that may hear why at one time; more are cut at once. */
    private static final int REFUSALS_MAX = 64;

    private final Channel channel;

    private Listener(Channel channel) {
        this.channel = channel;
    }

    /**
     * What a listener serves.
     *
     * @param name of the protocol, for messages
     * @param setting the key by which the address can be changed, for messages
     * @param onAccepted sets up the pipeline; thread: the connection's event loop
     * @param refusal what a connection hears that is refused for the given reason
     */
    public record Service(
            String name, String setting, Consumer<Channel> onAccepted, Function<String, ByteBuf> refusal) {}

    /** Opens the address; accepts on return. Fails: {@link ListenException}. */
    public static Listener bind(EventLoops loops, InetSocketAddress address, ConnectionGate gate, Service service) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.acceptor(), loops.workers())
                .channel(loops.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .handler(new AcceptTolerance(service.name()))
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(READ_BYTES_MIN, READ_BYTES_INITIAL, READ_BYTES_MAX))
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(UNSENT_BYTES_HIGH / 2, UNSENT_BYTES_HIGH))
                .childHandler(new Admission(gate, service));
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new ListenException(describe(service, address, bound.cause()), bound.cause());
        }
        return new Listener(bound.channel());
    }

    /** Where it listens, with the real port where 0 was asked for. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Stops accepting; connections stay. Safe twice. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    Channel channel() {
        return channel;
    }

    static String describe(Service service, InetSocketAddress address, Throwable cause) {
        String where = address.getHostString() + ":" + address.getPort();
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        String why;
        String remedy;
        if (address.isUnresolved()) {
            why = "the host name cannot be resolved";
            remedy = "Correct " + service.setting() + ".";
        } else if (text.contains("in use")) {
            why = "the address is in use";
            remedy = "Stop the other process (`ss -ltnp` shows it), or set " + service.setting() + " to another port.";
        } else if (text.contains("assign")) {
            why = "it is not an address of this machine";
            remedy = "Set " + service.setting() + " to an address that `ip addr` shows.";
        } else if (text.contains("permission")) {
            why = "permission is denied";
            remedy = "Set " + service.setting() + " to a port of 1024 or above.";
        } else {
            why = cause.toString();
            remedy = "Set " + service.setting() + " to another address.";
        }
        return "Cannot listen on " + where + " for " + service.name() + ": " + why + ". " + remedy;
    }

    /** Lets connections in, or tells them why not. */
    private static final class Admission extends ChannelInitializer<Channel> {
        private final ConnectionGate gate;
        private final Service service;
        private final AtomicInteger refusals = new AtomicInteger();

        Admission(ConnectionGate gate, Service service) {
            this.gate = gate;
            this.service = service;
        }

        @Override
        protected void initChannel(Channel channel) {
            if (gate.enter()) {
                channel.closeFuture().addListener(closed -> gate.leave());
                service.onAccepted().accept(channel);
            } else if (refusals.incrementAndGet() > REFUSALS_MAX) {
                refusals.decrementAndGet();
                channel.close();
            } else {
                channel.closeFuture().addListener(closed -> refusals.decrementAndGet());
                channel.pipeline().addLast(new Refusal(gate, service));
            }
        }
    }

    private static final class Refusal extends ChannelInboundHandlerAdapter {
        private final ConnectionGate gate;
        private final Service service;

        Refusal(ConnectionGate gate, Service service) {
            this.gate = gate;
            this.service = service;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            String detail = "all " + gate.connectionsMax() + " connections of " + service.name() + " are taken";
            LastWord.say(context.channel(), service.refusal().apply(detail));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** Waits a second when accepting fails, as it does when file descriptors run out, instead of spinning or ending. */
    private static final class AcceptTolerance extends ChannelInboundHandlerAdapter {
        private static final long PAUSE_MS = 1_000;
        private final String name;

        AcceptTolerance(String name) {
            this.name = name;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.warn("accept_failed listener={} cause=\"{}\" pauseMs={}", name, cause.getMessage(), PAUSE_MS);
            context.channel().config().setAutoRead(false);
            context.executor()
                    .schedule(() -> context.channel().config().setAutoRead(true), PAUSE_MS, TimeUnit.MILLISECONDS);
        }
    }
}
