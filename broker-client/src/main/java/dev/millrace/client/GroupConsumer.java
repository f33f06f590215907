package dev.millrace.client;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A member of a consumer group in pull style. {@link #close()} commits, where commits are automatic, and leaves the group.
 *
 * <p>The session is kept in the background, also between polls; partitions are handed over inside {@link #poll}, so that
 * no other member gets a partition while its messages are worked on.
 */
public interface GroupConsumer extends Consumer {
    /** The group's name. */
    String group();

    /** The broker's name for this member; empty while it has not joined. */
    String memberId();

    /** Commits all that was handed out so far and waits until it is on disk. */
    void commit();

    /** Commits all that was handed out so far. */
    CompletableFuture<Void> commitAsync();

    /**
     * Commits offsets and waits until they are on disk.
     *
     * @param nextOffsets of each partition the offset of the next message to consume, which is the last one's plus one
     * @throws MillraceException FENCED_MEMBER or NOT_ASSIGNED where the partition belongs to another member now
     */
    void commit(Map<TopicPartition, Long> nextOffsets);
}
