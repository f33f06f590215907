package dev.millrace.server.cli;

import dev.millrace.client.MillraceException;
import dev.millrace.client.schema.SchemaRegistryException;
import dev.millrace.server.bench.BenchException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells people what went wrong and what to do: one message, no stack trace unless they ask for it. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final Session session;
    private final boolean colours;

    Failures(Session session, boolean colours) {
        this.session = session;
        this.colours = colours;
    }

    @Override
    public int handleParseException(ParameterException wrong, String[] args) {
        CommandLine command = wrong.getCommandLine();
        say(wrong instanceof UnmatchedArgumentException unmatched ? unmatched(unmatched) : wrong.getMessage());
        session.err().println("Try: " + command.getCommandSpec().qualifiedName() + (hasHelp(command) ? " --help" : ""));
        return CommandRunner.WRONG_USAGE;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        if (failure instanceof ParameterException wrong) return handleParseException(wrong, new String[0]);
        say(message(failure));
        GlobalOptions options = GlobalOptions.of(command.getCommandSpec());
        if (options != null && options.debug()) failure.printStackTrace(session.err());
        return CommandRunner.FAILED;
    }

    /** What a failure means to a person. */
    static String message(Throwable failure) {
        if (failure instanceof CommandFailure || failure instanceof BenchException) return failure.getMessage();
        if (failure instanceof SchemaRegistryException refused) {
            return refused.getMessage() + (refused.code() == 0 ? "." : " [" + refused.code() + "]");
        }
        if (failure instanceof MillraceException refused) {
            // The client's text begins with the fault's name, by which it can be looked up; people read it last.
            String text = refused.getMessage();
            String name = refused.fault() + ": ";
            return (text.startsWith(name) ? text.substring(name.length()) : text) + " [" + refused.fault() + "]";
        }
        if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            return "input or output failed (" + failure.getMessage() + ").";
        }
        return "this is a defect of the command (" + failure
                + "). Run it again with --debug and report what it prints.";
    }

    private void say(String message) {
        PrintStream err = session.err();
        err.println((colours ? "\u001b[1;31merror:\u001b[0m " : "error: ") + message);
    }

    private static String unmatched(UnmatchedArgumentException wrong) {
        String first = wrong.getUnmatched().get(0);
        List<String> near = wrong.getSuggestions();
        String hint = near.isEmpty() ? "" : " Did you mean " + String.join(" or ", near) + "?";
        if (wrong.isUnknownOption()) return "there is no option " + first + "." + hint;
        boolean hasCommands = !wrong.getCommandLine().getSubcommands().isEmpty();
        if (hasCommands) return "there is no command \"" + first + "\"." + hint;
        return "\"" + first + "\" is one argument too many. Put quotes around values with spaces.";
    }

    private static boolean hasHelp(CommandLine command) {
        return command.getCommandSpec().findOption("--help") != null;
    }
}
