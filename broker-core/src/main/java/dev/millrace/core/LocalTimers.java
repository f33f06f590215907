package dev.millrace.core;

import dev.millrace.core.command.CancelTimer;
import dev.millrace.core.command.ScheduleTimers;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.timer.Place;
import dev.millrace.core.timer.TimerTable;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.TimerRef;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Timers of a {@link LocalBroker}: checks on the caller's thread, and proposes. */
final class LocalTimers implements TimerOperations {
    private static final int LISTED_COUNT_MAX = 1_000;

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final LocalLogs logs;
    private final TimerRules rules;
    private final long pendingMax;

    LocalTimers(
            ShardRuntime<BrokerStateMachine> runtime,
            PartitionLookup lookup,
            LocalLogs logs,
            TimerRules rules,
            long pendingMax) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.logs = logs;
        this.rules = rules;
        this.pendingMax = pendingMax;
    }

    @Override
    public CompletableFuture<Scheduled> schedule(long producerId, long sequence, List<NewTimer> timers) {
        List<NewTimer> owned = new ArrayList<>(timers.size());
        try {
            if (timers.isEmpty() || timers.size() > TIMERS_PER_REQUEST_MAX || sequence < 0) {
                throw new FaultException(
                        Fault.INVALID_REQUEST,
                        "a request schedules 1 to " + TIMERS_PER_REQUEST_MAX
                                + " timers with a sequence of 0 or more, not " + timers.size() + " with " + sequence);
            }
            int bytes = 0;
            for (NewTimer timer : timers) {
                rules.check(timer);
                owned.add(rules.owned(timer));
                bytes += timer.sizeBytes();
            }
            logs.admit(bytes);
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return Answers.map(
                runtime.<TransactionResult>submit(new ScheduleTimers(producerId, sequence, owned, pendingMax)),
                result -> new Scheduled(result.duplicate(), result.results()));
    }

    @Override
    public CompletableFuture<Boolean> cancel(TimerRef timer) {
        try {
            rules.checkKey(timer.key());
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return runtime.submit(new CancelTimer(timer));
    }

    @Override
    public CompletableFuture<Page> list(Query query) {
        if (query.fromDueMs() < 0 || query.fromSequence() < 0 || query.countMax() < 1) {
            return CompletableFuture.failedFuture(new FaultException(
                    Fault.INVALID_REQUEST,
                    "a list of " + query.countMax() + " timers from " + query.fromDueMs() + "/" + query.fromSequence()
                            + "; the count must be above 0, the rest not below"));
        }
        int countMax = Math.min(LISTED_COUNT_MAX, query.countMax());
        Place from = new Place(query.fromDueMs(), query.fromSequence());
        return Answers.map(
                runtime.query(machine -> machine.timers().list(query.topicId(), from, countMax)), this::toPage);
    }

    private Page toPage(TimerTable.Listed listed) {
        List<Pending> timers = new ArrayList<>(listed.timers().size());
        for (TimerTable.Pending timer : listed.timers()) {
            Topic topic = lookup.directory().find(timer.topicId());
            timers.add(new Pending(
                    new TopicPartition(timer.topicId(), timer.partition()),
                    topic == null ? "" : topic.name(),
                    timer.dueMs(),
                    timer.sequence(),
                    timer.key(),
                    timer.bytes()));
        }
        Place next = listed.next();
        return next == null ? new Page(timers, -1, -1) : new Page(timers, next.dueMs(), next.sequence());
    }
}
