package dev.millrace.server.protocol.http;

import dev.millrace.core.Broker;
import dev.millrace.server.schema.SchemaRegistry;
import java.util.Map;

/**
 * What HTTP serves once the broker is there.
 *
 * @param configuration the settings in force, by their paths
 */
public record HttpServices(Broker broker, SchemaRegistry schemas, Map<String, String> configuration, String version) {}
