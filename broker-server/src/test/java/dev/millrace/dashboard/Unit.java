package dev.millrace.dashboard;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** The units of the dashboard: how Grafana prints their numbers, and where a scale has its marks. */
enum Unit {
    NONE("none"),
    OPERATIONS("ops"),
    REQUESTS("reqps"),
    BYTES("bytes"),
    BYTES_PER_SECOND("Bps"),
    SECONDS("s"),
    /** A share of 1, printed in percent. */
    SHARE("percentunit");

    private static final String[] DECIMAL = {"", "K", "M", "G", "T"};
    private static final String[] DECIMAL_BYTES = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s"};
    private static final String[] BINARY_BYTES = {"B", "KiB", "MiB", "GiB", "TiB"};
    private static final double[] ROUND = {1, 2, 2.5, 5, 10};
    private static final double[] ROUND_SECONDS = {15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400};

    private final String id;

    Unit(String id) {
        this.id = id;
    }

    /** @throws IllegalArgumentException for a unit that the dashboard did not have when this was written */
    static Unit of(String id) {
        for (Unit unit : values()) {
            if (unit.id.equals(id)) return unit;
        }
        throw new IllegalArgumentException("no way to print the unit " + id);
    }

    /** Three digits that mean something, and the unit: {@code 1.5 MiB}. */
    String text(double value) {
        return switch (this) {
            case NONE -> digits(value);
            case OPERATIONS -> scaled(value, 1000, DECIMAL, "") + " ops/s";
            case REQUESTS -> scaled(value, 1000, DECIMAL, "") + " req/s";
            case BYTES -> scaled(value, 1024, BINARY_BYTES, " ");
            case BYTES_PER_SECOND -> scaled(value, 1000, DECIMAL_BYTES, " ");
            case SECONDS -> seconds(value);
            case SHARE -> digits(value * 100) + "%";
        };
    }

    private static String scaled(double value, int factor, String[] prefixes, String space) {
        int power = 0;
        double rest = value;
        while (Math.abs(rest) >= factor && power < prefixes.length - 1) {
            rest /= factor;
            power++;
        }
        return digits(rest) + (prefixes[power].isEmpty() ? "" : space + prefixes[power]);
    }

    private static String seconds(double value) {
        double size = Math.abs(value);
        if (size == 0) return "0 s";
        if (size < 1e-3) return digits(value * 1e6) + " µs";
        if (size < 1) return digits(value * 1e3) + " ms";
        if (size < 60) return digits(value) + " s";
        if (size < 3600) return digits(value / 60) + " min";
        return digits(value / 3600) + " h";
    }

    private static String digits(double value) {
        if (Math.abs(value) >= 1000) return String.format(Locale.ROOT, "%,.0f", value);
        if (value == 0) return "0";
        return BigDecimal.valueOf(value)
                .round(new MathContext(3))
                .stripTrailingZeros()
                .toPlainString();
    }

    /** The distance of the marks on a scale from 0 to {@code high}: at most four above 0, with short numbers. */
    double markDistance(double high) {
        double least = high / 4;
        if (this == BYTES) return Math.pow(2, Math.ceil(Math.log(Math.max(least, 1)) / Math.log(2) - 1e-9));
        if (this == NONE && high >= 1) least = Math.max(least, 1);
        if (this == SECONDS && least > 10) {
            for (double round : ROUND_SECONDS) {
                if (round >= least) return round;
            }
        }
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (double round : ROUND) {
            // What is too small by rounding alone is not too small.
            if (round * power >= least * (1 - 1e-9)) return round * power;
        }
        return 10 * power;
    }
}
