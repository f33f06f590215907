package dev.millrace.comparison;

import java.util.List;
import java.util.Locale;

/** A picture in the making, in the colours of the reader's theme. */
public final class Svg {
    private static final String STYLE = """
              <style>
                .bg { fill: #ffffff; stroke: #d0d7de; }
                text { font: 14px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
                .head { font-weight: 600; font-size: 16px; }
                .small { font-size: 12px; fill: #57606a; }
                .value { font-size: 13px; font-weight: 600; }
                .grid { stroke: #d0d7de; }
                .axis { stroke: #57606a; stroke-width: 1.5; }
                .good { fill: #54aeff; }
                .bad { fill: #ff8182; }
                .spread { stroke: #1f2328; stroke-width: 1.5; }
                .target { stroke: #9a6700; stroke-width: 2; stroke-dasharray: 4 3; }
                .line0 { stroke: #0969da; fill: #0969da; stroke-width: 2; }
                .line1 { stroke: #bc4c00; fill: #bc4c00; stroke-width: 2; }
                @media (prefers-color-scheme: dark) {
                  .bg { fill: #0d1117; stroke: #30363d; }
                  text { fill: #e6edf3; }
                  .small { fill: #9da7b3; }
                  .grid { stroke: #30363d; }
                  .axis { stroke: #9da7b3; }
                  .good { fill: #1f6feb; }
                  .bad { fill: #da3633; }
                  .spread { stroke: #e6edf3; }
                  .target { stroke: #d29922; }
                  .line0 { stroke: #58a6ff; fill: #58a6ff; }
                  .line1 { stroke: #f0883e; fill: #f0883e; }
                }
              </style>
            """;

    private final StringBuilder out = new StringBuilder();

    /** @param description for readers who cannot see the picture */
    public Svg(int width, int height, String title, String description) {
        this(width, height, title, description, "");
    }

    /** @param moreStyle rules of CSS beside those that all pictures share */
    public Svg(int width, int height, String title, String description, String moreStyle) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title desc\">",
                width, height);
        add("  <title id=\"title\">%s</title>", Text.xml(title));
        add("  <desc id=\"desc\">%s</desc>", Text.xml(description));
        out.append(STYLE);
        if (!moreStyle.isEmpty()) add("  <style>%n%s  </style>", moreStyle);
        add("  <rect class=\"bg\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\"/>", width - 1, height - 1);
    }

    public void line(double x1, double y1, double x2, double y2, String style) {
        add("  <line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", style, x1, y1, x2, y2);
    }

    public void box(double x, double y, double width, double height, String style) {
        add(
                "  <rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>",
                style, x, y, Math.max(width, 0.5), height);
    }

    /** A line through points of {x, y}. */
    public void path(List<double[]> points, String style) {
        StringBuilder path = new StringBuilder();
        for (double[] point : points) {
            path.append(path.isEmpty() ? 'M' : ' ').append(String.format(Locale.ROOT, "%.1f,%.1f", point[0], point[1]));
        }
        add("  <path class=\"%s\" d=\"%s\"/>", style, path);
    }

    public void dot(double x, double y, String style) {
        add("  <circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", style, x, y);
    }

    public void text(double x, double y, String style, String text) {
        text(x, y, style, "start", text);
    }

    public void middle(double x, double y, String style, String text) {
        text(x, y, style, "middle", text);
    }

    public void right(double x, double y, String style, String text) {
        text(x, y, style, "end", text);
    }

    private void text(double x, double y, String style, String anchor, String text) {
        add(
                "  <text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
                style, x, y, anchor, Text.xml(text));
    }

    public String end() {
        add("</svg>");
        return out.toString();
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
