package dev.millrace.server.protocol.http;

import dev.millrace.core.LogOperations;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.time.Units;
import dev.millrace.core.wire.StartPosition;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Locale;

/**
 * Places and times as requests write them: {@code earliest}, {@code latest}, an offset; RFC 3339, unix milliseconds, or so
 * long ago: {@code -1h}. Fails: {@link HttpProblem} 400.
 */
final class Positions {
    private Positions() {}

    /** A time that is a plain number is written {@code @1729864980000}, because a plain number is an offset. */
    static StartPosition parse(String text, String name) {
        switch (text.toLowerCase(Locale.ROOT)) {
            case "earliest":
                return StartPosition.EARLIEST;
            case "latest":
                return StartPosition.LATEST;
            default:
                break;
        }
        if (text.matches("[0-9]{1,18}")) {
            return StartPosition.offset(Long.parseLong(text));
        }
        return StartPosition.time(timeMs(text.startsWith("@") ? text.substring(1) : text, name));
    }

    static long timeMs(String text, String name) {
        try {
            if (text.matches("[0-9]{1,15}")) {
                return Long.parseLong(text);
            }
            long ms = text.startsWith("-")
                    ? ago(text)
                    : OffsetDateTime.parse(text).toInstant().toEpochMilli();
            if (ms >= 0) {
                return ms;
            }
        } catch (DateTimeException | IllegalArgumentException | ArithmeticException malformed) {
            // Answered below.
        }
        throw HttpProblem.badRequest(name + "=" + HttpProblem.shown(text)
                + " is no time from 1970 on; use RFC 3339 such as 2026-01-31T14:03:00Z, unix milliseconds, or -1h");
    }

    private static long ago(String text) {
        long agoMs = Units.parseDurationMs(text.substring(1));
        return agoMs < 0 ? agoMs : Math.max(0, System.currentTimeMillis() - agoMs);
    }

    /** The offset that a position stands for. Waits for the disk. Fails: {@link dev.millrace.core.error.FaultException}. */
    static long offset(LogOperations logs, TopicPartition partition, StartPosition position) {
        return switch (position.kind()) {
            case EARLIEST -> logs.bounds(partition).logStartOffset();
            case LATEST -> logs.bounds(partition).endOffset();
            case OFFSET -> position.value();
            case TIME ->
                Waiting.join(logs.findByTime(partition, position.value())).offset();
        };
    }

    /** A whole number from 0 on. */
    static long number(String text, String name) {
        if (text.matches("[0-9]{1,18}")) {
            return Long.parseLong(text);
        }
        throw HttpProblem.badRequest(name + "=" + HttpProblem.shown(text) + " must be a whole number from 0 on");
    }
}
