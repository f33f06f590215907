package dev.millrace.core.time;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as people write them: {@code 7d}, {@code 200ms}, {@code 64MiB}. A unit is required. */
public final class Units {
    /** What {@code unlimited} parses to. */
    public static final long UNLIMITED = -1;

    private static final Pattern QUANTITY = Pattern.compile("\\s*(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([A-Za-z]+)\\s*");
    private static final Map<String, Long> MS =
            Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L, "w", 604_800_000L);
    private static final Map<String, Long> BYTES = Map.of(
            "b",
            1L,
            "kib",
            1L << 10,
            "mib",
            1L << 20,
            "gib",
            1L << 30,
            "tib",
            1L << 40,
            "kb",
            1000L,
            "mb",
            1_000_000L,
            "gb",
            1_000_000_000L,
            "tb",
            1_000_000_000_000L);

    private Units() {}

    /** Milliseconds, or {@link #UNLIMITED}. Fails: {@link IllegalArgumentException} that says what is allowed. */
    public static long parseDurationMs(String text) {
        return parse(text, MS, "a duration such as 200ms, 30s, 15m, 12h or 7d");
    }

    /** Bytes, or {@link #UNLIMITED}. Fails: {@link IllegalArgumentException} that says what is allowed. */
    public static long parseBytes(String text) {
        return parse(text, BYTES, "a size such as 512B, 64KiB, 16MiB or 1GiB");
    }

    private static long parse(String text, Map<String, Long> units, String allowed) {
        if (text.strip().equalsIgnoreCase("unlimited")) {
            return UNLIMITED;
        }
        Matcher matcher = QUANTITY.matcher(text);
        Long unit = matcher.matches() ? units.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("\"" + text + "\" is not " + allowed + ", or unlimited");
        }
        try {
            return new BigDecimal(matcher.group(1))
                    .multiply(BigDecimal.valueOf(unit))
                    .toBigInteger()
                    .longValueExact();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("\"" + text + "\" is too large", e);
        }
    }

    /** The shortest exact form, for example 7d or 1500ms. */
    public static String formatDurationMs(long ms) {
        if (ms == UNLIMITED) {
            return "unlimited";
        }
        String[] names = {"d", "h", "m", "s"};
        for (String name : names) {
            if (ms != 0 && ms % MS.get(name) == 0) {
                return ms / MS.get(name) + name;
            }
        }
        return ms + "ms";
    }

    /** The shortest exact form in binary units, for example 64MiB or 1000B. */
    public static String formatBytes(long bytes) {
        if (bytes == UNLIMITED) {
            return "unlimited";
        }
        String[] names = {"TiB", "GiB", "MiB", "KiB"};
        for (int i = 0; i < names.length; i++) {
            long unit = 1L << (40 - 10 * i);
            if (bytes != 0 && bytes % unit == 0) {
                return bytes / unit + names[i];
            }
        }
        return bytes + "B";
    }

    /** A rounded form for messages, for example 73.9 GiB; sizes below 1 KiB are exact. */
    public static String approximateBytes(long bytes) {
        String[] names = {"TiB", "GiB", "MiB", "KiB"};
        for (int i = 0; i < names.length; i++) {
            long unit = 1L << (40 - 10 * i);
            if (bytes >= unit) {
                return String.format(Locale.ROOT, "%.1f %s", (double) bytes / unit, names[i]);
            }
        }
        return bytes + " bytes";
    }
}
