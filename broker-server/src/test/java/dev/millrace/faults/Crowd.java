package dev.millrace.faults;

import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Many raw connections that behave badly, from one thread with a selector, so that thousands cost little. Everything is
 * bound in rate: the broker shall suffer from what it is asked to bear, not from a test that eats its processor.
 */
final class Crowd implements AutoCloseable {
    private static final long TICK_MS = 20;
    private static final int RECEIVE_BUFFER_BYTES = 4 << 10;

    /** One kind of bad behaviour. Thread: the crowd's. */
    interface Manner {
        /** The connection is there; may write. */
        void onConnected(Guest guest) throws IOException;

        /** Called every {@link #TICK_MS} for every open connection. */
        default void onTick(Guest guest) throws IOException {}

        /** Whether what the broker sends is taken at all. */
        default boolean reads() {
            return true;
        }
    }

    /**
     * How many there are and how fast they come.
     *
     * @param guests open at a time, at most
     * @param perSecond new ones, at most
     */
    record Size(int guests, int perSecond) {}

    private final InetSocketAddress address;
    private final Size size;
    private final Manner manner;
    private final Selector selector = Selector.open();
    private final Set<Guest> guests = new HashSet<>();
    private final ByteBuffer trash = ByteBuffer.allocate(64 << 10);
    private final AtomicInteger openCount = new AtomicInteger();
    private final AtomicInteger admittedCount = new AtomicInteger();
    private final AtomicInteger endedCount = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread thread = new Thread(this::run, "crowd");
    private volatile boolean stopping;
    private double admission;

    Crowd(InetSocketAddress address, Size size, Manner manner) throws IOException {
        this.address = address;
        this.size = size;
        this.manner = manner;
        thread.start();
    }

    static byte[] hello() {
        return bytes(FrameCodec.encode(1, new Frames.Hello(1, 1, 0, "crowd", "test")));
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return copy;
    }

    /** One connection. Thread: the crowd's. */
    final class Guest {
        private final SocketChannel channel;
        private boolean connected;
        /** For the manner: how far it is. */
        int step;

        Guest(SocketChannel channel) {
            this.channel = channel;
        }

        /** Writes what the socket takes; returns how many bytes. */
        int write(byte[] bytes) throws IOException {
            return channel.write(ByteBuffer.wrap(bytes));
        }

        void halfClose() throws IOException {
            channel.shutdownOutput();
        }

        /** Closes with a reset, which gives the broker no orderly end. */
        void reset() throws IOException {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            leave();
        }

        void leave() throws IOException {
            if (guests.remove(this)) {
                if (connected) {
                    openCount.decrementAndGet();
                    endedCount.incrementAndGet();
                }
                channel.close();
            }
        }
    }

    /** Open at the moment. Thread: any. */
    int open() {
        return openCount.get();
    }

    /** Connected since the start. Thread: any. */
    int admitted() {
        return admittedCount.get();
    }

    /** Ended since the start, by either side. Thread: any. */
    int ended() {
        return endedCount.get();
    }

    private void run() {
        long lastNanos = System.nanoTime();
        try {
            while (!stopping) {
                long now = System.nanoTime();
                admit((now - lastNanos) / 1e9);
                lastNanos = now;
                for (Guest guest : List.copyOf(guests)) {
                    if (guest.connected) {
                        attempt(guest, () -> manner.onTick(guest));
                    }
                }
                serve(now + TimeUnit.MILLISECONDS.toNanos(TICK_MS));
            }
        } catch (IOException | RuntimeException e) {
            failure.set(e);
        } finally {
            closeAll();
        }
    }

    private void admit(double seconds) throws IOException {
        admission = Math.min(size.perSecond, admission + seconds * size.perSecond);
        while (admission >= 1 && guests.size() < size.guests) {
            admission--;
            SocketChannel channel = SocketChannel.open();
            channel.configureBlocking(false);
            if (!manner.reads()) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
            }
            Guest guest = new Guest(channel);
            guests.add(guest);
            channel.connect(address);
            channel.register(selector, SelectionKey.OP_CONNECT, guest);
        }
    }

    private void serve(long untilNanos) throws IOException {
        for (long left = untilNanos - System.nanoTime(); left > 0; left = untilNanos - System.nanoTime()) {
            selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            List<SelectionKey> ready = new ArrayList<>(selector.selectedKeys());
            selector.selectedKeys().clear();
            for (SelectionKey key : ready) {
                Guest guest = (Guest) key.attachment();
                attempt(guest, () -> onReady(key, guest));
            }
        }
    }

    private void onReady(SelectionKey key, Guest guest) throws IOException {
        if (!guest.connected) {
            guest.channel.finishConnect();
            guest.connected = true;
            openCount.incrementAndGet();
            admittedCount.incrementAndGet();
            key.interestOps(manner.reads() ? SelectionKey.OP_READ : 0);
            manner.onConnected(guest);
            return;
        }
        int count = guest.channel.read(trash.clear());
        if (count < 0) {
            guest.leave();
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    /** The broker may end any of these connections at any time, and is right to. */
    private static void attempt(Guest guest, Step step) throws IOException {
        try {
            if (guest.channel.isOpen()) {
                step.run();
            }
        } catch (IOException endedByBroker) {
            guest.leave();
        }
    }

    private void closeAll() {
        try {
            for (Guest guest : List.copyOf(guests)) {
                guest.leave();
            }
            selector.close();
        } catch (IOException e) {
            failure.compareAndSet(null, e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        selector.wakeup();
        thread.join();
        if (failure.get() != null) {
            throw new AssertionError("the crowd itself failed", failure.get());
        }
    }
}
