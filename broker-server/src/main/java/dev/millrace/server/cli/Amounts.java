package dev.millrace.server.cli;

import java.util.Locale;

/** How amounts are shown to people: short and rounded. Scripts read the JSON output instead. */
final class Amounts {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private Amounts() {}

    /** 999 B, 1.5 KiB, 27 MiB. */
    static String bytes(long bytes) {
        double amount = bytes;
        int unit = 0;
        // 1023.5 would be shown as 1024.
        while (amount >= 1023.5 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        if (unit == 0) return bytes + " B";
        return String.format(Locale.ROOT, amount < 99.95 ? "%.1f %s" : "%.0f %s", amount, UNITS[unit]);
    }

    /** 98,257. */
    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** 0s, 350ms, 12.3s, 4m 10s, 3h 5m, 2d 7h. */
    static String duration(long ms) {
        if (ms == 0) return "0s";
        if (ms < 1000) return ms + "ms";
        if (ms < 60_000) return String.format(Locale.ROOT, "%.1fs", Math.floor(ms / 100.0) / 10);
        long seconds = ms / 1000;
        if (seconds < 3600) return pair(seconds / 60, "m", seconds % 60, "s");
        if (seconds < 86_400) return pair(seconds / 3600, "h", seconds % 3600 / 60, "m");
        return pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h");
    }

    private static String pair(long large, String largeUnit, long small, String smallUnit) {
        return small == 0 ? large + largeUnit : large + largeUnit + " " + small + smallUnit;
    }
}
