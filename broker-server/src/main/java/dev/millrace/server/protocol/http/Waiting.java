package dev.millrace.server.protocol.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Waits for the broker on a worker's thread. */
final class Waiting {
    private Waiting() {}

    /** Fails: as the answer did, unwrapped. */
    static <T> T join(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }
}
