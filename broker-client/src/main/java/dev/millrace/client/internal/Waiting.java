package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Blocks a caller's thread for an answer that the loop will bring; the answer's own deadline bounds the wait. */
final class Waiting {
    private Waiting() {}

    /** The answer, or its failure with the caller's stack. */
    static <A> A on(CompletableFuture<A> answer) {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(Fault.TIMED_OUT, "interrupted while waiting for the answer", e);
        }
    }

    /** The failure with the stack of the caller, and the original as its cause. */
    static MillraceException rethrown(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof MillraceException failure) {
            return new MillraceException(failure.fault(), failure.detail(), failure.outcomeUnknown(), failure);
        }
        return new MillraceException(Fault.INTERNAL, "the client failed: " + cause, cause);
    }
}
