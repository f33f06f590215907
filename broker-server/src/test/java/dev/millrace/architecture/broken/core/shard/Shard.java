package dev.millrace.architecture.broken.core.shard;

/** Something that others may not use. */
public final class Shard {}
