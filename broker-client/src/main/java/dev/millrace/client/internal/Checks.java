package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import java.time.Duration;

/** Checks of options and arguments; each failure names the option, the value and what is allowed. */
final class Checks {
    private Checks() {}

    static Duration positive(String option, Duration value) {
        return require(value != null && !value.isNegative() && !value.isZero(), option, value, "a time above 0");
    }

    static Duration notNegative(String option, Duration value) {
        return require(value != null && !value.isNegative(), option, value, "0 or a time above it");
    }

    static int range(String option, int value, int min, int max) {
        return require(value >= min && value <= max, option, value, min + " to " + max);
    }

    static long atLeast(String option, long value, long min) {
        return require(value >= min, option, value, min + " or more");
    }

    static <T> T require(boolean fine, String option, T value, String allowed) {
        if (!fine) {
            throw new MillraceException(Fault.INVALID_REQUEST, option + " is " + value + "; allowed is " + allowed);
        }
        return value;
    }
}
