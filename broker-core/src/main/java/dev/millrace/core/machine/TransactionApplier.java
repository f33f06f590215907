package dev.millrace.core.machine;

import dev.millrace.core.command.CancelTimer;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.CommitTransaction;
import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.command.ScheduleTimers;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.producer.ProducerTable;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.time.Stamp;
import dev.millrace.core.timer.TimerTable;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.transaction.TransactionTable;
import dev.millrace.core.transaction.TransactionTable.Identity;
import dev.millrace.core.transaction.TransactionTable.Name;
import dev.millrace.core.transaction.TransactionTable.Verdict;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.OperationResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Does several things together: looks at every operation first, and writes only where all of them can be done. Thread:
 * shard.
 */
final class TransactionApplier {
    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final GroupCommands groups;
    private final ProducerTable producers;
    private final TransactionTable transactions;
    private final TimerTable timers;
    private final TransactionStreams streams;

    TransactionApplier(
            TopicCatalog catalog,
            PartitionLogs logs,
            GroupCommands groups,
            ProducerTable producers,
            TransactionTable transactions,
            TimerTable timers,
            TransactionStreams streams) {
        this.catalog = catalog;
        this.logs = logs;
        this.groups = groups;
        this.producers = producers;
        this.transactions = transactions;
        this.timers = timers;
        this.streams = streams;
    }

    /** An {@link Identity}, or a {@link Refusal}. */
    Object init(InitTransactions init, long nowMs, WriteSink sink) {
        return transactions.init(init, () -> producers.allocate(sink), nowMs, sink);
    }

    /** A {@link TransactionResult}, or a {@link Refusal} that names the operation; then nothing was changed. */
    Object commit(CommitTransaction commit, Stamp stamp, WriteSink sink) {
        Identity identity = new Identity(commit.producerId(), commit.epoch());
        Verdict verdict = transactions.check(commit.transactionalId(), identity, commit.sequence());
        if (verdict instanceof Verdict.Refused refused) {
            return refused.refusal();
        }
        if (verdict instanceof Verdict.Repeated repeated) {
            return repeated.first();
        }
        streams.begin();
        Refusal problem = new Check(commit, stamp).firstProblem();
        if (problem != null) {
            return problem;
        }
        List<OperationResult> results = new ArrayList<>(commit.operations().size());
        for (Operation operation : commit.operations()) {
            results.add(carryOut(operation, stamp, sink));
        }
        TransactionResult result = new TransactionResult(stamp.nowMs(), false, results);
        transactions.done(Name.ofTransactional(commit.transactionalId()), identity, commit.sequence(), result, sink);
        return result;
    }

    /** What each operation must meet before any is carried out. */
    private final class Check {
        private final CommitTransaction commit;
        private final Stamp stamp;
        private final Set<String> newGroups = new HashSet<>();
        private long pendingAfter;

        Check(CommitTransaction commit, Stamp stamp) {
            this.commit = commit;
            this.stamp = stamp;
            this.pendingAfter = timers.pendingCount();
        }

        Refusal firstProblem() {
            for (int i = 0; i < commit.operations().size(); i++) {
                Refusal problem = problemWith(commit.operations().get(i));
                if (problem != null) {
                    return new Refusal(
                            problem.fault(),
                            "operation " + (i + 1) + " of "
                                    + commit.operations().size() + ": " + problem.detail());
                }
            }
            return null;
        }

        private Refusal problemWith(Operation operation) {
            if (operation instanceof Operation.Append append) {
                Refusal problem = problemWithPartition(append.topicId(), append.partition());
                return problem != null ? problem : streams.problemWith(append);
            } else if (operation instanceof Operation.AppendEvents append) {
                Refusal problem = problemWithPartition(append.topicId(), append.partition());
                return problem != null ? problem : streams.problemWith(append);
            } else if (operation instanceof Operation.CommitOffsets offsets) {
                return problemWithOffsets(offsets);
            } else if (operation instanceof Operation.Schedule schedule) {
                return problemWithTimer(schedule.timer(), stamp, ++pendingAfter, commit.timersPendingMax());
            }
            // Where there is no timer to cancel, that is an answer and no problem.
            return null;
        }

        private Refusal problemWithOffsets(Operation.CommitOffsets commit) {
            for (PartitionOffset offset : commit.offsets()) {
                Refusal problem = problemWithPartition(offset.topicId(), offset.partition());
                if (problem == null) {
                    problem = problemWithEnd(offset);
                }
                if (problem != null) {
                    return problem;
                }
            }
            return groups.problemWithCommit(toCommand(commit), newGroups);
        }

        /** A committed offset past the end would skip records that are still to come. */
        private Refusal problemWithEnd(PartitionOffset offset) {
            PartitionLog log = logs.find(partitionId(offset.topicId(), offset.partition()));
            return offset.offset() <= log.endOffset()
                    ? null
                    : Refusal.of(
                            Fault.OFFSET_OUT_OF_RANGE,
                            "commit of offset %d where the log ends at %d",
                            offset.offset(),
                            log.endOffset());
        }
    }

    private Refusal problemWithTimer(NewTimer timer, Stamp stamp, long pendingAfter, long pendingMax) {
        Refusal problem = problemWithPartition(timer.topicId(), timer.partition());
        return problem != null ? problem : timers.problemWith(timer, stamp, pendingAfter, pendingMax);
    }

    private Refusal problemWithPartition(UUID topicId, int partition) {
        Topic topic = catalog.find(topicId);
        return topic == null || !topic.hasPartition(partition)
                ? RecordAppender.noSuchPartition(topic, topicId, partition)
                : null;
    }

    private int partitionId(UUID topicId, int partition) {
        return catalog.find(topicId).partitionIds()[partition];
    }

    private CommitOffsets toCommand(Operation.CommitOffsets commit) {
        List<CommitOffsets.Entry> entries = commit.offsets().stream()
                .map(offset -> new CommitOffsets.Entry(
                        partitionId(offset.topicId(), offset.partition()), offset.offset(), -1, offset.metadata()))
                .toList();
        return new CommitOffsets(commit.group(), commit.memberId(), commit.memberEpoch(), entries);
    }

    private OperationResult carryOut(Operation operation, Stamp stamp, WriteSink sink) {
        if (operation instanceof Operation.Append append) {
            AppendOutcome.Written events = streams.write(append, stamp.nowMs(), sink);
            if (events != null) {
                return new OperationResult.Appended(events.firstOffset());
            }
            PartitionLog log = logs.find(partitionId(append.topicId(), append.partition()));
            return new OperationResult.Appended(logs.append(log, append.batches(), stamp.nowMs(), sink));
        } else if (operation instanceof Operation.AppendEvents append) {
            AppendOutcome.Written events = streams.write(append, stamp.nowMs(), sink);
            return new OperationResult.EventsAppended(
                    events.firstOffset(),
                    events.lastOffset(),
                    Arrays.stream(events.versions()).boxed().toList(),
                    events.duplicate());
        } else if (operation instanceof Operation.CommitOffsets commit) {
            groups.applyChecked(toCommand(commit), stamp.nowMs(), sink);
            return new OperationResult.Committed();
        } else if (operation instanceof Operation.Schedule schedule) {
            return timers.schedule(schedule.timer(), stamp, sink);
        } else if (operation instanceof Operation.CancelTimer cancel) {
            return new OperationResult.Cancelled(timers.cancel(cancel.timer(), sink));
        }
        throw new IllegalArgumentException(
                "no rule to carry out " + operation.getClass().getName());
    }

    /** A {@link TransactionResult} with an answer for each timer, or a {@link Refusal} of all. */
    Object schedule(ScheduleTimers schedule, Stamp stamp, WriteSink sink) {
        if (!producers.wasGiven(schedule.producerId())) {
            return Refusal.of(Fault.UNKNOWN_PRODUCER, "producer id %d was never given out", schedule.producerId());
        }
        Verdict verdict = transactions.checkPublisher(schedule.producerId(), schedule.sequence());
        if (verdict instanceof Verdict.Refused refused) {
            return refused.refusal();
        }
        if (verdict instanceof Verdict.Repeated repeated) {
            return repeated.first();
        }
        List<OperationResult> results = new ArrayList<>(schedule.timers().size());
        for (NewTimer timer : schedule.timers()) {
            Refusal problem = problemWithTimer(timer, stamp, timers.pendingCount() + 1, schedule.pendingMax());
            results.add(
                    problem == null
                            ? timers.schedule(timer, stamp, sink)
                            : new OperationResult.Refused(problem.fault().code(), problem.detail()));
        }
        TransactionResult result = new TransactionResult(stamp.nowMs(), false, results);
        Identity identity = new Identity(schedule.producerId(), 0);
        transactions.done(Name.ofPublisher(schedule.producerId()), identity, schedule.sequence(), result, sink);
        return result;
    }

    /** Whether the timer was pending. */
    Object cancel(CancelTimer cancel, WriteSink sink) {
        return timers.cancel(cancel.timer(), sink);
    }
}
