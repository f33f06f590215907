package dev.millrace.core.deadletter;

import dev.millrace.core.storage.WriteSink;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The dead letters, attempts and suspicions of one group, and their rows: each change goes to both. Thread: shard.
 */
final class GroupLetters {
    private final String group;
    private final NavigableMap<RecordId, DeadLetter> letters = new TreeMap<>();
    /** By place in the retry topic: what is on its way back. */
    private final Map<RecordId, RecordId> replays = new HashMap<>();
    /** Offsets of the open dead letters of each key. */
    private final NavigableMap<Key, TreeSet<Long>> openKeys = new TreeMap<>();

    private final NavigableMap<RecordId, Attempts> attempts = new TreeMap<>();
    private final NavigableMap<Integer, Long> suspects = new TreeMap<>();
    private int openCount;
    /** Attempts that bear a failure. */
    private int failureCount;

    private record Key(int partitionId, long hash) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byPartition = Integer.compareUnsigned(partitionId, other.partitionId);
            return byPartition != 0 ? byPartition : Long.compare(hash, other.hash);
        }
    }

    GroupLetters(String group) {
        this.group = group;
    }

    // ---- dead letters

    /** Takes a row over that is stored already. */
    void restore(DeadLetter letter) {
        letters.put(letter.source(), letter);
        if (letter.state().open()) {
            openCount++;
            if (letter.parksKey()) {
                openKeys.computeIfAbsent(keyOf(letter), key -> new TreeSet<>())
                        .add(letter.source().offset());
            }
        }
        if (letter.replay() != null) {
            replays.put(letter.replay(), letter.source());
        }
    }

    void put(DeadLetter letter, WriteSink sink) {
        forget(letter.source());
        restore(letter);
        DeadLetterRows.write(group, letter, sink);
    }

    void remove(DeadLetter letter, WriteSink sink) {
        forget(letter.source());
        DeadLetterRows.delete(group, letter, sink);
    }

    private void forget(RecordId source) {
        DeadLetter before = letters.remove(source);
        if (before == null) {
            return;
        }
        if (before.replay() != null) {
            replays.remove(before.replay());
        }
        if (before.state().open()) {
            openCount--;
            TreeSet<Long> open = before.parksKey() ? openKeys.get(keyOf(before)) : null;
            if (open != null) {
                open.remove(source.offset());
                if (open.isEmpty()) {
                    openKeys.remove(keyOf(before));
                }
            }
        }
    }

    private static Key keyOf(DeadLetter letter) {
        return new Key(letter.source().partitionId(), letter.keyHash());
    }

    /** The dead letter of a source record, or null. */
    DeadLetter find(RecordId source) {
        return letters.get(source);
    }

    /** The dead letter that is coming back at this place of the retry topic, or null. */
    DeadLetter atReplay(RecordId replay) {
        RecordId source = replays.get(replay);
        return source == null ? null : letters.get(source);
    }

    /** Open dead letters of the key whose records come before {@code source}, in order. */
    List<DeadLetter> openBefore(RecordId source, long keyHash) {
        TreeSet<Long> open = openKeys.get(new Key(source.partitionId(), keyHash));
        SortedSet<Long> earlier = open == null ? new TreeSet<>() : open.headSet(source.offset());
        return earlier.stream()
                .map(offset -> letters.get(new RecordId(source.partitionId(), offset)))
                .toList();
    }

    boolean hasOpenBefore(RecordId source, long keyHash) {
        TreeSet<Long> open = openKeys.get(new Key(source.partitionId(), keyHash));
        return open != null && open.first() < source.offset();
    }

    /** Hashes of the keys with open dead letters in a partition. */
    List<Long> parkedKeys(int partitionId) {
        return openKeys
                .subMap(new Key(partitionId, Long.MIN_VALUE), true, new Key(partitionId, Long.MAX_VALUE), true)
                .keySet()
                .stream()
                .map(Key::hash)
                .toList();
    }

    /** In order of source partition and offset. */
    Collection<DeadLetter> all() {
        return letters.values();
    }

    List<DeadLetter> where(Predicate<DeadLetter> wanted) {
        return letters.values().stream().filter(wanted).toList();
    }

    int openCount() {
        return openCount;
    }

    // ---- attempts and suspicions

    Attempts attempts(RecordId id) {
        return attempts.getOrDefault(id, Attempts.NONE);
    }

    /** Records of which a failed attempt was told. */
    int failureCount() {
        return failureCount;
    }

    void restore(RecordId id, Attempts noted) {
        failureCount += failuresIn(noted) - failuresIn(attempts.put(id, noted));
    }

    /** @param noted null for none */
    private static int failuresIn(Attempts noted) {
        return noted == null || noted.last() == null ? 0 : 1;
    }

    void put(RecordId id, Attempts noted, WriteSink sink) {
        restore(id, noted);
        DeadLetterRows.write(group, id, noted, sink);
    }

    void removeAttempts(RecordId id, WriteSink sink) {
        Attempts removed = attempts.remove(id);
        if (removed != null) {
            failureCount -= failuresIn(removed);
            DeadLetterRows.deleteAttempts(group, id, sink);
        }
    }

    /** Forgets the attempts at records from one offset on, up to another. */
    void removeAttempts(int partitionId, long from, long to, WriteSink sink) {
        var range = attempts.subMap(new RecordId(partitionId, from), new RecordId(partitionId, to));
        range.forEach((id, removed) -> {
            failureCount -= failuresIn(removed);
            DeadLetterRows.deleteAttempts(group, id, sink);
        });
        range.clear();
    }

    void restoreSuspect(int partitionId, long below) {
        suspects.put(partitionId, below);
    }

    void putSuspect(int partitionId, long below, WriteSink sink) {
        suspects.put(partitionId, below);
        DeadLetterRows.writeSuspect(group, partitionId, below, sink);
    }

    void removeSuspect(int partitionId, long committed, WriteSink sink) {
        Long below = suspects.get(partitionId);
        if (below != null && committed >= below) {
            suspects.remove(partitionId);
            DeadLetterRows.deleteSuspect(group, partitionId, sink);
        }
    }

    /** Records before this offset may be done, or may have been tried. */
    long askBelow(int partitionId) {
        RecordId end = new RecordId(partitionId, Long.MAX_VALUE);
        long below = suspects.getOrDefault(partitionId, 0L);
        RecordId letter = letters.lowerKey(end);
        RecordId tried = attempts.lowerKey(end);
        if (letter != null && letter.partitionId() == partitionId) {
            below = Math.max(below, letter.offset() + 1);
        }
        if (tried != null && tried.partitionId() == partitionId) {
            below = Math.max(below, tried.offset() + 1);
        }
        return below;
    }

    // ---- the end

    /** Forgets everything about records of a partition. */
    void dropPartition(int partitionId, WriteSink sink) {
        for (DeadLetter letter : where(l -> l.source().partitionId() == partitionId)) {
            remove(letter, sink);
        }
        removeAttempts(partitionId, 0, Long.MAX_VALUE, sink);
        removeSuspect(partitionId, Long.MAX_VALUE, sink);
    }

    void dropAll(WriteSink sink) {
        for (DeadLetter letter : new ArrayList<>(letters.values())) {
            remove(letter, sink);
        }
        attempts.keySet().forEach(id -> DeadLetterRows.deleteAttempts(group, id, sink));
        attempts.clear();
        failureCount = 0;
        suspects.keySet().forEach(id -> DeadLetterRows.deleteSuspect(group, id, sink));
        suspects.clear();
    }

    /** Whether there may be something to say of a record that the group is not done with. */
    boolean holdsUp() {
        return openCount > 0 || !attempts.isEmpty();
    }

    boolean isEmpty() {
        return letters.isEmpty() && attempts.isEmpty() && suspects.isEmpty();
    }
}
