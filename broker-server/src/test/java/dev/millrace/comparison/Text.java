package dev.millrace.comparison;

import java.util.Locale;

/** Numbers as the page and its pictures print them: three digits that mean something. */
final class Text {
    private Text() {}

    static String number(double value) {
        double size = Math.abs(value);
        if (size == 0 || size >= 100) return String.format(Locale.ROOT, "%,.0f", value);
        if (size >= 10) return String.format(Locale.ROOT, "%.1f", value);
        return String.format(Locale.ROOT, size >= 1 ? "%.2f" : "%.3f", value);
    }

    /** As short as it can be: {@code 0.8}, {@code 50}. */
    static String plain(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%,.0f", value) : Double.toString(value);
    }

    static String spread(Spread spread, String unit) {
        String median = number(spread.median()) + unit;
        if (spread.min() == spread.max()) return median;
        return median + " (" + number(spread.min()) + "–" + number(spread.max()) + ")";
    }

    /** For attributes and text of SVG. */
    static String xml(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
