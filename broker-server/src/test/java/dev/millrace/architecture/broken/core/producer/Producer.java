package dev.millrace.architecture.broken.core.producer;

/** Something that others may not use. */
public final class Producer {}
