package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.DeadLetterFrames.Claim;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames.AssignedPartition;
import dev.millrace.core.wire.GroupFrames.AssignmentPending;
import dev.millrace.core.wire.GroupFrames.CommitOffsets;
import dev.millrace.core.wire.GroupFrames.GroupJoined;
import dev.millrace.core.wire.GroupFrames.Heartbeat;
import dev.millrace.core.wire.GroupFrames.HeartbeatOk;
import dev.millrace.core.wire.GroupFrames.JoinGroup;
import dev.millrace.core.wire.GroupFrames.LeaveGroup;
import dev.millrace.core.wire.GroupFrames.OffsetsCommitted;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import dev.millrace.core.wire.Operation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Keeps a membership alive: joins, heartbeats, and turns each assignment told into what came and what must go.
 *
 * <pre>
 *   joining ──GROUP_JOINED──▶ member ──UNKNOWN_MEMBER, FENCED_MEMBER──▶ joining (as new)
 *      ▲                        │ ──new connection──▶ joining (same id)
 *      └────────────────────────┘      left: after leave(), or after a refusal that a retry cannot mend
 * </pre>
 *
 * A revoked partition stays owned, and so with nobody else, until {@link #release}. Thread: loop, where not said otherwise.
 */
final class GroupMembership implements Link.Listener {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Who closes waits so long for the broker's answer. */
    private static final long LEAVE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    /**
     * The client goes on trying behind its user's back: a member that left while the broker was away would else hold its
     * partitions for a whole session after the broker's return.
     */
    private static final long LEAVE_NANOS = TimeUnit.MINUTES.toNanos(5);

    /** What changed for the member. Partitions of an earlier round are no longer its own. */
    sealed interface Change {
        /** @param ownedCount with these */
        record Assigned(int round, List<AssignedPartition> partitions, int ownedCount) implements Change {}

        record Revoked(int round, List<AssignedPartition> partitions) implements Change {}

        record Lost(List<AssignedPartition> partitions) implements Change {}

        record Failed(MillraceException cause) implements Change {}
    }

    private enum State {
        JOINING,
        MEMBER,
        LEFT
    }

    private final Link link;
    private final GroupOptions options;
    private final Consumer<Change> onChange;
    private final Map<PartitionRef, AssignedPartition> owned = new LinkedHashMap<>();
    private final Set<PartitionRef> revoking = new HashSet<>();
    private State state = State.JOINING;
    private boolean joinOpen;
    private boolean heartbeatOpen;
    private boolean heartbeatWanted;
    private int heartbeatIntervalMs;
    private int memberEpoch;
    /** Counts memberships, so that news of an earlier one does no harm. */
    private int round;

    private long timerRun;
    /** Chosen here, so that a join that is sent again because its answer was lost makes no second member. */
    private String joinAs = newMemberId();
    /** As it joined; empty before that. */
    private volatile String memberId = "";

    /** @param onChange must return at once */
    GroupMembership(Link link, GroupOptions options, Consumer<Change> onChange) {
        this.link = link;
        this.options = options;
        this.onChange = onChange;
    }

    /** Thread: any. */
    String memberId() {
        return memberId;
    }

    /** Thread: any. */
    void start() {
        link.onLoop(() -> link.addListener(this));
    }

    @Override
    public void onUp(Connection connection) {
        // Joining again ties this connection to the membership, so that the broker can tell of changes.
        if (state != State.LEFT) {
            join();
        }
    }

    @Override
    public void onDown(MillraceException cause) {
        // The session goes on; the broker ends it when it takes too long.
    }

    @Override
    public void onAssignmentPending(AssignmentPending notice) {
        if (notice.group().equals(options.group()) && notice.memberId().equals(memberId)) {
            heartbeat();
        }
    }

    // ---- join

    private void join() {
        state = State.JOINING;
        if (joinOpen) {
            return;
        }
        joinOpen = true;
        JoinGroup request = new JoinGroup(
                options.group(),
                joinAs,
                options.instanceId(),
                link.options().clientId(),
                options.patterns(),
                options.sessionTimeoutMs());
        link.call(request, GroupJoined.class, true).whenComplete((joined, error) -> {
            joinOpen = false;
            if (error != null) {
                onRefused(failureOf(error));
            } else if (state == State.LEFT) {
                // A join that was under way while leaving: leave what it has made.
                sendLeave(joined.memberId());
            } else {
                onJoined(joined);
            }
        });
    }

    private void onJoined(GroupJoined joined) {
        state = State.MEMBER;
        memberId = joined.memberId();
        memberEpoch = joined.memberEpoch();
        heartbeatIntervalMs = Math.max(1, joined.heartbeatIntervalMs());
        reconcile(joined.assignment());
        armHeartbeat();
    }

    private void onRefused(MillraceException cause) {
        if (state == State.LEFT || cause.fault() == Fault.CLIENT_CLOSED) {
            return;
        }
        boolean replaced = cause.fault() == Fault.FENCED_MEMBER && options.instanceId() != null;
        boolean sessionEnded = cause.fault() == Fault.FENCED_MEMBER || cause.fault() == Fault.UNKNOWN_MEMBER;
        if (sessionEnded) {
            loseAll();
        }
        if (replaced || !sessionEnded && !cause.retriable()) {
            state = State.LEFT;
            link.removeListener(this);
            onChange.accept(new Change.Failed(cause));
        } else if (sessionEnded || state == State.JOINING) {
            LOG.log(System.Logger.Level.INFO, "group.rejoin group={0} cause={1}", options.group(), cause.detail());
            state = State.JOINING;
            schedule(RETRY_NANOS, () -> {
                if (state == State.JOINING) {
                    join();
                }
            });
        } else {
            armHeartbeat();
        }
    }

    /** The session has ended, so others may have the partitions by now. */
    private void loseAll() {
        List<AssignedPartition> lost = List.copyOf(owned.values());
        owned.clear();
        revoking.clear();
        round++;
        memberId = "";
        joinAs = newMemberId();
        if (!lost.isEmpty()) {
            onChange.accept(new Change.Lost(lost));
        }
    }

    private static String newMemberId() {
        return UUID.randomUUID().toString();
    }

    // ---- heartbeat

    private void armHeartbeat() {
        long run = ++timerRun;
        schedule(TimeUnit.MILLISECONDS.toNanos(heartbeatIntervalMs), () -> {
            if (run == timerRun) {
                heartbeat();
            }
        });
    }

    private void heartbeat() {
        if (state != State.MEMBER) {
            return;
        }
        if (heartbeatOpen) {
            heartbeatWanted = true;
            return;
        }
        heartbeatOpen = true;
        heartbeatWanted = false;
        int ofRound = round;
        Heartbeat request = new Heartbeat(options.group(), memberId, memberEpoch, List.copyOf(owned.keySet()));
        link.call(request, HeartbeatOk.class, true).whenComplete((ok, error) -> {
            heartbeatOpen = false;
            if (state != State.MEMBER || ofRound != round) {
                return;
            }
            if (error != null) {
                onRefused(failureOf(error));
                return;
            }
            memberEpoch = ok.memberEpoch();
            reconcile(ok.assignment());
            if (heartbeatWanted) {
                heartbeat();
            } else {
                armHeartbeat();
            }
        });
    }

    private void reconcile(List<AssignedPartition> told) {
        Set<PartitionRef> kept = new HashSet<>();
        List<AssignedPartition> assigned = new ArrayList<>();
        for (AssignedPartition partition : told) {
            PartitionRef ref = new PartitionRef(partition.topicId(), partition.partition());
            kept.add(ref);
            if (owned.putIfAbsent(ref, partition) == null) {
                assigned.add(partition);
            }
        }
        List<AssignedPartition> revoked = new ArrayList<>();
        owned.forEach((ref, partition) -> {
            if (!kept.contains(ref) && revoking.add(ref)) {
                revoked.add(partition);
            }
        });
        if (!revoked.isEmpty()) {
            onChange.accept(new Change.Revoked(round, revoked));
        }
        if (!assigned.isEmpty()) {
            onChange.accept(new Change.Assigned(round, assigned, owned.size()));
        }
    }

    /** Lets go of revoked partitions: the broker hears of it at once. Thread: any. */
    void release(int ofRound, List<AssignedPartition> partitions) {
        link.onLoop(() -> {
            if (ofRound == round) {
                for (AssignedPartition partition : partitions) {
                    PartitionRef ref = new PartitionRef(partition.topicId(), partition.partition());
                    owned.remove(ref);
                    revoking.remove(ref);
                }
                heartbeat();
            }
        });
    }

    // ---- commit and leave

    /** Fails: FENCED_MEMBER, UNKNOWN_MEMBER, NOT_ASSIGNED for the first partition that was refused. Thread: any. */
    CompletableFuture<Void> commit(List<PartitionOffset> offsets) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean accepted = link.onLoop(() -> {
            int ofRound = round;
            if (memberId.isEmpty()) {
                done.completeExceptionally(new MillraceException(
                        Fault.UNKNOWN_MEMBER, "not a member of group " + options.group() + " at the moment"));
                return;
            }
            CommitOffsets request = new CommitOffsets(options.group(), memberId, memberEpoch, offsets);
            link.call(request, OffsetsCommitted.class, true).whenComplete((committed, error) -> {
                if (error != null) {
                    MillraceException cause = failureOf(error);
                    done.completeExceptionally(cause);
                    boolean sessionEnded =
                            cause.fault() == Fault.FENCED_MEMBER || cause.fault() == Fault.UNKNOWN_MEMBER;
                    if (sessionEnded && state == State.MEMBER && ofRound == round) {
                        onRefused(cause);
                    }
                } else {
                    complete(done, committed);
                }
            });
        });
        if (!accepted) {
            done.completeExceptionally(Link.closedException());
        }
        return done;
    }

    /** The same as an operation of a transaction, for a member that is still what it was in that round. Thread: any. */
    CompletableFuture<Operation.CommitOffsets> commitInTransaction(int ofRound, List<PartitionOffset> offsets) {
        CompletableFuture<Operation.CommitOffsets> made = new CompletableFuture<>();
        boolean accepted = link.onLoop(() -> {
            if (memberId.isEmpty() || ofRound != round) {
                made.completeExceptionally(new MillraceException(
                        Fault.FENCED_MEMBER,
                        "the session in group " + options.group() + " ended after the messages were polled"));
            } else {
                made.complete(new Operation.CommitOffsets(options.group(), memberId, memberEpoch, offsets));
            }
        });
        if (!accepted) {
            made.completeExceptionally(Link.closedException());
        }
        return made;
    }

    /**
     * Sends a request about one message that this member works on. Fails: FENCED_MEMBER, UNKNOWN_MEMBER, NOT_ASSIGNED, and
     * what the request adds. Thread: any.
     */
    <A extends Frame> CompletableFuture<A> claim(
            PartitionRef partition, long offset, Function<Claim, Frame> request, Class<A> answerType) {
        CompletableFuture<A> done = new CompletableFuture<>();
        boolean accepted = link.onLoop(() -> {
            if (memberId.isEmpty()) {
                done.completeExceptionally(new MillraceException(
                        Fault.UNKNOWN_MEMBER, "not a member of group " + options.group() + " at the moment"));
                return;
            }
            Claim claim = new Claim(
                    options.group(), memberId, memberEpoch, partition.topicId(), partition.partition(), offset);
            link.call(request.apply(claim), answerType, true).whenComplete((answer, error) -> {
                if (error != null) {
                    done.completeExceptionally(failureOf(error));
                } else {
                    done.complete(answer);
                }
            });
        });
        if (!accepted) {
            done.completeExceptionally(Link.closedException());
        }
        return done;
    }

    private static void complete(CompletableFuture<Void> done, OffsetsCommitted committed) {
        committed.results().stream()
                .filter(result -> result.code() != 0)
                .findFirst()
                .ifPresentOrElse(
                        refused -> done.completeExceptionally(new MillraceException(
                                Fault.ofCode(refused.code()),
                                refused.detail() == null ? "partition " + refused.partition() : refused.detail())),
                        () -> done.complete(null));
    }

    /** Leaves; a static member keeps its partitions until its session ends. Thread: any. */
    CompletableFuture<Void> leave() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean accepted = link.onLoop(() -> {
            boolean joined = state != State.LEFT && !memberId.isEmpty();
            state = State.LEFT;
            link.removeListener(this);
            if (joined) {
                sendLeave(memberId).whenComplete((left, error) -> done.complete(null));
                schedule(LEAVE_WAIT_NANOS, () -> done.complete(null));
            } else {
                done.complete(null);
            }
        });
        if (!accepted) {
            done.complete(null);
        }
        return done;
    }

    private CompletableFuture<Frames.Done> sendLeave(String id) {
        LeaveGroup request = new LeaveGroup(options.group(), id, options.instanceId() != null);
        return link.call(request, Frames.Done.class, true, LEAVE_NANOS);
    }

    private void schedule(long delayNanos, Runnable task) {
        link.loop().schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }

    private static MillraceException failureOf(Throwable error) {
        return error instanceof MillraceException failure ? failure : Waiting.rethrown(error);
    }
}
