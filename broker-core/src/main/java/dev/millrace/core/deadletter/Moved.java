package dev.millrace.core.deadletter;

import java.util.List;

/** What a replay or a discard did; {@code skipped} says of each record left alone why. */
public record Moved(int count, List<Skipped> skipped) {
    /** A record left alone. */
    public record Skipped(RecordId source, String reason) {}
}
