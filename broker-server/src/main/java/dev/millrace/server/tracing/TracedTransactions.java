package dev.millrace.server.tracing;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.TransactionOperations;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.OperationResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Makes spans of what transactions append, from where it arrived until the commit. Thread: any. */
record TracedTransactions(TransactionOperations transactions, BrokerTracing tracing) implements TransactionOperations {
    @Override
    public CompletableFuture<Identity> init(String transactionalId, int knownEpoch) {
        return transactions.init(transactionalId, knownEpoch);
    }

    @Override
    public Open open(Ref ref) {
        return new TracedOpen(transactions.open(ref), tracing);
    }

    @Override
    public int openCount() {
        return transactions.openCount();
    }

    /** Thread: any, one at a time. */
    private static final class TracedOpen implements Open {
        private final Open transaction;
        private final BrokerTracing tracing;
        private final List<Staged> staged = new ArrayList<>();
        private int operationCount;
        private int sampledCount;

        /** @param operation its number in the transaction */
        private record Staged(int operation, TopicPartition partition, SampledRecords sampled, long startNanos) {}

        TracedOpen(Open transaction, BrokerTracing tracing) {
            this.transaction = transaction;
            this.tracing = tracing;
        }

        @Override
        public void stage(List<Operation> operations) {
            // Before, since the buffers are the transaction's to read afterwards.
            for (Operation operation : operations) {
                if (operation instanceof Operation.Append append) {
                    look(new TopicPartition(append.topicId(), append.partition()), append.batches());
                } else if (operation instanceof Operation.AppendEvents append) {
                    look(new TopicPartition(append.topicId(), append.partition()), append.events());
                } else if (operation instanceof Operation.Schedule schedule) {
                    look(
                            TracedTimers.partitionOf(schedule.timer()),
                            schedule.timer().batch());
                }
                operationCount++;
            }
            transaction.stage(operations);
        }

        /** What comes after so many is not traced: it would only find the queue full. */
        private void look(TopicPartition partition, ByteBuffer batches) {
            if (sampledCount >= SampledRecords.COUNT_MAX) {
                return;
            }
            SampledRecords sampled = SampledRecords.in(batches);
            if (!sampled.isEmpty()) {
                staged.add(new Staged(operationCount, partition, sampled, BrokerTracing.nowNanos()));
                sampledCount += sampled.kept().size();
            }
        }

        @Override
        public CompletableFuture<Committed> commit(int count) {
            CompletableFuture<Committed> committed = transaction.commit(count);
            List<Staged> appends = List.copyOf(staged);
            if (!appends.isEmpty()) {
                committed.whenComplete((done, error) -> appends.forEach(append -> tracing.published(
                        append.partition,
                        append.sampled,
                        append.startNanos,
                        error == null ? firstOffset(done.results().get(append.operation)) : -1,
                        error)));
            }
            return committed;
        }

        private static long firstOffset(OperationResult result) {
            if (result instanceof OperationResult.Appended appended) {
                return appended.baseOffset();
            }
            return result instanceof OperationResult.EventsAppended events ? events.firstOffset() : -1;
        }

        @Override
        public void abort() {
            transaction.abort();
        }
    }
}
