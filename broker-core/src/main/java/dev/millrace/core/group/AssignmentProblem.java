package dev.millrace.core.group;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The input of an assignment with dense numbers in place of names, so that the rest runs on arrays.
 *
 * <p>Members with the same topics form a class: what one of them may hold, any of them may. Members are numbered in
 * order of their ids, topics in order of their names, partitions topic by topic.
 */
final class AssignmentProblem {
    static final int NOBODY = -1;

    final String[] memberIds;
    final int[] classOf;
    final int[][] classMembers;
    final int[][] classTopics;
    final int[][] topicClasses;
    /** Partitions of topic t are numbered from topicStart[t] to topicStart[t + 1], exclusive. */
    final int[] topicStart;

    final int[] partitionIds;
    final int[] topicOf;

    private final List<StickyAssignor.Subscription> members;
    private final int[] sortedIds;
    private final int[] numberOfSortedId;

    AssignmentProblem(List<StickyAssignor.Subscription> subscriptions) {
        members = subscriptions.stream()
                .sorted((a, b) -> a.memberId().compareTo(b.memberId()))
                .toList();
        memberIds = members.stream().map(StickyAssignor.Subscription::memberId).toArray(String[]::new);
        List<GroupTopic> topics = distinctTopics();
        topicStart = new int[topics.size() + 1];
        for (int t = 0; t < topics.size(); t++) {
            topicStart[t + 1] = topicStart[t] + topics.get(t).partitionIds().length;
        }
        partitionIds = new int[topicStart[topics.size()]];
        topicOf = new int[partitionIds.length];
        for (int t = 0; t < topics.size(); t++) {
            int[] ids = topics.get(t).partitionIds();
            System.arraycopy(ids, 0, partitionIds, topicStart[t], ids.length);
            Arrays.fill(topicOf, topicStart[t], topicStart[t + 1], t);
        }
        long[] idAndNumber = new long[partitionIds.length];
        for (int p = 0; p < partitionIds.length; p++) {
            idAndNumber[p] = ((long) partitionIds[p] << 32) | p;
        }
        Arrays.sort(idAndNumber);
        sortedIds = Arrays.stream(idAndNumber).mapToInt(v -> (int) (v >> 32)).toArray();
        numberOfSortedId = Arrays.stream(idAndNumber).mapToInt(v -> (int) v).toArray();
        classOf = new int[memberIds.length];
        classTopics = classify(topics);
        classMembers = invert(classOf, classTopics.length);
        topicClasses = invert(classTopics, topics.size());
    }

    private List<GroupTopic> distinctTopics() {
        Map<String, GroupTopic> byName = new TreeMap<>();
        Map<List<GroupTopic>, Boolean> seen = new IdentityHashMap<>();
        for (StickyAssignor.Subscription member : members) {
            if (seen.put(member.topics(), true) == null) {
                member.topics().forEach(topic -> byName.putIfAbsent(topic.name(), topic));
            }
        }
        return List.copyOf(byName.values());
    }

    /** Fills {@link #classOf}; returns the topics of each class. Maps are only looked up, never walked. */
    private int[][] classify(List<GroupTopic> topics) {
        Map<String, Integer> topicNumbers = new TreeMap<>();
        topics.forEach(topic -> topicNumbers.put(topic.name(), topicNumbers.size()));
        Map<List<GroupTopic>, Integer> bySameList = new IdentityHashMap<>();
        Map<List<Integer>, Integer> byTopics = new HashMap<>();
        List<int[]> classes = new ArrayList<>();
        for (int m = 0; m < memberIds.length; m++) {
            List<GroupTopic> subscribed = members.get(m).topics();
            Integer known = bySameList.get(subscribed);
            if (known == null) {
                List<Integer> numbers = subscribed.stream()
                        .map(topic -> topicNumbers.get(topic.name()))
                        .distinct()
                        .sorted()
                        .toList();
                known = byTopics.get(numbers);
                if (known == null) {
                    known = classes.size();
                    byTopics.put(numbers, known);
                    classes.add(numbers.stream().mapToInt(Integer::intValue).toArray());
                }
                bySameList.put(subscribed, known);
            }
            classOf[m] = known;
        }
        return classes.toArray(int[][]::new);
    }

    private static int[][] invert(int[] groupOf, int groupCount) {
        int[][] each = new int[groupOf.length][];
        for (int i = 0; i < groupOf.length; i++) {
            each[i] = new int[] {groupOf[i]};
        }
        return invert(each, groupCount);
    }

    private static int[][] invert(int[][] targetsOf, int targetCount) {
        int[] counts = new int[targetCount];
        for (int[] targets : targetsOf) {
            for (int target : targets) {
                counts[target]++;
            }
        }
        int[][] inverted = new int[targetCount][];
        for (int i = 0; i < targetCount; i++) {
            inverted[i] = new int[counts[i]];
        }
        Arrays.fill(counts, 0);
        for (int source = 0; source < targetsOf.length; source++) {
            for (int target : targetsOf[source]) {
                inverted[target][counts[target]++] = source;
            }
        }
        return inverted;
    }

    /** Who holds each partition when everyone keeps what they had and may still have. */
    int[] keepPrevious() {
        int[] owner = new int[partitionIds.length];
        Arrays.fill(owner, NOBODY);
        for (int m = 0; m < memberIds.length; m++) {
            PartitionSet previous = members.get(m).previous();
            for (int i = 0; i < previous.size(); i++) {
                int at = Arrays.binarySearch(sortedIds, previous.get(i));
                int p = at < 0 ? NOBODY : numberOfSortedId[at];
                if (p != NOBODY && owner[p] == NOBODY && localTopic(classOf[m], topicOf[p]) >= 0) {
                    owner[p] = m;
                }
            }
        }
        return owner;
    }

    /** Where the topic stands among the topics of the class; negative where the class does not subscribe to it. */
    int localTopic(int memberClass, int topic) {
        return Arrays.binarySearch(classTopics[memberClass], topic);
    }
}
