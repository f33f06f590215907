package dev.millrace.comparison;

import java.util.List;
import java.util.Locale;

/** Bars of quotients from 1 to both sides, on a logarithmic scale, with the spread of the rounds and a mark for the target. */
final class BarChart {
    private static final int WIDTH = 960;
    private static final int LEFT = 330;
    private static final int RIGHT = 70;
    private static final int TOP = 64;
    private static final int ROW = 34;
    private static final double[] TICKS = {0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

    /** @param target where a mark is drawn */
    record Bar(String label, Spread spread, double target) {}

    private final String title;
    private final String axis;
    private final List<Bar> bars;
    private final double low;
    private final double high;

    BarChart(String title, String axis, List<Bar> bars) {
        this.title = title;
        this.axis = axis;
        this.bars = bars;
        double min = 0.5;
        double max = 2;
        for (Bar bar : bars) {
            min = Math.min(min, Math.min(bar.spread.min(), bar.target));
            max = Math.max(max, Math.max(bar.spread.max(), bar.target));
        }
        low = min / 1.1;
        high = max * 1.1;
    }

    String svg() {
        int bottom = TOP + bars.size() * ROW;
        Svg svg = new Svg(WIDTH, bottom + 60, title, description());
        svg.text(20, 30, "head", title);
        for (double tick : TICKS) {
            if (tick < low || tick > high) continue;
            svg.line(x(tick), TOP - 8, x(tick), bottom, tick == 1 ? "axis" : "grid");
            svg.middle(x(tick), bottom + 18, "small", Text.plain(tick) + "×");
        }
        svg.middle(x(Math.sqrt(low * high)), bottom + 42, "small", axis);
        for (int i = 0; i < bars.size(); i++) {
            draw(svg, bars.get(i), TOP + i * ROW);
        }
        return svg.end();
    }

    private void draw(Svg svg, Bar bar, int y) {
        Spread spread = bar.spread;
        double from = Math.min(x(1), x(spread.median()));
        svg.right(LEFT - 12, y + 18, "label", bar.label);
        svg.box(from, y + 5, Math.abs(x(spread.median()) - x(1)), ROW - 14, spread.median() >= 1 ? "good" : "bad");
        int middle = y + 5 + (ROW - 14) / 2;
        svg.line(x(spread.min()), middle, x(spread.max()), middle, "spread");
        svg.line(x(spread.min()), middle - 5, x(spread.min()), middle + 5, "spread");
        svg.line(x(spread.max()), middle - 5, x(spread.max()), middle + 5, "spread");
        svg.line(x(bar.target), y + 1, x(bar.target), y + ROW - 5, "target");
        svg.text(
                x(Math.max(Math.max(spread.max(), bar.target), 1)) + 8,
                y + 19,
                "value",
                Text.number(spread.median()) + "×");
    }

    /** What a reader hears who cannot see the picture. */
    private String description() {
        StringBuilder text = new StringBuilder(axis).append(": ");
        for (Bar bar : bars) {
            text.append(String.format(Locale.ROOT, "%s %s; ", bar.label, Text.spread(bar.spread, "×")));
        }
        return text.append("a dashed mark is the target.").toString();
    }

    private double x(double value) {
        double share = (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low));
        return LEFT + share * (WIDTH - LEFT - RIGHT);
    }
}
