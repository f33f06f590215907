package dev.millrace.dashboard;

import dev.millrace.comparison.Svg;
import dev.millrace.dashboard.Grid.Box;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One panel in the picture, with what Prometheus answered to its queries. */
final class PanelPicture {
    /** Classes of CSS: {@code c0} to {@code c7}. */
    static final int COLOURS = 8;

    private static final int SIDE = 10;
    private static final int TITLE_BASE = 20;
    private static final int SCALE_WIDTH = 68;
    private static final int PLOT_TOP = 34;
    private static final int TIMES_HEIGHT = 18;
    private static final int LEGEND_LINE = 15;
    private static final int LEGEND_LINES_MAX = 2;
    private static final int SWATCH = 14;
    /** A generous average of the legend's font, as an SVG cannot measure text. */
    private static final double LETTER = 6.4;

    private static final long[] TIME_STEPS = {10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400};
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);

    /** @param points of {second, value}, ascending */
    record Line(String name, List<double[]> points) {
        double last() {
            return points.get(points.size() - 1)[1];
        }

        double max() {
            return points.stream().mapToDouble(point -> point[1]).max().orElse(0);
        }
    }

    private final Svg svg;
    private final Panel panel;
    private final Box box;
    private final List<Line> lines;
    private final TimeRange range;
    private final double high;
    private final double markDistance;

    private double plotBottom;

    PanelPicture(Svg svg, Panel panel, Box box, List<Line> lines, TimeRange range) {
        this.svg = svg;
        this.panel = panel;
        this.box = box;
        this.lines = inOrder(lines);
        this.range = range;
        double max = Math.max(0, lines.stream().mapToDouble(Line::max).max().orElse(0));
        if (panel.kind() == Panel.Kind.TIMESERIES) {
            double top = max > 0 ? max : 1;
            markDistance = panel.unit().markDistance(top);
            high = Math.ceil(top / markDistance * (1 - 1e-9)) * markDistance;
        } else {
            markDistance = 0;
            high = 0;
        }
    }

    /** As Prometheus has them; but where there are too many for the legend it must name the largest. */
    private static List<Line> inOrder(List<Line> lines) {
        if (lines.size() < COLOURS) return lines;
        return lines.stream()
                .sorted(Comparator.comparingDouble(Line::max).reversed())
                .toList();
    }

    void draw() {
        if (panel.kind() == Panel.Kind.ROW) {
            svg.text(box.x() + 2, box.y() + 17, "row", panel.title());
            return;
        }
        svg.box(box.x(), box.y(), box.width(), box.height(), "panel");
        svg.text(box.x() + SIDE, box.y() + TITLE_BASE, "title", panel.title());
        switch (panel.kind()) {
            case STAT -> stat();
            case TIMESERIES -> timeSeries();
            case ROW -> throw new IllegalStateException("a row has no frame");
        }
    }

    private void stat() {
        if (lines.isEmpty()) {
            noData(box.y() + box.height() / 2 + 16);
            return;
        }
        double value = lines.get(0).last();
        svg.middle(
                box.x() + box.width() / 2,
                box.y() + box.height() / 2 + 20,
                "stat " + panel.colour(value),
                panel.shown(value));
    }

    private void timeSeries() {
        int legendLines = legend(false);
        plotBottom = box.bottom() - TIMES_HEIGHT - legendLines * LEGEND_LINE - 8;
        for (double mark = 0; mark <= high * (1 + 1e-9); mark += markDistance) {
            svg.line(left(), y(mark), right(), y(mark), mark == 0 ? "edge" : "grid");
            if (!lines.isEmpty())
                svg.right(left() - 6, y(mark) + 4, "tiny", panel.unit().text(mark));
        }
        times();
        if (lines.isEmpty()) noData((box.y() + PLOT_TOP + plotBottom) / 2 + 4);
        for (int i = 0; i < lines.size(); i++) {
            draw(lines.get(i), "c" + i % COLOURS);
        }
        legend(true);
    }

    private void noData(double base) {
        svg.middle(box.x() + box.width() / 2, base, "none", "No data");
    }

    private void times() {
        long step = timeStep(range.seconds(), (int) ((right() - left()) / 75));
        long first = (range.fromSecond() + step - 1) / step * step;
        for (long second = first; second <= range.toSecond(); second += step) {
            svg.line(x(second), plotBottom, x(second), plotBottom + 4, "edge");
            svg.middle(x(second), plotBottom + 16, "tiny", TIME.format(Instant.ofEpochSecond(second)));
        }
    }

    /** The distance of marks in time, so that there are about {@code marksMax} at most. */
    static long timeStep(long seconds, int marksMax) {
        for (long step : TIME_STEPS) {
            if (step * marksMax >= seconds) return step;
        }
        return TIME_STEPS[TIME_STEPS.length - 1];
    }

    /** A gap in the points is one in the line, as the dashboard's {@code spanNulls: false} wants it. */
    private void draw(Line line, String colour) {
        List<double[]> run = new ArrayList<>();
        double before = Double.NaN;
        for (double[] point : line.points) {
            if (point[0] - before > 1.5 * range.stepSeconds()) {
                draw(run, colour);
                run.clear();
            }
            run.add(new double[] {x(point[0]), y(point[1])});
            before = point[0];
        }
        draw(run, colour);
    }

    private void draw(List<double[]> run, String colour) {
        if (run.size() == 1) {
            svg.path(List.of(run.get(0), new double[] {run.get(0)[0] + 1, run.get(0)[1]}), colour);
        } else if (!run.isEmpty()) {
            svg.path(List.copyOf(run), colour);
        }
    }

    /** Lays the names out in lines, what has no room left becomes a number; returns the count of lines. */
    private int legend(boolean draw) {
        double x = box.x() + SIDE;
        int line = 0;
        for (int i = 0; i < lines.size(); i++) {
            String name = lines.get(i).name;
            double width = SWATCH + 5 + name.length() * LETTER + 12;
            boolean lastLine = line == LEGEND_LINES_MAX - 1;
            boolean lastName = i == lines.size() - 1;
            // On the last line there must be room for "+ 99 more" behind every name but the last.
            double limit = box.right() - SIDE - (lastLine && !lastName ? 9 * LETTER : 0);
            if (x + width - 12 > limit && x > box.x() + SIDE) {
                if (lastLine) {
                    if (draw) svg.text(x, legendBase(line), "tiny", "+ " + (lines.size() - i) + " more");
                    break;
                }
                line++;
                x = box.x() + SIDE;
            }
            if (draw) {
                double base = legendBase(line);
                svg.path(List.of(new double[] {x, base - 4}, new double[] {x + SWATCH, base - 4}), "c" + i % COLOURS);
                svg.text(x + SWATCH + 5, base, "tiny", name);
            }
            x += width;
        }
        return line + 1;
    }

    private double legendBase(int line) {
        return plotBottom + TIMES_HEIGHT + (line + 1) * LEGEND_LINE;
    }

    private double left() {
        return box.x() + SCALE_WIDTH;
    }

    private double right() {
        return box.right() - SIDE - 4;
    }

    private double x(double second) {
        return left() + (second - range.fromSecond()) / range.seconds() * (right() - left());
    }

    private double y(double value) {
        return plotBottom - Math.max(value, 0) / high * (plotBottom - box.y() - PLOT_TOP);
    }
}
