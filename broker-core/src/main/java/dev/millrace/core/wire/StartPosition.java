package dev.millrace.core.wire;

/**
 * Where reading starts.
 *
 * @param value the offset, or the time in milliseconds since 1970; 0 for the others
 */
public record StartPosition(Kind kind, long value) {
    /** The order is the number on the wire. */
    public enum Kind {
        EARLIEST,
        LATEST,
        OFFSET,
        /** The first record whose timestamp is not before the value. */
        TIME
    }

    public static final StartPosition EARLIEST = new StartPosition(Kind.EARLIEST, 0);
    public static final StartPosition LATEST = new StartPosition(Kind.LATEST, 0);

    public static StartPosition offset(long offset) {
        return new StartPosition(Kind.OFFSET, offset);
    }

    public static StartPosition time(long timeMs) {
        return new StartPosition(Kind.TIME, timeMs);
    }

    static StartPosition read(FieldReader in) {
        int kind = in.readByte();
        if (kind < 0 || kind >= Kind.values().length) {
            throw new MalformedFrameException("start position of kind " + kind + " where 0 to 3 may stand");
        }
        return new StartPosition(Kind.values()[kind], in.readLong());
    }

    void write(FieldWriter out) {
        out.writeByte(kind.ordinal()).writeLong(value);
    }
}
