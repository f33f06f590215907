package dev.millrace.comparison;

import java.util.List;
import java.util.TreeSet;

/** Lines over sizes that grow by factors: the sizes stand at even distances, the values from zero up. */
final class LineChart {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 360;
    private static final int LEFT = 90;
    private static final int RIGHT = 40;
    private static final int TOP = 74;
    private static final int BOTTOM = 64;
    private static final int ROWS = 4;

    /** One broker's line; its points in the order of sizes. */
    record Line(String name, List<double[]> points) {}

    private final String title;
    private final String unit;
    private final String sizeName;
    private final List<Line> lines;
    private final List<Double> sizes;
    private final double high;

    LineChart(String title, String unit, String sizeName, List<Line> lines) {
        this.title = title;
        this.unit = unit;
        this.sizeName = sizeName;
        this.lines = lines;
        TreeSet<Double> all = new TreeSet<>();
        double max = 0;
        for (Line line : lines) {
            for (double[] point : line.points) {
                all.add(point[0]);
                max = Math.max(max, point[1]);
            }
        }
        sizes = List.copyOf(all);
        high = roundUp(max);
    }

    /** To a number whose quarters are short: 1, 2, 4 or 8 and zeros. */
    static double roundUp(double value) {
        if (value <= 0) return 1;
        double unit = Math.pow(10, Math.floor(Math.log10(value)));
        for (double step : new double[] {1, 2, 4, 8}) {
            if (value <= step * unit) return step * unit;
        }
        return 10 * unit;
    }

    String svg() {
        Svg svg = new Svg(WIDTH, HEIGHT, title, description());
        svg.text(20, 30, "head", title);
        for (int row = 0; row <= ROWS; row++) {
            double value = high * row / ROWS;
            svg.line(LEFT, y(value), WIDTH - RIGHT, y(value), row == 0 ? "axis" : "grid");
            svg.right(LEFT - 10, y(value) + 4, "small", Text.number(value));
        }
        svg.text(20, TOP - 18, "small", unit);
        for (double size : sizes) {
            svg.middle(x(size), HEIGHT - BOTTOM + 20, "small", Text.plain(size));
        }
        svg.middle((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 16, "small", sizeName);
        for (int i = 0; i < lines.size(); i++) {
            draw(svg, lines.get(i), i);
        }
        return svg.end();
    }

    private void draw(Svg svg, Line line, int index) {
        String style = "line" + index;
        double[] last = null;
        for (double[] point : line.points) {
            if (last != null) svg.line(x(last[0]), y(last[1]), x(point[0]), y(point[1]), style);
            svg.dot(x(point[0]), y(point[1]), style);
            last = point;
        }
        int legend = LEFT + 160 + index * 170;
        svg.line(legend, TOP - 22, legend + 24, TOP - 22, style);
        svg.text(legend + 32, TOP - 18, "small", line.name);
    }

    private String description() {
        StringBuilder text = new StringBuilder(unit + " over " + sizeName + ". ");
        for (Line line : lines) {
            text.append(line.name).append(": ");
            for (double[] point : line.points) {
                text.append(Text.number(point[1]))
                        .append(" at ")
                        .append(Text.plain(point[0]))
                        .append(", ");
            }
        }
        return text.toString().replaceAll(", $", ".");
    }

    private double x(double size) {
        if (sizes.size() == 1) return (LEFT + WIDTH - RIGHT) / 2.0;
        return LEFT + 20 + sizes.indexOf(size) * (WIDTH - LEFT - RIGHT - 40.0) / (sizes.size() - 1);
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - value / high * (HEIGHT - TOP - BOTTOM);
    }
}
