package dev.millrace.server.cli;

import dev.millrace.client.StartFrom;
import dev.millrace.core.time.Units;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Times and positions as people and files write them.
 *
 * <pre>
 *   2024-10-25T14:03:00Z, 2024-10-25T16:03:00.5+02:00   RFC 3339
 *   1729864980                                          unix seconds, below 10^11 (the year 5138)
 *   1729864980000                                       unix milliseconds, from 10^11 (March 1973) to below 10^14
 *   -1h                                                 so long ago
 * </pre>
 */
final class Times {
    /** From here on a number is milliseconds. */
    private static final BigDecimal MS_MIN = BigDecimal.valueOf(100_000_000_000L);
    /** From here on it can only be microseconds or finer, of which the log keeps nothing. */
    private static final BigDecimal MS_LIMIT = BigDecimal.valueOf(100_000_000_000_000L);

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,9})?");
    private static final String ALLOWED =
            "use RFC 3339 such as 2024-10-25T14:03:00Z, unix seconds or milliseconds, or -1h";

    private Times() {}

    /**
     * Milliseconds since 1970.
     *
     * @throws IllegalArgumentException saying what is allowed
     */
    static long parseMs(String text, long nowMs) {
        if (text.startsWith("-")) return nowMs - agoMs(text);
        if (NUMBER.matcher(text).matches()) return unixMs(text);
        return instant(text).toEpochMilli();
    }

    /**
     * Where to read from: {@code earliest}, {@code latest}, an offset, or a time; a unix time is written {@code @1729864980},
     * because a plain number is an offset.
     *
     * @throws IllegalArgumentException saying what is allowed
     */
    static StartFrom parseStart(String text) {
        switch (text.toLowerCase(Locale.ROOT)) {
            case "earliest":
                return StartFrom.earliest();
            case "latest":
                return StartFrom.latest();
            default:
                break;
        }
        if (text.startsWith("@")) return StartFrom.time(Instant.ofEpochMilli(unixMs(text.substring(1))));
        if (text.matches("[0-9]{1,18}")) return StartFrom.offset(Long.parseLong(text));
        try {
            return text.startsWith("-") ? StartFrom.ago(Duration.ofMillis(agoMs(text))) : StartFrom.time(instant(text));
        } catch (IllegalArgumentException notATime) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no position; use earliest, latest, an offset, a time"
                            + " such as 2024-10-25T14:03:00Z or @1729864980, or -1h");
        }
    }

    private static long unixMs(String text) {
        if (!NUMBER.matcher(text).matches()) throw new IllegalArgumentException(notATime(text));
        BigDecimal number = new BigDecimal(text);
        if (number.compareTo(MS_LIMIT) >= 0) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is too large for unix seconds or milliseconds; are these microseconds?");
        }
        BigDecimal ms = number.compareTo(MS_MIN) < 0 ? number.movePointRight(3) : number;
        return ms.longValue();
    }

    private static long agoMs(String text) {
        try {
            long ms = Units.parseDurationMs(text.substring(1));
            if (ms >= 0) return ms;
        } catch (IllegalArgumentException e) {
            // Falls through: the message below names all that is allowed.
        }
        throw new IllegalArgumentException(notATime(text));
    }

    private static Instant instant(String text) {
        try {
            Instant instant = OffsetDateTime.parse(text).toInstant();
            if (instant.toEpochMilli() >= 0) return instant;
        } catch (DateTimeParseException | ArithmeticException e) {
            throw new IllegalArgumentException(notATime(text), e);
        }
        throw new IllegalArgumentException("\"" + text + "\" is before 1970; the log keeps later times only");
    }

    private static String notATime(String text) {
        return "\"" + text + "\" is no time; " + ALLOWED;
    }
}
