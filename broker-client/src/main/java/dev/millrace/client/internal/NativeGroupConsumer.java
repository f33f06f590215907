package dev.millrace.client.internal;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.GroupFrames.AssignedPartition;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * A group member in pull style, and below a {@link HandlerRunner} in handler style.
 *
 * <p>The loop keeps the membership; the polling thread applies its changes between polls, when what was handed out
 * before is finished. Thread: any; polls come one after the other.
 */
final class NativeGroupConsumer implements GroupConsumer {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");

    /**
     * With dead letters, commits after so many messages at the latest: a message that ends its process is found out
     * sooner the nearer it is to the committed offset.
     */
    private static final int COMMIT_COUNT = 2048;

    /** A partition as this member knows it. */
    private record Held(AssignedPartition assigned, int round) {}

    /** In pull style all that was handed out before is finished when somebody asks: they ask between polls. */
    private static final MessageSource.Progress PULLED = new MessageSource.Progress() {
        @Override
        public long finishedOffset(TopicPartition partition, long position) {
            return position;
        }

        @Override
        public void settle(TopicPartition partition) {}

        @Override
        public void forget(TopicPartition partition) {}
    };

    private final GroupOptions options;
    private final Callbacks callbacks;
    private final Consumer<AutoCloseable> onClose;
    private final FeedSet feeds;
    private final FeedBuffer buffer;
    private final GroupMembership membership;
    /** Null where the group keeps no dead letters. */
    private final Parking parking;

    private final Queue<GroupMembership.Change> changes = new ConcurrentLinkedQueue<>();
    private final Map<TopicPartition, Held> held = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
    /** Partitions that were reset and whose new position is not known yet, with the offset that was wanted. */
    private final Map<TopicPartition, Long> resets = new HashMap<>();

    private final ReentrantLock polling = new ReentrantLock();
    private volatile boolean closed;
    private volatile boolean woken;
    private volatile MillraceException failure;
    private MessageSource.Progress progress = PULLED;
    private CompletableFuture<Void> autoCommit = CompletableFuture.completedFuture(null);
    private long nextAutoCommitNanos;
    /** Since the last commit. */
    private int handedOut;

    NativeGroupConsumer(Link link, Callbacks callbacks, GroupOptions options, Consumer<AutoCloseable> onClose) {
        this.options = options;
        this.callbacks = callbacks;
        this.onClose = onClose;
        this.feeds = new FeedSet(link, options.bufferBytes());
        this.buffer = feeds.buffer();
        this.membership = new GroupMembership(link, options, change -> {
            changes.add(change);
            buffer.wakeUp();
        });
        this.parking = options.deadLetters() ? new Parking(membership, link, options.group()) : null;
        this.nextAutoCommitNanos = System.nanoTime() + options.autoCommitNanos();
    }

    Parking parking() {
        return parking;
    }

    void join() {
        membership.start();
    }

    void follow(MessageSource.Progress progress) {
        this.progress = progress;
    }

    /** Ends a poll that waits, or the next one, with what there is. */
    void wakeUp() {
        woken = true;
        buffer.wakeUp();
    }

    // ---- polling

    @Override
    public List<ReceivedMessage> poll(Duration timeout) {
        return new Inbound(feeds.telemetry(), options.group()).poll(() -> poll(timeout, options.pollCountMax()));
    }

    /** For the client itself, of which telemetry does not hear. */
    List<ReceivedMessage> poll(Duration timeout, int countMax) {
        polling.lock();
        try {
            long deadlineNanos = System.nanoTime() + timeout.toNanos();
            while (true) {
                applyChanges();
                autoCommitWhenDue();
                long leftNanos = deadlineNanos - System.nanoTime();
                long waitNanos = Math.max(0, Math.min(leftNanos, untilAutoCommitNanos()));
                List<ReceivedMessage> messages =
                        buffer.poll(Math.min(countMax, options.pollCountMax()), waitNanos, this::onProblem);
                reportResets();
                boolean idle = messages.isEmpty()
                        && countMax > 0
                        && !Thread.currentThread().isInterrupted();
                if (!idle || leftNanos <= 0 || woken) {
                    woken = false;
                    handedOut += messages.size();
                    return messages;
                }
            }
        } finally {
            polling.unlock();
        }
    }

    private long untilAutoCommitNanos() {
        if (!options.autoCommit()) {
            return Long.MAX_VALUE;
        }
        boolean far = parking != null && handedOut >= COMMIT_COUNT && autoCommit.isDone();
        return far ? 0 : nextAutoCommitNanos - System.nanoTime();
    }

    private void onProblem(TopicPartition partition, MillraceException problem) {
        if (problem.fault() == Fault.OFFSET_OUT_OF_RANGE) {
            resetOffset(partition, problem);
        } else if (problem.fault() == Fault.TOPIC_NOT_FOUND || problem.fault() == Fault.PARTITION_NOT_FOUND) {
            // The topic was deleted; the broker takes it out of the assignment, too.
            LOG.log(System.Logger.Level.INFO, "group.partition.gone partition={0}", partition);
            feeds.remove(List.of(partition));
        } else {
            throw Waiting.rethrown(problem);
        }
    }

    /** Once for each partition and fault: the new subscription tells where it really starts. */
    private void resetOffset(TopicPartition partition, MillraceException problem) {
        long wanted = wantedOffset(partition);
        StartPosition start = FeedSet.toWire(options.onOutOfRange());
        LOG.log(
                System.Logger.Level.WARNING,
                "group.offset.reset group={0} partition={1} wanted={2} to={3} cause={4}",
                options.group(),
                partition,
                Long.toString(wanted),
                options.onOutOfRange().kind(),
                problem.detail());
        feeds.restart(partition, start);
        progress.forget(partition);
        resets.put(partition, wanted);
    }

    private long wantedOffset(TopicPartition partition) {
        long position = buffer.position(partition);
        Held mine = held.get(partition);
        return position >= 0 || mine == null ? position : mine.assigned.committedOffset();
    }

    private void reportResets() {
        if (resets.isEmpty()) {
            return;
        }
        resets.entrySet().removeIf(reset -> {
            long begunAt = buffer.begunAt(reset.getKey());
            if (begunAt >= 0) {
                options.listener().onOffsetReset(reset.getKey(), reset.getValue(), begunAt);
            }
            return begunAt >= 0 || !held.containsKey(reset.getKey());
        });
    }

    // ---- changes of the assignment

    private void applyChanges() {
        if (failure != null) {
            throw Waiting.rethrown(failure);
        }
        if (closed) {
            throw Link.closedException();
        }
        for (GroupMembership.Change change = changes.poll(); change != null; change = changes.poll()) {
            if (change instanceof GroupMembership.Change.Assigned assigned) {
                onAssigned(assigned);
            } else if (change instanceof GroupMembership.Change.Revoked revoked) {
                onRevoked(revoked);
            } else if (change instanceof GroupMembership.Change.Lost lost) {
                onLost(lost);
            } else if (change instanceof GroupMembership.Change.Failed failed) {
                failure = failed.cause();
                throw Waiting.rethrown(failure);
            }
        }
    }

    private void onAssigned(GroupMembership.Change.Assigned change) {
        for (AssignedPartition partition : change.partitions()) {
            TopicPartition name = nameOf(partition);
            held.put(name, new Held(partition, change.round()));
            StartFrom start = startOf(partition);
            if (parking != null) {
                parking.onAssigned(name, partition);
            }
            if (partition.committedOffset() >= 0) {
                committed.put(name, partition.committedOffset());
            }
            feeds.add(name, partition.topicId(), FeedSet.toWire(start), change.ownedCount());
        }
        options.listener().onAssigned(names(change.partitions()));
    }

    private StartFrom startOf(AssignedPartition partition) {
        if (partition.committedOffset() >= 0) {
            return StartFrom.offset(partition.committedOffset());
        }
        // What is replayed is meant for the group, wherever it wanted to begin.
        boolean replays = parking != null && parking.isRetryTopic(partition.topic());
        return replays ? StartFrom.earliest() : options.startFrom();
    }

    /** Nobody else gets the partitions before this has ended. */
    private void onRevoked(GroupMembership.Change.Revoked change) {
        List<TopicPartition> names = names(change.partitions());
        handOver(names);
        forget(names);
        membership.release(change.round(), change.partitions());
    }

    /** Finishes and commits: the last moment at which this member may. */
    private void handOver(Collection<TopicPartition> names) {
        buffer.setPaused(names, true);
        names.forEach(progress::settle);
        options.listener().onRevoked(names);
        if (options.autoCommit()) {
            try {
                commitFinished(names);
            } catch (MillraceException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "group.commit.failed group={0} cause={1}",
                        options.group(),
                        e.detail());
            }
        }
    }

    private void onLost(GroupMembership.Change.Lost change) {
        List<TopicPartition> names = names(change.partitions());
        forget(names);
        options.listener().onLost(names);
    }

    private void forget(Collection<TopicPartition> names) {
        feeds.remove(names);
        names.forEach(name -> {
            progress.forget(name);
            if (parking != null) {
                parking.forget(name);
            }
            held.remove(name);
            committed.remove(name);
        });
    }

    private static TopicPartition nameOf(AssignedPartition partition) {
        return new TopicPartition(partition.topic(), partition.partition());
    }

    private static List<TopicPartition> names(List<AssignedPartition> partitions) {
        return partitions.stream().map(NativeGroupConsumer::nameOf).toList();
    }

    // ---- commits

    private void autoCommitWhenDue() {
        if (!options.autoCommit() || untilAutoCommitNanos() > 0) {
            return;
        }
        nextAutoCommitNanos = System.nanoTime() + options.autoCommitNanos();
        if (autoCommit.isDone()) {
            handedOut = 0;
            autoCommit = send(finishedOffsets(held.keySet()));
            autoCommit.whenComplete((done, error) -> {
                if (error != null) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "group.commit.failed group={0} cause={1}",
                            options.group(),
                            Waiting.rethrown(error).detail());
                }
            });
        }
    }

    /** What is finished and not committed yet. */
    private Map<TopicPartition, Long> finishedOffsets(Collection<TopicPartition> names) {
        Map<TopicPartition, Long> positions = buffer.positions();
        Map<TopicPartition, Long> finished = new HashMap<>();
        for (TopicPartition name : names) {
            Long position = positions.get(name);
            if (position != null) {
                long offset = progress.finishedOffset(name, position);
                if (offset != committed.getOrDefault(name, -1L)) {
                    finished.put(name, offset);
                }
            }
        }
        return finished;
    }

    private void commitFinished(Collection<TopicPartition> names) {
        Waiting.on(send(finishedOffsets(names)));
    }

    private CompletableFuture<Void> send(Map<TopicPartition, Long> offsets) {
        if (offsets.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        List<PartitionOffset> wire = new ArrayList<>();
        for (Map.Entry<TopicPartition, Long> entry : offsets.entrySet()) {
            Held mine = held.get(entry.getKey());
            if (mine == null) {
                return CompletableFuture.failedFuture(notAssigned(entry.getKey()));
            }
            wire.add(new PartitionOffset(mine.assigned.topicId(), entry.getKey().partition(), entry.getValue(), null));
        }
        return membership.commit(wire).thenRun(() -> committed.putAll(offsets));
    }

    @Override
    public void commit() {
        commitFinished(held.keySet());
    }

    @Override
    public CompletableFuture<Void> commitAsync() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        send(finishedOffsets(held.keySet()))
                .whenComplete((sent, error) -> callbacks.execute(() -> {
                    if (error == null) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(Waiting.rethrown(error));
                    }
                }));
        return done;
    }

    @Override
    public void commit(Map<TopicPartition, Long> nextOffsets) {
        Waiting.on(send(Map.copyOf(nextOffsets)));
    }

    /**
     * The commit of these offsets as part of a transaction: fails where this member's session ended since it polled, as
     * others may have worked on the same messages then. Fails: NOT_ASSIGNED, FENCED_MEMBER, UNKNOWN_MEMBER.
     */
    Operation.CommitOffsets offsetsForTransaction(Map<TopicPartition, Long> nextOffsets) {
        List<PartitionOffset> wire = new ArrayList<>();
        int round = -1;
        for (Map.Entry<TopicPartition, Long> entry : nextOffsets.entrySet()) {
            Held mine = held.get(entry.getKey());
            if (mine == null || round >= 0 && mine.round != round) {
                throw notAssigned(entry.getKey());
            }
            round = mine.round;
            wire.add(new PartitionOffset(mine.assigned.topicId(), entry.getKey().partition(), entry.getValue(), null));
        }
        return Waiting.on(membership.commitInTransaction(round, wire));
    }

    private MillraceException notAssigned(TopicPartition partition) {
        return new MillraceException(
                Fault.NOT_ASSIGNED, partition + " is not assigned to this member of group " + options.group());
    }

    boolean commitsByItself() {
        return options.autoCommit();
    }

    @Override
    public String group() {
        return options.group();
    }

    // ---- steering and the end

    @Override
    public String memberId() {
        return membership.memberId();
    }

    @Override
    public Set<TopicPartition> assignment() {
        return Set.copyOf(held.keySet());
    }

    @Override
    public long position(TopicPartition partition) {
        return buffer.position(partition);
    }

    @Override
    public long endOffset(TopicPartition partition) {
        return buffer.endOffset(partition);
    }

    @Override
    public boolean caughtUp() {
        return !held.isEmpty() && buffer.caughtUp();
    }

    @Override
    public void pause(Collection<TopicPartition> partitions) {
        buffer.setPaused(partitions, true);
    }

    @Override
    public void resume(Collection<TopicPartition> partitions) {
        buffer.setPaused(partitions, false);
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        feeds.seek(partition, offset);
    }

    /** Commits what is finished, where that is automatic, and leaves. Waits for a poll that is under way. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        wakeUp();
        polling.lock();
        try {
            List<TopicPartition> mine = List.copyOf(held.keySet());
            if (failure == null && !mine.isEmpty()) {
                handOver(mine);
            }
            Waiting.on(membership.leave());
            forget(mine);
        } finally {
            feeds.close();
            polling.unlock();
            onClose.accept(this);
        }
    }
}
