package dev.millrace.server;

import dev.millrace.core.BackupOperations;
import dev.millrace.core.Broker;
import dev.millrace.core.BrokerStats;
import dev.millrace.core.BrokerStatus;
import dev.millrace.core.DeadLetterOperations;
import dev.millrace.core.GroupOperations;
import dev.millrace.core.InternalOperations;
import dev.millrace.core.LogOperations;
import dev.millrace.core.SchemaCheck;
import dev.millrace.core.StreamOperations;
import dev.millrace.core.TimerOperations;
import dev.millrace.core.TopicOperations;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.TraceOperations;
import dev.millrace.core.TransactionOperations;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.storage.StoreStats;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * A broker in memory, for tests of what stands above the facade: each append is one record. Appends can be held back to
 * see what happens while requests wait; reads can be made to come from another thread, as those from disk do.
 */
public final class FakeBroker implements Broker {
    public final List<ByteBuffer> appended = new ArrayList<>();
    public final AtomicInteger slicesOpen = new AtomicInteger();
    public final AtomicInteger slicesMade = new AtomicInteger();
    public final AtomicInteger readsStarted = new AtomicInteger();
    public final AtomicInteger waitsOpen = new AtomicInteger();
    public final List<GroupOperations.Offset> resets = new ArrayList<>();
    public volatile BrokerStatus status = new BrokerStatus.Serving();
    public volatile boolean readsComeLater;
    /** Reads wait for it, where they come later. */
    public volatile CompletableFuture<Void> readGate = CompletableFuture.completedFuture(null);

    public volatile boolean closed;
    public volatile Runnable onClose = () -> {};
    public volatile List<BrokerStats.TopicStats> topicStats = List.of();
    public volatile List<BrokerStats.GroupStats> groupStats = List.of();
    public volatile List<BrokerStats.PartitionStats> partitionStats = List.of();
    public volatile List<BrokerStats.GroupProgress> groupProgress = List.of();
    public volatile Map<String, Integer> deadLetterCounts = Map.of();
    public volatile BrokerStats.Observer observer;
    public volatile SchemaCheck schemaCheck;

    private final UUID clusterId = new UUID(1, 2);
    private final Map<String, TopicOperations.Topic> topics = new TreeMap<>();
    private final Map<TopicPartition, Log> logs = new HashMap<>();
    private final Map<String, Map<String, Integer>> groups = new TreeMap<>();
    private final Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
    private final List<GroupOperations.AssignmentListener> listeners = new ArrayList<>();
    private final List<Runnable> heldAppends = new ArrayList<>();
    private final ExecutorService syncer = Executors.newSingleThreadExecutor(task -> daemon(task, "fake-syncer"));
    private final TopicOperations topicOperations = new Topics();
    private final LogOperations logOperations = new Logs();
    private final GroupOperations groupOperations = new Groups();
    private boolean holdsAppends;
    /** Appends throw it, as a defect would. */
    public volatile RuntimeException appendDefect;

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private static final class Log {
        final List<byte[]> records = new ArrayList<>();
        final List<Runnable> waiting = new ArrayList<>();
        long start;

        Bounds bounds() {
            return new Bounds(
                    start,
                    records.size(),
                    records.stream().mapToLong(bytes -> bytes.length).sum());
        }
    }

    private record Bounds(long start, long end, long bytes) {}

    /** From now on appends wait. */
    public synchronized void holdAppends() {
        holdsAppends = true;
    }

    /** Lets the appends go that waited, in order, on the syncer's thread. */
    public synchronized void releaseAppends() {
        holdsAppends = false;
        heldAppends.forEach(syncer::execute);
        heldAppends.clear();
    }

    public synchronized int heldAppends() {
        return heldAppends.size();
    }

    /** Tells the broker's listeners that a member has a new assignment. */
    public synchronized void announceAssignment(String group, String memberId) {
        syncer.execute(() -> listeners.forEach(listener -> listener.onAssignmentPending(group, memberId)));
    }

    /** Moves the log start, as retention does. */
    public synchronized void expireBefore(TopicPartition partition, long offset) {
        logs.get(partition).start = offset;
    }

    @Override
    public UUID clusterId() {
        return clusterId;
    }

    @Override
    public TopicOperations topics() {
        return topicOperations;
    }

    @Override
    public LogOperations logs() {
        return logOperations;
    }

    @Override
    public GroupOperations groups() {
        return groupOperations;
    }

    @Override
    public TransactionOperations transactions() {
        throw new FaultException(Fault.INVALID_REQUEST, "this broker knows no transactions");
    }

    @Override
    public TimerOperations timers() {
        throw new FaultException(Fault.INVALID_REQUEST, "this broker knows no timers");
    }

    /** Keeps none, and nothing asks for any. */
    @Override
    public StreamOperations streams() {
        return null;
    }

    /** A name makes a backup of nothing; there is no list. */
    @Override
    public DeadLetterOperations deadLetters() {
        return null; // none of these tests asks for any
    }

    @Override
    public TraceOperations traces() {
        return null; // none of these tests asks for any
    }

    @Override
    public InternalOperations internals() {
        return new InternalOperations() {
            @Override
            public CompletableFuture<TopicPartition> log(String name) {
                return topicOperations
                        .find(name)
                        .map(CompletableFuture::completedFuture)
                        .orElseGet(() -> topicOperations.create(name, 1, Map.of()))
                        .thenApply(topic -> new TopicPartition(topic.topicId(), 0));
            }

            @Override
            public CompletableFuture<LogOperations.Appended> append(TopicPartition partition, ByteBuffer batches) {
                return logOperations.append(partition, batches);
            }

            @Override
            public void checkSchemasWith(SchemaCheck check) {
                schemaCheck = check;
            }
        };
    }

    @Override
    public BackupOperations backups() {
        return new BackupOperations() {
            @Override
            public CompletableFuture<Backup> create(String name) {
                return CompletableFuture.completedFuture(new Backup(name, "/backups/" + name, "now", "1", 0, 0, 0));
            }

            @Override
            public CompletableFuture<List<Backup>> list() {
                return CompletableFuture.completedFuture(List.of());
            }
        };
    }

    @Override
    public BrokerStatus status() {
        return status;
    }

    @Override
    public BrokerStats stats() {
        return new Stats();
    }

    @Override
    public void close() {
        onClose.run();
        closed = true;
        syncer.shutdown();
    }

    private synchronized Log log(TopicPartition partition) {
        Log log = logs.get(partition);
        if (log != null) {
            return log;
        }
        boolean topicIsThere = topicOperations.find(partition.topicId()).isPresent();
        throw new FaultException(
                topicIsThere ? Fault.PARTITION_NOT_FOUND : Fault.TOPIC_NOT_FOUND, "partition " + partition);
    }

    private final class Topics implements TopicOperations {
        @Override
        public CompletableFuture<Topic> create(String name, int partitions, Map<String, String> settings) {
            synchronized (FakeBroker.this) {
                if (topics.containsKey(name)) {
                    return CompletableFuture.failedFuture(new FaultException(Fault.TOPIC_EXISTS, "topic " + name));
                }
                Topic topic = new Topic(name, UUID.randomUUID(), Math.max(1, partitions), new TreeMap<>(settings));
                topics.put(name, topic);
                for (int i = 0; i < topic.partitions(); i++) {
                    logs.put(new TopicPartition(topic.topicId(), i), new Log());
                }
                return CompletableFuture.supplyAsync(() -> topic, syncer);
            }
        }

        @Override
        public Optional<Topic> find(String name) {
            synchronized (FakeBroker.this) {
                return Optional.ofNullable(topics.get(name));
            }
        }

        @Override
        public Optional<Topic> find(UUID topicId) {
            synchronized (FakeBroker.this) {
                return topics.values().stream()
                        .filter(topic -> topic.topicId().equals(topicId))
                        .findFirst();
            }
        }

        @Override
        public List<Topic> list(String pattern) {
            synchronized (FakeBroker.this) {
                return topics.values().stream()
                        .filter(topic -> pattern.equals(">") || topic.name().equals(pattern))
                        .toList();
            }
        }

        @Override
        public CompletableFuture<Topic> alter(String name, int partitions, Map<String, String> settings) {
            synchronized (FakeBroker.this) {
                Topic old = topics.get(name);
                Map<String, String> merged = new TreeMap<>(old.settings());
                settings.forEach((key, value) -> {
                    if (value == null) {
                        merged.remove(key);
                    } else {
                        merged.put(key, value);
                    }
                });
                Topic topic = new Topic(name, old.topicId(), Math.max(old.partitions(), partitions), merged);
                topics.put(name, topic);
                for (int i = old.partitions(); i < topic.partitions(); i++) {
                    logs.put(new TopicPartition(topic.topicId(), i), new Log());
                }
                return CompletableFuture.completedFuture(topic);
            }
        }

        @Override
        public CompletableFuture<Void> delete(String name) {
            List<Runnable> wakeUps = new ArrayList<>();
            synchronized (FakeBroker.this) {
                Topic topic = topics.remove(name);
                if (topic == null) {
                    return CompletableFuture.failedFuture(new FaultException(Fault.TOPIC_NOT_FOUND, "topic " + name));
                }
                for (int i = 0; i < topic.partitions(); i++) {
                    wakeUps.addAll(logs.remove(new TopicPartition(topic.topicId(), i)).waiting);
                }
            }
            wakeUps.forEach(Runnable::run);
            return CompletableFuture.completedFuture(null);
        }
    }

    private final class Logs implements LogOperations {
        @Override
        public CompletableFuture<Appended> append(TopicPartition partition, ByteBuffer batches) {
            if (appendDefect != null) {
                throw appendDefect;
            }
            CompletableFuture<Appended> future = new CompletableFuture<>();
            Runnable append = () -> {
                List<Runnable> wakeUps;
                long offset;
                synchronized (FakeBroker.this) {
                    Log log;
                    try {
                        log = log(partition);
                    } catch (FaultException gone) {
                        future.completeExceptionally(gone);
                        return;
                    }
                    byte[] bytes = new byte[batches.remaining()];
                    batches.duplicate().get(bytes);
                    offset = log.records.size();
                    log.records.add(bytes);
                    appended.add(ByteBuffer.wrap(bytes));
                    wakeUps = new ArrayList<>(log.waiting);
                    log.waiting.clear();
                }
                future.complete(new Appended(offset, 1000, false));
                wakeUps.forEach(Runnable::run);
            };
            synchronized (FakeBroker.this) {
                if (holdsAppends) {
                    heldAppends.add(append);
                } else {
                    syncer.execute(append);
                }
            }
            return future;
        }

        @Override
        public CompletableFuture<ProducerIdentity> initProducer() {
            return CompletableFuture.completedFuture(new ProducerIdentity(7, (short) 0));
        }

        @Override
        public CompletableFuture<LogSlice> read(TopicPartition partition, long offset, int bytesMax) {
            readsStarted.incrementAndGet();
            return readsComeLater
                    ? readGate.thenApplyAsync(opened -> slice(partition, offset, bytesMax), syncer)
                    : attempt(() -> slice(partition, offset, bytesMax));
        }

        private LogSlice slice(TopicPartition partition, long offset, int bytesMax) {
            synchronized (FakeBroker.this) {
                Log log = log(partition);
                if (offset < log.start || offset > log.records.size()) {
                    throw new FaultException(Fault.OFFSET_OUT_OF_RANGE, "offset " + offset);
                }
                int bytes = 0;
                int next = (int) offset;
                while (next < log.records.size() && (bytes == 0 || bytes + log.records.get(next).length <= bytesMax)) {
                    bytes += log.records.get(next++).length;
                }
                ByteBuffer batches = ByteBuffer.allocateDirect(bytes);
                for (int i = (int) offset; i < next; i++) {
                    batches.put(log.records.get(i));
                }
                slicesOpen.incrementAndGet();
                slicesMade.incrementAndGet();
                AtomicInteger releases = new AtomicInteger();
                return new LogSlice(batches.flip().asReadOnlyBuffer(), next, log.records.size(), () -> {
                    if (releases.incrementAndGet() > 1) {
                        throw new IllegalStateException("released twice");
                    }
                    slicesOpen.decrementAndGet();
                });
            }
        }

        @Override
        public Runnable onAppend(TopicPartition partition, long offset, Runnable wakeUp) {
            synchronized (FakeBroker.this) {
                Log log = logs.get(partition);
                if (log != null && log.records.size() <= offset) {
                    log.waiting.add(wakeUp);
                    waitsOpen.incrementAndGet();
                    return () -> {
                        synchronized (FakeBroker.this) {
                            log.waiting.remove(wakeUp);
                            waitsOpen.decrementAndGet();
                        }
                    };
                }
            }
            wakeUp.run();
            return () -> {};
        }

        @Override
        public Bounds bounds(TopicPartition partition) {
            synchronized (FakeBroker.this) {
                var bounds = log(partition).bounds();
                return new Bounds(bounds.start(), bounds.end(), bounds.bytes());
            }
        }

        @Override
        public CompletableFuture<FoundOffset> findByTime(TopicPartition partition, long timeMs) {
            return CompletableFuture.supplyAsync(
                    () -> {
                        long end = bounds(partition).endOffset();
                        return timeMs < end ? new FoundOffset(timeMs, timeMs) : new FoundOffset(end, -1);
                    },
                    syncer);
        }

        @Override
        public CompletableFuture<Void> deleteBefore(TopicPartition partition, long offset) {
            return attempt(() -> {
                expireBefore(partition, offset);
                return null;
            });
        }
    }

    private final class Groups implements GroupOperations {
        @Override
        public CompletableFuture<Membership> join(Join request) {
            return CompletableFuture.supplyAsync(
                    () -> {
                        synchronized (FakeBroker.this) {
                            Map<String, Integer> members =
                                    groups.computeIfAbsent(request.group(), absent -> new TreeMap<>());
                            String memberId =
                                    request.memberId().isEmpty() ? "member-" + members.size() : request.memberId();
                            members.put(memberId, 1);
                            return new Membership(memberId, 1, 3000, assignment());
                        }
                    },
                    syncer);
        }

        private List<AssignedPartition> assignment() {
            return logs.keySet().stream()
                    .map(partition -> new AssignedPartition(
                            topicOperations
                                    .find(partition.topicId())
                                    .orElseThrow()
                                    .name(),
                            partition,
                            -1))
                    .toList();
        }

        @Override
        public CompletableFuture<Membership> heartbeat(
                String group, String memberId, int memberEpoch, List<TopicPartition> owned) {
            return attempt(() -> {
                requireMember(group, memberId);
                return new Membership(memberId, memberEpoch, 3000, assignment());
            });
        }

        @Override
        public CompletableFuture<List<CommitResult>> commit(
                String group, String memberId, int memberEpoch, List<Offset> offsets) {
            return attempt(() -> offsets.stream()
                    .map(offset -> {
                        if (!logs.containsKey(offset.partition())) {
                            return new CommitResult(offset.partition(), Fault.NOT_ASSIGNED, "not yours");
                        }
                        committed
                                .computeIfAbsent(group, absent -> new HashMap<>())
                                .put(offset.partition(), offset.offset());
                        return new CommitResult(offset.partition(), null, null);
                    })
                    .toList());
        }

        @Override
        public CompletableFuture<Void> leave(String group, String memberId, boolean keepStatic) {
            return attempt(() -> {
                requireMember(group, memberId);
                groups.get(group).remove(memberId);
                return null;
            });
        }

        @Override
        public CompletableFuture<List<Offset>> committed(String group, List<TopicPartition> partitions) {
            Map<TopicPartition, Long> offsets = committed.getOrDefault(group, Map.of());
            return attempt(() -> partitions.stream()
                    .map(partition -> new Offset(partition, offsets.getOrDefault(partition, -1L), null))
                    .toList());
        }

        @Override
        public CompletableFuture<List<Summary>> list() {
            return attempt(() -> groups.entrySet().stream()
                    .map(group -> new Summary(
                            group.getKey(), "stable", group.getValue().size(), 3, 4))
                    .toList());
        }

        @Override
        public CompletableFuture<Description> describe(String group) {
            return attempt(() -> {
                if (!groups.containsKey(group)) {
                    throw new FaultException(Fault.GROUP_NOT_FOUND, "group " + group);
                }
                List<Member> members = groups.get(group).entrySet().stream()
                        .map(member -> new Member(
                                member.getKey(),
                                null,
                                "client",
                                member.getValue(),
                                List.of(new NamedPartition("t", 0))))
                        .toList();
                List<Progress> progress = logs.keySet().stream()
                        .map(partition -> new Progress("t", partition, 1, 2, 1, 5, null))
                        .toList();
                return new Description(group, "stable", 9, members, progress);
            });
        }

        @Override
        public CompletableFuture<Void> reset(String group, List<Offset> offsets) {
            resets.addAll(offsets);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> delete(String group) {
            return attempt(() -> {
                if (groups.remove(group) == null) {
                    throw new FaultException(Fault.GROUP_NOT_FOUND, "group " + group);
                }
                return null;
            });
        }

        @Override
        public void listen(AssignmentListener listener) {
            listeners.add(listener);
        }

        private void requireMember(String group, String memberId) {
            if (!groups.getOrDefault(group, Map.of()).containsKey(memberId)) {
                throw new FaultException(Fault.UNKNOWN_MEMBER, "member " + memberId);
            }
        }
    }

    private final class Stats implements BrokerStats {
        @Override
        public List<PartitionStats> partitions(Predicate<String> wanted) {
            return partitionStats.stream()
                    .filter(row -> wanted.test(row.topic()))
                    .toList();
        }

        @Override
        public List<GroupProgress> groupProgress(Predicate<String> groups, Predicate<String> wanted) {
            return groupProgress.stream()
                    .filter(row -> groups.test(row.group()))
                    .map(row -> new GroupProgress(
                            row.group(),
                            row.members(),
                            row.partitions().stream()
                                    .filter(progress -> wanted.test(progress.topic()))
                                    .toList()))
                    .toList();
        }

        @Override
        public Map<String, Integer> deadLetters() {
            return deadLetterCounts;
        }

        @Override
        public long deadLetterReplays() {
            return 7;
        }

        @Override
        public StoreStats store() {
            return new StoreStats(100, 110, 90, 0, 10, 5000, 6000, 7_000_000);
        }

        @Override
        public long diskUsableBytes() {
            return 1 << 30;
        }

        @Override
        public long tailCacheHits() {
            return 11;
        }

        @Override
        public long tailCacheMisses() {
            return 12;
        }

        @Override
        public long tailCacheBytes() {
            return 13;
        }

        @Override
        public long eventCacheHits() {
            return 31;
        }

        @Override
        public long eventCacheMisses() {
            return 32;
        }

        @Override
        public long eventCacheBytes() {
            return 33;
        }

        @Override
        public long duplicateBatches() {
            return 14;
        }

        @Override
        public long groupRebalances() {
            return 15;
        }

        @Override
        public long offsetCommits() {
            return 16;
        }

        @Override
        public long timersPending() {
            return 19;
        }

        @Override
        public long timersFired() {
            return 20;
        }

        @Override
        public long timersDropped() {
            return 21;
        }

        @Override
        public int transactionsOpen() {
            return 22;
        }

        @Override
        public long transactionsCommitted() {
            return 23;
        }

        @Override
        public int inboxRequests() {
            return 17;
        }

        @Override
        public long inboxBytes() {
            return 18;
        }

        @Override
        public List<TopicStats> topics() {
            return topicStats;
        }

        @Override
        public List<GroupStats> groups() {
            return groupStats;
        }

        @Override
        public void observe(Observer added) {
            observer = added;
        }
    }

    private interface Attempt<T> {
        T run();
    }

    private <T> CompletableFuture<T> attempt(Attempt<T> attempt) {
        synchronized (this) {
            try {
                return CompletableFuture.completedFuture(attempt.run());
            } catch (FaultException failure) {
                return CompletableFuture.failedFuture(failure);
            }
        }
    }
}
