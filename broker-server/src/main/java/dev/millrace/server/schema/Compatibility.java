package dev.millrace.server.schema;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a new version of a schema must be able to do with the versions before it. */
public enum Compatibility {
    NONE(false, false, false),
    /** Readers with the new version read what was written with the last one. */
    BACKWARD(true, false, false),
    BACKWARD_TRANSITIVE(true, false, true),
    /** Readers with the last version read what is written with the new one. */
    FORWARD(false, true, false),
    FORWARD_TRANSITIVE(false, true, true),
    FULL(true, true, false),
    FULL_TRANSITIVE(true, true, true);

    private final boolean backward;
    private final boolean forward;
    private final boolean transitive;

    Compatibility(boolean backward, boolean forward, boolean transitive) {
        this.backward = backward;
        this.forward = forward;
        this.transitive = transitive;
    }

    boolean backward() {
        return backward;
    }

    boolean forward() {
        return forward;
    }

    /** Whether all versions count, not only the last. */
    boolean transitive() {
        return transitive;
    }

    public static Optional<Compatibility> of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(level -> level.name().equals(upper))
                .findFirst();
    }
}
