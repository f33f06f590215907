package dev.millrace.core;

import dev.millrace.core.command.CommitTransaction;
import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.transaction.TransactionTable;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.Operation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Transactions of a {@link LocalBroker}: collects operations in bounded memory and proposes them as one command.
 *
 * <pre>
 *  open ──stage──▶ open ──commit──▶ proposed
 *    └── abort, time-out, a bad operation ──▶ ended
 * </pre>
 */
final class LocalTransactions implements TransactionOperations {
    private final ShardRuntime<BrokerStateMachine> runtime;
    private final LocalLogs logs;
    private final Rules rules;
    private final BrokerOptions options;
    private final Set<Collected> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong heldBytes = new AtomicLong();
    private final LongAdder committedCount = new LongAdder();

    /** What operations must meet before they are proposed. */
    record Rules(TimerRules timers, StreamRules streams) {}

    LocalTransactions(ShardRuntime<BrokerStateMachine> runtime, LocalLogs logs, Rules rules, BrokerOptions options) {
        this.runtime = runtime;
        this.logs = logs;
        this.rules = rules;
        this.options = options;
    }

    @Override
    public CompletableFuture<Identity> init(String transactionalId, int knownEpoch) {
        String problem = problemWithId(transactionalId);
        if (problem != null) {
            return CompletableFuture.failedFuture(new FaultException(Fault.INVALID_REQUEST, problem));
        }
        return Answers.map(
                runtime.<TransactionTable.Identity>submit(new InitTransactions(transactionalId, knownEpoch)),
                given -> new Identity(given.producerId(), given.epoch()));
    }

    private static String problemWithId(String id) {
        if (id.isEmpty() || id.length() > ID_CHARS_MAX) {
            return "a transactional id has 1 to " + ID_CHARS_MAX + " characters, this one " + id.length();
        }
        boolean bad = id.chars().anyMatch(Character::isISOControl)
                || id.codePoints()
                        .anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
        return bad ? "the transactional id holds a control character or half a surrogate pair" : null;
    }

    @Override
    public Open open(Ref ref) {
        Collected transaction = new Collected(ref);
        if (open.size() >= options.transactions().openMax()) {
            throw new FaultException(
                    Fault.LIMIT_REACHED,
                    open.size() + " transactions are open and transactions.openMax is "
                            + options.transactions().openMax());
        }
        open.add(transaction);
        return transaction;
    }

    @Override
    public int openCount() {
        return open.size();
    }

    /** Transactions that were committed, since start. */
    long committedCount() {
        return committedCount.sum();
    }

    /** Ends what has been open for too long. Thread: maintenance. */
    void endOld() {
        long nowNanos = options.world().time().nanoTime();
        for (Collected transaction : open) {
            transaction.endIfOlderThan(nowNanos);
        }
    }

    private final class Collected implements Open {
        private final Ref ref;
        private final long openedNanos = options.world().time().nanoTime();
        private final List<Operation> operations = new ArrayList<>();
        private final List<LocalLogs.Accepted> appends = new ArrayList<>();
        private long bytes;
        /** Why it can no longer be committed, or null while it can. */
        private FaultException ended;

        Collected(Ref ref) {
            this.ref = ref;
        }

        @Override
        public synchronized void stage(List<Operation> more) {
            refuseEnded();
            try {
                for (Operation operation : more) {
                    add(operation);
                }
            } catch (FaultException refused) {
                end(refused);
                throw refused;
            }
        }

        private void add(Operation operation) {
            hold(operation.sizeBytes());
            if (operations.size() >= OPERATIONS_MAX) {
                throw new FaultException(
                        Fault.LIMIT_REACHED, "a transaction has " + OPERATIONS_MAX + " operations at most");
            }
            operations.add(checked(operation));
        }

        private void hold(int more) {
            BrokerOptions.Transactions limits = options.transactions();
            bytes += more;
            long held = heldBytes.addAndGet(more);
            if (bytes > limits.bytesMax()) {
                throw new FaultException(
                        Fault.LIMIT_REACHED,
                        "the transaction takes more than the " + limits.bytesMax()
                                + " bytes of transactions.bytesMax; commit more often");
            }
            if (held > limits.memoryBytes()) {
                throw new FaultException(
                        Fault.OVERLOADED,
                        "open transactions hold " + held + " bytes and transactions.memory is " + limits.memoryBytes());
            }
        }

        private Operation checked(Operation operation) {
            if (operation instanceof Operation.Append append) {
                ByteBuffer batches = copy(append.batches());
                TopicPartition partition = new TopicPartition(append.topicId(), append.partition());
                LocalLogs.Accepted accepted = logs.accept(partition, batches);
                refuseIdempotent(batches);
                appends.add(accepted);
                hold(accepted.batches().remaining() - batches.remaining());
                return new Operation.Append(append.topicId(), append.partition(), accepted.batches());
            } else if (operation instanceof Operation.AppendEvents append) {
                return checked(append);
            } else if (operation instanceof Operation.Schedule schedule) {
                NewTimer timer = rules.timers.owned(schedule.timer());
                rules.timers.check(timer);
                return new Operation.Schedule(timer);
            } else if (operation instanceof Operation.CancelTimer cancel) {
                rules.timers.checkKey(cancel.timer().key());
            }
            return operation;
        }

        private Operation checked(Operation.AppendEvents append) {
            TopicPartition partition = new TopicPartition(append.topicId(), append.partition());
            List<StreamOperations.Check> checks = append.checks().stream()
                    .map(check -> new StreamOperations.Check(check.key(), check.expected()))
                    .toList();
            ByteBuffer events = rules.streams.accept(partition, copy(append.events()), checks);
            hold(events.remaining() - append.events().remaining());
            if (events.hasRemaining()) {
                appends.add(logs.accepted(partition, events));
            }
            return new Operation.AppendEvents(append.topicId(), append.partition(), append.checks(), events);
        }

        @Override
        public synchronized CompletableFuture<Committed> commit(int operationCount) {
            try {
                refuseEnded();
                if (operationCount != operations.size()) {
                    throw new FaultException(
                            Fault.TRANSACTION_ENDED,
                            "the commit names " + operationCount + " operations and the broker holds "
                                    + operations.size() + ": the connection or the transaction had ended meanwhile");
                }
                logs.admit((int) Math.min(Integer.MAX_VALUE, bytes));
            } catch (FaultException refused) {
                end(refused);
                return CompletableFuture.failedFuture(refused);
            }
            CommitTransaction command = new CommitTransaction(
                    ref.transactionalId(),
                    ref.producerId(),
                    ref.epoch(),
                    ref.sequence(),
                    operations,
                    options.transactions().timersPendingMax());
            List<LocalLogs.Accepted> published = List.copyOf(appends);
            end(new FaultException(Fault.TRANSACTION_ENDED, "the transaction was committed already"));
            return Answers.map(runtime.<TransactionResult>submit(command), result -> {
                if (!result.duplicate()) {
                    committedCount.increment();
                    published.forEach(logs::count);
                }
                return new Committed(result.appendTimeMs(), result.duplicate(), result.results());
            });
        }

        @Override
        public synchronized void abort() {
            if (ended == null) {
                end(new FaultException(Fault.TRANSACTION_ENDED, "the transaction was aborted"));
            }
        }

        synchronized void endIfOlderThan(long nowNanos) {
            long openMs = TimeUnit.NANOSECONDS.toMillis(nowNanos - openedNanos);
            long timeoutMs = options.transactions().timeoutMs();
            if (ended == null && openMs >= timeoutMs) {
                end(new FaultException(
                        Fault.TRANSACTION_ENDED,
                        "the transaction was open for " + openMs + " ms and transactions.timeout is " + timeoutMs
                                + " ms"));
            }
        }

        private void refuseEnded() {
            if (ended != null) {
                throw ended;
            }
        }

        private void end(FaultException why) {
            ended = why;
            open.remove(this);
            heldBytes.addAndGet(-bytes);
            bytes = 0;
            operations.clear();
            appends.clear();
        }
    }

    /** A transaction has an identity of its own: a batch of another would be recognised apart from the rest. */
    private static void refuseIdempotent(ByteBuffer batches) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            if (batch.idempotent()) {
                throw new FaultException(
                        Fault.INVALID_REQUEST,
                        "a batch in a transaction carries producer id " + batch.producerId() + "; it must be -1");
            }
        }
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }
}
