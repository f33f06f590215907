package dev.millrace.core.group;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * Spreads partitions over the members of a group: evenly, and moving as little as possible.
 *
 * <ul>
 *   <li>Members with the same topics differ by at most one partition. Between members with different topics, nothing
 *       can be passed on, directly or in a chain, that would lower the load of one with two more than the receiver.
 *   <li>What need not move stays. With equal subscriptions the number of moves is the minimum; with different ones it
 *       is near it.
 *   <li>The result depends on the arguments alone, not on their order.
 * </ul>
 *
 * <p>It works in two steps: {@link ClassQuotas} decides how much goes to which class of equal members, this class picks
 * the partitions and the members.
 */
final class StickyAssignor {
    private static final int NOBODY = AssignmentProblem.NOBODY;

    private final AssignmentProblem problem;
    private final ClassQuotas quotas;
    private final int[] owner;
    private final int[] load;
    private final List<List<Integer>> pools = new ArrayList<>();

    /**
     * A member that wants partitions.
     *
     * @param topics all that its patterns match; members with equal patterns best share one list
     * @param previous what it was meant to have before, to be kept where possible
     */
    record Subscription(String memberId, List<GroupTopic> topics, PartitionSet previous) {}

    private StickyAssignor(AssignmentProblem problem) {
        this.problem = problem;
        this.owner = problem.keepPrevious();
        this.quotas = new ClassQuotas(problem, owner);
        this.load = new int[problem.memberIds.length];
        for (int m : owner) {
            if (m != NOBODY) {
                load[m]++;
            }
        }
        for (int c = 0; c < problem.classTopics.length; c++) {
            pools.add(new ArrayList<>());
        }
    }

    /** The partitions of each member, in order of member ids; members that get nothing have the empty set. */
    static Map<String, PartitionSet> assign(List<Subscription> members) {
        return new StickyAssignor(new AssignmentProblem(members)).assign();
    }

    private Map<String, PartitionSet> assign() {
        for (int topic = 0; topic < problem.topicClasses.length; topic++) {
            moveBetweenClasses(topic);
        }
        List<List<Integer>> kept = partitionsByMember();
        for (int c = 0; c < problem.classMembers.length; c++) {
            level(problem.classMembers[c], pools.get(c), kept);
        }
        List<List<Integer>> assigned = partitionsByMember();
        Map<String, PartitionSet> result = new LinkedHashMap<>();
        for (int m = 0; m < problem.memberIds.length; m++) {
            int[] ids = assigned.get(m).stream()
                    .mapToInt(p -> problem.partitionIds[p])
                    .toArray();
            result.put(problem.memberIds[m], PartitionSet.of(ids));
        }
        return result;
    }

    private List<List<Integer>> partitionsByMember() {
        List<List<Integer>> byMember = new ArrayList<>(problem.memberIds.length);
        for (int m = 0; m < problem.memberIds.length; m++) {
            byMember.add(new ArrayList<>());
        }
        for (int p = 0; p < owner.length; p++) {
            if (owner[p] != NOBODY) {
                byMember.get(owner[p]).add(p);
            }
        }
        return byMember;
    }

    /** Takes from classes that hold more of the topic than their quota, and puts what is free into the classes' pools. */
    private void moveBetweenClasses(int topic) {
        int first = problem.topicStart[topic];
        int end = problem.topicStart[topic + 1];
        Map<Integer, Integer> heldCounts = new TreeMap<>();
        for (int p = first; p < end; p++) {
            if (owner[p] != NOBODY) {
                heldCounts.merge(problem.classOf[owner[p]], 1, Integer::sum);
            }
        }
        int[] missing = new int[problem.topicClasses[topic].length];
        for (int i = 0; i < missing.length; i++) {
            int memberClass = problem.topicClasses[topic][i];
            missing[i] = quotas.of(memberClass, topic) - heldCounts.getOrDefault(memberClass, 0);
            if (missing[i] < 0) {
                release(memberClass, topic, -missing[i]);
            }
        }
        int next = 0;
        for (int p = first; p < end; p++) {
            if (owner[p] == NOBODY) {
                while (missing[next] <= 0) {
                    next++;
                }
                missing[next]--;
                pools.get(problem.topicClasses[topic][next]).add(p);
            }
        }
    }

    /** Frees partitions of one topic held by one class, each time from the member with the highest load. */
    private void release(int memberClass, int topic, int count) {
        Map<Integer, Deque<Integer>> held = new TreeMap<>();
        for (int p = problem.topicStart[topic]; p < problem.topicStart[topic + 1]; p++) {
            if (owner[p] != NOBODY && problem.classOf[owner[p]] == memberClass) {
                held.computeIfAbsent(owner[p], m -> new ArrayDeque<>()).push(p);
            }
        }
        PriorityQueue<Integer> byLoad = new PriorityQueue<>(
                Comparator.comparingInt((Integer m) -> -load[m]).thenComparingInt(m -> -m));
        byLoad.addAll(held.keySet());
        for (int i = 0; i < count; i++) {
            int member = byLoad.remove();
            free(held.get(member).pop());
            if (!held.get(member).isEmpty()) {
                byLoad.add(member);
            }
        }
    }

    private void free(int partition) {
        load[owner[partition]]--;
        owner[partition] = NOBODY;
    }

    /** Evens out one class: those with the most keep the larger shares, and the pool fills up the others. */
    private void level(int[] members, List<Integer> pool, List<List<Integer>> kept) {
        int total = pool.size() + Arrays.stream(members).map(m -> load[m]).sum();
        int share = total / members.length;
        int largerShares = total % members.length;
        int[] byLoad = Arrays.stream(members)
                .boxed()
                .sorted(Comparator.comparingInt((Integer m) -> -load[m]).thenComparingInt(m -> m))
                .mapToInt(Integer::intValue)
                .toArray();
        int[] shareOf = new int[load.length];
        for (int rank = 0; rank < byLoad.length; rank++) {
            int member = byLoad[rank];
            shareOf[member] = rank < largerShares ? share + 1 : share;
            if (load[member] > shareOf[member]) {
                trim(kept.get(member), load[member] - shareOf[member], pool);
            }
        }
        pool.sort(null);
        fill(members, shareOf, pool);
    }

    /** Deals the pool out like cards, the least loaded first, so that neighbours of a topic go to different members. */
    private void fill(int[] members, int[] shareOf, List<Integer> pool) {
        int next = 0;
        int lowest = Arrays.stream(members).map(m -> load[m]).min().orElse(0);
        for (int round = lowest; next < pool.size(); round++) {
            for (int member : members) {
                if (load[member] == round && load[member] < shareOf[member]) {
                    owner[pool.get(next++)] = member;
                    load[member]++;
                }
            }
        }
    }

    /** Frees partitions of one member, each time of the topic of which it holds the most, so that topics stay spread. */
    private void trim(List<Integer> held, int count, List<Integer> pool) {
        Map<Integer, Deque<Integer>> byTopic = new TreeMap<>();
        held.forEach(p -> byTopic.computeIfAbsent(problem.topicOf[p], t -> new ArrayDeque<>())
                .push(p));
        Comparator<Deque<Integer>> mostFirst =
                Comparator.comparingInt((Deque<Integer> of) -> -of.size()).thenComparingInt(of -> -of.peek());
        PriorityQueue<Deque<Integer>> topics = new PriorityQueue<>(mostFirst);
        topics.addAll(byTopic.values());
        for (int i = 0; i < count; i++) {
            Deque<Integer> most = topics.remove();
            int partition = most.pop();
            free(partition);
            pool.add(partition);
            if (!most.isEmpty()) {
                topics.add(most);
            }
        }
    }
}
