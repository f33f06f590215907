package dev.millrace.server.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a configuration is made from.
 *
 * @param file the file that {@code --config} names
 * @param environment all environment variables; those with the prefix {@code MILLRACE_} count
 * @param sets the {@code a.b=c} of each {@code --set}, in order; the last one of a key wins
 * @param dataDir the value of {@code --data}
 */
public record Sources(
        Optional<Path> file, Map<String, String> environment, List<String> sets, Optional<String> dataDir) {
    public Sources {
        environment = Map.copyOf(environment);
        sets = List.copyOf(sets);
    }

    /** No source at all: every value is its default. */
    public static Sources none() {
        return new Sources(Optional.empty(), Map.of(), List.of(), Optional.empty());
    }

    public Sources withFile(Path file) {
        return new Sources(Optional.of(file), environment, sets, dataDir);
    }

    public Sources withEnvironment(Map<String, String> environment) {
        return new Sources(file, environment, sets, dataDir);
    }

    /** @param sets each {@code a.b=c} */
    public Sources withSets(List<String> sets) {
        return new Sources(file, environment, sets, dataDir);
    }

    public Sources withDataDir(String dataDir) {
        return new Sources(file, environment, sets, Optional.of(dataDir));
    }
}
