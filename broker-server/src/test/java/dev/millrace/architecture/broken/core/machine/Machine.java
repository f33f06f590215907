package dev.millrace.architecture.broken.core.machine;

/** Something that others may not use. */
public final class Machine {}
