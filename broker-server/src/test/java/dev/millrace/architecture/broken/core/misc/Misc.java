package dev.millrace.architecture.broken.core.misc;

/** Something that others may not use. */
public final class Misc {}
