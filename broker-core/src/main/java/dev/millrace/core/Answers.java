package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** Turns one answer into another; unlike {@code thenApply} it passes a fault on as it is, not wrapped. */
final class Answers {
    private Answers() {}

    static <T, R> CompletableFuture<R> map(CompletableFuture<T> answer, Function<T, R> change) {
        CompletableFuture<R> changed = new CompletableFuture<>();
        answer.whenComplete((value, error) -> {
            if (error != null) {
                changed.completeExceptionally(unwrapped(error));
                return;
            }
            try {
                changed.complete(change.apply(value));
            } catch (RuntimeException failed) {
                changed.completeExceptionally(failed);
            }
        });
        return changed;
    }

    /** What a read that failed with {@code error} answers: the fault it carries, else that the data cannot be read. */
    static FaultException faultOfRead(Throwable error) {
        Throwable cause = unwrapped(error);
        return cause instanceof FaultException fault
                ? fault
                : new FaultException(Fault.DATA_DAMAGED, "reading failed: " + cause.getMessage(), cause);
    }

    private static Throwable unwrapped(Throwable error) {
        return error instanceof CompletionException ? error.getCause() : error;
    }
}
