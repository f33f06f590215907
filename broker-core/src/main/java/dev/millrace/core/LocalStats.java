package dev.millrace.core;

import dev.millrace.core.group.GroupDescription;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.StoreStats;
import dev.millrace.core.stream.EventCache;
import dev.millrace.core.topic.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;

/** Numbers of a {@link LocalBroker}. Thread: any that may wait a moment; not an event loop. */
final class LocalStats implements BrokerStats {
    private static final long QUERY_SECONDS_MAX = 5;

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final Sources sources;
    private final Observers observers;

    /** Where the numbers come from. */
    record Sources(
            Store store,
            LogReader reader,
            DiskGuard disk,
            LagMeter lag,
            TopicTraffic traffic,
            TimerMeter timers,
            LocalTransactions transactions) {}

    LocalStats(ShardRuntime<BrokerStateMachine> runtime, PartitionLookup lookup, Sources sources, Observers observers) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.sources = sources;
        this.observers = observers;
    }

    @Override
    public StoreStats store() {
        return sources.store.stats();
    }

    @Override
    public long diskUsableBytes() {
        return sources.disk.usableBytes();
    }

    @Override
    public long tailCacheHits() {
        return sources.reader.cacheHits();
    }

    @Override
    public long tailCacheMisses() {
        return sources.reader.cacheMisses();
    }

    @Override
    public long tailCacheBytes() {
        return lookup.logs().tailCacheBytes();
    }

    @Override
    public long eventCacheHits() {
        return eventCache().hits();
    }

    @Override
    public long eventCacheMisses() {
        return eventCache().misses();
    }

    @Override
    public long eventCacheBytes() {
        return eventCache().bytes();
    }

    private EventCache eventCache() {
        return runtime.machine().streams().eventCache();
    }

    @Override
    public long duplicateBatches() {
        return runtime.machine().producers().duplicateCount();
    }

    @Override
    public long groupRebalances() {
        return runtime.machine().groups().rebalancesTotal();
    }

    @Override
    public long offsetCommits() {
        return runtime.machine().groups().commitsTotal();
    }

    @Override
    public long timersPending() {
        return runtime.machine().timers().pendingCount();
    }

    @Override
    public long timersFired() {
        return sources.timers.fired();
    }

    @Override
    public long timersDropped() {
        return sources.timers.dropped();
    }

    @Override
    public int transactionsOpen() {
        return sources.transactions.openCount();
    }

    @Override
    public long transactionsCommitted() {
        return sources.transactions.committedCount();
    }

    @Override
    public int inboxRequests() {
        return runtime.inboxCount();
    }

    @Override
    public long inboxBytes() {
        return runtime.inboxBytes();
    }

    @Override
    public List<TopicStats> topics() {
        Map<String, TopicStats> stats = new TreeMap<>();
        sources.traffic.all().forEach((name, counters) -> stats.put(name, ofDeleted(name, counters)));
        for (Topic topic : lookup.directory().all()) {
            stats.put(topic.name(), of(topic));
        }
        return List.copyOf(stats.values());
    }

    private static TopicStats ofDeleted(String name, TopicTraffic.Counters counters) {
        return new TopicStats(
                name, null, 0, counters.recordsIn.sum(), counters.bytesIn.sum(), counters.bytesRead.sum(), 0, 0, 0);
    }

    private TopicStats of(Topic topic) {
        long starts = 0;
        long ends = 0;
        long bytes = 0;
        for (int partitionId : topic.partitionIds()) {
            PartitionLog log = lookup.logs().find(partitionId);
            if (log != null) {
                starts += log.logStartOffset();
                ends += log.durableEndOffset();
                bytes += log.bytes();
            }
        }
        TopicTraffic.Counters counters = sources.traffic.of(topic.name());
        return new TopicStats(
                topic.name(),
                topic.topicId(),
                topic.partitionCount(),
                counters.recordsIn.sum(),
                counters.bytesIn.sum(),
                counters.bytesRead.sum(),
                starts,
                ends,
                bytes);
    }

    @Override
    public List<GroupStats> groups() {
        List<GroupStats> stats = new ArrayList<>();
        GroupReports reports = new GroupReports(runtime, lookup, sources.lag, Runnable::run);
        for (GroupDescription group : describeAll()) {
            Map<String, long[]> byTopic = new TreeMap<>();
            try {
                addLags(reports.progress(group), byTopic);
            } catch (StoreException | IllegalStateException unreadable) {
                // No figure rather than a wrong one; the other groups' figures must not go with it.
                continue;
            }
            byTopic.forEach((topic, lag) -> stats.add(
                    new GroupStats(group.group(), topic, group.members().size(), lag[0], lag[1])));
        }
        return stats;
    }

    @Override
    public List<PartitionStats> partitions(Predicate<String> topics) {
        List<PartitionStats> stats = new ArrayList<>();
        for (Topic topic : lookup.directory().all()) {
            if (topics.test(topic.name())) {
                addPartitions(topic, stats);
            }
        }
        return stats;
    }

    private void addPartitions(Topic topic, List<PartitionStats> stats) {
        int[] partitionIds = topic.partitionIds();
        for (int partition = 0; partition < partitionIds.length; partition++) {
            PartitionLog log = lookup.logs().find(partitionIds[partition]);
            if (log != null) {
                stats.add(new PartitionStats(
                        topic.name(), partition, log.logStartOffset(), log.durableEndOffset(), log.bytes()));
            }
        }
    }

    @Override
    public List<GroupProgress> groupProgress(Predicate<String> groups, Predicate<String> topics) {
        List<GroupProgress> stats = new ArrayList<>();
        GroupReports reports = new GroupReports(runtime, lookup, sources.lag, Runnable::run);
        for (GroupDescription group : describeAll()) {
            if (!groups.test(group.group())) {
                continue;
            }
            try {
                stats.add(new GroupProgress(group.group(), group.members().size(), reports.progress(group, topics)));
            } catch (StoreException | IllegalStateException unreadable) {
                // As in groups(): no figure rather than a wrong one.
                continue;
            }
        }
        return stats;
    }

    private static void addLags(List<GroupOperations.Progress> partitions, Map<String, long[]> byTopic) {
        for (GroupOperations.Progress progress : partitions) {
            long[] sums = byTopic.computeIfAbsent(progress.topic(), topic -> new long[2]);
            sums[0] += progress.lagMessages();
            sums[1] = Math.max(sums[1], progress.lagMs());
        }
    }

    @Override
    public Map<String, Integer> deadLetters() {
        return ask(machine -> machine.deadLetters().openCounts(), new TreeMap<>());
    }

    @Override
    public long deadLetterReplays() {
        return runtime.machine().deadLetters().replaysTotal();
    }

    private List<GroupDescription> describeAll() {
        return ask(
                machine -> machine.groups().list().stream()
                        .map(group -> machine.groups().describe(group.group()))
                        .flatMap(Optional::stream)
                        .toList(),
                List.of());
    }

    /** Empty where the shard does not answer in time: a scrape must not hang on a broken disk. */
    private <T> T ask(Function<BrokerStateMachine, T> question, T otherwise) {
        try {
            return runtime.query(question).get(QUERY_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return otherwise;
        } catch (ExecutionException | TimeoutException e) {
            return otherwise;
        }
    }

    @Override
    public void observe(Observer observer) {
        observers.add(observer);
    }
}
