package dev.millrace.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Prometheus' HTTP API. Fails: with an IOException that holds what Prometheus said. */
final class Prometheus {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

    private final String url;
    private final HttpClient http = HttpClient.newHttpClient();

    /** @param url such as {@code http://127.0.0.1:9090} */
    Prometheus(String url) {
        this.url = url;
    }

    /** What answers a query; points of {second, value}, without those that are no finite number. */
    record Series(Map<String, String> labels, List<double[]> points) {}

    String version() throws IOException, InterruptedException {
        return get("/api/v1/status/buildinfo").at("/data/version").asText();
    }

    List<Series> query(String expression, TimeRange range) throws IOException, InterruptedException {
        JsonNode answer = get("/api/v1/query_range?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8)
                + "&start=" + range.fromSecond() + "&end=" + range.toSecond() + "&step=" + range.stepSeconds());
        List<Series> all = new ArrayList<>();
        for (JsonNode series : answer.at("/data/result")) {
            List<double[]> points = points(series.path("values"));
            if (!points.isEmpty()) all.add(new Series(labels(series.path("metric")), points));
        }
        return all;
    }

    /** The alert rules that Prometheus could not evaluate, each with its error. */
    List<String> brokenRules() throws IOException, InterruptedException {
        List<String> broken = new ArrayList<>();
        for (JsonNode group : get("/api/v1/rules").at("/data/groups")) {
            for (JsonNode rule : group.path("rules")) {
                if (!rule.path("health").asText().equals("ok")) {
                    broken.add(rule.path("name").asText() + ": "
                            + rule.path("health").asText() + " "
                            + rule.path("lastError").asText());
                }
            }
        }
        return broken;
    }

    private static Map<String, String> labels(JsonNode metric) {
        Map<String, String> labels = new TreeMap<>();
        metric.properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        return labels;
    }

    private static List<double[]> points(JsonNode values) {
        List<double[]> points = new ArrayList<>();
        for (JsonNode point : values) {
            String value = point.path(1).asText();
            if (value.equals("NaN") || value.endsWith("Inf")) continue;
            points.add(new double[] {point.path(0).asDouble(), Double.parseDouble(value)});
        }
        return points;
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(ANSWER_MAX)
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(response.statusCode() + " from Prometheus to " + path + ": " + response.body());
        }
        return new ObjectMapper().readTree(response.body());
    }
}
