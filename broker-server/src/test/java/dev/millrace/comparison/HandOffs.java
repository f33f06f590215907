package dev.millrace.comparison;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * What a message that comes alone, each millisecond one, has to wait for whatever the broker does: threads that wake up,
 * the loopback interface, the disk. {@code HandOffs DIRECTORY}. Not a test: it measures the machine. The bound of the
 * latency cases in docs/BENCHMARKS.md is made of it; how to run it stands in docs/DEVELOPING.md.
 */
public final class HandOffs {
    private static final int ROUNDS = 4_000;
    private static final int WARM_UP = 1_000;
    private static final int MESSAGE_BYTES = 1100;
    private static final long PAUSE_NANOS = 1_000_000;

    private HandOffs() {}

    public static void main(String[] args) throws Exception {
        System.out.println("a thread wakes another            " + percentiles(wakeUps()));
        System.out.println("1,100 bytes there and back (TCP)  " + percentiles(echoes()));
        System.out.println("4 KiB appended and synced         " + percentiles(syncs(Path.of(args[0]))));
    }

    private static void pause() {
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    private static long[] wakeUps() throws InterruptedException {
        Sleeper sleeper = new Sleeper();
        sleeper.start();
        for (int i = 0; i < ROUNDS; i++) {
            pause();
            // The one before may be late.
            while (sleeper.isWaking()) {
                Thread.onSpinWait();
            }
            sleeper.wake();
        }
        sleeper.join();
        return sleeper.nanos;
    }

    private static final class Sleeper extends Thread {
        private final long[] nanos = new long[ROUNDS];
        private volatile long wokenAt;

        boolean isWaking() {
            return wokenAt != 0;
        }

        void wake() {
            wokenAt = System.nanoTime();
            LockSupport.unpark(this);
        }

        @Override
        public void run() {
            for (int i = 0; i < ROUNDS; i++) {
                while (wokenAt == 0) {
                    LockSupport.park();
                }
                nanos[i] = System.nanoTime() - wokenAt;
                wokenAt = 0;
            }
        }
    }

    private static long[] echoes() throws IOException {
        long[] nanos = new long[ROUNDS];
        try (Loopback connection = Loopback.open();
                Selector own = selectorOf(connection.near());
                Selector other = selectorOf(connection.far())) {
            Thread echo = new Thread(() -> echo(connection.far(), other), "echo");
            echo.setDaemon(true);
            echo.start();
            ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
            for (int i = 0; i < ROUNDS; i++) {
                pause();
                long start = System.nanoTime();
                Loopback.write(connection.near(), message.clear());
                read(connection.near(), own, message.clear());
                nanos[i] = System.nanoTime() - start;
            }
        }
        return nanos;
    }

    private static Selector selectorOf(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        Selector selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
        return selector;
    }

    private static void echo(SocketChannel peer, Selector selector) {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        try {
            while (read(peer, selector, message.clear())) {
                Loopback.write(peer, message.flip());
            }
        } catch (IOException | ClosedSelectorException closed) {
            // The measurement is over.
            return;
        }
    }

    private static boolean read(SocketChannel channel, Selector selector, ByteBuffer message) throws IOException {
        while (message.hasRemaining()) {
            selector.select();
            selector.selectedKeys().clear();
            if (channel.read(message) < 0) {
                return false;
            }
        }
        return true;
    }

    private static long[] syncs(Path directory) throws IOException {
        long[] nanos = new long[ROUNDS];
        ByteBuffer block = ByteBuffer.allocateDirect(4096);
        try (FileChannel file = FileChannel.open(
                directory.resolve("synced"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.DELETE_ON_CLOSE)) {
            for (int i = 0; i < ROUNDS; i++) {
                pause();
                long start = System.nanoTime();
                file.write(block.clear());
                file.force(false);
                nanos[i] = System.nanoTime() - start;
            }
        }
        return nanos;
    }

    private static String percentiles(long[] nanos) {
        long[] measured = Arrays.copyOfRange(nanos, WARM_UP, nanos.length);
        Arrays.sort(measured);
        return String.format(
                "p50 %.1f us, p99 %.1f us",
                measured[measured.length / 2] / 1e3, measured[measured.length * 99 / 100] / 1e3);
    }
}
