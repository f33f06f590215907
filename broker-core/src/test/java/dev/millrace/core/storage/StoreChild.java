package dev.millrace.core.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;

/** A second JVM for tests: holds a data directory, or writes to a store until it is killed. */
final class StoreChild implements AutoCloseable {
    static final StoreOptions OPTIONS =
            StoreOptions.defaults().withGenerationBytes(1 << 20).withJournalBytes(4 << 10);
    static final int CHUNK_BYTES = 16 << 10;

    private final Process process;
    private final BufferedReader lines;

    private StoreChild(Process process) {
        this.process = process;
        this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII));
    }

    static StoreChild start(String mode, Path directory, int first) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = List.of(
                java,
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                StoreChild.class.getName(),
                mode,
                directory.toString(),
                Integer.toString(first));
        return new StoreChild(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    long pid() {
        return process.pid();
    }

    /** The next line of its output, or null at the end. */
    String readLine() throws IOException {
        return lines.readLine();
    }

    /** True where a line can be read at once. */
    boolean hasLine() throws IOException {
        return lines.ready();
    }

    /** SIGKILL; returns when the process is gone. What it printed can still be read: Process.destroy would close that. */
    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        process.waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[1]);
        try (DataDirectory data = DataDirectory.open(directory)) {
            switch (args[0]) {
                case "hold" -> hold();
                case "write" -> write(data, Integer.parseInt(args[2]));
                default -> throw new IllegalArgumentException(args[0]);
            }
        } catch (StoreException e) {
            System.out.println(e.kind() + " " + e.getMessage());
        }
    }

    private static void hold() throws IOException {
        System.out.println("held");
        while (System.in.read() >= 0) {}
    }

    /** Row n and chunk n in one commit; n is printed once it is durable. */
    private static void write(DataDirectory data, int first) {
        try (RocksStore store = RocksStore.open(data.shardDirectory(0), OPTIONS)) {
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            int generation = first;
            store.rotate(generation);
            for (int n = first; ; n++) {
                WriteSink sink = store.begin();
                sink.put(Table.META, row(n), row(n));
                sink.appendChunk(generation, 1, n, chunk.putInt(0, n));
                store.commit(sink);
                if (n % 64 == 63) {
                    generation = n + 1;
                    store.rotate(generation);
                }
                if (n % 3 == 0) {
                    store.sync();
                    System.out.println(n);
                }
            }
        }
    }

    static byte[] row(int n) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(n).array();
    }

    /** Asserts what a recovered store must hold, and returns the last row: rows are dense from 0, and each has its chunk. */
    static int check(Path directory, int lastSynced) {
        try (DataDirectory data = DataDirectory.open(directory);
                RocksStore store = RocksStore.open(data.shardDirectory(0), OPTIONS)) {
            int[] rowCount = new int[1];
            store.scan(Table.META, new byte[0], new byte[] {-1}, (key, value) -> {
                assertThat(key).isEqualTo(row(rowCount[0]));
                assertThat(value).isEqualTo(key);
                return ++rowCount[0] > 0;
            });
            assertThat(rowCount[0]).as("rows, with %d synced", lastSynced).isGreaterThan(lastSynced);
            TreeMap<Long, Integer> chunks = new TreeMap<>();
            for (int generation = 0; generation <= rowCount[0]; generation++) {
                store.scanLog(generation, 1, 0, (last, chunk) -> chunks.put(last, chunk.getInt(0)) == null);
            }
            assertThat(chunks).hasSize(rowCount[0]);
            chunks.forEach((offset, n) -> assertThat(offset).isEqualTo((long) n));
            assertThat(store.stats().logCompactionBytes()).isZero();
            return rowCount[0] - 1;
        }
    }
}
