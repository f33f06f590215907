package dev.millrace.server.config;

import java.util.List;
import java.util.stream.Collectors;

/** Says that the configuration cannot be used, with all that is wrong at once. The message is for people. */
public final class ConfigException extends Exception {
    private static final int SHOWN_MAX = 50;

    private final transient List<ConfigProblem> problems;

    ConfigException(List<ConfigProblem> problems) {
        super(render(problems), null, false, false);
        this.problems = List.copyOf(problems);
    }

    public List<ConfigProblem> problems() {
        return problems;
    }

    private static String render(List<ConfigProblem> problems) {
        String count = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
        String shown =
                problems.stream().limit(SHOWN_MAX).map(ConfigProblem::toString).collect(Collectors.joining("\n"));
        String rest = problems.size() > SHOWN_MAX ? "\n... and " + (problems.size() - SHOWN_MAX) + " more" : "";
        return count + " in the configuration:\n" + shown + rest;
    }
}
