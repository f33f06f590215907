package dev.millrace.client;

import java.time.Duration;

/** Options of a member of a consumer group. */
public interface GroupBuilder {
    /** Topics, or wildcards: {@code orders.*} one level, {@code orders.>} all below; new topics are picked up. */
    GroupBuilder topics(String... namesOrPatterns);

    /** A lasting name: a member that comes back with it within the session time-out gets its partitions again. */
    GroupBuilder instanceId(String instanceId);

    /** After this silence the broker gives the member's partitions to others. Default: the broker's. */
    GroupBuilder sessionTimeout(Duration timeout);

    /** Where to start in a partition in which the group has committed nothing. Default {@link StartFrom#earliest()}. */
    GroupBuilder startFrom(StartFrom start);

    /** Where to go on when the committed offset is no longer in the log. Default {@link StartFrom#earliest()}. */
    GroupBuilder onOutOfRange(StartFrom start);

    /**
     * Whether to commit what is finished, by interval, at a revocation and at close. Default true. Finished is what the
     * handler returned from or, in pull style, what was handed out before the latest poll.
     */
    GroupBuilder autoCommit(boolean autoCommit);

    /** Default 1 s. */
    GroupBuilder autoCommitInterval(Duration interval);

    /** Handler style: so many handlers at once, messages of one key still one after the other. Default 1. */
    GroupBuilder concurrency(int handlers);

    /** Handler style: what follows when the handler throws. Default {@link FailurePolicy#stop()}. */
    GroupBuilder onFailure(FailurePolicy policy);

    GroupBuilder listener(RebalanceListener listener);

    /** Memory for messages that wait to be handed out. Default 32 MiB. */
    GroupBuilder bufferSize(int bytes);

    /** The most messages that one poll returns. Default 1000. */
    GroupBuilder pollMax(int messages);

    /** Pull style. */
    GroupConsumer open();

    /** Handler style; messages count as finished when the handler returns. */
    RunningConsumer start(MessageHandler handler);
}
