package dev.millrace.server.cli;

import dev.millrace.server.config.Sources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that make a configuration; every command that loads one has the same. */
final class ConfigOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Configuration file. Default: MILLRACE_CONFIG, else config/millrace.yaml of the distribution.")
    private Path file;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Sets one key, such as storage.blockCache=64MiB.")
    private List<String> sets = new ArrayList<>();

    @Option(names = "--data", paramLabel = "DIR", description = "Data directory; short for --set node.dataDir=DIR.")
    private String dataDir;

    Sources sources(Map<String, String> environment) {
        return new Sources(Optional.ofNullable(file), environment, sets, Optional.ofNullable(dataDir));
    }

    boolean namesFile() {
        return file != null;
    }
}
