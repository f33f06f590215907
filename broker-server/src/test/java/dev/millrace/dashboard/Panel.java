package dev.millrace.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One panel of a dashboard.
 *
 * @param unit null for a row
 * @param texts what is shown in place of single values
 * @param thresholds ascending; the colour of the last one that a value reaches is its colour
 */
record Panel(
        String title,
        Kind kind,
        Unit unit,
        Grid.Place place,
        List<Query> queries,
        Map<Double, String> texts,
        List<Threshold> thresholds) {

    enum Kind {
        /** A heading over the panels below it. */
        ROW,
        /** The latest value alone. */
        STAT,
        TIMESERIES
    }

    /** @param legend with labels in double braces, such as {@code {{topic}}} */
    record Query(String expression, String legend) {}

    /** @param least negative infinity for the first one */
    record Threshold(double least, String colour) {}

    /** @throws IllegalArgumentException for a kind or a unit that cannot be drawn */
    static Panel of(JsonNode json) {
        Kind kind = kind(json.path("type").asText());
        JsonNode defaults = json.at("/fieldConfig/defaults");
        List<Query> queries = new ArrayList<>();
        for (JsonNode target : json.path("targets")) {
            queries.add(new Query(
                    target.path("expr").asText(), target.path("legendFormat").asText()));
        }
        return new Panel(
                json.path("title").asText(),
                kind,
                kind == Kind.ROW ? null : Unit.of(defaults.path("unit").asText()),
                Grid.Place.of(json.path("gridPos")),
                List.copyOf(queries),
                texts(defaults.path("mappings")),
                thresholds(defaults.at("/thresholds/steps")));
    }

    private static Kind kind(String type) {
        return switch (type) {
            case "row" -> Kind.ROW;
            case "stat" -> Kind.STAT;
            case "timeseries" -> Kind.TIMESERIES;
            default -> throw new IllegalArgumentException("no way to draw a panel of type " + type);
        };
    }

    private static Map<Double, String> texts(JsonNode mappings) {
        Map<Double, String> texts = new LinkedHashMap<>();
        for (JsonNode mapping : mappings) {
            mapping.path("options")
                    .properties()
                    .forEach(option -> texts.put(
                            Double.valueOf(option.getKey()),
                            option.getValue().path("text").asText()));
        }
        return texts;
    }

    private static List<Threshold> thresholds(JsonNode steps) {
        List<Threshold> thresholds = new ArrayList<>();
        for (JsonNode step : steps) {
            JsonNode least = step.path("value");
            thresholds.add(new Threshold(
                    least.isNumber() ? least.asDouble() : Double.NEGATIVE_INFINITY,
                    step.path("color").asText()));
        }
        return List.copyOf(thresholds);
    }

    /** What is shown for a value: its text where it has one, else the number with its unit. */
    String shown(double value) {
        String text = texts.get(value);
        return text == null ? unit.text(value) : text;
    }

    /** The colour's name in the file, or empty where there are no thresholds. */
    String colour(double value) {
        String colour = "";
        for (Threshold threshold : thresholds) {
            if (value >= threshold.least) colour = threshold.colour;
        }
        return colour;
    }
}
