package dev.millrace.server;

import dev.millrace.core.Broker;
import dev.millrace.core.time.Units;
import dev.millrace.core.wire.Property;
import java.lang.management.ManagementFactory;
import java.util.List;

/** What the broker tells about itself, in an order fit for display. Thread: any. */
final class BrokerFacts {
    static final String DURABILITY = "fsync before every acknowledgement";

    private BrokerFacts() {}

    static List<Property> of(Broker broker, ServerOptions options, BrokerServer.Addresses addresses) {
        long uptimeMs = ManagementFactory.getRuntimeMXBean().getUptime();
        return List.of(
                new Property("version", Version.current()),
                new Property("durability", DURABILITY),
                new Property("status", broker.status().getClass().getSimpleName()),
                new Property(
                        "data",
                        options.dataDirectory().toAbsolutePath().normalize().toString()),
                new Property("disk free bytes", Long.toString(broker.stats().diskUsableBytes())),
                new Property("listeners.native", BrokerServer.Addresses.text(addresses.nativeAddress())),
                new Property("listeners.http", BrokerServer.Addresses.text(addresses.httpAddress())),
                new Property("uptime", Units.formatDurationMs(uptimeMs / 1000 * 1000)),
                new Property("pid", Long.toString(ProcessHandle.current().pid())),
                new Property("java", Runtime.version() + " " + System.getProperty("java.vm.name")),
                new Property(
                        "os",
                        System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                                + System.getProperty("os.arch")));
    }
}
