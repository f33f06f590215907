package dev.millrace.client.schema;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * Values that take long to get, as an answer over the network, each got once. Who asks for one that is being got waits for
 * it; nobody waits for that of another key, as they may in {@link ConcurrentHashMap#computeIfAbsent}. What failed is not
 * kept: those who waited learn of it, and the next to ask tries again. Grows by one entry for each key. Thread: any.
 */
final class LoadingCache<K, V> {
    private final Map<K, CompletableFuture<V>> values = new ConcurrentHashMap<>();
    private final Function<K, V> loader;

    /** @param loader called on the thread that asks, not within a lock; must not ask for the same key */
    LoadingCache(Function<K, V> loader) {
        this.loader = loader;
    }

    /** Fails: with what the loader threw, or {@link SchemaRegistryException} where the thread is interrupted. */
    V get(K key) {
        while (true) {
            CompletableFuture<V> known = values.get(key);
            if (known == null) {
                CompletableFuture<V> own = new CompletableFuture<>();
                known = values.putIfAbsent(key, own);
                if (known == null) {
                    return load(key, own);
                }
            }
            try {
                return known.get();
            } catch (ExecutionException failed) {
                if (!(failed.getCause().getCause() instanceof InterruptedException)) {
                    throw unchecked(failed.getCause());
                }
                // Only the thread that asked was interrupted: this one asks itself.
            } catch (InterruptedException interrupted) {
                throw SchemaRegistryException.interrupted("while another thread asked for " + key, interrupted);
            }
        }
    }

    private V load(K key, CompletableFuture<V> own) {
        try {
            V value = loader.apply(key);
            own.complete(value);
            return value;
        } catch (RuntimeException | Error failed) {
            // Before anybody learns of it, so that whoever tries again does.
            values.remove(key, own);
            own.completeExceptionally(failed);
            throw failed;
        }
    }

    private static RuntimeException unchecked(Throwable failed) {
        if (failed instanceof Error error) {
            throw error;
        }
        return (RuntimeException) failed;
    }
}
