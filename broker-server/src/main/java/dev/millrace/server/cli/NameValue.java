package dev.millrace.server.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A {@code name=value} of the command line; the value may hold further equals signs. */
record NameValue(String name, String value) {
    /** @throws ParameterException where there is no name or no equals sign */
    static NameValue parse(String text, String option, CommandSpec command) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new ParameterException(
                    command.commandLine(), option + " \"" + text + "\" is not of the form name=value.");
        }
        return new NameValue(text.substring(0, equals), text.substring(equals + 1));
    }
}
