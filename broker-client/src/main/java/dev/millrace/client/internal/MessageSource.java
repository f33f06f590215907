package dev.millrace.client.internal;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Subscription;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.List;

/** What a {@link HandlerRunner} draws from: a consumer, with or without a group. Thread: the runner's, unless said. */
interface MessageSource {
    /** For the calls that steer. */
    Subscription subscription();

    /** Keeps commits and rebalances going also where {@code countMax} is 0. */
    List<ReceivedMessage> poll(Duration timeout, int countMax);

    /** Ends the wait of {@link #poll}. Thread: any. */
    void wakeUp();

    /** From here on offsets count as finished when the progress says so. */
    void follow(Progress progress);

    /** Commits what is finished where commits are automatic, then lets go. */
    void close();

    /** Knows what is finished. */
    interface Progress {
        /** The offset of the first message that is not finished; {@code position} where all handed out ones are. */
        long finishedOffset(TopicPartition partition, long position);

        /** Returns when no message of the partition is being worked on; those that only wait are dropped. */
        void settle(TopicPartition partition);

        /** The partition is gone, or begins anew. */
        void forget(TopicPartition partition);
    }
}
