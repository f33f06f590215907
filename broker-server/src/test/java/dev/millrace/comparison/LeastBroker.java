package dev.millrace.comparison;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;

/**
 * What this machine can do at all in the cases of docs/BENCHMARKS.md whose targets are missed: for each the least program
 * that does the same work on the same store, without a protocol, partitions, checks, memory for slow readers, or any other
 * thing that a broker has. No broker on this store is faster. {@code LeastBroker DIRECTORY [case...]}. Not a test: it measures
 * the machine; how to run it stands in docs/DEVELOPING.md.
 */
public final class LeastBroker {
    private static final int WARM_UP_S = 10;
    private static final int MEASURED_S = 10;
    private static final int MIB = 1 << 20;
    private static final int MESSAGE_BYTES = 1100;
    private static final int ACK_BYTES = Integer.BYTES;
    private static final long NO_MORE = -1;

    private final Path directory;

    private LeastBroker(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] args) throws Exception {
        Path directory = Files.createDirectories(Path.of(args[0]));
        List<String> cases =
                args.length > 1 ? Arrays.asList(args).subList(1, args.length) : List.of("2", "5", "7", "7t", "8", "10");
        for (String each : cases) {
            Path own = Files.createTempDirectory(directory, "least");
            try {
                new LeastBroker(own).run(each);
            } finally {
                Arena.delete(own);
            }
        }
    }

    private void run(String name) throws Exception {
        switch (name) {
            case "2" -> publish("2   100-byte records", 100);
            case "5" -> waiting();
            case "7" -> alone();
            case "7t" -> handedOver();
            case "8" -> catchUp();
            case "10" -> publish("10  64-KiB records", 64 << 10);
            default -> throw new IllegalArgumentException("case " + name + " is none of 2, 5, 7, 7t, 8, 10");
        }
    }

    // ---- publishing without waiting

    /** A client puts records into batches and sums them; the other end writes what comes to the store and syncs it. */
    private void publish(String name, int recordBytes) throws Exception {
        try (LeastStore store = new LeastStore(directory, 1);
                Ends ends = new Ends();
                Loopback connection = Loopback.open()) {
            ends.start("least-client", () -> publishForEver(connection.near(), recordBytes));
            ends.start("least-server", () -> storeForEver(connection.far(), store));
            pause(WARM_UP_S);
            Usage before = Usage.now();
            long bytesBefore = store.durableBytes();
            pause(MEASURED_S);
            Usage used = Usage.now().since(before);
            long bytes = store.durableBytes() - bytesBefore;
            double records = (double) bytes / (recordBytes + 12);
            System.out.printf(
                    Locale.ROOT,
                    "%s: %.0f MiB/s, %,.0f records/s, %.1f CPU s/GiB%n",
                    name,
                    bytes / used.seconds() / MIB,
                    records / used.seconds(),
                    used.cpuSeconds() / bytes * 1024 * MIB);
        }
    }

    private static void publishForEver(SocketChannel out, int recordBytes) throws IOException {
        byte[] value = new byte[recordBytes];
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256 << 10);
        ByteBuffer direct = ByteBuffer.allocateDirect(MIB);
        while (true) {
            while (builder.sizeBytes() + recordBytes < 240 << 10) {
                builder.append(1, null, value, List.of());
            }
            direct.clear().put(builder.build());
            builder.reset();
            Loopback.write(out, direct.flip());
        }
    }

    private static void storeForEver(SocketChannel in, LeastStore store) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(LeastStore.CHUNK_BYTES);
        while (Loopback.fill(in, chunk.clear())) {
            store.add(0, chunk.flip());
            if (store.uncommittedBytes() >= 4 * MIB) {
                store.commit(() -> {});
            }
        }
    }

    // ---- publishers that wait

    /** Each publisher has a partition and one message on its way; the other end stores, syncs and answers what came together. */
    private void waiting() throws Exception {
        double one = waiting(1);
        double thousand = waiting(1000);
        System.out.printf(
                Locale.ROOT,
                "5   waiting publishers: 1 makes %,.0f records/s, 1,000 make %,.0f, %.1f times as many%n",
                one,
                thousand,
                thousand / one);
    }

    private double waiting(int publishers) throws Exception {
        AtomicLong answers = new AtomicLong();
        try (LeastStore store = new LeastStore(directory, publishers);
                Ends ends = new Ends();
                Loopback connection = Loopback.open()) {
            ends.start("least-server", () -> answerForEver(connection.far(), store, publishers));
            ends.start("least-client", () -> waitForEver(connection.near(), publishers, answers));
            pause(WARM_UP_S);
            long before = answers.get();
            long startNanos = System.nanoTime();
            pause(MEASURED_S);
            return (answers.get() - before) * 1e9 / (System.nanoTime() - startNanos);
        }
    }

    private static void waitForEver(SocketChannel channel, int publishers, AtomicLong answers) throws IOException {
        ByteBuffer out = ByteBuffer.allocateDirect(publishers * MESSAGE_BYTES);
        ByteBuffer in = ByteBuffer.allocateDirect(publishers * ACK_BYTES);
        for (int publisher = 0; publisher < publishers; publisher++) {
            putMessage(out, publisher);
        }
        while (true) {
            Loopback.write(channel, out.flip());
            out.clear();
            Loopback.readSome(channel, in);
            in.flip();
            while (in.remaining() >= ACK_BYTES) {
                putMessage(out, in.getInt());
                answers.incrementAndGet();
            }
            in.compact();
        }
    }

    private static void putMessage(ByteBuffer out, int publisher) {
        int end = out.position() + MESSAGE_BYTES;
        out.putInt(publisher).position(end);
    }

    private static void answerForEver(SocketChannel channel, LeastStore store, int publishers) throws IOException {
        ByteBuffer in = ByteBuffer.allocateDirect(publishers * MESSAGE_BYTES);
        while (true) {
            Loopback.readSome(channel, in);
            int count = in.position() / MESSAGE_BYTES;
            if (count == 0) {
                continue;
            }
            ByteBuffer acks = ByteBuffer.allocate(count * ACK_BYTES);
            for (int i = 0; i < count; i++) {
                int publisher = in.getInt(i * MESSAGE_BYTES);
                store.add(publisher, in.slice(i * MESSAGE_BYTES, MESSAGE_BYTES));
                acks.putInt(publisher);
            }
            in.flip().position(count * MESSAGE_BYTES);
            in.compact();
            store.commit(() -> acknowledge(channel, acks.flip()));
        }
    }

    private static void acknowledge(SocketChannel channel, ByteBuffer acks) {
        try {
            Loopback.write(channel, acks);
        } catch (IOException closed) {
            // The measurement is over, and nobody waits any more.
            return;
        }
    }

    // ---- one message that comes alone

    /** From a publisher to a consumer over two connections, written to a file and synced in between; a millisecond apart. */
    private void alone() throws Exception {
        long[] nanos = new long[4_000];
        CountDownLatch delivered = new CountDownLatch(nanos.length);
        try (FileChannel log = openLog();
                Ends ends = new Ends();
                Loopback publishing = Loopback.open();
                Loopback delivering = Loopback.open()) {
            ends.start("least-server", () -> passOn(publishing.far(), log, delivering.near()));
            ends.start("least-consumer", () -> consume(delivering.far(), nanos, delivered));
            ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
            for (int i = 0; i < nanos.length; i++) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                Loopback.write(publishing.near(), message.clear().putLong(0, System.nanoTime()));
            }
            delivered.await();
        }
        printDelivered("7   published, synced, delivered", nanos);
    }

    private FileChannel openLog() throws IOException {
        return FileChannel.open(
                directory.resolve("log"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
    }

    private static void printDelivered(String name, long[] nanos) {
        long[] measured = Arrays.copyOfRange(nanos, nanos.length / 4, nanos.length);
        Arrays.sort(measured);
        System.out.printf(
                Locale.ROOT,
                "%s: p50 %.0f us, p99 %.0f us%n",
                name,
                measured[measured.length / 2] / 1e3,
                measured[measured.length * 99 / 100] / 1e3);
    }

    private static void passOn(SocketChannel in, FileChannel log, SocketChannel out) throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        while (Loopback.fill(in, message.clear())) {
            log.write(message.flip());
            log.force(false);
            Loopback.write(out, message.rewind());
        }
    }

    private static void consume(SocketChannel in, long[] nanos, CountDownLatch delivered) throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        for (int i = 0; Loopback.fill(in, message.clear()); i++) {
            nanos[i] = System.nanoTime() - message.getLong(0);
            delivered.countDown();
        }
    }

    /**
     * As {@link #alone}, by as many threads as a broker and its client have: none that serves connections waits for the disk,
     * the one that syncs does nothing else, and none of the application's serves connections.
     */
    private void handedOver() throws Exception {
        long[] nanos = new long[4_000];
        BlockingQueue<Long> published = new ArrayBlockingQueue<>(64);
        BlockingQueue<Long> received = new ArrayBlockingQueue<>(64);
        BlockingQueue<Long> written = new ArrayBlockingQueue<>(64);
        BlockingQueue<Long> synced = new ArrayBlockingQueue<>(64);
        BlockingQueue<Long> arrived = new ArrayBlockingQueue<>(64);
        ByteBuffer stored = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        try (FileChannel log = openLog();
                Ends ends = new Ends();
                Loopback publishing = Loopback.open();
                Loopback delivering = Loopback.open()) {
            ends.start("least-client-out", () -> forEach(published, send(publishing.near())));
            ends.start("least-connections-in", () -> receive(publishing.far(), received));
            ends.start(
                    "least-shard",
                    () -> forEach(received, message -> {
                        log.write(stored.clear());
                        put(written, message);
                    }));
            ends.start(
                    "least-syncer",
                    () -> forEach(written, message -> {
                        log.force(false);
                        put(synced, message);
                    }));
            ends.start("least-connections-out", () -> forEach(synced, send(delivering.near())));
            ends.start("least-client-in", () -> receive(delivering.far(), arrived));
            ends.start("least-publisher", () -> {
                for (int i = 0; i < nanos.length; i++) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                    put(published, System.nanoTime());
                }
                put(published, NO_MORE);
            });
            for (int i = 0; i < nanos.length; i++) {
                long startNanos = arrived.take();
                nanos[i] = System.nanoTime() - startNanos;
            }
        }
        printDelivered("7t  the same, handed over as in a broker", nanos);
    }

    @FunctionalInterface
    private interface Step {
        void take(long message) throws IOException;
    }

    private static void forEach(BlockingQueue<Long> messages, Step step) throws IOException {
        try {
            for (long message = messages.take(); ; message = messages.take()) {
                step.take(message);
                if (message == NO_MORE) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void put(BlockingQueue<Long> messages, long message) {
        if (!messages.offer(message)) {
            throw new IllegalStateException("more messages under way than one in a millisecond");
        }
    }

    private static Step send(SocketChannel out) {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        return startNanos -> Loopback.write(out, message.clear().putLong(0, startNanos));
    }

    private static void receive(SocketChannel in, BlockingQueue<Long> into) throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        while (Loopback.fill(in, message.clear())) {
            put(into, message.getLong(0));
            if (message.getLong(0) == NO_MORE) {
                return;
            }
        }
    }

    // ---- reading from the start

    /** One end reads chunks from the store and sends them; the other sums each, and copies a KiB at a time into arrays. */
    private void catchUp() throws Exception {
        try (LeastStore store = new LeastStore(directory, 1);
                Ends ends = new Ends();
                Loopback connection = Loopback.open()) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(LeastStore.CHUNK_BYTES);
            while (store.writtenBytes() < 2048L * MIB) {
                store.add(0, chunk.clear());
                if (store.uncommittedBytes() >= 4 * MIB) {
                    store.commit(() -> {});
                }
            }
            store.awaitDurable(store.writtenBytes());
            AtomicLong taken = new AtomicLong();
            ends.start("least-server", () -> sendForEver(store, connection.near()));
            ends.start("least-consumer", () -> takeForEver(connection.far(), taken));
            pause(WARM_UP_S);
            Usage before = Usage.now();
            long takenBefore = taken.get();
            pause(MEASURED_S);
            Usage used = Usage.now().since(before);
            long bytes = taken.get() - takenBefore;
            System.out.printf(
                    Locale.ROOT,
                    "8   catch-up: %.0f MiB/s, %.1f CPU s/GiB%n",
                    bytes / used.seconds() / MIB,
                    used.cpuSeconds() / bytes * 1024 * MIB);
        }
    }

    private static void sendForEver(LeastStore store, SocketChannel out) {
        while (true) {
            store.scan((lastOffset, chunk) -> {
                send(chunk, out);
                return true;
            });
        }
    }

    private static void send(ByteBuffer chunk, SocketChannel out) {
        try {
            Loopback.write(out, chunk);
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    private static void takeForEver(SocketChannel in, AtomicLong taken) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(LeastStore.CHUNK_BYTES);
        byte[] batches = new byte[LeastStore.CHUNK_BYTES];
        byte[][] values = new byte[LeastStore.CHUNK_BYTES >> 10][];
        CRC32C crc = new CRC32C();
        while (Loopback.fill(in, chunk.clear())) {
            chunk.flip().get(batches);
            crc.update(batches);
            for (int i = 0; i < values.length; i++) {
                values[i] = Arrays.copyOfRange(batches, i << 10, (i + 1) << 10);
            }
            taken.addAndGet(batches.length);
        }
    }

    // ---- the run

    /** Wall and CPU time of this process. */
    private record Usage(double seconds, double cpuSeconds) {
        static Usage now() {
            OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Usage(System.nanoTime() / 1e9, system.getProcessCpuTime() / 1e9);
        }

        Usage since(Usage before) {
            return new Usage(seconds - before.seconds, cpuSeconds - before.cpuSeconds);
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    /** The threads at the two ends: when the connections are closed, they end. */
    private static final class Ends implements AutoCloseable {
        private final List<Thread> threads = new ArrayList<>();

        void start(String name, Work work) {
            Thread thread = new Thread(() -> runTillClosed(work), name);
            threads.add(thread);
            thread.start();
        }

        private static void runTillClosed(Work work) {
            try {
                work.run();
            } catch (IOException | UncheckedIOException closed) {
                // The measurement is over.
                return;
            }
        }

        @Override
        public void close() throws InterruptedException {
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private static void pause(int seconds) {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (long left = endNanos - System.nanoTime(); left > 0; left = endNanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
