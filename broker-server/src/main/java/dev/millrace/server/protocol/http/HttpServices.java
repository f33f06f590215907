package dev.millrace.server.protocol.http;

import dev.millrace.server.metrics.DetailedMetrics;
import dev.millrace.server.schema.SchemaRegistry;
import java.util.UUID;

/** What HTTP serves once the broker is there. */
public record HttpServices(SchemaRegistry schemas, UUID clusterId, String version, DetailedMetrics metrics) {}
