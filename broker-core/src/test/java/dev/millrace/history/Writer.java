package dev.millrace.history;

import java.util.Arrays;

/**
 * What one producer tried and was told: one row for each record, by its counter.
 *
 * <p>Thread: any; the rows are guarded by the history.
 */
public final class Writer {
    /** What the producer knows of a record. A record without an answer counts as {@link #UNKNOWN}. */
    enum Outcome {
        UNKNOWN,
        OK,
        FAILED
    }

    private static final long NOWHERE = -1;

    final int number;
    final String name;
    final boolean idempotent;
    private final History history;
    /** 0 where the payloads do not tell the keys. */
    private int keyCount;

    private int count;
    private long okCount;
    private long[] invokedNanos = new long[64];
    private long[] answeredNanos = new long[64];
    private int[] log = new int[64];
    private long[] offset = new long[64];
    private byte[] outcome = new byte[64];
    /** Where the last full read found the record; several places are a duplicate. */
    private int[] foundLog = new int[64];

    private long[] foundOffset = new long[64];
    private boolean[] seenByReader = new boolean[64];
    private int[] invokedInLife = new int[64];

    Writer(History history, int number, String name, boolean idempotent) {
        this.history = history;
        this.number = number;
        this.name = name;
        this.idempotent = idempotent;
    }

    /** The records have keys by {@link Payload#key}, out of so many: whoever reads one must find it under its own. */
    public Writer keyed(int keys) {
        synchronized (history) {
            keyCount = keys;
            return this;
        }
    }

    /** The producer's number, the first part of its payloads. */
    public int number() {
        return number;
    }

    /** Notes that the next record is about to be published; answers its counter. */
    public long invoke() {
        synchronized (history) {
            if (count == outcome.length) {
                grow();
            }
            invokedNanos[count] = history.nanoTime();
            answeredNanos[count] = Long.MAX_VALUE;
            foundOffset[count] = NOWHERE;
            invokedInLife[count] = history.life();
            return count++;
        }
    }

    /** The record was acknowledged at this place. */
    public void ok(long counter, int atLog, long atOffset) {
        synchronized (history) {
            int row = (int) counter;
            answeredNanos[row] = history.nanoTime();
            if (outcome(row) == Outcome.OK && (log[row] != atLog || offset[row] != atOffset)) {
                history.collector()
                        .add(
                                Property.ONE_VALUE_PER_OFFSET,
                                "%s was acknowledged at %d/%d and at %d/%d",
                                describe(row),
                                log[row],
                                offset[row],
                                atLog,
                                atOffset);
            }
            okCount += outcome(row) == Outcome.OK ? 0 : 1;
            outcome[row] = (byte) Outcome.OK.ordinal();
            log[row] = atLog;
            offset[row] = atOffset;
            history.acknowledged(Payload.id(number, counter), atLog, atOffset);
        }
    }

    /** The record was refused: it must never be seen. */
    public void failed(long counter) {
        synchronized (history) {
            outcome[(int) counter] = (byte) Outcome.FAILED.ordinal();
            answeredNanos[(int) counter] = history.nanoTime();
        }
    }

    /** Nobody knows: the record may be there, once. */
    public void unknown(long counter) {
        synchronized (history) {
            outcome[(int) counter] = (byte) Outcome.UNKNOWN.ordinal();
        }
    }

    /** Number of acknowledged records. */
    public long okCount() {
        synchronized (history) {
            return okCount;
        }
    }

    int count() {
        return count;
    }

    Outcome outcome(int row) {
        return Outcome.values()[outcome[row]];
    }

    int log(int row) {
        return log[row];
    }

    long offset(int row) {
        return offset[row];
    }

    long invokedNanos(int row) {
        return invokedNanos[row];
    }

    long answeredNanos(int row) {
        return answeredNanos[row];
    }

    /** True where the broker was restarted between the publish and now. */
    boolean outlivedARestart(int row) {
        return invokedInLife[row] < history.life();
    }

    boolean hasKey(long counter, byte[] key) {
        return keyCount == 0 || Arrays.equals(key, Payload.key(number, counter, keyCount));
    }

    void seen(int row) {
        seenByReader[row] = true;
    }

    boolean wasSeen(int row) {
        return seenByReader[row] || foundOffset[row] != NOWHERE;
    }

    void forgetPlaces() {
        Arrays.fill(foundOffset, 0, count, NOWHERE);
    }

    /** Notes where a full read found the record; answers false where it had found it before. */
    boolean found(int row, int atLog, long atOffset) {
        if (foundOffset[row] != NOWHERE) {
            return false;
        }
        foundLog[row] = atLog;
        foundOffset[row] = atOffset;
        return true;
    }

    boolean foundWhereAcknowledged(int row) {
        return foundOffset[row] == offset[row] && foundLog[row] == log[row];
    }

    String describe(int row) {
        return name + ":" + row;
    }

    String foundAt(int row) {
        return foundOffset[row] == NOWHERE ? "nowhere" : foundLog[row] + "/" + foundOffset[row];
    }

    private void grow() {
        int rows = count * 2;
        invokedNanos = Arrays.copyOf(invokedNanos, rows);
        answeredNanos = Arrays.copyOf(answeredNanos, rows);
        log = Arrays.copyOf(log, rows);
        offset = Arrays.copyOf(offset, rows);
        outcome = Arrays.copyOf(outcome, rows);
        foundLog = Arrays.copyOf(foundLog, rows);
        foundOffset = Arrays.copyOf(foundOffset, rows);
        seenByReader = Arrays.copyOf(seenByReader, rows);
        invokedInLife = Arrays.copyOf(invokedInLife, rows);
    }
}
