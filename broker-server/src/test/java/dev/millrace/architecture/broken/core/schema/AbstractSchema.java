package dev.millrace.architecture.broken.core.schema;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
abstract class AbstractSchema {}
