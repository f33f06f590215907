package dev.millrace.client;

import java.util.Map;
import java.util.UUID;

/**
 * What {@code millrace doctor} shows about a broker.
 *
 * @param nowMs the broker's clock
 * @param roundTripMs how long the answer took
 * @param properties in an order fit for display: version, durability, addresses, disk, ...
 */
public record BrokerInfo(
        UUID clusterId,
        String software,
        int protocolVersion,
        long nowMs,
        double roundTripMs,
        Map<String, String> properties) {}
