package dev.millrace.server.protocol.http;

import dev.millrace.server.metrics.DetailedMetrics;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;

/** The scrapes whose size follows the number of partitions; {@code /metrics} itself is served without a broker, too. */
final class MetricRoutes {
    /** The kind of all scrapes: they run one at a time, on the scraper's thread. */
    static final String KIND = "metrics";

    static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private MetricRoutes() {}

    static List<Route> of(DetailedMetrics metrics) {
        return List.of(
                Route.of(
                        HttpMethod.GET,
                        "/metrics/detailed",
                        KIND,
                        call -> text(metrics.detailed(call.query("topic"), call.query("group")))),
                Route.of(
                        HttpMethod.GET,
                        "/metrics/kafka",
                        KIND,
                        call -> text(metrics.kafka(call.query("topic"), call.query("group")))));
    }

    private static HttpAnswer text(String scrape) {
        return HttpAnswer.of(200, PROMETHEUS_TEXT, scrape);
    }
}
