package dev.millrace.server.metrics;

import dev.millrace.server.net.ConnectionGate;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The families by protocol: connections, requests, rejections. Thread: any. */
final class ProtocolCollector implements MultiCollector {
    private final List<ProtocolMeters> protocols = new CopyOnWriteArrayList<>();
    private final Map<String, ConnectionGate> gates = new ConcurrentHashMap<>();

    void add(ProtocolMeters meters) {
        protocols.add(meters);
    }

    void add(String protocol, ConnectionGate gate) {
        gates.put(protocol, gate);
    }

    @Override
    public MetricSnapshots collect() {
        Families families = new Families();
        protocols.forEach(meters -> addRequests(families, meters));
        gates.forEach((protocol, gate) -> addConnections(families, Labels.of("protocol", protocol), gate));
        return families.snapshots();
    }

    private static void addRequests(Families families, ProtocolMeters meters) {
        meters.requests()
                .forEach((kind, count) -> families.counter(
                        "millrace_requests",
                        "Requests received",
                        Labels.of("protocol", meters.protocol(), "kind", kind),
                        count.sum()));
        meters.rejected()
                .forEach((fault, count) -> families.counter(
                        "millrace_requests_rejected",
                        "Requests and connections answered with an error",
                        Labels.of(
                                "protocol",
                                meters.protocol(),
                                "fault",
                                fault.name().toLowerCase(Locale.ROOT)),
                        count.sum()));
    }

    private static void addConnections(Families families, Labels label, ConnectionGate gate) {
        families.gauge("millrace_connections", "Open connections", label, gate.open());
        families.counter("millrace_connections_accepted", "Connections accepted", label, gate.accepted());
        families.counter("millrace_connections_refused", "Connections refused over the limit", label, gate.refused());
    }
}
