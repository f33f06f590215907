package dev.millrace.core;

import dev.millrace.core.command.Audited;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.LeaveGroup;
import dev.millrace.core.command.ResetOffsets;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.group.GroupDescription;
import dev.millrace.core.group.MemberRef;
import dev.millrace.core.group.PartitionResult;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.machine.MemberAssignment;
import dev.millrace.core.machine.TopicDirectory;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.wire.Actor;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/** Groups of a {@link LocalBroker}: translates partitions to log ids and back, stamps ids and defaults, and proposes. */
final class LocalGroups implements GroupOperations {
    private static final Logger LOG = System.getLogger(LocalGroups.class.getName());
    private static final int HEARTBEATS_PER_SESSION = 4;
    private static final int HEARTBEAT_MS_MAX = 3000;

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final GroupReports reports;
    private final BrokerOptions options;
    private final List<AssignmentListener> listeners;
    private final Actor actor;

    LocalGroups(
            ShardRuntime<BrokerStateMachine> runtime,
            PartitionLookup lookup,
            LagMeter lag,
            BrokerOptions options,
            Executor readers) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.reports = new GroupReports(runtime, lookup, lag, readers);
        this.options = options;
        this.listeners = new CopyOnWriteArrayList<>();
        this.actor = Actor.BROKER;
    }

    private LocalGroups(LocalGroups same, Actor actor) {
        this.runtime = same.runtime;
        this.lookup = same.lookup;
        this.reports = same.reports;
        this.options = same.options;
        this.listeners = same.listeners;
        this.actor = actor;
    }

    LocalGroups as(Actor other) {
        return new LocalGroups(this, other);
    }

    @Override
    public CompletableFuture<Membership> join(Join request) {
        String memberId =
                request.memberId().isEmpty() ? options.world().ids().get().toString() : request.memberId();
        int sessionMs =
                request.sessionTimeoutMs() == 0 ? options.groups().sessionTimeoutMs() : request.sessionTimeoutMs();
        JoinGroup join = new JoinGroup(
                request.group(), memberId, request.instanceId(), request.clientId(), request.patterns(), sessionMs);
        return Answers.map(runtime.<MemberAssignment>submit(join), this::toMembership);
    }

    @Override
    public CompletableFuture<Membership> heartbeat(
            String group, String memberId, int memberEpoch, List<TopicPartition> owned) {
        List<Integer> ownedIds = new ArrayList<>(owned.size());
        for (TopicPartition partition : owned) {
            int partitionId = idOrNone(partition);
            if (partitionId >= 0) {
                ownedIds.add(partitionId);
            }
        }
        return Answers.map(
                runtime.<MemberAssignment>submit(new HeartbeatGroup(group, memberId, memberEpoch, ownedIds)),
                this::toMembership);
    }

    private Membership toMembership(MemberAssignment given) {
        List<AssignedPartition> assigned = new ArrayList<>();
        for (MemberAssignment.Partition partition : given.partitions()) {
            TopicDirectory.Place place = lookup.directory().placeOf(partition.partitionId());
            if (place != null) {
                assigned.add(new AssignedPartition(
                        place.topic().name(),
                        new TopicPartition(place.topic().topicId(), place.partition()),
                        partition.committedOffset()));
            }
        }
        int heartbeatMs = Math.min(HEARTBEAT_MS_MAX, Math.max(1, given.sessionTimeoutMs() / HEARTBEATS_PER_SESSION));
        return new Membership(given.memberId(), given.memberEpoch(), heartbeatMs, assigned);
    }

    /** The log's id, or -1 where the partition is gone. */
    private int idOrNone(TopicPartition partition) {
        try {
            return lookup.partitionId(partition);
        } catch (FaultException gone) {
            return -1;
        }
    }

    @Override
    public CompletableFuture<List<CommitResult>> commit(
            String group, String memberId, int memberEpoch, List<Offset> offsets) {
        List<CommitOffsets.Entry> entries = new ArrayList<>(offsets.size());
        CommitResult[] results = new CommitResult[offsets.size()];
        List<Integer> asked = new ArrayList<>(offsets.size());
        for (int i = 0; i < offsets.size(); i++) {
            Offset offset = offsets.get(i);
            try {
                int partitionId = lookup.partitionId(offset.partition());
                refuseBeyondEnd(offset);
                entries.add(new CommitOffsets.Entry(partitionId, offset.offset(), -1, offset.metadata()));
                asked.add(i);
            } catch (FaultException gone) {
                results[i] = new CommitResult(offset.partition(), gone.fault(), gone.detail());
            }
        }
        return Answers.map(
                runtime.<List<PartitionResult>>submit(new CommitOffsets(group, memberId, memberEpoch, entries)),
                answers -> {
                    for (int i = 0; i < answers.size(); i++) {
                        PartitionResult answer = answers.get(i);
                        int at = asked.get(i);
                        results[at] = new CommitResult(offsets.get(at).partition(), answer.fault(), answer.detail());
                    }
                    return List.of(results);
                });
    }

    /** A committed offset past the end would skip records that are still to come. */
    private void refuseBeyondEnd(Offset offset) {
        long end = lookup.log(offset.partition()).durableEndOffset();
        if (offset.offset() > end) {
            throw new FaultException(
                    Fault.OFFSET_OUT_OF_RANGE, "commit of offset " + offset.offset() + " where the log ends at " + end);
        }
    }

    @Override
    public CompletableFuture<Void> leave(String group, String memberId, boolean keepStatic) {
        return Answers.map(runtime.submit(new LeaveGroup(group, memberId, keepStatic)), left -> null);
    }

    @Override
    public CompletableFuture<List<Offset>> committed(String group, List<TopicPartition> partitions) {
        List<Integer> asked = new ArrayList<>(partitions.size());
        try {
            partitions.forEach(partition -> asked.add(lookup.partitionId(partition)));
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return Answers.map(
                runtime.query(machine -> machine.groups().describe(group)),
                found -> toOffsets(found.map(GroupDescription::offsets).orElseGet(TreeMap::new), partitions, asked));
    }

    private List<Offset> toOffsets(
            Map<Integer, CommittedOffset> offsets, List<TopicPartition> partitions, List<Integer> asked) {
        List<Offset> answers = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            CommittedOffset offset = offsets.get(asked.get(i));
            answers.add(
                    offset == null
                            ? new Offset(partitions.get(i), -1, null)
                            : new Offset(partitions.get(i), offset.offset(), offset.metadata()));
        }
        if (asked.isEmpty()) {
            offsets.forEach((partitionId, offset) -> {
                TopicPartition partition = lookup.partitionOf(partitionId);
                if (partition != null) {
                    answers.add(new Offset(partition, offset.offset(), offset.metadata()));
                }
            });
        }
        return answers;
    }

    @Override
    public CompletableFuture<List<Summary>> list() {
        return reports.list();
    }

    @Override
    public CompletableFuture<Description> describe(String group) {
        return reports.describe(group);
    }

    @Override
    public CompletableFuture<Void> reset(String group, List<Offset> offsets) {
        List<ResetOffsets.Entry> entries = new ArrayList<>(offsets.size());
        try {
            for (Offset offset : offsets) {
                refuseBeyondEnd(offset);
                entries.add(new ResetOffsets.Entry(lookup.partitionId(offset.partition()), offset.offset()));
            }
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        Audited reset = new Audited(actor, new ResetOffsets(group, entries));
        return Answers.map(runtime.<List<PartitionResult>>submit(reset), results -> {
            for (PartitionResult result : results) {
                if (!result.accepted()) {
                    throw new FaultException(result.fault(), result.detail());
                }
            }
            return null;
        });
    }

    @Override
    public CompletableFuture<Void> delete(String group) {
        if (group.isEmpty()) {
            return CompletableFuture.failedFuture(new FaultException(Fault.INVALID_REQUEST, "the group has no name"));
        }
        return Answers.map(runtime.submit(new Audited(actor, new DeleteGroup(group))), deleted -> null);
    }

    @Override
    public void listen(AssignmentListener listener) {
        listeners.add(listener);
    }

    /** Thread: syncer. */
    void onAssignmentPending(List<MemberRef> members) {
        for (MemberRef member : members) {
            for (AssignmentListener listener : listeners) {
                tell(listener, member);
            }
        }
    }

    private static void tell(AssignmentListener listener, MemberRef member) {
        try {
            listener.onAssignmentPending(member.group(), member.memberId());
        } catch (RuntimeException failed) {
            LOG.log(Level.WARNING, "telling of an assignment failed", failed);
        }
    }
}
