package dev.millrace.client;

import java.util.Collection;
import java.util.Set;

/** What all ways to consume have in common: which partitions, how far, and how to steer. <em>Thread:</em> any. */
public interface Subscription extends AutoCloseable {
    /** The partitions that are consumed now. */
    Set<TopicPartition> assignment();

    /** The offset of the next message to be handed out; -1 until it is known. */
    long position(TopicPartition partition);

    /** One past the last durable message, as far as the broker has told; -1 until it is known. */
    long endOffset(TopicPartition partition);

    /** Whether every partition was read up to its end as last told by the broker. */
    boolean caughtUp();

    /** Hands out nothing from these partitions until {@link #resume}; the session goes on. */
    void pause(Collection<TopicPartition> partitions);

    void resume(Collection<TopicPartition> partitions);

    /** Goes on at an offset, forwards or backwards; messages of the partition that wait to be handed out are dropped. */
    void seek(TopicPartition partition, long offset);

    /** Stops; see the kind of consumer for what is finished and committed first. Safe to call twice. */
    @Override
    void close();
}
