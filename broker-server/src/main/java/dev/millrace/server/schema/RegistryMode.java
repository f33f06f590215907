package dev.millrace.server.schema;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What may be done with a subject. */
public enum RegistryMode {
    READWRITE,
    READONLY,
    /** Read-only for everything, whatever subjects say. */
    READONLY_OVERRIDE,
    /** Schemas come with the ids and versions that they had elsewhere, and are not checked. */
    IMPORT;

    public static Optional<RegistryMode> of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return Arrays.stream(values()).filter(mode -> mode.name().equals(upper)).findFirst();
    }
}
