package dev.millrace.architecture.broken.server.net;

/** Something that others may not use. */
public final class Net {}
