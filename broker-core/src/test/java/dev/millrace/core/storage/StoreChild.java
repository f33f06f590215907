package dev.millrace.core.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A second JVM for tests: holds a data directory, or writes to a store until it is killed. */
final class StoreChild implements AutoCloseable {
    static final StoreOptions OPTIONS = StoreOptions.defaults().withGenerationBytes(1 << 20);
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
}
