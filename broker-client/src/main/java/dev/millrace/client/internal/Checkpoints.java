package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** Positions in partitions as an opaque text: {@code 1.} and the base64 of a line for each partition. */
final class Checkpoints {
    private static final String VERSION = "1.";

    private Checkpoints() {}

    static String encode(Map<TopicPartition, Long> positions) {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(positions)
                .forEach((partition, offset) -> lines.append(partition.topic())
                        .append(' ')
                        .append(partition.partition())
                        .append(' ')
                        .append(offset)
                        .append('\n'));
        return VERSION
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Fails: INVALID_REQUEST. */
    static Map<TopicPartition, Long> decode(String checkpoint) {
        try {
            if (!checkpoint.startsWith(VERSION)) {
                throw new IllegalArgumentException("another version");
            }
            byte[] lines = Base64.getUrlDecoder().decode(checkpoint.substring(VERSION.length()));
            Map<TopicPartition, Long> positions = new TreeMap<>();
            for (String line : new String(lines, StandardCharsets.UTF_8).lines().toList()) {
                String[] fields = line.split(" ");
                positions.put(new TopicPartition(fields[0], Integer.parseInt(fields[1])), Long.parseLong(fields[2]));
            }
            return positions;
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    "\"" + checkpoint + "\" is no checkpoint that a subscription told: " + e.getMessage(),
                    e);
        }
    }
}
