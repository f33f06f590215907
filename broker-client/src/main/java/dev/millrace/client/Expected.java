package dev.millrace.client;

import dev.millrace.core.wire.ExpectedVersion;

/** What an append expects of a stream. Where it does not hold, nothing is written. */
public record Expected(long value) {
    /** Nothing is expected. */
    public static Expected any() {
        return new Expected(ExpectedVersion.ANY);
    }

    /** The stream holds no event: it never did, or it was deleted. */
    public static Expected none() {
        return new Expected(ExpectedVersion.NONE);
    }

    /** The stream holds an event. */
    public static Expected exists() {
        return new Expected(ExpectedVersion.EXISTS);
    }

    /** The last event has this version; -1 for {@link #none}. */
    public static Expected version(long version) {
        return new Expected(version);
    }

    /**
     * Reads {@code any}, {@code none}, {@code exists} or a version.
     *
     * @throws IllegalArgumentException saying what is allowed
     */
    public static Expected parse(String text) {
        switch (text) {
            case "any":
                return any();
            case "none":
                return none();
            case "exists":
                return exists();
            default:
                if (text.matches("[0-9]{1,18}")) {
                    return version(Long.parseLong(text));
                }
                throw new IllegalArgumentException(
                        "\"" + text + "\" is no expectation; use any, none, exists, or the last version");
        }
    }

    @Override
    public String toString() {
        return ExpectedVersion.describe(value);
    }
}
