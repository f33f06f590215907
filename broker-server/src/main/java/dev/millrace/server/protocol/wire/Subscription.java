package dev.millrace.server.protocol.wire;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.server.metrics.DeliveryMeters;

/**
 * One push of one partition: where it stands, what it may send, what it waits for.
 *
 * <pre>
 *            started                    read                 slice
 *  STARTING ─────────▶ READY ─────────────────────▶ READING ────────▶ READY or STARVED
 *                      ▲   ▲                           │ empty slice
 *               credit │   │ record at the offset      ▼
 *               STARVED    └─────────────────────── WAITING            any ──▶ ENDED
 * </pre>
 *
 * <p>Thread: the connection's event loop.
 */
final class Subscription {
    enum State {
        /** Its first offset is being looked for. */
        STARTING,
        /** In the queue of those that may read. */
        READY,
        READING,
        /** At the end of the log. */
        WAITING,
        /** Without credit. */
        STARVED,
        ENDED
    }

    private final int id;
    private final TopicPartition partition;
    private final DeliveryMeters.Meter meter;
    private State state = State.STARTING;
    private long nextOffset;
    private long creditBytes;
    private Runnable cancelWait = () -> {};
    /** Null where all is delivered. */
    private Filtering filtering;

    Subscription(int id, TopicPartition partition, int creditBytes, DeliveryMeters.Meter meter) {
        this.id = id;
        this.partition = partition;
        this.creditBytes = creditBytes;
        this.meter = meter;
    }

    /** From now on only what passes is delivered. */
    void filterBy(Filtering chosen) {
        filtering = chosen;
    }

    /** Null where all is delivered. */
    Filtering filtering() {
        return filtering;
    }

    int id() {
        return id;
    }

    TopicPartition partition() {
        return partition;
    }

    State state() {
        return state;
    }

    long nextOffset() {
        return nextOffset;
    }

    long creditBytes() {
        return creditBytes;
    }

    void startAt(long offset) {
        nextOffset = offset;
        state = creditBytes > 0 ? State.READY : State.STARVED;
    }

    /** Returns true where the subscription has become ready by it. Fails: INVALID_REQUEST. */
    boolean addCredit(int bytes) {
        if (bytes <= 0) {
            throw new FaultException(Fault.INVALID_REQUEST, "a credit of " + bytes + " bytes where 1 is the least");
        }
        // Granted credit saturates: more than a client could ever mean is as good as no limit.
        creditBytes = Math.min(Integer.MAX_VALUE, creditBytes + bytes);
        if (state == State.STARVED && creditBytes > 0) {
            state = State.READY;
            return true;
        }
        return false;
    }

    void reading() {
        state = State.READING;
    }

    /** A slice was sent. */
    void delivered(int payloadBytes, long offsetAfter) {
        meter.add(offsetAfter - nextOffset, payloadBytes);
        nextOffset = offsetAfter;
        creditBytes -= payloadBytes;
        state = creditBytes > 0 ? State.READY : State.STARVED;
    }

    /** Of a slice was sent what passes the filter, which may be nothing. */
    void filtered(long keptCount, int payloadBytes, long offsetAfter) {
        meter.add(keptCount, payloadBytes);
        nextOffset = offsetAfter;
        creditBytes -= payloadBytes;
        state = creditBytes > 0 ? State.READY : State.STARVED;
    }

    void waiting() {
        state = State.WAITING;
    }

    void cancelWaitWith(Runnable cancel) {
        cancelWait = cancel;
    }

    /** Returns true where the subscription waited and is ready now. */
    boolean wake() {
        if (state != State.WAITING) {
            return false;
        }
        cancelWait = () -> {};
        state = State.READY;
        return true;
    }

    void end() {
        state = State.ENDED;
        cancelWait.run();
        cancelWait = () -> {};
    }
}
