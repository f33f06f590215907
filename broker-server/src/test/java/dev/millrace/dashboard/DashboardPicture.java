package dev.millrace.dashboard;

import dev.millrace.comparison.Svg;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A dashboard as one picture: every panel at its place, with what a real Prometheus answers to the panel's own queries.
 *
 * <p>It stands in for a screenshot of Grafana, whose layout and scales it follows, and says so in its head.
 *
 * @param silent the titles of the panels to whose queries there was no answer
 */
record DashboardPicture(String svg, List<String> silent) {
    private static final int HEAD = 44;
    private static final Pattern LABEL = Pattern.compile("\\{\\{\\s*(\\w+)\\s*}}");

    /** Okabe's and Ito's colours, darkened where they are pale on white; lines are dashed from the fifth on. */
    private static final String STYLE = """
                .panel { fill: none; stroke: #d0d7de; }
                .title { font-size: 13px; font-weight: 600; }
                .row { font-size: 15px; font-weight: 600; }
                .tiny { font-size: 11px; fill: #57606a; }
                .edge { stroke: #8c959f; }
                .none { font-size: 13px; fill: #8c959f; }
                .stat { font-size: 24px; font-weight: 600; }
                .green { fill: #00795a; }
                .orange { fill: #b35900; }
                .red { fill: #cf222e; }
                path { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
                .c0 { stroke: #0072b2; }
                .c1 { stroke: #d55e00; }
                .c2 { stroke: #009e73; }
                .c3 { stroke: #c46a9d; }
                .c4 { stroke: #3a96cc; stroke-dasharray: 5 2; }
                .c5 { stroke: #b98300; stroke-dasharray: 5 2; }
                .c6 { stroke: #777777; stroke-dasharray: 5 2; }
                .c7 { stroke: #0072b2; stroke-dasharray: 2 2; }
                @media (prefers-color-scheme: dark) {
                  .panel { stroke: #30363d; }
                  .tiny { fill: #9da7b3; }
                  .green { fill: #2fbf97; }
                  .orange { fill: #f0883e; }
                  .red { fill: #ff7b72; }
                  .c0, .c7 { stroke: #4aa8e0; }
                }
            """;

    /** @param scrapeSeconds how often Prometheus scrapes */
    static DashboardPicture draw(Dashboard dashboard, Prometheus prometheus, TimeRange range, int scrapeSeconds)
            throws IOException, InterruptedException {
        Variables variables = Variables.of(dashboard, range, scrapeSeconds);
        int rows = 0;
        for (Panel panel : dashboard.panels()) {
            rows = Math.max(rows, panel.place().y() + panel.place().h());
        }
        Grid grid = new Grid(HEAD);
        String source = "The dashboard's own queries, answered by Prometheus " + prometheus.version()
                + ", each rate over " + variables.replace("$__rate_interval")
                + "; drawn by Millrace's tests, not by Grafana";
        Svg svg = new Svg(Grid.WIDTH, grid.height(rows), dashboard.title(), source, STYLE);
        svg.text(Grid.GAP + 2, 28, "head", dashboard.title());
        svg.right(Grid.WIDTH - Grid.GAP, 28, "tiny", source);
        List<String> silent = new ArrayList<>();
        for (Panel panel : dashboard.panels()) {
            List<PanelPicture.Line> lines = new ArrayList<>();
            for (Panel.Query query : panel.queries()) {
                for (Prometheus.Series series : prometheus.query(variables.replace(query.expression()), range)) {
                    lines.add(new PanelPicture.Line(name(query, series), series.points()));
                }
            }
            new PanelPicture(svg, panel, grid.box(panel.place()), lines, range).draw();
            if (panel.kind() != Panel.Kind.ROW && lines.isEmpty()) silent.add(panel.title());
        }
        return new DashboardPicture(svg.end(), List.copyOf(silent));
    }

    /** The legend with labels in place of their names; nothing for one that the series does not have, as in Grafana. */
    static String name(Panel.Query query, Prometheus.Series series) {
        Matcher matcher = LABEL.matcher(query.legend());
        StringBuilder name = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(
                    name, Matcher.quoteReplacement(series.labels().getOrDefault(matcher.group(1), "")));
        }
        return matcher.appendTail(name).toString().strip();
    }
}
