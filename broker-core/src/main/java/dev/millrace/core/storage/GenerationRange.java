package dev.millrace.core.storage;

/** Generations that follow each other: {@code from} and those after it, before {@code to}. */
public record GenerationRange(int from, int to) {}
