package dev.millrace.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A running projection. Thread: any. */
public interface Projection extends AutoCloseable {
    /** What a projection is about. */
    enum State {
        /** It reads from the start, beside the version that serves. */
        BUILDING,
        /** Its read model is the one to read. */
        LIVE,
        /** A later version serves; this one has ended. */
        REPLACED,
        /** An event, another instance or the broker ended it: see {@link #finished}. */
        FAILED,
        CLOSED
    }

    /**
     * How far it is behind.
     *
     * @param events not passed yet, all partitions together
     * @param time since the oldest of them was appended
     */
    record Lag(long events, Duration time) {}

    /**
     * What became of parked events.
     *
     * @param handled how many are parked no more
     * @param failure why the first one that failed again did so, or null
     */
    record Retried(int handled, String failure) {}

    /** Name and version, such as {@code order-totals.v1}; also the consumer group that shows its progress. */
    String id();

    State state();

    /** Asks the broker how far its topics have grown. */
    Lag lag();

    /** Completes when it has handled, for the first time, all that there was. */
    CompletableFuture<Void> caughtUp();

    /** Whether all that the broker has told of is handled now. */
    boolean isCaughtUp();

    /**
     * Waits until the event at the position, and all before it in its partition, have had their effect or were parked.
     *
     * @return false where the time was over first
     * @throws MillraceException INVALID_REQUEST where it does not read the partition
     * @throws IllegalStateException where it has ended, with the cause
     */
    boolean await(Position position, Duration timeout);

    /**
     * Makes this version the one that serves, once it has caught up with what was there at the call: the version before is
     * stopped, this one passes what that one had passed, then the live version changes in one step.
     *
     * @return false where the time was over first; nothing has changed then but that the version before may have stopped
     */
    boolean swap(Duration timeout);

    /** Events that were put aside, in the order in which they will be handled. */
    List<ParkedEvent> parked();

    /**
     * Hands the parked events of a key to the handler again, in order, until one fails; when none is left the key goes on.
     * Not for use in a handler.
     */
    Retried retryParked(byte[] key);

    default Retried retryParked(String key) {
        return retryParked(key.getBytes(StandardCharsets.UTF_8));
    }

    /** As {@link #retryParked(byte[])}, for all keys and the events without one. */
    Retried retryParked();

    /** Gives a parked event up: it is never handled. Where none is left the key goes on. Returns false where there is none. */
    boolean discardParked(Position position);

    /** Completes when it has ended: with an error where that was a failure, without one after {@link #close} or a swap. */
    CompletableFuture<Void> finished();

    /** Ends after the events under way, and keeps how far it is. */
    @Override
    void close();
}
