package dev.millrace.server.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that set a topic's own settings; the broker knows the names and checks the values. */
final class TopicSettings {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--retention",
            paramLabel = "DURATION",
            description = "How long messages are kept, such as 7d, or unlimited.")
    private String retention;

    @Option(
            names = "--retention-bytes",
            paramLabel = "SIZE",
            description = "How much each partition keeps, such as 1GiB, or unlimited.")
    private String retentionBytes;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Any setting by its name, such as messageSize=1MiB.")
    private List<String> sets = new ArrayList<>();

    Map<String, String> chosen() {
        Map<String, String> settings = new LinkedHashMap<>();
        if (retention != null) settings.put("retention", retention);
        if (retentionBytes != null) settings.put("retentionBytes", retentionBytes);
        for (String set : sets) {
            NameValue pair = NameValue.parse(set, "--set", command);
            if (settings.put(pair.name(), pair.value()) != null) {
                throw new ParameterException(
                        command.commandLine(), "the setting " + pair.name() + " is given twice. Give it once.");
            }
        }
        return settings;
    }
}
