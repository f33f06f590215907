package dev.millrace.client;

/**
 * A message that a group could not handle.
 *
 * @param id where the message came from
 * @param state parked: waits for an operator; replaying: on its way back to the group; handled; discarded
 * @param key the first 64 bytes of it, empty where there is none
 * @param reason handler-error, rejected, deserialization, max-deliveries, or key-parked for one that came after such a
 *     message of its key
 * @param summary exception and message
 * @param attempts how often handlers tried it before it was parked
 * @param copyPartition where the dead letter lies, or null where it has not been copied
 * @param changedMs since when it has its state
 * @param note who replayed or discarded it, and why
 * @param message the dead letter itself, where it was asked for and is still there; else null
 */
public record DeadLetter(
        String group,
        Id id,
        String state,
        byte[] key,
        String reason,
        String summary,
        int attempts,
        long firstFailureMs,
        long lastFailureMs,
        TopicPartition copyPartition,
        long copyOffset,
        long changedMs,
        String note,
        ReceivedMessage message) {
    /** A message's place, written {@code orders/3@4711}. */
    public record Id(String topic, int partition, long offset) {
        /** Fails: IllegalArgumentException. */
        public static Id parse(String text) {
            int slash = text.lastIndexOf('/');
            int at = text.lastIndexOf('@');
            try {
                if (slash > 0 && at > slash) {
                    Id id = new Id(
                            text.substring(0, slash),
                            Integer.parseInt(text.substring(slash + 1, at)),
                            Long.parseLong(text.substring(at + 1)));
                    if (id.partition >= 0 && id.offset >= 0) {
                        return id;
                    }
                }
            } catch (NumberFormatException e) {
                // told below
            }
            throw new IllegalArgumentException(
                    "\"" + text + "\" is not the id of a dead letter; one looks like orders/3@4711");
        }

        @Override
        public String toString() {
            return topic + "/" + partition + "@" + offset;
        }
    }

    /** Place and state only: payload does not belong in logs. */
    @Override
    public String toString() {
        return id + " of group " + group + ", " + state;
    }
}
