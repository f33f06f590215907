package dev.millrace.client;

import java.nio.charset.StandardCharsets;

/**
 * An event that a projection has put aside. It is kept as a place, not as a copy: erasing the event reaches it.
 *
 * @param key null where the event has none; then it holds up no other
 * @param error why the handler failed; null where the event only waits for an earlier one of its key
 * @param attempts how often the handler was called with it
 */
public record ParkedEvent(Position position, byte[] key, String error, int attempts, long parkedAtMs) {
    /** The key as UTF-8, or null. */
    public String keyText() {
        return key == null ? null : new String(key, StandardCharsets.UTF_8);
    }

    /** Place and reason only: payload does not belong in logs. */
    @Override
    public String toString() {
        return position + (error == null ? " waits for an earlier event of its key" : ": " + error);
    }
}
