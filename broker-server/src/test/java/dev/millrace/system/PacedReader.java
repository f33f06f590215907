package dev.millrace.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Reads what a {@code millrace sub} process prints, a line at a time, so that the test decides how fast it consumes. */
final class PacedReader {
    /** A record as the command line printed it. */
    record Printed(int partition, long offset, String key, String value) {
        static Printed parse(String line) {
            JsonNode json = RealEvents.parse(line);
            return new Printed(
                    json.get("partition").asInt(),
                    json.get("offset").asLong(),
                    json.get("key").asText(),
                    json.get("value").asText());
        }
    }

    private final String name;
    private final Process process;
    private final Thread thread;
    /** Filled by the reading thread, looked at after it has ended. */
    private final List<Printed> printed = new ArrayList<>();

    private volatile Exception failure;
    private final AtomicInteger count = new AtomicInteger();

    PacedReader(String name, Process process, Consumer<PacedReader> beforeEachLine) {
        this.name = name;
        this.process = process;
        this.thread = new Thread(() -> read(beforeEachLine), "reads-" + name);
        thread.start();
    }

    private void read(Consumer<PacedReader> beforeEachLine) {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            beforeEachLine.accept(this);
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                printed.add(Printed.parse(line));
                count.incrementAndGet();
                beforeEachLine.accept(this);
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
    }

    /** Asks the process to end, as Ctrl-C does; what it still prints is read. */
    void terminate() {
        // Process.destroy would also close the stream that is still being read.
        process.toHandle().destroy();
    }

    /** Waits for the end of the process and of its output; returns its exit code. */
    int await() throws InterruptedException {
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(name + " does not end");
        }
        thread.join(TimeUnit.SECONDS.toMillis(30));
        if (failure != null) {
            throw new AssertionError("reading what " + name + " printed", failure);
        }
        return process.exitValue();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** How much was printed so far. */
    int count() {
        return count.get();
    }

    /** All that was printed, in order; after {@link #await}. */
    List<Printed> printed() {
        return printed;
    }
}
