package dev.millrace.server.protocol.http;

import dev.millrace.core.Broker;
import dev.millrace.server.protocol.DeliveryTracing;
import dev.millrace.server.schema.SchemaRegistry;
import java.util.Map;

/**
 * What HTTP serves once the broker is there.
 *
 * @param tracing is told of records on their way to clients; null for none
 * @param configuration the settings in force, by their paths
 */
public record HttpServices(
        Broker broker,
        SchemaRegistry schemas,
        DeliveryTracing tracing,
        Map<String, String> configuration,
        String version) {}
