package dev.millrace.server.metrics;

import java.util.function.Supplier;

/** What the schema registry counts. */
public record SchemaNumbers(
        Supplier<Number> subjects,
        Supplier<Number> versions,
        Supplier<Number> incompatible,
        Supplier<Number> recordsRefused) {}
