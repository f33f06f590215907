package dev.millrace.server.config;

import java.util.Optional;

/**
 * One thing that is wrong with the configuration, with the place and the remedy.
 *
 * @param key dotted path, empty when the problem belongs to no key
 * @param value the bad value as written, empty when there is none
 * @param message what is wrong and what is allowed
 * @param suggestion what to do, when that is known
 */
public record ConfigProblem(Origin where, String key, String value, String message, Optional<String> suggestion) {
    /** {@code file:line:column: key: message}, then the suggestion on a line of its own. */
    @Override
    public String toString() {
        String subject = key.isEmpty() ? "" : key + ": ";
        return where + ": " + subject + message
                + suggestion.map(s -> "\n    " + s).orElse("");
    }
}
