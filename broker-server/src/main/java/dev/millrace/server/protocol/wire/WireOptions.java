package dev.millrace.server.protocol.wire;

import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.Property;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.server.protocol.DeliveryTracing;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the native protocol needs to know beside the broker.
 *
 * @param software name and version, told to clients
 * @param facts what BROKER_INFO answers
 * @param tracing null for none
 */
public record WireOptions(
        ConnectionLimits limits,
        String software,
        Supplier<List<Property>> facts,
        TimeSource clock,
        DeliveryTracing tracing) {}
