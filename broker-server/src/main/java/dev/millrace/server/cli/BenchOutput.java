package dev.millrace.server.cli;

import dev.millrace.server.bench.BenchPlan;
import dev.millrace.server.bench.BenchReport;
import dev.millrace.server.bench.BenchReport.Flow;
import dev.millrace.server.bench.BenchReport.Latency;
import dev.millrace.server.bench.Surroundings;
import java.util.Locale;

/** Shows what {@code millrace bench} measured: JSON with stable names, or lines for people. */
final class BenchOutput {
    private BenchOutput() {}

    static void writeJson(JsonWriter json, BenchReport report) {
        BenchPlan plan = report.plan();
        Flow flow = report.headline();
        json.begin('{').field("case", plan.name()).field("target", plan.server().url());
        json.name("recordsPerSecond").value(flow.recordsPerSecond());
        json.name("mebibytesPerSecond").value(flow.mebibytesPerSecond());
        json.name("latencyMillis");
        writeLatency(json, report.latency());
        json.name("clientCpuSeconds").value(report.clientCpuSeconds());
        json.name("brokerCpuSeconds").value(report.brokerCpuSeconds());
        json.field("errors", report.errors()).field("firstError", report.firstError());
        json.field("records", flow.records()).field("bytes", flow.bytes());
        json.name("seconds").value(flow.seconds());
        json.field("unsent", report.unsent());
        json.name("delivered");
        writeFlow(json, report.delivered());
        json.field("topicsCreated", report.topicsCreated());
        json.name("createSeconds").value(report.createSeconds());
        writeSurroundings(json, report.surroundings());
        writeSettings(json, plan);
        json.end('}');
    }

    private static void writeFlow(JsonWriter json, Flow flow) {
        if (flow == null) {
            json.value((String) null);
            return;
        }
        json.begin('{').field("records", flow.records());
        json.name("recordsPerSecond").value(flow.recordsPerSecond());
        json.name("mebibytesPerSecond").value(flow.mebibytesPerSecond());
        json.name("latencyMillis");
        writeLatency(json, flow.latency());
        json.end('}');
    }

    private static void writeLatency(JsonWriter json, Latency latency) {
        json.begin('{');
        json.name("mean").value(latency == null ? null : (Double) latency.mean());
        json.name("p50").value(at(latency, 50));
        json.name("p90").value(at(latency, 90));
        json.name("p99").value(at(latency, 99));
        json.name("p999").value(at(latency, 99.9));
        json.name("max").value(latency == null ? null : (Double) latency.max());
        json.end('}');
    }

    private static Double at(Latency latency, double percentile) {
        return latency == null ? null : (Double) latency.atPercentile(percentile);
    }

    private static void writeSurroundings(JsonWriter json, Surroundings where) {
        json.field("software", where.software()).field("syncMode", where.syncMode());
        json.field("disk", where.disk()).field("jvm", where.jvm()).field("brokerJvm", where.brokerJvm());
        json.field("os", where.os()).field("processors", where.processors());
    }

    private static void writeSettings(JsonWriter json, BenchPlan plan) {
        json.name("settings").begin('{');
        json.field("topics", plan.topics().count())
                .field("partitions", plan.topics().partitions());
        BenchPlan.Publish publish = plan.publish();
        if (publish != null) {
            json.field("clients", publish.clients()).field("publishers", publish.waitingPublishers());
            json.field("size", publish.sizeBytes());
            json.name("rate").value(publish.ratePerSecond());
            json.name("compressibility").value(publish.compressibility());
            json.field("keyDist", publish.keys().distribution().name().toLowerCase(Locale.ROOT));
            json.field("keys", publish.keys().count());
            json.field("batch", publish.batching().batchBytes())
                    .field("lingerMs", publish.batching().lingerMs());
            json.field("compression", publish.batching().compression().label());
        }
        if (plan.read() != null) {
            json.field("groups", plan.read().groups())
                    .field("consumers", plan.read().consumers());
        }
        json.field("warmupMs", plan.window().warmupMs())
                .field("durationMs", plan.window().durationMs());
        json.field("recordsMax", plan.window().records()).field("seed", plan.seed());
        json.end('}');
    }
}
