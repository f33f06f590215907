package dev.millrace.core.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * One consumer group: its members, who holds which partition, and how far it has read.
 *
 * <p>A partition has at most one holder. A member's way to a new target:
 *
 * <pre>
 * target changes ──▶ told: held ∩ target ──▶ reports owned ──▶ held shrinks to target, epoch = generation
 *                                                 └──▶ freed partitions are granted to their new owner's heartbeat
 * </pre>
 *
 * <p>Changes are remembered until {@link GroupRows#write} stores them. Thread: shard.
 */
final class Group {
    static final long NOT_EMPTY = -1;

    private final String name;
    private final TreeMap<String, Member> members = new TreeMap<>();
    private final TreeMap<String, Member> places = new TreeMap<>();
    private final Map<String, Member> fencedIds = new HashMap<>();
    private final Map<Integer, Member> holders = new HashMap<>();
    private final TreeMap<Integer, CommittedOffset> offsets = new TreeMap<>();
    private int generation;
    private long emptySinceMs;

    private final Set<Member> changedMembers = new LinkedHashSet<>();
    private final Set<String> removedMemberIds = new LinkedHashSet<>();
    private final Set<Integer> changedOffsets = new TreeSet<>();
    private boolean headChanged;

    Group(String name, int generation, long emptySinceMs) {
        this.name = name;
        this.generation = generation;
        this.emptySinceMs = emptySinceMs;
    }

    // ---- membership

    void add(Member member) {
        restore(member);
        changed(member);
        setEmptySince(NOT_EMPTY);
    }

    /** Adds a member as it was stored. Fails: {@link IllegalArgumentException} where another holds one of its partitions. */
    void restore(Member member) {
        members.put(member.memberId, member);
        if (member.instanceId != null) {
            places.put(member.instanceId, member);
        }
        member.fencedIds.forEach(id -> fencedIds.put(id, member));
        for (int i = 0; i < member.held.size(); i++) {
            Member other = holders.put(member.held.get(i), member);
            if (other != null) {
                throw new IllegalArgumentException("members '" + other.memberId + "' and '" + member.memberId
                        + "' both hold partition " + member.held.get(i));
            }
        }
    }

    void remove(Member member, long nowMs) {
        release(member, member.held);
        members.remove(member.memberId);
        if (member.instanceId != null) {
            places.remove(member.instanceId);
        }
        member.fencedIds.forEach(fencedIds::remove);
        changedMembers.remove(member);
        removedMemberIds.add(member.memberId);
        if (members.isEmpty()) {
            setEmptySince(nowMs);
        }
    }

    /** Puts a new id into a static member's place; the id before is fenced, and has let go by that. */
    void replaceId(Member member, String newId) {
        release(member, member.held.minus(member.target));
        members.remove(member.memberId);
        removedMemberIds.add(member.memberId);
        member.fencedIds.add(member.memberId);
        fencedIds.put(member.memberId, member);
        if (member.fencedIds.size() > Member.FENCED_ID_COUNT_MAX) {
            fencedIds.remove(member.fencedIds.remove(0));
        }
        member.memberId = newId;
        member.told = null;
        member.away = false;
        members.put(newId, member);
        changed(member);
    }

    /** Keeps the place of a static member that left. It works on nothing now, so what is to move can move at once. */
    void keepPlace(Member member) {
        member.away = true;
        release(member, member.held.minus(member.target));
        changed(member);
    }

    // ---- assignment

    /** Starts a new generation with new targets. */
    void retarget(TopicView topics) {
        apply(computeTargets(topics));
    }

    /** Starts a new generation where the topics give other targets than there are. */
    boolean retargetIfDifferent(TopicView topics) {
        Map<String, PartitionSet> targets = computeTargets(topics);
        boolean same = members.values().stream().allMatch(m -> m.target.equals(targets.get(m.memberId)));
        if (!same) {
            apply(targets);
        }
        return !same;
    }

    private Map<String, PartitionSet> computeTargets(TopicView topics) {
        Set<Integer> targeted = new HashSet<>();
        members.values().forEach(member -> targeted.addAll(member.target.toList()));
        Map<List<TopicPattern>, List<GroupTopic>> resolved = new HashMap<>();
        List<StickyAssignor.Subscription> subscriptions = new ArrayList<>(members.size());
        for (Member member : members.values()) {
            List<GroupTopic> matching = resolved.computeIfAbsent(member.patterns, p -> resolve(p, topics));
            // What it still holds and nobody else is about to get is as good as its own: taking it back moves nothing.
            PartitionSet previous = member.target.plus(member.held.filter(id -> !targeted.contains(id)));
            subscriptions.add(new StickyAssignor.Subscription(member.memberId, matching, previous));
        }
        return StickyAssignor.assign(subscriptions);
    }

    private static List<GroupTopic> resolve(List<TopicPattern> patterns, TopicView topics) {
        Map<String, GroupTopic> byName = new TreeMap<>();
        for (TopicPattern pattern : patterns) {
            topics.matching(pattern).forEach(topic -> byName.put(topic.name(), topic));
        }
        return List.copyOf(byName.values());
    }

    private void apply(Map<String, PartitionSet> targets) {
        generation++;
        headChanged = true;
        for (Member member : members.values()) {
            PartitionSet target = targets.get(member.memberId);
            if (target.equals(member.target)) {
                continue;
            }
            member.target = target;
            changed(member);
            if (member.away) {
                release(member, member.held.minus(target));
            }
        }
    }

    /** Takes what the member reports to own, frees what it let go of, grants what is free. Returns what was freed. */
    PartitionSet reconcile(Member member, PartitionSet reported) {
        PartitionSet freed = PartitionSet.EMPTY;
        if (reported != null) {
            freed = member.held.minus(member.target).minus(reported);
            release(member, freed);
        }
        grantFree(member);
        if (member.hasLetGo() && member.epoch != generation) {
            member.previousEpoch = member.epoch;
            member.epoch = generation;
            changed(member);
        }
        return freed;
    }

    private void grantFree(Member member) {
        PartitionSet granted = member.target.filter(id -> !holders.containsKey(id));
        if (granted.isEmpty()) {
            return;
        }
        member.held = member.held.plus(granted);
        for (int i = 0; i < granted.size(); i++) {
            holders.put(granted.get(i), member);
        }
        changed(member);
    }

    private void release(Member member, PartitionSet partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        member.held = member.held.minus(partitions);
        for (int i = 0; i < partitions.size(); i++) {
            holders.remove(partitions.get(i));
        }
        changed(member);
    }

    /** Members for which a heartbeat would now bring another assignment than they were told. */
    List<Member> membersToTell() {
        return presentMembers(member -> !allowed(member).equals(member.told));
    }

    /** Members that wait for one of these partitions. */
    List<Member> membersWaitingFor(PartitionSet freed) {
        if (freed.isEmpty()) {
            return List.of();
        }
        return presentMembers(member -> !freed.intersect(member.target).isEmpty());
    }

    private List<Member> presentMembers(Predicate<Member> filter) {
        return members.values().stream()
                .filter(member -> !member.away)
                .filter(filter)
                .toList();
    }

    private PartitionSet allowed(Member member) {
        return member.target.filter(id -> {
            Member holder = holders.get(id);
            return holder == null || holder == member;
        });
    }

    // ---- offsets and deleted partitions

    void commit(int partitionId, CommittedOffset offset) {
        offsets.put(partitionId, offset);
        changedOffsets.add(partitionId);
    }

    /** Forgets partitions that no longer exist. */
    void forget(PartitionSet deleted) {
        for (int i = 0; i < deleted.size(); i++) {
            int partitionId = deleted.get(i);
            if (offsets.remove(partitionId) != null) {
                changedOffsets.add(partitionId);
            }
            Member holder = holders.get(partitionId);
            if (holder != null) {
                release(holder, holder.held.intersect(deleted));
            }
        }
    }

    /** Adds an offset as it was stored. */
    void restoreOffset(int partitionId, CommittedOffset offset) {
        offsets.put(partitionId, offset);
    }

    // ---- changes to store

    void changed(Member member) {
        changedMembers.add(member);
    }

    void setEmptySince(long sinceMs) {
        if (emptySinceMs != sinceMs) {
            emptySinceMs = sinceMs;
            headChanged = true;
        }
    }

    void headChanged() {
        headChanged = true;
    }

    boolean isHeadChanged() {
        return headChanged;
    }

    Collection<Member> changedMembers() {
        return changedMembers;
    }

    Collection<String> removedMemberIds() {
        return removedMemberIds;
    }

    Collection<Integer> changedOffsets() {
        return changedOffsets;
    }

    void changesStored() {
        headChanged = false;
        changedMembers.clear();
        removedMemberIds.clear();
        changedOffsets.clear();
    }

    // ---- queries

    String name() {
        return name;
    }

    int generation() {
        return generation;
    }

    long emptySinceMs() {
        return emptySinceMs;
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    boolean isFenced(String memberId) {
        return fencedIds.containsKey(memberId);
    }

    Member member(String memberId) {
        return members.get(memberId);
    }

    Member place(String instanceId) {
        return instanceId == null ? null : places.get(instanceId);
    }

    Member holder(int partitionId) {
        return holders.get(partitionId);
    }

    Collection<Member> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    SortedMap<Integer, CommittedOffset> offsets() {
        return Collections.unmodifiableSortedMap(offsets);
    }

    boolean subscribesToAny(Collection<String> topicNames) {
        Set<List<TopicPattern>> seen = new HashSet<>();
        return members.values().stream()
                .filter(member -> seen.add(member.patterns))
                .flatMap(member -> member.patterns.stream())
                .anyMatch(pattern -> topicNames.stream().anyMatch(pattern::matches));
    }

    GroupState state() {
        if (members.isEmpty()) {
            return GroupState.EMPTY;
        }
        boolean stable =
                members.values().stream().allMatch(m -> m.away || m.epoch == generation && m.held.equals(m.target));
        return stable ? GroupState.STABLE : GroupState.RECONCILING;
    }
}
