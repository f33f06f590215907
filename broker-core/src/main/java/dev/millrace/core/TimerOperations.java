package dev.millrace.core;

import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.TimerRef;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Records that are appended when their time has come. Thread: any. */
public interface TimerOperations {
    /** Timers of one request at most. */
    int TIMERS_PER_REQUEST_MAX = 1_000;

    /**
     * Schedules records, each by itself. The same sequence again is answered with what the first time did.
     *
     * <p>Durable: when the future completes. Fails: CORRUPT_BATCH, MESSAGE_TOO_LARGE, INVALID_REQUEST, UNKNOWN_PRODUCER,
     * OUT_OF_ORDER_SEQUENCE, DISK_FULL, OVERLOADED for the whole; TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, LIMIT_REACHED,
     * INVALID_REQUEST for one, see {@link OperationResult.Refused}.
     *
     * @param producerId from {@link LogOperations#initProducer}
     * @param sequence greater than that of every request of this producer before
     */
    CompletableFuture<Scheduled> schedule(long producerId, long sequence, List<NewTimer> timers);

    /** Takes a pending timer back; false where it is not pending, because it was fired, cancelled or never there. */
    CompletableFuture<Boolean> cancel(TimerRef timer);

    /** Pending timers in due order. */
    CompletableFuture<Page> list(Query query);

    /** @param duplicate an earlier try had scheduled them; the results are those of that time */
    record Scheduled(boolean duplicate, List<OperationResult> results) {}

    /**
     * Which timers to list.
     *
     * @param topicId null for those of all topics
     * @param fromDueMs those due from here on, and of those due then {@code fromSequence} and later
     */
    record Query(UUID topicId, long fromDueMs, long fromSequence, int countMax) {}

    /**
     * A pending timer.
     *
     * @param topic its name, empty where it was deleted meanwhile
     * @param key null for none
     */
    record Pending(TopicPartition partition, String topic, long dueMs, long sequence, String key, int bytes) {}

    /** @param nextDueMs where to go on asking, -1 where there are no more */
    record Page(List<Pending> timers, long nextDueMs, long nextSequence) {}
}
