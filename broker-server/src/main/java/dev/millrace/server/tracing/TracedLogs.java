package dev.millrace.server.tracing;

import dev.millrace.core.LogOperations;
import dev.millrace.core.TopicPartition;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Makes spans of appends. Thread: any. */
record TracedLogs(LogOperations logs, BrokerTracing tracing) implements LogOperations {
    @Override
    public CompletableFuture<Appended> append(TopicPartition partition, ByteBuffer batches) {
        return tracing.append(partition, batches, () -> logs.append(partition, batches), Appended::baseOffset);
    }

    @Override
    public CompletableFuture<List<Outcome>> appendAll(List<Append> appends) {
        List<BrokerTracing.Publishing> each = appends.stream()
                .map(append -> tracing.publishing(append.partition(), append.batches()))
                .toList();
        CompletableFuture<List<Outcome>> done = logs.appendAll(appends);
        if (each.stream().anyMatch(BrokerTracing.Publishing::isSampled)) {
            done.thenAccept(outcomes -> {
                for (int i = 0; i < outcomes.size(); i++) {
                    ended(each.get(i), outcomes.get(i));
                }
            });
        }
        return done;
    }

    private static void ended(BrokerTracing.Publishing publishing, Outcome outcome) {
        publishing.ended(outcome.error() == null ? outcome.appended().baseOffset() : -1, outcome.error());
    }

    @Override
    public CompletableFuture<ProducerIdentity> initProducer() {
        return logs.initProducer();
    }

    @Override
    public CompletableFuture<LogSlice> read(TopicPartition partition, long offset, int bytesMax) {
        return logs.read(partition, offset, bytesMax);
    }

    @Override
    public Runnable onAppend(TopicPartition partition, long offset, Runnable wakeUp) {
        return logs.onAppend(partition, offset, wakeUp);
    }

    @Override
    public Bounds bounds(TopicPartition partition) {
        return logs.bounds(partition);
    }

    @Override
    public CompletableFuture<FoundOffset> findByTime(TopicPartition partition, long timeMs) {
        return logs.findByTime(partition, timeMs);
    }

    @Override
    public CompletableFuture<Void> deleteBefore(TopicPartition partition, long offset) {
        return logs.deleteBefore(partition, offset);
    }
}
