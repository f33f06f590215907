package dev.millrace.core.wire;

/**
 * What an audit event says of a change that the core itself does not understand.
 *
 * @param before a JSON document, or null where nothing was there
 * @param after a JSON document, or null where nothing is there any more
 */
public record AuditNote(String action, String target, String before, String after) {
    static final int OVERHEAD_BYTES = 64;

    /** What it takes in memory, roughly. */
    public int sizeBytes() {
        return OVERHEAD_BYTES + action.length() + target.length() + length(before) + length(after);
    }

    private static int length(String text) {
        return text == null ? 0 : text.length();
    }
}
