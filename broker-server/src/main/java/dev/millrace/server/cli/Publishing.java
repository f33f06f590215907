package dev.millrace.server.cli;

import dev.millrace.client.Message;
import dev.millrace.client.Producer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;

/** Publishes the lines of a file, many at once, until it ends, a line fails or somebody stops it. */
final class Publishing {
    private static final Duration WAIT = Duration.ofMillis(100);
    private static final long DELIVERY_MS_MAX = 120_000;
    private static final long STOP_MS_MAX = 5_000;
    private static final int WARNINGS_MAX = 10;

    private final Session session;
    private final Producer producer;
    private final LineMessages messages;
    private final Receipts receipts;
    private final boolean skipBad;
    private final long startNanos = System.nanoTime();

    private long line;
    private long skipped;
    private String problem;
    private volatile long readBytes;

    /** @param skipBad leave out lines of which no message can be made instead of stopping at the first */
    Publishing(Session session, Producer producer, LineMessages messages, Receipts receipts, boolean skipBad) {
        this.session = session;
        this.producer = producer;
        this.messages = messages;
        this.receipts = receipts;
        this.skipBad = skipBad;
    }

    /**
     * Publishes all lines and waits for their receipts.
     *
     * @return whether everything that was sent has been answered
     */
    boolean run(LineReader reader) throws InterruptedException {
        boolean more = true;
        while (more && goesOn()) {
            LineReader.Chunk chunk = reader.next(WAIT);
            if (chunk == null) continue;
            for (byte[] value : chunk.lines()) {
                if (!goesOn()) break;
                publish(value);
            }
            readBytes = chunk.readBytes();
            more = !chunk.last();
            if (chunk.failure() != null && problem == null) problem = unreadable(chunk.failure());
        }
        return settle();
    }

    private boolean goesOn() {
        return problem == null && receipts.healthy() && !session.stop().requested();
    }

    private void publish(byte[] value) throws InterruptedException {
        line++;
        Message message;
        try {
            message = messages.message(value);
        } catch (JsonFields.BadRecord bad) {
            reject(line, bad.getMessage());
            return;
        }
        while (!receipts.awaitRoom(WAIT.toMillis())) {
            if (!goesOn()) return;
        }
        send(line, message, value.length);
    }

    private void send(long number, Message message, int bytes) {
        receipts.sent(bytes);
        producer.publishAsync(message).whenComplete((receipt, error) -> {
            Throwable cause = error instanceof CompletionException ? error.getCause() : error;
            receipts.settle(number, bytes, receipt, cause);
        });
    }

    private void reject(long number, String why) {
        String what = "line " + number + " " + why;
        if (!skipBad) {
            problem = what + ". Correct the line, or leave out such lines with --skip-bad.";
            return;
        }
        receipts.skipped(number);
        if (++skipped <= WARNINGS_MAX) session.err().println("warning: " + what + "; skipped.");
    }

    private String unreadable(IOException failure) {
        return "the input cannot be read after line " + line + " (" + failure.getMessage() + ").";
    }

    private boolean settle() throws InterruptedException {
        long startedNanos = System.nanoTime();
        while (!receipts.awaitSettled(WAIT.toMillis())) {
            long waitedMs = (System.nanoTime() - startedNanos) / 1_000_000;
            if (waitedMs > (session.stop().requested() ? STOP_MS_MAX : DELIVERY_MS_MAX)) return false;
        }
        return true;
    }

    /** For the progress bar. */
    ProgressBar.Moment moment(long totalBytes) {
        return new ProgressBar.Moment(
                receipts.acknowledged(), receipts.acknowledgedBytes(), readBytes, totalBytes, elapsedMs());
    }

    long elapsedMs() {
        return (System.nanoTime() - startNanos) / 1_000_000;
    }

    long skipped() {
        return skipped;
    }

    /**
     * Says why not everything was published, and what was.
     *
     * @throws CommandFailure where something is missing
     */
    void requireComplete() {
        String why = why();
        if (why == null) return;
        throw new CommandFailure(why + " " + Amounts.count(receipts.acknowledged()) + " records were acknowledged; "
                + "the first line without acknowledgement is " + (receipts.doneUpTo() + 1) + ".");
    }

    private String why() {
        Throwable failure = receipts.failure();
        if (failure != null) {
            return "line " + receipts.failedLine() + " was not acknowledged: " + Failures.message(failure);
        }
        if (receipts.outputFailure() != null) return receipts.outputFailure().getMessage();
        if (problem != null) return problem;
        return session.stop().requested() ? "stopped before the end." : null;
    }
}
