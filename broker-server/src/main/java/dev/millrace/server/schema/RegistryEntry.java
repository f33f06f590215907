package dev.millrace.server.schema;

/** What one record of the registry's log says. The last record of a key counts. */
sealed interface RegistryEntry {
    /** A version as it is from now on. */
    record Version(RegisteredSchema schema) implements RegistryEntry {}

    /** A version that is gone for good. */
    record VersionGone(SubjectName subject, int version) implements RegistryEntry {}

    /** @param settings null for none of its own any more */
    record Settings(SubjectName subject, SubjectSettings settings) implements RegistryEntry {}

    /** @param mode null for none of its own any more */
    record Mode(SubjectName subject, RegistryMode mode) implements RegistryEntry {}
}
