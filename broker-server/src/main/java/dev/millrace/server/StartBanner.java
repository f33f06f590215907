package dev.millrace.server;

import dev.millrace.server.config.Config;
import dev.millrace.server.config.Loaded;
import java.nio.file.Path;
import java.util.Optional;

/** The few lines that {@code millrace start} prints when the broker serves. */
public final class StartBanner {
    private StartBanner() {}

    /** Ends with a line break. */
    public static String text(Loaded loaded, BrokerServer.Addresses addresses) {
        Config config = loaded.config();
        StringBuilder text = new StringBuilder();
        text.append("Millrace ").append(Version.current()).append(" is ready\n");
        line(text, "native", BrokerServer.Addresses.text(addresses.nativeAddress()));
        line(
                text,
                "http",
                "http://" + BrokerServer.Addresses.text(addresses.httpAddress())
                        + "  /metrics /health/live /health/ready");
        line(text, "data", config.node().dataDir().toAbsolutePath().normalize().toString());
        line(text, "durability", BrokerFacts.DURABILITY);
        line(text, "config", source(loaded.file()));
        loaded.warnings().forEach(warning -> line(text, "WARNING", warning));
        return text.toString();
    }

    private static String source(Optional<Path> file) {
        return file.map(path -> path.toAbsolutePath().normalize().toString()).orElse("defaults, no file");
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format("  %-11s%s\n", name, value));
    }
}
