package dev.millrace.server.cli;

import dev.millrace.server.config.ConfigException;
import dev.millrace.server.config.ConfigLoader;
import dev.millrace.server.config.ConfigSchema;
import dev.millrace.server.config.ConfigText;
import dev.millrace.server.config.Loaded;
import dev.millrace.server.config.Sources;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code millrace config}: checks, shows and describes the configuration without starting a broker. */
@Command(
        name = "config",
        description = "Check, show and describe the broker's configuration.",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        footer = {"", "Example: millrace config show --origin"},
        subcommands = {ConfigCommand.Check.class, ConfigCommand.Show.class, ConfigCommand.Schema.class})
final class ConfigCommand implements Runnable {
    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    ConfigCommand() {
        this(System.getenv());
    }

    ConfigCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "check",
            description = {
                "Check the configuration that start would use, and report all problems at once.",
                "Exit codes: 0 it is good, 1 it has problems, 2 the command line is wrong."
            },
            abbreviateSynopsis = true,
            footer = {"", "Example: millrace config check /etc/millrace/millrace.yaml"})
    static final class Check implements Callable<Integer> {
        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @ParentCommand
        private ConfigCommand parent;

        @Spec
        private CommandSpec spec;

        @Mixin
        private ConfigOptions options;

        @Parameters(arity = "0..1", paramLabel = "FILE", description = "The file to check; the same as --config FILE.")
        private Path file;

        @Override
        public Integer call() {
            if (file != null && options.namesFile()) {
                throw new ParameterException(spec.commandLine(), "Name the file once: FILE or --config FILE");
            }
            Sources sources = options.sources(parent.environment);
            return load(file == null ? sources : sources.withFile(file), spec)
                    .map(this::report)
                    .orElse(1);
        }

        private int report(Loaded loaded) {
            String source = loaded.file().map(Path::toString).orElse("no file, defaults");
            spec.commandLine().getOut().println("ok: " + source);
            printWarnings(loaded, spec);
            return 0;
        }
    }

    @Command(
            name = "show",
            description = "Show every key with the value that start would use: as YAML, or with -o json.",
            abbreviateSynopsis = true,
            footer = {"", "Example: millrace config show --origin --set topics.partitions=8"})
    static final class Show implements Callable<Integer> {
        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @ParentCommand
        private ConfigCommand parent;

        @Spec
        private CommandSpec spec;

        @Mixin
        private ConfigOptions options;

        @Option(names = "--origin", description = "Also show where each value comes from.")
        private boolean origin;

        @Override
        public Integer call() {
            Optional<Loaded> loaded = load(options.sources(parent.environment), spec);
            if (loaded.isEmpty()) return 1;
            String text = global.json() ? ConfigText.json(loaded.get(), origin) : ConfigText.yaml(loaded.get(), origin);
            spec.commandLine().getOut().println(text.stripTrailing());
            printWarnings(loaded.get(), spec);
            return 0;
        }
    }

    @Command(
            name = "schema",
            description = "Print the JSON Schema of the configuration file, with which editors complete and check it.",
            abbreviateSynopsis = true,
            footer = {"", "Example: millrace config schema > millrace.schema.json"})
    static final class Schema implements Runnable {
        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Spec
        private CommandSpec spec;

        @Override
        public void run() {
            spec.commandLine().getOut().println(ConfigSchema.json());
        }
    }

    /** The configuration, or nothing after its problems were printed. */
    private static Optional<Loaded> load(Sources sources, CommandSpec spec) {
        try {
            return Optional.of(ConfigLoader.load(sources));
        } catch (ConfigException problems) {
            spec.commandLine().getErr().println(problems.getMessage());
            return Optional.empty();
        }
    }

    private static void printWarnings(Loaded loaded, CommandSpec spec) {
        loaded.warnings().forEach(warning -> spec.commandLine().getErr().println("warning: " + warning));
    }
}
