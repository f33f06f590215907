package dev.millrace.faults;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** What a {@link DamageLoad} was promised, so what must be in its data directory whatever became of the files. */
final class DamageOracle {
    private final long seed;
    private UUID clusterId;
    private final Map<String, UUID> topicIds = new TreeMap<>();
    private final Map<Place, TreeMap<Long, Batch>> batches = new TreeMap<>();
    private final Map<Commit, Long> committed = new HashMap<>();
    private final Map<Commit, Long> sent = new HashMap<>();
    private final List<String> errors = new ArrayList<>();
    /** Where the partitions end in the undamaged directory: past what is acknowledged there may be more. */
    private final Map<Place, Long> wholeEnds = new HashMap<>();

    /** A partition. */
    record Place(String topic, int partition) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byTopic = topic.compareTo(other.topic);
            return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
        }

        @Override
        public String toString() {
            return topic + "/" + partition;
        }
    }

    /** An acknowledged batch. */
    record Batch(long baseOffset, int n, long producerId, int sequence) {
        long endOffset() {
            return baseOffset + DamageLoad.recordCount(n);
        }
    }

    record Commit(String group, Place place) {}

    DamageOracle(long seed) {
        this.seed = seed;
    }

    /** Takes a line of {@link DamageLoad}; one without its end, cut off by a kill, must be left out. */
    void note(String line) {
        String[] f = line.split(" ");
        switch (f[0]) {
            case "I" -> clusterId = UUID.fromString(f[1]);
            case "T" -> {
                topicIds.put(f[1], UUID.fromString(f[2]));
                for (int i = 0; i < Integer.parseInt(f[3]); i++) {
                    batches.put(new Place(f[1], i), new TreeMap<>());
                }
            }
            case "R" -> {
                Batch batch = new Batch(
                        Long.parseLong(f[3]), Integer.parseInt(f[4]), Long.parseLong(f[5]), Integer.parseInt(f[6]));
                batches.get(place(f, 1)).put(batch.baseOffset, batch);
            }
            case "S" -> sent.put(new Commit(f[1], place(f, 2)), Long.parseLong(f[4]));
            case "C" -> committed.put(new Commit(f[1], place(f, 2)), Long.parseLong(f[4]));
            case "HALF", "DONE" -> {}
            default -> errors.add(line);
        }
    }

    private static Place place(String[] fields, int at) {
        return new Place(fields[at], Integer.parseInt(fields[at + 1]));
    }

    void noteWholeEnd(Place place, long endOffset) {
        wholeEnds.put(place, endOffset);
    }

    long wholeEnd(Place place) {
        return wholeEnds.getOrDefault(place, ackedEnd(place));
    }

    long seed() {
        return seed;
    }

    UUID clusterId() {
        return clusterId;
    }

    Collection<String> topics() {
        return topicIds.keySet();
    }

    UUID topicId(String topic) {
        return topicIds.get(topic);
    }

    Collection<Place> places() {
        return batches.keySet();
    }

    TreeMap<Long, Batch> batches(Place place) {
        return batches.get(place);
    }

    long ackedEnd(Place place) {
        return batches.get(place).isEmpty()
                ? 0
                : batches.get(place).lastEntry().getValue().endOffset();
    }

    /** The last batch of each producer in the partition. */
    Collection<Batch> lastOfProducers(Place place) {
        Map<Long, Batch> last = new TreeMap<>();
        batches.get(place).values().forEach(batch -> last.put(batch.producerId, batch));
        return last.values();
    }

    /** The last acknowledged commits. */
    Map<Commit, Long> committed() {
        return committed;
    }

    /** The last commit sent, acknowledged or not. */
    long sent(Commit commit) {
        return sent.get(commit);
    }

    long recordCount() {
        return batches.values().stream()
                .flatMap(b -> b.values().stream())
                .mapToLong(b -> b.endOffset() - b.baseOffset)
                .sum();
    }

    /** What the load was refused; nothing should be. */
    List<String> errors() {
        return errors;
    }
}
