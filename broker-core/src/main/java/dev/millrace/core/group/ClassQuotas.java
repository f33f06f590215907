package dev.millrace.core.group;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Decides how many partitions of each topic go to each class of members, so that no member can be relieved any more.
 *
 * <p>Starts from what the classes hold already. Free partitions go where the load per member is lowest. Then load is
 * passed on along chains of classes (A gives a partition of a topic that B also reads, B gives another one to C) from
 * the class with the highest load to the lowest that can be reached. A class from which nothing can be relieved is done
 * for good, together with all classes that it reaches: everything behind it is loaded at least as high as it, less one.
 * So each search either moves one partition or ends at least one class.
 */
final class ClassQuotas {
    /** Edges visited before balancing ends early; about 0.1 s. Reached only by a thousand members that all differ. */
    private static final long SEARCH_STEPS_MAX = 20_000_000;

    private final AssignmentProblem problem;
    /** Partitions by class and by position of the topic in the class. */
    private final int[][] quota;

    private final int[] load;
    private final boolean[] done;
    private final int[] cameFromClass;
    private final int[] cameByTopic;
    private final boolean[] topicSeen;
    private final int[] queue;
    private int queueEnd;
    private long searchSteps;

    ClassQuotas(AssignmentProblem problem, int[] owner) {
        this.problem = problem;
        int classCount = problem.classTopics.length;
        this.quota = new int[classCount][];
        for (int c = 0; c < classCount; c++) {
            quota[c] = new int[problem.classTopics[c].length];
        }
        this.load = new int[classCount];
        this.done = new boolean[classCount];
        this.cameFromClass = new int[classCount];
        this.cameByTopic = new int[classCount];
        this.topicSeen = new boolean[problem.topicClasses.length];
        this.queue = new int[classCount];
        countKept(owner);
        giveOutFree(owner);
        balance();
    }

    int of(int memberClass, int topic) {
        return quota[memberClass][problem.localTopic(memberClass, topic)];
    }

    private void countKept(int[] owner) {
        for (int p = 0; p < owner.length; p++) {
            if (owner[p] != AssignmentProblem.NOBODY) {
                add(problem.classOf[owner[p]], problem.topicOf[p], 1);
            }
        }
    }

    private void add(int memberClass, int topic, int count) {
        quota[memberClass][problem.localTopic(memberClass, topic)] += count;
        load[memberClass] += count;
    }

    /** Topics with few readers first: they have the least choice. */
    private void giveOutFree(int[] owner) {
        int[] topics = IntStream.range(0, problem.topicClasses.length)
                .boxed()
                .sorted(Comparator.comparingInt(this::readerCount).thenComparing(Comparator.naturalOrder()))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int topic : topics) {
            for (int p = problem.topicStart[topic]; p < problem.topicStart[topic + 1]; p++) {
                if (owner[p] == AssignmentProblem.NOBODY) {
                    add(leastLoaded(problem.topicClasses[topic]), topic, 1);
                }
            }
        }
    }

    private int readerCount(int topic) {
        return Arrays.stream(problem.topicClasses[topic]).map(this::memberCount).sum();
    }

    private int leastLoaded(int[] classes) {
        int best = classes[0];
        for (int c : classes) {
            if ((long) load[c] * memberCount(best) < (long) load[best] * memberCount(c)) {
                best = c;
            }
        }
        return best;
    }

    private void balance() {
        int from = mostLoaded();
        while (from >= 0 && searchSteps < SEARCH_STEPS_MAX) {
            int to = findReliever(from);
            if (to >= 0) {
                passOn(from, to);
            } else {
                for (int i = 0; i < queueEnd; i++) {
                    done[queue[i]] = true;
                }
            }
            from = mostLoaded();
        }
    }

    private int mostLoaded() {
        int most = -1;
        for (int c = 0; c < load.length; c++) {
            if (!done[c] && (most < 0 || highestLoad(c) > highestLoad(most))) {
                most = c;
            }
        }
        return most;
    }

    /**
     * The nearest class that can take load off {@code from}, or -1 with all classes that it reaches in the queue. Breadth
     * first, so the chain of moves is the shortest.
     */
    private int findReliever(int from) {
        Arrays.fill(cameFromClass, -1);
        Arrays.fill(topicSeen, false);
        cameFromClass[from] = from;
        queue[0] = from;
        queueEnd = 1;
        int loadMax = highestLoad(from) - 2;
        for (int i = 0; i < queueEnd; i++) {
            if (lowestLoad(queue[i]) <= loadMax) {
                return queue[i];
            }
            reachFrom(queue[i]);
        }
        return -1;
    }

    private void reachFrom(int from) {
        int[] topics = problem.classTopics[from];
        searchSteps += topics.length;
        for (int i = 0; i < topics.length; i++) {
            if (quota[from][i] == 0 || topicSeen[topics[i]]) {
                continue;
            }
            topicSeen[topics[i]] = true;
            searchSteps += problem.topicClasses[topics[i]].length;
            for (int to : problem.topicClasses[topics[i]]) {
                if (cameFromClass[to] < 0 && !done[to]) {
                    cameFromClass[to] = from;
                    cameByTopic[to] = topics[i];
                    queue[queueEnd++] = to;
                }
            }
        }
    }

    private void passOn(int from, int to) {
        for (int c = to; c != from; c = cameFromClass[c]) {
            add(cameFromClass[c], cameByTopic[c], -1);
            add(c, cameByTopic[c], 1);
        }
    }

    private int memberCount(int memberClass) {
        return problem.classMembers[memberClass].length;
    }

    /** Load of the most loaded member once the class is levelled. */
    private int highestLoad(int memberClass) {
        return (load[memberClass] + memberCount(memberClass) - 1) / memberCount(memberClass);
    }

    private int lowestLoad(int memberClass) {
        return load[memberClass] / memberCount(memberClass);
    }
}
