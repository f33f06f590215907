package dev.millrace.server.protocol.http;

import dev.millrace.core.wire.Actor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One request to a {@link Route}.
 *
 * @param path what the template's names stand for, decoded
 * @param contentType empty where none was given
 * @param body at most limits.httpRequestSize
 * @param headers by their names in lower case
 * @param caller in whose name it changes what it changes
 */
public record HttpCall(
        Map<String, String> path,
        Map<String, List<String>> query,
        String contentType,
        byte[] body,
        Map<String, String> headers,
        Actor caller) {
    /** What a name of the template stands for. */
    String path(String name) {
        return path.get(name);
    }

    /** The first value of a query parameter. */
    Optional<String> query(String name) {
        List<String> values = query.get(name);
        return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.get(0));
    }

    /** True for {@code ?name=true}, and for {@code ?name}. */
    boolean flag(String name) {
        return query(name)
                .map(value -> value.isEmpty() || value.equalsIgnoreCase("true"))
                .orElse(false);
    }

    /** A whole number that is not negative. Fails: {@link HttpProblem} 400. */
    int number(String name, int otherwise) {
        Optional<String> text = query(name).filter(value -> !value.isEmpty());
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            int value = Integer.parseInt(text.get());
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // Answered below.
        }
        throw new HttpProblem(
                400, "bad_request", name + "=" + HttpProblem.shown(text.get()) + " must be a whole number from 0 on");
    }
}
