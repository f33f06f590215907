package dev.millrace.server.tracing;

import dev.millrace.core.TimerOperations;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.TimerRef;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Makes spans of records that are to be delivered later, until they are on disk as timers. Thread: any. */
record TracedTimers(TimerOperations timers, BrokerTracing tracing) implements TimerOperations {
    /** @param number its place in the request */
    private record Traced(int number, TopicPartition partition, SampledRecords sampled) {}

    @Override
    public CompletableFuture<Scheduled> schedule(long producerId, long sequence, List<NewTimer> timersToSet) {
        long startNanos = BrokerTracing.nowNanos();
        List<Traced> traced = traced(timersToSet);
        CompletableFuture<Scheduled> scheduled = timers.schedule(producerId, sequence, timersToSet);
        if (!traced.isEmpty()) {
            scheduled.whenComplete((done, error) -> traced.forEach(timer -> tracing.published(
                    timer.partition,
                    timer.sampled,
                    startNanos,
                    -1,
                    error == null ? refusal(done.results().get(timer.number)) : error)));
        }
        return scheduled;
    }

    /** What comes after so many is not traced: it would only find the queue full. */
    private static List<Traced> traced(List<NewTimer> timers) {
        List<Traced> traced = new ArrayList<>();
        for (int i = 0; i < timers.size() && traced.size() < SampledRecords.COUNT_MAX; i++) {
            SampledRecords sampled = SampledRecords.in(timers.get(i).batch());
            if (!sampled.isEmpty()) {
                traced.add(new Traced(i, partitionOf(timers.get(i)), sampled));
            }
        }
        return traced;
    }

    static TopicPartition partitionOf(NewTimer timer) {
        return new TopicPartition(timer.topicId(), timer.partition());
    }

    /** Null where the timer was set. */
    private static Throwable refusal(OperationResult result) {
        return result instanceof OperationResult.Refused refused
                ? new FaultException(Fault.ofCode(refused.code()), refused.detail())
                : null;
    }

    @Override
    public CompletableFuture<Boolean> cancel(TimerRef timer) {
        return timers.cancel(timer);
    }

    @Override
    public CompletableFuture<Page> list(Query query) {
        return timers.list(query);
    }
}
