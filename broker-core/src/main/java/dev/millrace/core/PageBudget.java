package dev.millrace.core;

import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordHeader;

/** What one page of an answer may hold: events, bytes, and streams looked at for it. Thread: one. */
final class PageBudget {
    /** Where the caller does not bound the bytes: they must fit in a frame. */
    private static final int BYTES_MAX = 512 << 10;

    private static final int VISITS_MAX = 100_000;
    private static final int RECORD_BYTES = 128;

    private int countLeft;
    private long bytesLeft = BYTES_MAX;
    private int visitsLeft = VISITS_MAX;
    private byte[] lastKey;

    PageBudget(int count) {
        countLeft = count;
    }

    /**
     * Takes a stream or an event, and null where the stream has nothing for the page; false when the next must wait for
     * another page.
     */
    boolean spend(byte[] key, Record event) {
        lastKey = key;
        visitsLeft--;
        if (event != null) {
            countLeft--;
            bytesLeft -= bytes(key, event);
        }
        return !isSpent();
    }

    private static long bytes(byte[] key, Record event) {
        long bytes = (long) RECORD_BYTES + key.length + (event.value() == null ? 0 : event.value().length);
        for (RecordHeader header : event.headers()) {
            bytes += header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return bytes;
    }

    boolean isSpent() {
        return countLeft <= 0 || bytesLeft <= 0 || visitsLeft <= 0;
    }

    /** How many events like those that were taken will fill the page, at least one; {@code unknown} where none was. */
    int countToFill(int taken, int unknown) {
        long each = taken == 0 ? 0 : (BYTES_MAX - bytesLeft) / taken;
        long fitting = each == 0 ? unknown : bytesLeft / each + 1;
        return (int) Math.max(1, Math.min(countLeft, fitting));
    }

    /** Of what was taken last; null for none. */
    byte[] lastKey() {
        return lastKey;
    }
}
