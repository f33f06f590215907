package dev.millrace.server.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;

/**
 * Tells a running command to end in order: Ctrl-C or SIGTERM in a process, a call in tests. <em>Thread:</em> any.
 *
 * <p>A command that has nothing to finish does not {@link #arm} it and is ended by the operating system at once.
 */
public final class StopSignal {
    private final CompletableFuture<Void> requested = new CompletableFuture<>();
    private final CompletableFuture<Integer> finished = new CompletableFuture<>();
    private final boolean hooksProcess;
    private final IntConsumer halt;

    /** For tests and embedding: only {@link #request} stops. */
    public StopSignal() {
        this(false, code -> {});
    }

    private StopSignal(boolean hooksProcess, IntConsumer halt) {
        this.hooksProcess = hooksProcess;
        this.halt = halt;
    }

    /** Ctrl-C and SIGTERM stop, once a command has armed it. */
    public static StopSignal ofProcess() {
        return new StopSignal(true, Runtime.getRuntime()::halt);
    }

    /**
     * Promises that the command ends in order when asked to.
     *
     * @param grace how long the process waits for it
     */
    void arm(Duration grace) {
        if (hooksProcess) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stopProcess(grace), "millrace-stop"));
        }
    }

    public void request() {
        requested.complete(null);
    }

    boolean requested() {
        return requested.isDone();
    }

    /** Runs the action when the stop is requested, at once where it already was. */
    void onRequest(Runnable action) {
        requested.thenRun(action);
    }

    /** The command has ended with this exit code. */
    public void finished(int exitCode) {
        finished.complete(exitCode);
    }

    /** The JVM would exit with 130 or 143; what ended in order has an exit code of its own. */
    private void stopProcess(Duration grace) {
        if (finished.isDone()) return;
        request();
        try {
            halt.accept(finished.get(grace.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            halt.accept(CommandRunner.FAILED);
        }
    }
}
