package dev.millrace.core.timer;

import java.nio.ByteBuffer;

/** Where a timer stands in the order of all: by its time, then by when it was scheduled. */
public record Place(long dueMs, long sequence) implements Comparable<Place> {
    static final Place FIRST = new Place(0, 0);
    /** After every timer. */
    static final Place END = new Place(Long.MAX_VALUE, Long.MAX_VALUE);

    @Override
    public int compareTo(Place other) {
        int byDue = Long.compare(dueMs, other.dueMs);
        return byDue != 0 ? byDue : Long.compare(sequence, other.sequence);
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(16).putLong(dueMs).putLong(sequence).array();
    }

    static Place decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return new Place(in.getLong(), in.getLong());
    }
}
