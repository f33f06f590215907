package dev.millrace.architecture.broken.core.schema;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class SchemaImpl {}
