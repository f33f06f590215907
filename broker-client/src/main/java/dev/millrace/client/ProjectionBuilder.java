package dev.millrace.client;

import java.time.Duration;

/**
 * Options of a projection, and the three ways to start it, which differ in where the checkpoint is kept.
 *
 * <table>
 * <caption>Checkpoints</caption>
 * <tr><td>in the database of the read model</td><td>in one transaction with the handler's writes: each event has its
 *     effect once</td></tr>
 * <tr><td>in the broker, atomically</td><td>in one transaction with what the handler publishes and appends: once</td></tr>
 * <tr><td>in the broker, at least every second</td><td>events may come again: the handler looks at their version</td></tr>
 * </table>
 */
public interface ProjectionBuilder {
    /** Topics by name or pattern; those that match at the start. Required. */
    ProjectionBuilder topics(String... namesOrPatterns);

    /** Only events that match, chosen in the broker. The others count as handled. */
    ProjectionBuilder filter(EventFilter filter);

    /**
     * Which build of the read model this is. A new one reads from the start beside the one that serves, until {@link
     * Projection#swap}. Default 1.
     */
    ProjectionBuilder version(int version);

    /** So many handlers at once, 1 to 16; events of one key still one after the other. Default 1. */
    ProjectionBuilder concurrency(int handlers);

    /** How often an event is handed to the handler again, after a pause that doubles. Default 0. */
    ProjectionBuilder retries(int retries, Duration backoff);

    /**
     * Puts an event that the handler cannot handle aside, and the later ones of its key behind it, so that their order
     * holds; other keys go on. Default: the projection stops with a {@link ProjectionStoppedException}.
     */
    ProjectionBuilder parkKeys();

    /** How often progress is told to the broker, where that is not part of each step; up to 1 s. Default 1 s. */
    ProjectionBuilder checkpointInterval(Duration interval);

    /**
     * Checkpoint and effect in one transaction of the read model's database: exactly once, also when the process is killed
     * or another instance takes over.
     *
     * @throws MillraceException TOPIC_NOT_FOUND; INVALID_REQUEST where a later version serves already
     */
    <T> Projection start(ProjectionDatabase<T> database, DatabaseHandler<T> handler);

    /** Checkpoint and output in one transaction of the broker: exactly once. */
    Projection startAtomic(OutputHandler handler);

    /**
     * Checkpoints at least every second; after a crash the events since come again. A handler that stores each event's
     * version with its row, and skips versions that are not {@link StoredEvent#isAfter after} it, has the effect once.
     */
    Projection start(EventHandler handler);

    /** Writes with what belongs to the database's transaction. */
    @FunctionalInterface
    interface DatabaseHandler<T> {
        void handle(T transaction, StoredEvent event) throws Exception;
    }

    /** Says what follows from an event. */
    @FunctionalInterface
    interface OutputHandler {
        void handle(StoredEvent event, Outputs outputs) throws Exception;
    }

    /** Handles an event that may come again. */
    @FunctionalInterface
    interface EventHandler {
        void handle(StoredEvent event) throws Exception;
    }

    /** What an event leads to; made together with the checkpoint, in the order of the events of each key. */
    interface Outputs {
        Outputs publish(Message message);

        Outputs append(String topic, String key, Expected expected, Event... events);

        Outputs cancelTimer(String topic, String timerKey);
    }
}
