package dev.millrace.server.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How durations are written: a whole number and one unit, such as {@code 7d}, {@code 15m} or {@code 200ms}. */
public final class DurationText {
    /** The written form, for JSON Schema. */
    static final String PATTERN = "[0-9]+(ms|s|m|h|d)";

    private static final Pattern FORM = Pattern.compile("([0-9]+)\\s*([A-Za-z]*)");

    private record Unit(String name, long ms, String lookalikes) {}

    /** From large to small, as formatting tries them. */
    private static final List<Unit> UNITS = List.of(
            new Unit("d", 86_400_000, "days?"),
            new Unit("h", 3_600_000, "hrs?|hours?"),
            new Unit("m", 60_000, "mins?|minutes?"),
            new Unit("s", 1_000, "secs?|seconds?"),
            new Unit("ms", 1, "msecs?|millis|milliseconds?"));

    private DurationText() {}

    /** Reads {@code 15m}; units are ms, s, m, h and d. */
    public static Parsed<Duration> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) return Parsed.bad("is not a duration", "write a whole number and a unit, such as 15m");
        String digits = form.group(1);
        String unit = form.group(2);
        if (unit.isEmpty()) return Parsed.bad("has no unit", "did you mean " + digits + "s or " + digits + "ms?");
        for (Unit known : UNITS) {
            if (text.equals(digits + known.name)) return scaled(digits, known);
        }
        String lower = unit.toLowerCase(Locale.ROOT);
        for (Unit known : UNITS) {
            if (lower.matches(known.name + "|" + known.lookalikes)) {
                return Parsed.bad("is not written with a known unit", "did you mean " + digits + known.name + "?");
            }
        }
        return Parsed.bad("has the unknown unit " + unit, "units are ms, s, m, h and d");
    }

    /** The written form in the largest unit that loses nothing; finer than milliseconds is cut. */
    public static String format(Duration duration) {
        long ms = duration.toMillis();
        if (ms == 0) return "0s";
        for (Unit unit : UNITS) {
            if (ms % unit.ms == 0) return ms / unit.ms + unit.name;
        }
        throw new AssertionError("every number of milliseconds has the unit ms");
    }

    private static Parsed<Duration> scaled(String digits, Unit unit) {
        try {
            return Parsed.good(Duration.ofMillis(Math.multiplyExact(Long.parseLong(digits), unit.ms)));
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            return Parsed.bad("is too large");
        }
    }
}
