package dev.millrace.server.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A checked configuration and how it came about.
 *
 * @param file the file that was read, if there was one
 * @param settings every key in the order of the documentation
 * @param warnings what is allowed but dangerous, one sentence each
 */
public record Loaded(Config config, Optional<Path> file, List<Setting> settings, List<String> warnings) {
    /**
     * One key with its value.
     *
     * @param value the written form
     */
    public record Setting(String key, String value, Origin origin) {}

    public Loaded {
        settings = List.copyOf(settings);
        warnings = List.copyOf(warnings);
    }

    /** Where the value of a key came from. Fails: IllegalArgumentException when there is no such key. */
    public Origin origin(String key) {
        for (Setting setting : settings) {
            if (setting.key().equals(key)) return setting.origin();
        }
        throw new IllegalArgumentException("there is no key " + key);
    }
}
