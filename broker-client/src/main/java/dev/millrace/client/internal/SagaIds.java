package dev.millrace.client.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** Ids of what a saga's step puts out: the same input gives the same ids, in every process and for ever. */
final class SagaIds {
    private static final UUID NAMESPACE = UUID.fromString("6f3c1d0e-5a0b-5c55-9a53-4d696c6c7261");
    private static final int VERSION = 5;

    private SagaIds() {}

    /** A version 5 UUID of an input, an instance, and the number of the output in its step. */
    static UUID output(String inputId, String saga, String key, int ordinal) {
        MessageDigest digest = sha1();
        digest.update(ByteBuffer.allocate(16)
                .putLong(NAMESPACE.getMostSignificantBits())
                .putLong(NAMESPACE.getLeastSignificantBits())
                .flip());
        addTo(digest, inputId);
        addTo(digest, saga);
        addTo(digest, key);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(ordinal).flip());
        ByteBuffer hash = ByteBuffer.wrap(digest.digest());
        long high = hash.getLong() & ~0xf000L | (long) VERSION << 12;
        long low = hash.getLong() & ~(3L << 62) | 1L << 63;
        return new UUID(high, low);
    }

    /** With its length, so that no two lists of texts look the same. */
    private static void addTo(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
