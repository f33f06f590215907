package dev.millrace.comparison;

import dev.millrace.comparison.Results.Growth;
import dev.millrace.comparison.Results.Measured;
import dev.millrace.comparison.Results.Point;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** docs/BENCHMARKS.md and its pictures, made of what was measured and a template; measures nothing itself. */
final class BenchmarksPage {
    private static final String TEMPLATE = "/comparison/BENCHMARKS.template.md";
    private static final List<String> LINES = List.of(Contender.MILLRACE.title, Contender.KAFKA.title);

    private final Results results;

    private BenchmarksPage(Results results) {
        this.results = results;
    }

    static BenchmarksPage of(Results results) {
        return new BenchmarksPage(results);
    }

    static String template() throws IOException {
        try (InputStream in = BenchmarksPage.class.getResourceAsStream(TEMPLATE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Writes the page, a copy of the results and the pictures. */
    void write(Path docs) throws IOException {
        Path folder = Files.createDirectories(docs.resolve("benchmarks"));
        results.write(folder.resolve("results.json"));
        for (Map.Entry<String, String> picture : pictures().entrySet()) {
            Files.writeString(folder.resolve(picture.getKey()), picture.getValue());
        }
        Files.writeString(docs.resolve("BENCHMARKS.md"), markdown());
    }

    String markdown() throws IOException {
        String page = template();
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("verdict", verdict());
        parts.put("ratios", pictures().containsKey("ratios.svg") ? picture("ratios.svg", "Millrace beside Kafka") : "");
        parts.put("table", table());
        parts.put("kafka-wins", kafkaWins());
        parts.put("not-measured", notMeasured());
        parts.put("growth", growth());
        parts.put("machine", pairs(results.machine()));
        parts.put("versions", pairs(results.versions()));
        parts.put("heap", Contender.HEAP);
        parts.put("kafka-jvm", Contender.KAFKA_JVM);
        parts.put("commands", commands());
        for (Map.Entry<String, String> part : parts.entrySet()) {
            page = page.replace("{{" + part.getKey() + "}}", part.getValue());
        }
        return page.replaceAll("\n{3,}", "\n\n").strip() + "\n";
    }

    /** File names and texts of all pictures that there is something to draw for. */
    Map<String, String> pictures() {
        Map<String, String> pictures = new LinkedHashMap<>();
        List<BarChart.Bar> bars = new ArrayList<>();
        results.figures().forEach((figure, measured) -> {
            if (figure.againstKafka() && figure.judged() == Figure.Judged.RATIO) bars.add(bar(figure, measured));
        });
        if (!bars.isEmpty()) {
            String axis = "times as good as Kafka: for times and CPU the quotient is turned round";
            pictures.put("ratios.svg", new BarChart("Millrace beside Kafka", axis, bars).svg());
        }
        for (Plot plot : Plot.values()) {
            List<LineChart.Line> lines = lines(plot);
            if (lines.isEmpty()) continue;
            pictures.put(plot.file(), new LineChart(plot.title, plot.unit, plot.sizeName, lines).svg());
        }
        return pictures;
    }

    private static BarChart.Bar bar(Figure figure, Measured measured) {
        Spread spread = measured.judged(figure);
        return figure.moreIsBetter()
                ? new BarChart.Bar(figure.title, spread, figure.least)
                : new BarChart.Bar(
                        figure.title,
                        new Spread(1 / spread.median(), 1 / spread.max(), 1 / spread.min()),
                        1 / figure.least);
    }

    private List<LineChart.Line> lines(Plot plot) {
        Growth growth = results.growth().get(plot.growth);
        if (growth == null) return List.of();
        List<LineChart.Line> lines = new ArrayList<>();
        for (String who : LINES) {
            List<double[]> points = growth.of(who, plot.value).stream()
                    .map(point -> new double[] {point.size(), point.values().get(plot.value)})
                    .toList();
            if (!points.isEmpty()) lines.add(new LineChart.Line(who, points));
        }
        return lines;
    }

    private String verdict() {
        if (results.figures().isEmpty()) return "Nothing was measured yet.";
        int aim = 0;
        int met = 0;
        List<String> missed = new ArrayList<>();
        for (Map.Entry<Figure, Measured> each : results.figures().entrySet()) {
            Figure figure = each.getKey();
            double value = each.getValue().judged(figure).median();
            if (figure.reaches(value, figure.aim)) {
                aim++;
            } else if (figure.reaches(value, figure.least)) {
                met++;
            } else {
                missed.add(figure.number);
            }
        }
        String text = "Of %d targets %d are met, %d of them with what we aim at; %d are missed"
                .formatted(results.figures().size(), aim + met, aim, missed.size());
        return text + (missed.isEmpty() ? "." : ": " + String.join(", ", missed) + ".");
    }

    private String table() {
        StringBuilder table = new StringBuilder("""
                | | what | Millrace | beside it | ratio | target | |
                |---|---|---|---|---|---|---|
                """);
        results.figures().forEach((figure, measured) -> table.append(row(figure, measured)));
        return table.toString().strip();
    }

    private static String row(Figure figure, Measured measured) {
        String other = measured.other().isEmpty()
                ? "–"
                : Text.spread(Spread.of(measured.other()), " " + figure.unit) + "<br>" + figure.other;
        String ratio = measured.other().isEmpty() ? "–" : Text.spread(Spread.of(measured.ratios()), "×");
        return "| %s | %s | %s | %s | %s | %s | %s |\n"
                .formatted(
                        figure.number,
                        figure.title,
                        Text.spread(Spread.of(measured.ours()), " " + figure.unit),
                        other,
                        ratio,
                        target(figure),
                        verdict(figure, measured.judged(figure).median()));
    }

    private static String target(Figure figure) {
        String unit = figure.judged() == Figure.Judged.RATIO ? "×" : " " + figure.unit;
        return "%s %s%s, aim %s%s"
                .formatted(
                        figure.moreIsBetter() ? "≥" : "≤",
                        Text.plain(figure.least),
                        unit,
                        Text.plain(figure.aim),
                        unit);
    }

    static String verdict(Figure figure, double value) {
        if (figure.reaches(value, figure.aim)) return "aim met";
        if (figure.reaches(value, figure.least)) return "met";
        // Rounded up: what is missed by less than one percent is missed, too. Less 1e-9, as 20.000000001 % are 20 %.
        long percent = (long) Math.ceil(Math.abs(value - figure.least) / figure.least * 100 - 1e-9);
        return "**MISSED by %d%%**".formatted(percent);
    }

    /** Every figure where Kafka stands better, whatever the target. */
    private String kafkaWins() {
        List<String> wins = new ArrayList<>();
        results.figures().forEach((figure, measured) -> {
            if (!figure.againstKafka() || measured.other().isEmpty()) return;
            double ratio = Spread.of(measured.ratios()).median();
            if (figure.moreIsBetter() ? ratio >= 1 : ratio <= 1) return;
            wins.add("- **%s**: %s %s %s, Millrace %s %s, %s× of it."
                    .formatted(
                            figure.title,
                            figure.other,
                            Text.number(Spread.of(measured.other()).median()),
                            figure.unit,
                            Text.number(Spread.of(measured.ours()).median()),
                            figure.unit,
                            Text.number(ratio)));
        });
        return wins.isEmpty() ? "In none of the figures measured here." : String.join("\n", wins);
    }

    private String notMeasured() {
        if (results.notMeasured().isEmpty()) return "";
        return results.notMeasured().entrySet().stream()
                .map(each -> "- **%s could not be measured** when it was last tried: %s"
                        .formatted(each.getKey(), each.getValue().replaceAll("\\s+", " ")))
                .collect(Collectors.joining("\n"));
    }

    private String growth() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Growth> each : results.growth().entrySet()) {
            List<Plot> plots = plots(each.getKey());
            if (plots.isEmpty()) continue;
            text.append("### Over ").append(plots.get(0).sizeName).append("\n\n");
            plots.forEach(plot -> text.append(picture(plot.file(), plot.title + " over " + plot.sizeName))
                    .append("\n\n"));
            text.append(growthTable(each.getValue(), plots)).append("\n");
            each.getValue()
                    .notes()
                    .forEach(note -> text.append("- ").append(note).append("\n"));
            text.append("\n");
        }
        return text.isEmpty() ? "Not measured yet." : text.toString().strip();
    }

    private static List<Plot> plots(String growth) {
        return List.of(Plot.values()).stream()
                .filter(plot -> plot.growth.equals(growth))
                .toList();
    }

    private static String growthTable(Growth growth, List<Plot> plots) {
        StringBuilder head = new StringBuilder("| " + plots.get(0).sizeName + " |");
        for (Plot plot : plots) {
            LINES.forEach(who -> head.append(" %s, %s, %s |".formatted(plot.title, plot.unit, who)));
        }
        StringBuilder table =
                new StringBuilder(head).append("\n|---").append("|---".repeat(plots.size() * LINES.size()));
        table.append("|\n");
        TreeSet<Double> sizes =
                growth.points().stream().map(Point::size).collect(Collectors.toCollection(TreeSet::new));
        for (double size : sizes) {
            table.append("| ").append(Text.plain(size)).append(" |");
            for (Plot plot : plots) {
                LINES.forEach(who -> table.append(" ")
                        .append(at(growth, who, size, plot.value))
                        .append(" |"));
            }
            table.append("\n");
        }
        return table.toString();
    }

    private static String at(Growth growth, String who, double size, String value) {
        return growth.of(who, value).stream()
                .filter(point -> point.size() == size)
                .map(point -> Text.number(point.values().get(value)))
                .findFirst()
                .orElse("–");
    }

    private String commands() {
        StringBuilder text = new StringBuilder();
        results.figures().forEach((figure, measured) -> {
            text.append("# %s %s: %d rounds of %d s, %s\n"
                    .formatted(
                            figure.number,
                            figure.title.replace("`", ""),
                            measured.ours().size(),
                            measured.seconds(),
                            measured.build()));
            measured.commands().forEach(command -> text.append(command).append("\n"));
        });
        return text.toString().strip();
    }

    private static String pairs(Map<String, String> pairs) {
        return pairs.entrySet().stream()
                .map(pair -> "- %s: %s".formatted(pair.getKey(), pair.getValue()))
                .collect(Collectors.joining("\n"));
    }

    private static String picture(String file, String text) {
        return "![%s](benchmarks/%s)".formatted(text, file);
    }
}
