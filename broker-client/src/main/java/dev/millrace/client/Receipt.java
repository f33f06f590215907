package dev.millrace.client;

/**
 * Proof that a message is on the broker's disk, and where.
 *
 * @param offset -1 where the message is to be delivered later: it has none before
 * @param appendTimeMs the broker's clock at append
 * @param duplicate true where the message had been appended by an earlier try; the offset is that of the first time
 */
public record Receipt(String topic, int partition, long offset, long appendTimeMs, boolean duplicate) {}
