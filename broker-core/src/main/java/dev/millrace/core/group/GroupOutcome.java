package dev.millrace.core.group;

import dev.millrace.core.error.Fault;

/** The answer to a group request: what it gave, or why it was refused. A refused request changed nothing. */
public sealed interface GroupOutcome<T> {
    /** The request was applied. */
    record Done<T>(T value) implements GroupOutcome<T> {}

    /** The request was refused. {@code detail} says what happened, with the values involved. */
    record Refused<T>(Fault fault, String detail) implements GroupOutcome<T> {}

    static <T> GroupOutcome<T> done(T value) {
        return new Done<>(value);
    }

    static <T> GroupOutcome<T> refused(Fault fault, String detail) {
        return new Refused<>(fault, detail);
    }
}
