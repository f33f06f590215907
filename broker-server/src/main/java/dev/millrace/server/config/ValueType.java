package dev.millrace.server.config;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** One kind of setting: how it is read, written, explained to people and described to editors. */
interface ValueType<T> {
    /** Reads and range-checks. */
    Parsed<T> parse(String text);

    /** Writes the form that {@link #parse} reads. */
    String format(T value);

    /** What is allowed, as the end of a sentence: {@code a size from 1MiB to 1GiB}. */
    String allowed();

    /** Adds JSON Schema keywords that accept the written form. */
    void describe(ObjectNode schema);

    /** True when YAML writes it bare (numbers, booleans), so that quotes are a mistake. */
    default boolean bare() {
        return false;
    }

    /** True when what was written must not be shown; {@link #format} shows none of it then. */
    default boolean secret() {
        return false;
    }
}
