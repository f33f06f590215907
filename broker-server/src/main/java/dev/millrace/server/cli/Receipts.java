package dev.millrace.server.cli;

import dev.millrace.client.Receipt;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.Set;

/**
 * Keeps account of the lines on their way: bounds how many there are, counts what was acknowledged and, where asked to,
 * prints {@code {"line":17,"partition":3,"offset":4711}} for each, in the order of acknowledgement.
 *
 * <p>Nothing is printed before the broker has acknowledged it, and lines are handed to the system whole, in pieces that
 * it takes at once, so a process that is killed shows no line that is not on the broker's disk. <em>Thread:</em> any.
 */
final class Receipts implements AutoCloseable {
    private static final long IN_FLIGHT_BYTES_MAX = 16 << 20;
    private static final int IN_FLIGHT_MAX = 100_000;
    private static final int UNPRINTED_MAX = 1 << 20;
    /** POSIX writes this much to a pipe in one piece. */
    private static final int PIECE_BYTES = 4096;
    /** What a message costs in memory beside its bytes. */
    private static final int OVERHEAD_BYTES = 100;

    private final PrintStream out;
    private final Thread printer;
    private JsonWriter unprinted = new JsonWriter();
    private boolean printing;
    private boolean outputGone;
    private RuntimeException outputFailure;
    private boolean closed;

    private int inFlight;
    private long inFlightBytes;
    private long acknowledged;
    private long acknowledgedBytes;
    private long doneUpTo;
    private final Set<Long> doneBeyond = new HashSet<>();
    private long failedLine = Long.MAX_VALUE;
    private Throwable failure;

    /** @param out null to print nothing */
    Receipts(PrintStream out) {
        this.out = out;
        this.printer = out == null ? null : new Thread(this::printAll, "millrace-receipts");
        if (printer != null) {
            printer.setDaemon(true);
            printer.start();
        }
    }

    /** Whether publishing may go on: nothing has failed, and somebody reads. */
    synchronized boolean healthy() {
        return failure == null && outputFailure == null && !outputGone;
    }

    /** Waits a moment for room; false where there is still none. */
    synchronized boolean awaitRoom(long waitMs) throws InterruptedException {
        if (!full()) return true;
        wait(waitMs);
        return !full();
    }

    private boolean full() {
        return inFlight >= IN_FLIGHT_MAX || inFlightBytes >= IN_FLIGHT_BYTES_MAX || unprinted.length() >= UNPRINTED_MAX;
    }

    synchronized void sent(int bytes) {
        inFlight++;
        inFlightBytes += bytes + OVERHEAD_BYTES;
    }

    /** Says how a line that was sent ended. */
    synchronized void settle(long line, int bytes, Receipt receipt, Throwable error) {
        inFlight--;
        inFlightBytes -= bytes + OVERHEAD_BYTES;
        if (error == null) {
            acknowledged++;
            acknowledgedBytes += bytes;
            done(line);
            if (out != null) print(line, receipt);
        } else if (line < failedLine) {
            failedLine = line;
            failure = error;
        }
        notifyAll();
    }

    /** The line needs no acknowledgement. */
    synchronized void skipped(long line) {
        done(line);
    }

    private void done(long line) {
        doneBeyond.add(line);
        while (doneBeyond.remove(doneUpTo + 1)) doneUpTo++;
    }

    private void print(long line, Receipt receipt) {
        unprinted.begin('{').field("line", line);
        unprinted.field("partition", receipt.partition()).field("offset", receipt.offset());
        unprinted.end('}').newLine();
    }

    /** Waits until every line that was sent has ended and is printed; false where that takes too long. */
    synchronized boolean awaitSettled(long waitMs) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + waitMs * 1_000_000;
        while (inFlight > 0 || printing || (unprinted.length() > 0 && !outputGone && outputFailure == null)) {
            long leftMs = (deadlineNanos - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) return false;
            wait(leftMs);
        }
        return true;
    }

    synchronized long acknowledged() {
        return acknowledged;
    }

    synchronized long acknowledgedBytes() {
        return acknowledgedBytes;
    }

    /** Every line up to this one was acknowledged or skipped. */
    synchronized long doneUpTo() {
        return doneUpTo;
    }

    /** The first of the lines that failed. */
    synchronized long failedLine() {
        return failedLine;
    }

    /** Why it failed, or null. */
    synchronized Throwable failure() {
        return failure;
    }

    /** Why the receipts cannot be printed, or null. */
    synchronized RuntimeException outputFailure() {
        if (outputFailure != null || !outputGone) return outputFailure;
        return new CommandFailure("the reader of standard output has gone. Nothing more is published.");
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    private void printAll() {
        try {
            for (byte[] lines = take(); lines != null; lines = take()) {
                boolean delivered = write(lines);
                afterPrinting(!delivered, null);
            }
        } catch (RuntimeException e) {
            afterPrinting(false, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized byte[] take() throws InterruptedException {
        while (unprinted.length() == 0 && !closed) wait();
        if (unprinted.length() == 0 || outputGone) return null;
        printing = true;
        JsonWriter taken = unprinted;
        unprinted = new JsonWriter();
        return taken.take();
    }

    private synchronized void afterPrinting(boolean gone, RuntimeException cannot) {
        printing = false;
        outputGone |= gone;
        outputFailure = cannot;
        notifyAll();
    }

    private boolean write(byte[] lines) {
        for (int start = 0; start < lines.length; ) {
            int end = Math.min(lines.length, start + PIECE_BYTES);
            while (end < lines.length && lines[end - 1] != '\n') end--;
            out.write(lines, start, end - start);
            if (!StandardOutput.delivered(out)) return false;
            start = end;
        }
        return true;
    }
}
