package dev.millrace.server.cli;

import dev.millrace.server.bench.BenchPlan;
import dev.millrace.server.bench.BenchReport;
import dev.millrace.server.bench.BenchReport.Flow;
import dev.millrace.server.bench.BenchReport.Latency;
import dev.millrace.server.bench.BenchReport.Second;
import dev.millrace.server.bench.Surroundings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Shows what {@code millrace bench} measured: JSON with stable names, or lines for people. */
final class BenchOutput {
    private BenchOutput() {}

    /** Lines for people. */
    static String text(BenchReport report) {
        BenchPlan plan = report.plan();
        StringBuilder text = new StringBuilder();
        line(
                text,
                plan.name(),
                plan.server().url() + ", " + report.surroundings().software());
        line(text, "load", load(plan));
        if (report.topicsCreated() > 1) {
            line(
                    text,
                    "topics",
                    Amounts.count(report.topicsCreated()) + " created in " + decimal(report.createSeconds()) + " s");
        }
        if (report.published() != null) line(text, "published", flow(report.published()));
        if (report.delivered() != null) line(text, "delivered", flow(report.delivered()));
        if (report.published() != null) {
            line(text, "receipts", latency(report.published().latency()));
        }
        if (report.delivered() != null && report.delivered().latency() != null) {
            line(text, "deliveries", latency(report.delivered().latency()));
        }
        line(
                text,
                "CPU",
                "client " + decimal(report.clientCpuSeconds()) + " s, broker "
                        + (report.brokerCpuSeconds() == null ? "unknown" : decimal(report.brokerCpuSeconds()) + " s"));
        line(text, "errors", Amounts.count(report.errors()));
        line(text, "sync", report.surroundings().syncMode());
        line(
                text,
                "disk",
                report.surroundings().disk() == null
                        ? "unknown"
                        : report.surroundings().disk());
        line(text, "client JVM", report.surroundings().jvm());
        if (report.surroundings().brokerJvm() != null)
            line(text, "broker JVM", report.surroundings().brokerJvm());
        line(
                text,
                "machine",
                report.surroundings().os() + ", " + report.surroundings().processors() + " CPUs");
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format("%-12s%s%n", name, value));
    }

    private static String load(BenchPlan plan) {
        List<String> parts = new ArrayList<>();
        BenchPlan.Publish publish = plan.publish();
        if (publish != null) {
            parts.add("records of " + Amounts.bytes(publish.payload().sizeBytes()));
            parts.add("clients " + publish.clients());
            parts.add(
                    publish.waitingPublishers() == 0
                            ? "not waiting"
                            : "waiting publishers " + publish.waitingPublishers());
            parts.add(publish.ratePerSecond() == 0 ? "no rate" : decimal(publish.ratePerSecond()) + "/s");
        }
        if (plan.read() != null) {
            parts.add("groups " + plan.read().groups() + " of " + plan.read().consumers());
        }
        parts.add("topics " + plan.topics().count());
        parts.add("seed " + plan.seed());
        return String.join(", ", parts);
    }

    private static String flow(Flow flow) {
        return Amounts.count(flow.records()) + " records, " + Amounts.bytes(flow.bytes()) + " in "
                + decimal(flow.seconds()) + " s: " + Amounts.count(Math.round(flow.recordsPerSecond()))
                + " records/s, " + decimal(flow.mebibytesPerSecond()) + " MiB/s";
    }

    private static String latency(Latency latency) {
        if (latency == null) return "none";
        return "p50 " + decimal(latency.atPercentile(50)) + " ms, p99 " + decimal(latency.atPercentile(99))
                + " ms, p99.9 " + decimal(latency.atPercentile(99.9)) + " ms, max " + decimal(latency.max()) + " ms";
    }

    /** One row for each report. */
    static String table(List<BenchReport> reports, int columns) {
        TableWriter table = new TableWriter().text("CASE").number("RECORDS/S").number("MIB/S");
        table.number("P50 MS").number("P99 MS").number("P99.9 MS").number("MAX MS");
        table.number("CLIENT CPU S").number("BROKER CPU S").number("ERRORS");
        for (BenchReport report : reports) {
            Latency latency = report.latency();
            table.row(
                    report.plan().name(),
                    Amounts.count(Math.round(report.headline().recordsPerSecond())),
                    decimal(report.headline().mebibytesPerSecond()),
                    decimal(at(latency, 50)),
                    decimal(at(latency, 99)),
                    decimal(at(latency, 99.9)),
                    decimal(at(latency, 100)),
                    decimal(report.clientCpuSeconds()),
                    decimal(report.brokerCpuSeconds()),
                    Amounts.count(report.errors()));
        }
        Surroundings where = reports.get(0).surroundings();
        return table.render(columns)
                + String.format(
                        "%n%s, %s; sync: %s; disk: %s%n",
                        reports.get(0).plan().server().url(),
                        where.software(),
                        where.syncMode(),
                        where.disk() == null ? "unknown" : where.disk());
    }

    private static String decimal(Double number) {
        if (number == null) return null;
        return String.format(Locale.ROOT, Math.abs(number) < 99.995 ? "%.2f" : "%,.0f", number);
    }

    /** What was measured in each second. */
    static String csv(BenchReport report) {
        StringBuilder text =
                new StringBuilder("fromSeconds,seconds,records,bytes,errors,p50Millis,p99Millis,maxMillis\n");
        for (Second second : report.series()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%.3f,%.3f,%d,%d,%d,%s,%s,%s%n",
                    second.fromSeconds(),
                    second.seconds(),
                    second.records(),
                    second.bytes(),
                    second.errors(),
                    cell(at(second.latency(), 50)),
                    cell(at(second.latency(), 99)),
                    cell(at(second.latency(), 100))));
        }
        return text.toString();
    }

    private static String cell(Double ms) {
        return ms == null ? "" : String.format(Locale.ROOT, "%.3f", ms);
    }

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
        json.name("max").value(at(latency, 100));
        json.end('}');
    }

    private static Double at(Latency latency, double percentile) {
        if (latency == null) return null;
        return percentile == 100 ? latency.max() : latency.atPercentile(percentile);
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
            json.field("size", publish.payload().sizeBytes());
            json.name("rate").value(publish.ratePerSecond());
            json.name("compressibility").value(publish.payload().compressibility());
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
