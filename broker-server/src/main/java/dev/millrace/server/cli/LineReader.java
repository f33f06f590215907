package dev.millrace.server.cli;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

/**
 * Reads lines ahead in a thread of its own, so that unpacking runs beside publishing and a command that waits for a
 * person's typing can still be stopped. Lines end in LF or CRLF; the last one need not.
 */
final class LineReader implements AutoCloseable {
    /** Larger than any message that a broker takes; guards against a file without line ends. */
    static final int LINE_BYTES_MAX = 64 << 20;

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int CHUNKS_AHEAD_MAX = 8;

    private final BlockingQueue<Chunk> chunks = new ArrayBlockingQueue<>(CHUNKS_AHEAD_MAX);
    private final InputStream lines;
    private final Counting onDisk;
    private final long totalBytes;
    private final boolean closesInput;
    private volatile boolean closed;

    /**
     * What one read gave.
     *
     * @param readBytes of the input so far, as it lies on disk
     * @param last nothing follows
     * @param failure why nothing follows, or null at the proper end
     */
    record Chunk(List<byte[]> lines, long readBytes, boolean last, IOException failure) {}

    private LineReader(InputStream input, boolean gzip, long totalBytes, boolean closesInput) throws IOException {
        this.onDisk = new Counting(input);
        this.lines = gzip ? new GZIPInputStream(onDisk, BUFFER_BYTES) : onDisk;
        this.totalBytes = totalBytes;
        this.closesInput = closesInput;
        Thread thread = new Thread(this::readAll, "millrace-lines");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Opens a file, unpacked where its name ends in {@code .gz}, or standard input for {@code -}.
     *
     * @throws CommandFailure where it cannot be read
     */
    static LineReader open(String name, Session session) {
        try {
            if (name.equals("-")) return new LineReader(session.in(), false, 0, false);
            Path path = Path.of(name);
            return open(Files.newInputStream(path), name.endsWith(".gz"), Files.size(path));
        } catch (NoSuchFileException e) {
            throw new CommandFailure("there is no file " + name + ". Check the path; - reads standard input.", e);
        } catch (IOException e) {
            throw new CommandFailure("file " + name + " cannot be read (" + e.getMessage() + ").", e);
        }
    }

    private static LineReader open(InputStream input, boolean gzip, long totalBytes) throws IOException {
        try {
            return new LineReader(input, gzip, totalBytes, true);
        } catch (IOException e) {
            input.close();
            throw e;
        }
    }

    /** The next lines, or null where none came in time. */
    Chunk next(Duration timeout) throws InterruptedException {
        return chunks.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Of the input as it lies on disk; 0 where unknown. */
    long totalBytes() {
        return totalBytes;
    }

    @Override
    public void close() {
        closed = true;
        // Frees a reader that waits for room; one that waits for a person ends with the process.
        chunks.clear();
        if (!closesInput) return;
        try {
            lines.close();
        } catch (IOException e) {
            throw new CommandFailure("the input cannot be closed (" + e.getMessage() + ").", e);
        }
    }

    private void readAll() {
        byte[] buffer = new byte[BUFFER_BYTES];
        ByteArrayOutputStream partial = new ByteArrayOutputStream();
        try {
            for (int count = lines.read(buffer); count >= 0 && !closed; count = lines.read(buffer)) {
                chunks.put(new Chunk(split(buffer, count, partial), onDisk.count, false, null));
            }
            List<byte[]> rest = partial.size() == 0 ? List.of() : List.of(line(partial.toByteArray()));
            chunks.put(new Chunk(rest, onDisk.count, true, null));
        } catch (IOException e) {
            report(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void report(IOException failure) {
        if (closed) return;
        try {
            chunks.put(new Chunk(List.of(), onDisk.count, true, failure));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<byte[]> split(byte[] buffer, int count, ByteArrayOutputStream partial) throws IOException {
        List<byte[]> found = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < count; i++) {
            if (buffer[i] != '\n') continue;
            if (partial.size() == 0) {
                found.add(line(Arrays.copyOfRange(buffer, start, i)));
            } else {
                partial.write(buffer, start, i - start);
                found.add(line(partial.toByteArray()));
                partial.reset();
            }
            start = i + 1;
        }
        partial.write(buffer, start, count - start);
        if (partial.size() > LINE_BYTES_MAX) {
            throw new IOException("a line is longer than " + Amounts.bytes(LINE_BYTES_MAX));
        }
        return found;
    }

    private static byte[] line(byte[] bytes) {
        int length = bytes.length;
        return length > 0 && bytes[length - 1] == '\r' ? Arrays.copyOf(bytes, length - 1) : bytes;
    }

    private static final class Counting extends FilterInputStream {
        private volatile long count;

        Counting(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) add(1);
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            if (read > 0) add(read);
            return read;
        }

        /** Only the reading thread writes. */
        private void add(int bytes) {
            count += bytes;
        }
    }
}
