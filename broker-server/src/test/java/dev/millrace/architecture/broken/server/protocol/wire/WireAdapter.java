package dev.millrace.architecture.broken.server.protocol.wire;

/** Something that others may not use. */
public final class WireAdapter {}
