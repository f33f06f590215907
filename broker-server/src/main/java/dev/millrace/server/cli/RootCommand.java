package dev.millrace.server.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace}: what stands before the name of a command. */
@Command(
        name = "millrace",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        versionProvider = VersionCommand.Provider.class,
        description = "Millrace, a durable message broker: the daemon and its tools.",
        footer = {
            "",
            "Exit codes: 0 ok, 1 failed, 2 wrong usage.",
            "",
            "A first minute:",
            "  millrace start",
            "  millrace topic create orders --partitions 8",
            "  millrace pub orders '{\"total\":12}' --key customer-7",
            "  millrace sub orders --from earliest --idle-exit 2s"
        })
final class RootCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Option(
            names = {"-V", "--version"},
            order = 105,
            versionHelp = true,
            description = "Show the version.")
    private boolean version;

    @Override
    public void run() {
        throw missingCommand(spec);
    }

    /** For a command that only groups others. */
    static ParameterException missingCommand(CommandSpec spec) {
        String names = String.join(", ", spec.subcommands().keySet());
        return new ParameterException(spec.commandLine(), "a command is missing; there are: " + names + ".");
    }
}
