package dev.millrace.core;

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
                changed.completeExceptionally(error instanceof CompletionException ? error.getCause() : error);
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
}
