package dev.millrace.server.cli;

import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that every command has; given before the command's name they count as well. */
final class GlobalOptions {
    static final String NAME = "global";
    static final String DEFAULT_SERVER = "localhost:7650";

    /** How results are printed. */
    enum Output {
        table,
        json
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--server",
            order = 100,
            paramLabel = "HOST:PORT",
            description = "The broker. Default: MILLRACE_SERVER, else " + DEFAULT_SERVER + ".")
    private String server;

    @Option(
            names = {"-o", "--output"},
            order = 101,
            paramLabel = "FORMAT",
            description = "table or json. Default: table.")
    private Output output;

    @Option(names = "--no-color", order = 102, description = "No colours; the variable NO_COLOR does the same.")
    private boolean noColor;

    @Option(names = "--debug", order = 103, description = "Show stack traces and the client's log.")
    private boolean debug;

    @Option(
            names = {"-h", "--help"},
            order = 104,
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    String server(Session session) {
        String chosen = nearest(options -> options.server);
        if (chosen != null) return chosen;
        String fromEnv = session.env().getOrDefault("MILLRACE_SERVER", "");
        return fromEnv.isEmpty() ? DEFAULT_SERVER : fromEnv;
    }

    boolean json() {
        return nearest(options -> options.output) == Output.json;
    }

    boolean debug() {
        return nearest(options -> options.debug ? true : null) != null;
    }

    boolean colours(Session session) {
        return nearest(options -> options.noColor ? true : null) == null
                && session.terminal().colours(session.env());
    }

    /** What this command was given, else what stood before its name. */
    private <T> T nearest(Function<GlobalOptions, T> option) {
        for (CommandSpec spec = command; spec != null; spec = spec.parent()) {
            GlobalOptions options = of(spec);
            T value = options == null ? null : option.apply(options);
            if (value != null) return value;
        }
        return null;
    }

    /** The options of a command, or null where it has none of these. */
    static GlobalOptions of(CommandSpec spec) {
        CommandSpec mixin = spec.mixins().get(NAME);
        return mixin == null ? null : (GlobalOptions) mixin.userObject();
    }
}
