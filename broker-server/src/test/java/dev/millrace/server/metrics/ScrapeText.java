package dev.millrace.server.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** A scrape, read as Prometheus reads it. */
record ScrapeText(Map<String, Family> families) {
    /** @param series name and labels to value */
    record Family(String type, String help, TreeSet<String> labels, Map<String, Double> series) {}

    static ScrapeText parse(String text) {
        Map<String, Family> families = new TreeMap<>();
        Map<String, String> helps = new TreeMap<>();
        String current = null;
        for (String line : text.lines().toList()) {
            String[] words = line.split(" ", 4);
            if (line.startsWith("# HELP ")) {
                helps.put(words[2], words.length > 3 ? words[3] : "");
            } else if (line.startsWith("# TYPE ")) {
                current = words[2];
                families.put(current, new Family(words[3], helps.get(current), new TreeSet<>(), new LinkedHashMap<>()));
            } else {
                int value = line.lastIndexOf(' ');
                String series = line.substring(0, value);
                Family family = families.get(current);
                family.labels().addAll(labels(series));
                family.series().put(series, Double.parseDouble(line.substring(value + 1)));
            }
        }
        return new ScrapeText(families);
    }

    double value(String series) {
        return families.values().stream()
                .map(family -> family.series().get(series))
                .filter(found -> found != null)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no series " + series));
    }

    int seriesCount(String prefix) {
        return families.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .mapToInt(entry -> entry.getValue().series().size())
                .sum();
    }

    private static List<String> labels(String series) {
        int open = series.indexOf('{');
        if (open < 0) {
            return List.of();
        }
        return java.util.regex.Pattern.compile("(\\w+)=\"")
                .matcher(series.substring(open))
                .results()
                .map(match -> match.group(1))
                .filter(name -> !name.equals("le"))
                .toList();
    }
}
