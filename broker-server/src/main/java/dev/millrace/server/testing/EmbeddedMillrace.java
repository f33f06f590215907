package dev.millrace.server.testing;

import dev.millrace.server.BrokerServer;
import dev.millrace.server.config.Config;
import dev.millrace.server.config.ConfigException;
import dev.millrace.server.config.ConfigLoader;
import dev.millrace.server.config.Sources;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A real broker inside a test's JVM, on free ports of the loopback interface, as durable as the daemon.
 *
 * <pre>{@code
 * try (EmbeddedMillrace millrace = EmbeddedMillrace.start(tempDir)) {
 *     MillraceClient client = MillraceClient.builder().server(millrace.address()).build();
 *     ...
 * }
 * }</pre>
 *
 * <p>Thread: any.
 */
public final class EmbeddedMillrace implements AutoCloseable {
    private final Path dataDirectory;
    private final List<String> settings;
    private BrokerServer server;

    private EmbeddedMillrace(Path dataDirectory, List<String> settings) {
        this.dataDirectory = dataDirectory;
        this.settings = settings;
    }

    /** Starts with the data in {@code dataDirectory}, which is created where it is missing. */
    public static EmbeddedMillrace start(Path dataDirectory) {
        return start(dataDirectory, List.of());
    }

    /**
     * Starts with settings of its own.
     *
     * @param settings each {@code a.b=c}, as {@code --set} of the command line; docs/CONFIGURATION.md lists them
     */
    public static EmbeddedMillrace start(Path dataDirectory, List<String> settings) {
        EmbeddedMillrace embedded = new EmbeddedMillrace(dataDirectory, List.copyOf(settings));
        embedded.open("127.0.0.1:0", "127.0.0.1:0");
        return embedded;
    }

    /** Where clients connect, as {@code host:port}. */
    public synchronized String address() {
        return BrokerServer.Addresses.text(server.addresses().nativeAddress());
    }

    /** Where metrics and health are served, as {@code host:port}. */
    public synchronized String httpAddress() {
        return BrokerServer.Addresses.text(server.addresses().httpAddress());
    }

    public Path dataDirectory() {
        return dataDirectory;
    }

    /** Stops and starts again on the same data and the same ports, so that clients reconnect. */
    public synchronized void restart() {
        InetSocketAddress nativeAddress = server.addresses().nativeAddress();
        InetSocketAddress httpAddress = server.addresses().httpAddress();
        server.close();
        open(BrokerServer.Addresses.text(nativeAddress), BrokerServer.Addresses.text(httpAddress));
    }

    /** Stops; the data stays. Safe twice. */
    @Override
    public synchronized void close() {
        server.close();
    }

    private void open(String nativeBind, String httpBind) {
        List<String> sets = new ArrayList<>(List.of(
                // Small enough for many brokers in one JVM, and for a machine whose disk is nearly full.
                "storage.generationSize=16MiB",
                "storage.blockCache=8MiB",
                "storage.tailCache=16MiB",
                "storage.eventCache=4MiB",
                "storage.diskReserve=64MiB",
                "shutdown.drainTimeout=5s"));
        sets.addAll(settings);
        sets.add("listeners.native.bind=" + nativeBind);
        sets.add("listeners.http.bind=" + httpBind);
        server = BrokerServer.open(config(sets), halted -> {});
    }

    private Config config(List<String> sets) {
        try {
            return ConfigLoader.load(Sources.none().withSets(sets).withDataDir(dataDirectory.toString()))
                    .config();
        } catch (ConfigException invalid) {
            throw new IllegalArgumentException(invalid.getMessage(), invalid);
        }
    }
}
