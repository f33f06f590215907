package dev.millrace.core.wire;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Names that broker and clients agree on for dead letters: topics, headers, reasons, and the hash of a key. */
public final class DeadLetterNames {
    /** Headers of a dead letter and of what is replayed. All values are text. */
    public static final String REASON = "$dl-reason";

    public static final String EXCEPTION = "$dl-exception";
    public static final String MESSAGE = "$dl-message";
    public static final String ATTEMPTS = "$dl-attempts";
    public static final String GROUP = "$dl-group";
    public static final String TOPIC = "$dl-topic";
    public static final String PARTITION = "$dl-partition";
    public static final String OFFSET = "$dl-offset";
    public static final String FIRST_FAILURE = "$dl-first-failure";
    public static final String LAST_FAILURE = "$dl-last-failure";

    /** What every header of a dead letter's own begins with. */
    public static final String HEADER_PREFIX = "$dl-";

    /** A later record of a key that has dead letters. */
    public static final String KEY_PARKED = "key-parked";

    /** Reasons with which a member may park a record. */
    public static final String HANDLER_ERROR = "handler-error";

    public static final String REJECTED = "rejected";
    public static final String DESERIALIZATION = "deserialization";
    public static final String MAX_DELIVERIES = "max-deliveries";

    /** The hash of a record whose key parks nothing. */
    public static final long NO_KEY = 0;

    private static final String DEAD_LETTER_SUFFIX = ".dlq";
    private static final String RETRY_PREFIX = "$retry.";
    private static final int TOPIC_CHARS_MAX = 249;

    private DeadLetterNames() {}

    /** Where the dead letters of a topic go where a group says nothing else. */
    public static String deadLetterTopic(String topic) {
        return topic + DEAD_LETTER_SUFFIX;
    }

    /** The internal topic through which replayed records come back to the group. */
    public static String retryTopic(String group) {
        String plain = RETRY_PREFIX + group;
        boolean usable = plain.length() <= TOPIC_CHARS_MAX && group.matches("[a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*");
        // "$" is in no plain name, so the two kinds never meet.
        return usable ? plain : RETRY_PREFIX + "$" + HexFormat.of().toHexDigits(hash(utf8(group)));
    }

    /** True for topics that the broker made for itself. */
    public static boolean isInternal(String topic) {
        return topic.startsWith("$");
    }

    /**
     * Tells keys apart; equal for equal keys, never {@link #NO_KEY}. Two keys with the same hash are parked together,
     * which costs a detour and no order.
     */
    public static long keyHash(byte[] key) {
        if (key == null) {
            return NO_KEY;
        }
        long hash = hash(key);
        return hash == NO_KEY ? 1 : hash;
    }

    /** FNV-1a with a last mix, so that its low bits choose partitions well. */
    private static long hash(byte[] bytes) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : bytes) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        hash ^= hash >>> 32;
        hash *= 0x9e3779b97f4a7c15L;
        return hash ^ hash >>> 29;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
