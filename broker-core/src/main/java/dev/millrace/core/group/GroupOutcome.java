package dev.millrace.core.group;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;

/** The answer to a group request: what it gave, or why it was refused. A refused request changed nothing. */
public sealed interface GroupOutcome<T> {
    /** The request was applied. */
    record Done<T>(T value) implements GroupOutcome<T> {}

    /** The request was refused. */
    record Refused<T>(Refusal refusal) implements GroupOutcome<T> {}

    static <T> GroupOutcome<T> done(T value) {
        return new Done<>(value);
    }

    static <T> GroupOutcome<T> refused(Fault fault, String detail) {
        return new Refused<>(new Refusal(fault, detail));
    }

    /** The value, or the {@link Refusal}: what a shard machine answers. */
    default Object answer() {
        return this instanceof Done<T> done ? done.value : ((Refused<T>) this).refusal;
    }
}
