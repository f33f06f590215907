package dev.millrace.core;

import dev.millrace.core.storage.StoreStats;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/** Counters since start, and gauges now. Thread: any. Counters never fall, also when topics are deleted. */
public interface BrokerStats {
    StoreStats store();

    long diskUsableBytes();

    long tailCacheHits();

    long tailCacheMisses();

    long tailCacheBytes();

    /** Runs of events of streams that a read found in memory. */
    long eventCacheHits();

    /** Runs that a read looked for in memory and fetched from the log. */
    long eventCacheMisses();

    long eventCacheBytes();

    /** Publishes whose batches had been appended before. */
    long duplicateBatches();

    long groupRebalances();

    long offsetCommits();

    long timersPending();

    /** Timers whose record was appended, because its time had come. */
    long timersFired();

    /** Timers whose topic was deleted before their time came. */
    long timersDropped();

    int transactionsOpen();

    long transactionsCommitted();

    /** Requests waiting in the shard's inbox. */
    int inboxRequests();

    long inboxBytes();

    List<TopicStats> topics();

    List<GroupStats> groups();

    /** The partitions of some topics, by topic and number. May be long: one row for each partition. */
    List<PartitionStats> partitions(Predicate<String> topics);

    /** How far some groups got in some topics, partition by partition; all of these groups, also with no partition. */
    List<GroupProgress> groupProgress(Predicate<String> groups, Predicate<String> topics);

    /** Dead letters of each group that wait to be replayed or discarded, or are on their way back. */
    Map<String, Integer> deadLetters();

    /** Dead letters sent back to their groups. */
    long deadLetterReplays();

    /** Told of each turn of the shard and of each sync; must return at once. Thread: shard and syncer. */
    void observe(Observer observer);

    /** @param topicId the topic's lasting id */
    record TopicStats(
            String topic,
            UUID topicId,
            int partitions,
            long recordsIn,
            long bytesIn,
            long bytesRead,
            long logStartOffsetSum,
            long endOffsetSum,
            long bytes) {}

    /** @param endOffset one past the last durable record */
    record PartitionStats(String topic, int partition, long logStartOffset, long endOffset, long bytes) {}

    record GroupProgress(String group, int members, List<GroupOperations.Progress> partitions) {}

    /** @param lagMs age of the oldest record not yet committed, 0 where there is none */
    record GroupStats(String group, String topic, int members, long lagMessages, long lagMs) {}

    /** Receives durations and sizes as they happen. */
    interface Observer {
        void onCommit(int requests, long bytes);

        void onSync(long nanos);

        /** From the time at which a timer was due until its record was durable. */
        default void onTimerFired(long lateMs) {}

        /** From the request's entry into the inbox until its data was durable. */
        void onPublish(long nanos);
    }
}
