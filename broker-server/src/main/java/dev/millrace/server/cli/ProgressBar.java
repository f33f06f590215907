package dev.millrace.server.cli;

import java.util.Locale;

/** The line that shows how far a long command is: pure text, drawn by {@link ProgressPainter}. */
final class ProgressBar {
    private static final int BAR_MAX = 30;

    private ProgressBar() {}

    /**
     * A moment of the work.
     *
     * @param lines acknowledged
     * @param bytes of the acknowledged lines
     * @param readBytes of the input so far, as it lies on disk
     * @param totalBytes of the input, 0 where unknown
     */
    record Moment(long lines, long bytes, long readBytes, long totalBytes, long elapsedMs) {
        /** 0 to 1, or -1 where the end is unknown. */
        double share() {
            return totalBytes <= 0 ? -1 : Math.min(1.0, (double) readBytes / totalBytes);
        }

        double linesPerSecond() {
            return elapsedMs <= 0 ? 0 : lines * 1000.0 / elapsedMs;
        }

        long bytesPerSecond() {
            return elapsedMs <= 0 ? 0 : Math.round(bytes * 1000.0 / elapsedMs);
        }
    }

    /** One line of at most {@code columns} characters, without a line end; the bar gives way to the numbers. */
    static String render(Moment moment, int columns) {
        String numbers = String.format(
                Locale.ROOT,
                "%s lines  %s  %,.0f/s  %s/s  %s",
                Amounts.count(moment.lines()),
                Amounts.bytes(moment.bytes()),
                moment.linesPerSecond(),
                Amounts.bytes(moment.bytesPerSecond()),
                Amounts.duration(moment.elapsedMs() / 1000 * 1000));
        if (moment.share() < 0) return cut(numbers, columns);
        return withBar(moment.share(), numbers, columns);
    }

    /** How far work on bytes is; {@code totalBytes} may grow meanwhile. */
    record Bytes(long doneBytes, long totalBytes, long elapsedMs) {}

    /** As {@link #render(Moment, int)}, for work that is measured in bytes alone. */
    static String render(Bytes work, int columns) {
        double share = work.totalBytes() <= 0 ? 0 : Math.min(1.0, (double) work.doneBytes() / work.totalBytes());
        String numbers = String.format(
                Locale.ROOT,
                "%s of %s  %s",
                Amounts.bytes(work.doneBytes()),
                Amounts.bytes(work.totalBytes()),
                Amounts.duration(work.elapsedMs() / 1000 * 1000));
        return withBar(share, numbers, columns);
    }

    private static String withBar(double share, String numbers, int columns) {
        String percent = String.format(Locale.ROOT, "%3.0f%%  ", Math.floor(share * 100));
        int room = Math.min(BAR_MAX, columns - numbers.length() - percent.length() - 3);
        return cut((room < 5 ? "" : bar(share, room)) + percent + numbers, columns);
    }

    private static String bar(double share, int width) {
        int full = (int) Math.floor(share * width);
        return "[" + "#".repeat(full) + ".".repeat(width - full) + "] ";
    }

    private static String cut(String line, int columns) {
        return line.length() <= columns ? line : line.substring(0, Math.max(0, columns));
    }
}
