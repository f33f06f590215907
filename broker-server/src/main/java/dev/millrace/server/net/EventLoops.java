package dev.millrace.server.net;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/** The threads that move bytes: one accepts, the others read and write. Native epoll where the platform has it. */
public final class EventLoops implements AutoCloseable {
    private static final long QUIET_MS = 0;
    private static final long CLOSE_TIMEOUT_MS = 5_000;

    private final String transport;
    private final Class<? extends ServerChannel> serverChannel;
    private final EventLoopGroup acceptor;
    private final EventLoopGroup workers;

    private EventLoops(
            String transport, Class<? extends ServerChannel> serverChannel, IoHandlerFactory io, int workerThreads) {
        this.transport = transport;
        this.serverChannel = serverChannel;
        this.acceptor = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("millrace-accept", true), io);
        this.workers =
                new MultiThreadIoEventLoopGroup(workerThreads, new DefaultThreadFactory("millrace-io", true), io);
    }

    /** Loads what starting takes longest to load. */
    public static void load() {
        Epoll.isAvailable();
    }

    /** Starts with epoll where it is available, else with NIO. */
    public static EventLoops start(int workerThreads) {
        return Epoll.isAvailable()
                ? new EventLoops("epoll", EpollServerSocketChannel.class, EpollIoHandler.newFactory(), workerThreads)
                : startNio(workerThreads);
    }

    /** Starts with what every platform has. */
    public static EventLoops startNio(int workerThreads) {
        return new EventLoops("nio", NioServerSocketChannel.class, NioIoHandler.newFactory(), workerThreads);
    }

    /** "epoll" or "nio". */
    public String transport() {
        return transport;
    }

    /** Where connections are read and written, for metrics. */
    public EventLoopGroup workers() {
        return workers;
    }

    EventLoopGroup acceptor() {
        return acceptor;
    }

    Class<? extends ServerChannel> serverChannel() {
        return serverChannel;
    }

    /** Ends the threads; connections that are still open are cut. Safe twice. */
    @Override
    public void close() {
        acceptor.shutdownGracefully(QUIET_MS, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        workers.shutdownGracefully(QUIET_MS, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        acceptor.terminationFuture().awaitUninterruptibly(CLOSE_TIMEOUT_MS);
        workers.terminationFuture().awaitUninterruptibly(CLOSE_TIMEOUT_MS);
    }
}
