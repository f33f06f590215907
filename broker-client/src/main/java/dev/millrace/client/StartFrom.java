package dev.millrace.client;

import java.time.Duration;
import java.time.Instant;

/**
 * Where reading starts.
 *
 * @param value the offset, the time in milliseconds since 1970, or the age in milliseconds; else 0
 */
public record StartFrom(Kind kind, long value) {
    /** What {@link StartFrom#value} means. */
    public enum Kind {
        EARLIEST,
        LATEST,
        OFFSET,
        TIME,
        AGO
    }

    /** The oldest record that is kept. */
    public static StartFrom earliest() {
        return new StartFrom(Kind.EARLIEST, 0);
    }

    /** Records that are published from now on. */
    public static StartFrom latest() {
        return new StartFrom(Kind.LATEST, 0);
    }

    /** @throws MillraceException when used, OFFSET_OUT_OF_RANGE, where the log does not hold the offset */
    public static StartFrom offset(long offset) {
        return new StartFrom(Kind.OFFSET, offset);
    }

    /** The first record whose timestamp is not before the time. */
    public static StartFrom time(Instant time) {
        return new StartFrom(Kind.TIME, time.toEpochMilli());
    }

    /** As {@link #time}, so long before the moment at which reading starts. */
    public static StartFrom ago(Duration age) {
        return new StartFrom(Kind.AGO, age.toMillis());
    }
}
