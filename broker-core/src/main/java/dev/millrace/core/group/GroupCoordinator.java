package dev.millrace.core.group;

import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.LeaveGroup;
import dev.millrace.core.command.MemberClaim;
import dev.millrace.core.command.ResetOffsets;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.time.Stamp;
import dev.millrace.core.wire.DeadLetterNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs all consumer groups: who is a member, who reads what, and how far each group has read.
 *
 * <p>The broker assigns. When the assignment changes, a member is told at its next heartbeat; a partition goes to its new
 * owner only after the old one confirmed that it let go, left, or let its session end. Nobody else stops working.
 *
 * <p>Deterministic: time comes in with each command, limits and topics were given at construction; no clock is read.
 *
 * <p>Thread: shard, except the two counters. Durable: with the commit that holds {@code sink}; answers must not leave
 * the broker before it is. Fails: expected failures are {@link GroupOutcome.Refused}, and change nothing.
 */
public final class GroupCoordinator {
    private final GroupLimits limits;
    private final TopicView topics;
    private final RequestRules rules;
    private final CommitCheck commitCheck;
    private final SortedMap<String, Group> groups = new TreeMap<>();
    private final SessionTimers timers = new SessionTimers();
    private final EmptyGroups emptyGroups = new EmptyGroups();
    private final Set<MemberRef> nudges = new LinkedHashSet<>();
    private final List<LostPartition> lost = new ArrayList<>();
    /** How far the time that is written down is ahead of the one by which sessions end, and offsets expire. */
    private long aheadOfSteadyMs;

    private long aheadOfDueMs;
    private final AtomicLong rebalancesTotal = new AtomicLong();
    private final AtomicLong commitsTotal = new AtomicLong();

    /**
     * Starts without groups; see {@link #load}.
     *
     * @param topics the catalog as it is at each call, not a copy
     */
    public GroupCoordinator(GroupLimits limits, TopicView topics) {
        this.limits = limits;
        this.topics = topics;
        this.rules = new RequestRules(limits);
        this.commitCheck = new CommitCheck(rules, topics);
    }

    /** Takes over the stored groups. Every member gets a full session from {@code steadyMs}; nothing is moved. */
    public void load(Store store, long steadyMs) {
        groups.putAll(GroupRows.load(store));
        for (Group group : groups.values()) {
            emptyGroups.update(group.name(), group.emptySinceMs());
            for (Member member : group.members()) {
                member.lastSeenMs = timers.at(steadyMs);
                timers.start(group.name(), member);
            }
        }
    }

    /** Sessions and expiry of the commands that follow go by this stamp, not by the {@code nowMs} of each. */
    public void beginBatch(Stamp stamp) {
        aheadOfSteadyMs = stamp.nowMs() - stamp.steadyMs();
        aheadOfDueMs = stamp.nowMs() - stamp.dueMs();
    }

    // ---- membership

    /**
     * Adds a member, or confirms one that joined already. With the instance id of a known static member the caller takes
     * that one's place: same partitions, no new generation, and the id before is fenced.
     *
     * <p>Whoever joins works from then on only on what the answer lists, at once: a session may have ended unnoticed,
     * and what the member worked on before may be another's.
     *
     * <p>Fails: INVALID_REQUEST, LIMIT_REACHED, FENCED_MEMBER.
     */
    public GroupOutcome<Assignment> applyJoin(JoinGroup join, long nowMs, WriteSink sink) {
        String problem = rules.problemWith(join);
        if (problem != null) {
            return GroupOutcome.refused(Fault.INVALID_REQUEST, problem);
        }
        Group group = groups.get(join.group());
        if (group == null) {
            if (groups.size() >= limits.groupCountMax()) {
                return tooManyGroups();
            }
            return admit(createGroup(join.group(), Group.NOT_EMPTY), join, nowMs, sink);
        }
        if (group.isFenced(join.memberId())) {
            return fenced(join.group(), join.memberId());
        }
        Member known = group.member(join.memberId());
        Member place = group.place(join.instanceId());
        if (known != null && known != place && (known.instanceId != null || join.instanceId() != null)) {
            return GroupOutcome.refused(
                    Fault.INVALID_REQUEST,
                    "member '" + join.memberId() + "' joined with instance id '" + known.instanceId
                            + "' and cannot change it to '" + join.instanceId() + "'");
        }
        if (known != null) {
            return rejoin(group, known, join, nowMs, sink);
        }
        if (place != null) {
            timers.stop(group.name(), place);
            noteLost(group, place);
            group.replaceId(place, join.memberId());
            timers.start(group.name(), place);
            return rejoin(group, place, join, nowMs, sink);
        }
        if (group.members().size() >= limits.memberCountMax()) {
            return GroupOutcome.refused(
                    Fault.LIMIT_REACHED,
                    "group '" + group.name() + "' has " + group.members().size() + " members; at most "
                            + limits.memberCountMax() + " are allowed");
        }
        return admit(group, join, nowMs, sink);
    }

    private GroupOutcome<Assignment> admit(Group group, JoinGroup join, long nowMs, WriteSink sink) {
        Member member = new Member(join.memberId(), join.instanceId());
        introduce(member, join, nowMs - aheadOfSteadyMs);
        group.add(member);
        timers.start(group.name(), member);
        retarget(group);
        // A new member has no earlier epoch that could still be on its way.
        member.epoch = group.generation();
        member.previousEpoch = group.generation();
        return answerJoin(group, member, sink);
    }

    private GroupOutcome<Assignment> rejoin(Group group, Member member, JoinGroup join, long nowMs, WriteSink sink) {
        List<TopicPattern> patternsBefore = member.patterns;
        boolean returned = member.away;
        member.away = false;
        if (introduce(member, join, nowMs - aheadOfSteadyMs) || returned) {
            group.changed(member);
        }
        timers.restart(group.name(), member);
        if (!member.patterns.equals(patternsBefore)) {
            retarget(group);
        }
        return answerJoin(group, member, sink);
    }

    /** Takes over what the member says about itself. Returns whether that differs from before. */
    private boolean introduce(Member member, JoinGroup join, long steadyMs) {
        List<TopicPattern> patterns = join.patterns().stream()
                .distinct()
                .sorted()
                .map(TopicPattern::of)
                .toList();
        String clientId = join.clientId() == null ? "" : join.clientId();
        boolean differs = !patterns.equals(member.patterns)
                || !clientId.equals(member.clientId)
                || join.sessionTimeoutMs() != member.sessionTimeoutMs;
        member.patterns = patterns;
        member.clientId = clientId;
        member.sessionTimeoutMs = join.sessionTimeoutMs();
        member.see(timers.at(steadyMs));
        return differs;
    }

    private GroupOutcome<Assignment> answerJoin(Group group, Member member, WriteSink sink) {
        nudge(group, group.membersWaitingFor(group.reconcile(member, null)));
        member.told = member.assigned();
        nudge(group, group.membersToTell());
        store(group, sink);
        return GroupOutcome.done(new Assignment(member.memberId, member.epoch, member.told, true));
    }

    /**
     * Keeps a session alive, takes the confirmation of what the member let go of, and answers what it may work on.
     *
     * <p>A member that still uses the epoch before its current one has not seen the last answer, so what it reports
     * confirms nothing. Fails: UNKNOWN_MEMBER, FENCED_MEMBER.
     */
    public GroupOutcome<Assignment> applyHeartbeat(HeartbeatGroup heartbeat, long nowMs, WriteSink sink) {
        Group group = groups.get(heartbeat.group());
        Fault fault = faultOf(group, heartbeat.memberId(), heartbeat.memberEpoch());
        if (fault != null) {
            return refusedMember(fault, group, heartbeat.group(), heartbeat.memberId(), heartbeat.memberEpoch());
        }
        Member member = group.member(heartbeat.memberId());
        member.see(timers.at(nowMs - aheadOfSteadyMs));
        PartitionSet reported = heartbeat.owned() == null ? null : PartitionSet.of(heartbeat.owned());
        boolean upToDate = heartbeat.memberEpoch() == member.epoch;
        PartitionSet freed = group.reconcile(member, upToDate ? reported : null);
        PartitionSet assigned = member.assigned();
        boolean changed = !assigned.equals(reported == null ? member.told : reported);
        member.told = assigned;
        nudge(group, group.membersWaitingFor(freed));
        store(group, sink);
        return GroupOutcome.done(new Assignment(member.memberId, member.epoch, assigned, changed));
    }

    /** Ends a membership, or keeps a static member's place until its session ends. Fails: UNKNOWN_MEMBER, FENCED_MEMBER. */
    public GroupOutcome<LeaveResult> applyLeave(LeaveGroup leave, long nowMs, WriteSink sink) {
        Group group = groups.get(leave.group());
        Member member = group == null ? null : group.member(leave.memberId());
        if (member == null) {
            Fault fault =
                    group != null && group.isFenced(leave.memberId()) ? Fault.FENCED_MEMBER : Fault.UNKNOWN_MEMBER;
            return refusedMember(fault, group, leave.group(), leave.memberId(), 0);
        }
        if (leave.keepStatic() && member.instanceId != null) {
            PartitionSet freed = member.held.minus(member.target);
            member.see(timers.at(nowMs - aheadOfSteadyMs));
            group.keepPlace(member);
            nudge(group, group.membersWaitingFor(freed));
            store(group, sink);
            return GroupOutcome.done(LeaveResult.PLACE_KEPT);
        }
        timers.stop(group.name(), member);
        group.remove(member, nowMs);
        retarget(group);
        nudge(group, group.membersToTell());
        store(group, sink);
        return GroupOutcome.done(LeaveResult.LEFT);
    }

    /**
     * Ends the sessions that are due and drops groups that had no members for the command's retention. A session does
     * not end before a tick says so: a heartbeat that comes late but before the tick saves it.
     */
    public GroupsExpired applyExpire(ExpireGroups tick, long nowMs, WriteSink sink) {
        List<MemberRef> expired = new ArrayList<>();
        for (var due : takeExpiredMembers(timers.at(nowMs - aheadOfSteadyMs)).entrySet()) {
            Group group = groups.get(due.getKey());
            for (Member member : due.getValue().values()) {
                noteLost(group, member);
                group.remove(member, nowMs);
                expired.add(new MemberRef(group.name(), member.memberId));
            }
            retarget(group);
            nudge(group, group.membersToTell());
            store(group, sink);
        }
        List<String> dropped = new ArrayList<>();
        for (String name = emptyGroups.firstDue(nowMs - aheadOfDueMs, tick.offsetRetentionMs());
                name != null;
                name = emptyGroups.firstDue(nowMs - aheadOfDueMs, tick.offsetRetentionMs())) {
            drop(groups.get(name), sink);
            dropped.add(name);
        }
        return new GroupsExpired(expired, dropped);
    }

    /** Members that keep dead letters want to know what an other one may have died of. */
    private void noteLost(Group group, Member member) {
        String retryTopic = DeadLetterNames.retryTopic(group.name());
        if (!member.away
                && member.patterns.stream().anyMatch(pattern -> pattern.text().equals(retryTopic))) {
            for (int partitionId : member.held.toArray()) {
                lost.add(new LostPartition(group.name(), partitionId));
            }
        }
    }

    /**
     * Partitions whose holder ended without a word since the last call; of members alone that subscribe to their group's
     * retry topic.
     */
    public List<LostPartition> drainLost() {
        if (lost.isEmpty()) {
            return List.of();
        }
        List<LostPartition> drained = List.copyOf(lost);
        lost.clear();
        return drained;
    }

    private SortedMap<String, SortedMap<String, Member>> takeExpiredMembers(long sessionNowMs) {
        SortedMap<String, SortedMap<String, Member>> expired = new TreeMap<>();
        for (MemberRef due = timers.pollDue(sessionNowMs); due != null; due = timers.pollDue(sessionNowMs)) {
            Member member = groups.get(due.group()).member(due.memberId());
            if (member.deadlineMs() > sessionNowMs) {
                timers.start(due.group(), member);
            } else {
                expired.computeIfAbsent(due.group(), g -> new TreeMap<>()).put(member.memberId, member);
            }
        }
        return expired;
    }

    /**
     * Tells that time has passed; commands do so themselves. Of a longer step only the first half second counts for
     * sessions, because nobody could send a heartbeat meanwhile or the clock was set.
     */
    void passTime(long nowMs) {
        timers.at(nowMs);
    }

    /** No session ends before this time, so no tick is needed for them; {@link Long#MAX_VALUE} where there are none. */
    public long nextDeadlineMs() {
        return timers.nextDueMs();
    }

    // ---- topics

    /** To be called after topics with these names were created or got more partitions. */
    public void onTopicsChanged(Collection<String> topicNames, WriteSink sink) {
        for (Group group : groups.values()) {
            if (!group.isEmpty() && group.subscribesToAny(topicNames)) {
                retargetForTopics(group);
                store(group, sink);
            }
        }
    }

    /** To be called after a topic was taken out of the catalog; drops its committed offsets and assignments. */
    public void onTopicDeleted(String topicName, int[] partitionIds, WriteSink sink) {
        PartitionSet deleted = PartitionSet.of(partitionIds);
        for (Group group : groups.values()) {
            group.forget(deleted);
            if (!group.isEmpty() && group.subscribesToAny(List.of(topicName))) {
                retargetForTopics(group);
            }
            store(group, sink);
        }
    }

    private void retargetForTopics(Group group) {
        if (group.retargetIfDifferent(topics)) {
            rebalancesTotal.incrementAndGet();
            nudge(group, group.membersToTell());
        }
    }

    // ---- offsets

    /**
     * Stores offsets. One result for each entry, in order.
     *
     * <p>A member commits partitions that it holds, including those that it was asked to let go of and has not yet. A
     * commit never moves an offset backwards: a lower one is accepted and leaves the higher one in place, because it is
     * a late repetition; only {@link #applyReset} goes backwards. The empty member id is a commit from outside, allowed
     * while the group has no members; it creates the group where there is none.
     *
     * <p>Fails: UNKNOWN_MEMBER, FENCED_MEMBER, GROUP_NOT_EMPTY, LIMIT_REACHED, INVALID_REQUEST for the whole; NOT_ASSIGNED,
     * PARTITION_NOT_FOUND, INVALID_REQUEST for an entry.
     */
    public GroupOutcome<List<PartitionResult>> applyCommit(CommitOffsets commit, long nowMs, WriteSink sink) {
        if (commit.memberId().isEmpty()) {
            return commitFromOutside(commit, nowMs, sink);
        }
        Group group = groups.get(commit.group());
        Fault fault = faultOf(group, commit.memberId(), commit.memberEpoch());
        if (fault != null) {
            return refusedMember(fault, group, commit.group(), commit.memberId(), commit.memberEpoch());
        }
        Member member = group.member(commit.memberId());
        List<PartitionResult> results = new ArrayList<>(commit.entries().size());
        for (CommitOffsets.Entry entry : commit.entries()) {
            if (group.holder(entry.partitionId()) != member) {
                String detail = "partition " + entry.partitionId() + " is not assigned to member '" + commit.memberId()
                        + "' of group '" + commit.group() + "'";
                results.add(refusedEntry(group, entry.partitionId(), Fault.NOT_ASSIGNED, detail));
            } else {
                results.add(commitEntry(group, entry, nowMs));
            }
        }
        store(group, sink);
        return GroupOutcome.done(results);
    }

    /**
     * Why {@link #applyCommit} would not take every entry, or null; changes nothing.
     *
     * @param newGroups names of groups that the same transaction creates; this one's is added where it is new
     */
    public Refusal problemWithCommit(CommitOffsets commit, Set<String> newGroups) {
        Group group = groups.get(commit.group());
        if (!commit.memberId().isEmpty()) {
            Fault fault = faultOf(group, commit.memberId(), commit.memberEpoch());
            return fault == null
                    ? commitCheck.problemWithEntries(group, group.member(commit.memberId()), commit)
                    : refusalOf(refusedMember(fault, group, commit.group(), commit.memberId(), commit.memberEpoch()));
        }
        String problem = rules.problemWithGroup(commit.group());
        if (problem != null) {
            return new Refusal(Fault.INVALID_REQUEST, problem);
        }
        if (group != null && !group.isEmpty()) {
            return refusalOf(notEmpty(group));
        }
        boolean isNew = group == null && newGroups.add(commit.group());
        if (isNew && groups.size() + newGroups.size() > limits.groupCountMax()) {
            return refusalOf(tooManyGroups());
        }
        return commitCheck.problemWithEntries(group, null, commit);
    }

    private static Refusal refusalOf(GroupOutcome<?> outcome) {
        return (Refusal) outcome.answer();
    }

    /** Stores offsets that {@link #problemWithCommit} found nothing against. */
    public void applyChecked(CommitOffsets commit, long nowMs, WriteSink sink) {
        GroupOutcome<List<PartitionResult>> outcome = applyCommit(commit, nowMs, sink);
        if (!(outcome.answer() instanceof List<?> results)
                || !results.stream().allMatch(result -> ((PartitionResult) result).accepted())) {
            throw new IllegalStateException("a commit that was checked was refused: " + outcome.answer());
        }
    }

    /**
     * Why a member may not decide about records of a partition, or null where it may: as with a commit, it must hold the
     * partition and know its epoch. Fails with UNKNOWN_MEMBER, FENCED_MEMBER, NOT_ASSIGNED.
     */
    public Refusal problemWithClaim(MemberClaim claim) {
        Group group = groups.get(claim.group());
        Fault fault = faultOf(group, claim.memberId(), claim.memberEpoch());
        if (fault != null) {
            return (Refusal) refusedMember(fault, group, claim.group(), claim.memberId(), claim.memberEpoch())
                    .answer();
        }
        return group.holder(claim.partitionId()) == group.member(claim.memberId())
                ? null
                : Refusal.of(
                        Fault.NOT_ASSIGNED,
                        "partition %d is not assigned to member '%s' of group '%s'",
                        claim.partitionId(),
                        claim.memberId(),
                        claim.group());
    }

    private GroupOutcome<List<PartitionResult>> commitFromOutside(CommitOffsets commit, long nowMs, WriteSink sink) {
        return writeFromOutside(commit.group(), nowMs, sink, group -> {
            List<PartitionResult> results = new ArrayList<>(commit.entries().size());
            for (CommitOffsets.Entry entry : commit.entries()) {
                results.add(
                        topics.hasPartition(entry.partitionId())
                                ? commitEntry(group, entry, nowMs)
                                : partitionNotFound(group, entry.partitionId()));
            }
            return results;
        });
    }

    private PartitionResult commitEntry(Group group, CommitOffsets.Entry entry, long nowMs) {
        String problem = rules.problemWithCommit(entry.offset(), entry.metadata());
        if (problem != null) {
            return refusedEntry(group, entry.partitionId(), Fault.INVALID_REQUEST, problem);
        }
        commitsTotal.incrementAndGet();
        CommittedOffset before = group.offsets().get(entry.partitionId());
        if (before != null && before.offset() > entry.offset()) {
            return PartitionResult.accepted(entry.partitionId(), before.offset());
        }
        String metadata = entry.metadata() == null ? "" : entry.metadata();
        group.commit(entry.partitionId(), new CommittedOffset(entry.offset(), entry.leaderEpoch(), nowMs, metadata));
        return PartitionResult.accepted(entry.partitionId(), entry.offset());
    }

    /**
     * Sets offsets of a group without members, forwards or backwards; creates the group where there is none.
     *
     * <p>Fails: GROUP_NOT_EMPTY, LIMIT_REACHED, INVALID_REQUEST for the whole; PARTITION_NOT_FOUND, INVALID_REQUEST for an
     * entry.
     */
    public GroupOutcome<List<PartitionResult>> applyReset(ResetOffsets reset, long nowMs, WriteSink sink) {
        return writeFromOutside(reset.group(), nowMs, sink, group -> {
            List<PartitionResult> results = new ArrayList<>(reset.entries().size());
            for (ResetOffsets.Entry entry : reset.entries()) {
                results.add(
                        topics.hasPartition(entry.partitionId())
                                ? resetEntry(group, entry, nowMs)
                                : partitionNotFound(group, entry.partitionId()));
            }
            return results;
        });
    }

    private PartitionResult resetEntry(Group group, ResetOffsets.Entry entry, long nowMs) {
        String problem = rules.problemWithCommit(entry.offset(), "");
        if (problem != null) {
            return refusedEntry(group, entry.partitionId(), Fault.INVALID_REQUEST, problem);
        }
        group.commit(entry.partitionId(), new CommittedOffset(entry.offset(), -1, nowMs, ""));
        return PartitionResult.accepted(entry.partitionId(), entry.offset());
    }

    private interface OutsideWrite {
        List<PartitionResult> to(Group group);
    }

    private GroupOutcome<List<PartitionResult>> writeFromOutside(
            String name, long nowMs, WriteSink sink, OutsideWrite write) {
        String problem = rules.problemWithGroup(name);
        if (problem != null) {
            return GroupOutcome.refused(Fault.INVALID_REQUEST, problem);
        }
        Group known = groups.get(name);
        if (known != null && !known.isEmpty()) {
            return notEmpty(known);
        }
        if (known == null && groups.size() >= limits.groupCountMax()) {
            return tooManyGroups();
        }
        Group group = known == null ? createGroup(name, nowMs) : known;
        List<PartitionResult> results = write.to(group);
        if (results.stream().anyMatch(PartitionResult::accepted)) {
            group.setEmptySince(nowMs);
            store(group, sink);
        } else if (known == null) {
            groups.remove(name);
        }
        return GroupOutcome.done(results);
    }

    /** Removes a group without members; answers how many committed offsets went with it. Fails: GROUP_NOT_FOUND, GROUP_NOT_EMPTY. */
    public GroupOutcome<Integer> applyDelete(DeleteGroup delete, long nowMs, WriteSink sink) {
        Group group = groups.get(delete.group());
        if (group == null) {
            return GroupOutcome.refused(Fault.GROUP_NOT_FOUND, "group '" + delete.group() + "' does not exist");
        }
        if (!group.isEmpty()) {
            return notEmpty(group);
        }
        int offsetCount = group.offsets().size();
        drop(group, sink);
        return GroupOutcome.done(offsetCount);
    }

    // ---- queries

    /** Members that a heartbeat would tell something new, each once, in the order in which that came up; then forgets. */
    public List<MemberRef> drainNudges() {
        List<MemberRef> drained = List.copyOf(nudges);
        nudges.clear();
        return drained;
    }

    public Optional<GroupDescription> describe(String groupName) {
        return Optional.ofNullable(groups.get(groupName))
                .map(group -> new GroupDescription(
                        group.name(),
                        group.state(),
                        group.generation(),
                        group.members().stream().map(GroupCoordinator::describe).toList(),
                        new TreeMap<>(group.offsets())));
    }

    private static GroupDescription.MemberDescription describe(Member member) {
        return new GroupDescription.MemberDescription(
                member.memberId,
                member.instanceId,
                member.clientId,
                member.patterns.stream().map(TopicPattern::text).toList(),
                member.sessionTimeoutMs,
                member.epoch,
                member.held,
                member.target,
                member.away);
    }

    /** All groups in order of their names. */
    public List<GroupSummary> list() {
        return groups.values().stream()
                .map(group -> new GroupSummary(
                        group.name(), group.state(), group.members().size(), group.generation()))
                .toList();
    }

    public Optional<CommittedOffset> committed(String groupName, int partitionId) {
        return Optional.ofNullable(groups.get(groupName))
                .map(group -> group.offsets().get(partitionId));
    }

    /** The session time-out of a member that exists. */
    public int sessionTimeoutMs(String groupName, String memberId) {
        return groups.get(groupName).member(memberId).sessionTimeoutMs;
    }

    /** Visits every committed offset, by group and partition; for lag figures. */
    public void forEachCommitted(CommittedVisitor visitor) {
        for (Group group : groups.values()) {
            group.offsets().forEach((partitionId, offset) -> visitor.visit(group.name(), partitionId, offset.offset()));
        }
    }

    /** Receives committed offsets. */
    @FunctionalInterface
    public interface CommittedVisitor {
        void visit(String group, int partitionId, long offset);
    }

    public int groupCount() {
        return groups.size();
    }

    /** How often an assignment was computed anew since the start. Thread: any. */
    public long rebalancesTotal() {
        return rebalancesTotal.get();
    }

    /** Accepted commits of one partition each since the start. Thread: any. */
    public long commitsTotal() {
        return commitsTotal.get();
    }

    /** The group as it is, for tests that compare it with its rows. */
    Group group(String groupName) {
        return groups.get(groupName);
    }

    // ---- shared steps

    private Group createGroup(String name, long emptySinceMs) {
        Group group = new Group(name, 0, emptySinceMs);
        group.headChanged();
        groups.put(name, group);
        return group;
    }

    private void retarget(Group group) {
        group.retarget(topics);
        rebalancesTotal.incrementAndGet();
    }

    private void nudge(Group group, List<Member> members) {
        members.forEach(member -> nudges.add(new MemberRef(group.name(), member.memberId)));
    }

    private void store(Group group, WriteSink sink) {
        GroupRows.write(group, sink);
        emptyGroups.update(group.name(), group.emptySinceMs());
    }

    private void drop(Group group, WriteSink sink) {
        groups.remove(group.name());
        emptyGroups.update(group.name(), Group.NOT_EMPTY);
        GroupRows.delete(group, sink);
    }

    private static Fault faultOf(Group group, String memberId, int memberEpoch) {
        if (group != null && group.isFenced(memberId)) {
            return Fault.FENCED_MEMBER;
        }
        Member member = group == null ? null : group.member(memberId);
        if (member == null || member.away) {
            return Fault.UNKNOWN_MEMBER;
        }
        return member.knowsEpoch(memberEpoch) ? null : Fault.FENCED_MEMBER;
    }

    private static <T> GroupOutcome<T> refusedMember(
            Fault fault, Group group, String groupName, String memberId, int memberEpoch) {
        if (fault == Fault.UNKNOWN_MEMBER) {
            return GroupOutcome.refused(fault, "'" + memberId + "' is not a member of group '" + groupName + "'");
        }
        if (group.isFenced(memberId)) {
            return fenced(groupName, memberId);
        }
        return GroupOutcome.refused(
                fault,
                "member '" + memberId + "' of group '" + groupName + "' uses epoch " + memberEpoch + "; its epoch is "
                        + group.member(memberId).epoch);
    }

    private static <T> GroupOutcome<T> fenced(String groupName, String memberId) {
        return GroupOutcome.refused(
                Fault.FENCED_MEMBER,
                "another consumer with the same instance id took the place of member '" + memberId + "' in group '"
                        + groupName + "'");
    }

    private static <T> GroupOutcome<T> notEmpty(Group group) {
        return GroupOutcome.refused(
                Fault.GROUP_NOT_EMPTY,
                "group '" + group.name() + "' has " + group.members().size() + " members");
    }

    private <T> GroupOutcome<T> tooManyGroups() {
        return GroupOutcome.refused(
                Fault.LIMIT_REACHED,
                "there are " + groups.size() + " groups; at most " + limits.groupCountMax() + " are allowed");
    }

    private static PartitionResult partitionNotFound(Group group, int partitionId) {
        return refusedEntry(
                group, partitionId, Fault.PARTITION_NOT_FOUND, "partition " + partitionId + " does not exist");
    }

    private static PartitionResult refusedEntry(Group group, int partitionId, Fault fault, String detail) {
        CommittedOffset stored = group.offsets().get(partitionId);
        return new PartitionResult(partitionId, fault, detail, stored == null ? -1 : stored.offset());
    }
}
