package dev.millrace.core.deadletter;

import dev.millrace.core.command.BeginDelivery;
import dev.millrace.core.command.DiscardDeadLetters;
import dev.millrace.core.command.MemberClaim;
import dev.millrace.core.command.NoteFailure;
import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.command.ReplayDeadLetters;
import dev.millrace.core.command.SettleReplay;
import dev.millrace.core.deadletter.Begun.Verdict;
import dev.millrace.core.deadletter.DeadLetter.State;
import dev.millrace.core.deadletter.Parked.Outcome;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Moves records that a group cannot handle to its dead letters and back, so that each is always in exactly one place,
 * and so that the records of a key are handled in order all the same.
 *
 * <p>One rule keeps that order: a record is handled only when no earlier record of its key and source partition is parked
 * or on its way back. Whoever finds one that is not its turn parks it, or queues it in the retry topic behind those that
 * are on their way.
 *
 * <p>Callers have checked that the member holds the partition. Thread: shard, except {@link #replaysTotal}. Durable: copy
 * and row are in one commit. Fails: answers are a value or a {@link Refusal}, which changed nothing.
 */
public final class DeadLetters {
    /** Open dead letters that a group may have; their rows are kept in memory. */
    public static final int OPEN_COUNT_MAX = 100_000;

    /** After a member was lost, so many records from the committed offset on are begun one by one. */
    public static final int SUSPECT_COUNT = 5_000;

    /** How long it stays known what became of a dead letter; shorter where there are too many. */
    public static final long ENDED_KEPT_MS = 7 * 86_400_000L;

    /** Records of a group whose last failure is kept; of more than these the attempts are counted and nothing else. */
    public static final int FAILURES_KEPT_MAX = 10_000;

    /** More keys than this are not told one by one: the member then begins every record with the broker. */
    private static final int PARKED_KEYS_TOLD_MAX = 10_000;

    private static final long ALL = Long.MAX_VALUE;

    private final TopicCatalog topics;
    private final PartitionLogs logs;
    private final int openCountMax;
    private final int failuresKeptMax;
    private final TreeMap<String, GroupLetters> groups = new TreeMap<>();
    private final AtomicLong replaysTotal = new AtomicLong();

    public DeadLetters(TopicCatalog topics, PartitionLogs logs) {
        this(topics, logs, OPEN_COUNT_MAX, FAILURES_KEPT_MAX);
    }

    DeadLetters(TopicCatalog topics, PartitionLogs logs, int openCountMax, int failuresKeptMax) {
        this.topics = topics;
        this.logs = logs;
        this.openCountMax = openCountMax;
        this.failuresKeptMax = failuresKeptMax;
    }

    /** Reads the rows; called once before anything else. */
    public void load(Store store) {
        DeadLetterRows.load(store, new DeadLetterRows.Visitor() {
            @Override
            public void letter(String group, DeadLetter letter) {
                of(group).restore(letter);
            }

            @Override
            public void attempts(String group, RecordId id, Attempts attempts) {
                of(group).restore(id, attempts);
            }

            @Override
            public void suspect(String group, int partitionId, long below) {
                of(group).restoreSuspect(partitionId, below);
            }
        });
    }

    private GroupLetters of(String group) {
        return groups.computeIfAbsent(group, GroupLetters::new);
    }

    // ---- what members ask

    /** Says whether it is the record's turn, and notes the attempt where it is. Answers {@link Begun}. */
    public Object begin(BeginDelivery begin, WriteSink sink) {
        MemberClaim claim = begin.claim();
        GroupLetters letters = of(claim.group());
        RecordId place = placeOf(claim);
        DeadLetter letter = claim.replay() ? letters.atReplay(place) : letters.find(place);
        if (claim.replay() ? letter == null : letter != null) {
            return Begun.of(Verdict.DONE);
        }
        RecordId source = claim.replay() ? letter.source() : place;
        long keyHash = claim.replay() ? letter.keyHash() : begin.keyHash();
        if (keyHash != DeadLetterNames.NO_KEY && letters.hasOpenBefore(source, keyHash)) {
            return Begun.of(Verdict.BLOCKED);
        }
        Attempts noted = letters.attempts(place);
        int before = Math.max(noted.count(), begin.attemptsKnown());
        long firstFailureMs = noted.firstFailureMs() >= 0 ? noted.firstFailureMs() : begin.firstFailureMs();
        letters.put(place, new Attempts(before + 1, firstFailureMs, noted.last()), sink);
        return new Begun(Verdict.HANDLE, before, firstFailureMs);
    }

    /** Notes a failed attempt that another one follows. Answers true, also where that is overtaken by what came since. */
    public Object noteFailure(NoteFailure failed, long nowMs, WriteSink sink) {
        MemberClaim claim = failed.claim();
        GroupLetters letters = of(claim.group());
        RecordId place = placeOf(claim);
        boolean over = claim.replay() ? letters.atReplay(place) == null : letters.find(place) != null;
        Attempts noted = letters.attempts(place);
        if (over || noted.count() > failed.attempts()) {
            return Boolean.TRUE;
        }
        boolean room = noted.last() != null || letters.failureCount() < failuresKeptMax;
        LastFailure last = new LastFailure(
                failed.attempts(), failed.attemptsMax(), failed.error(), nowMs, nowMs + failed.retryInMs());
        letters.put(place, new Attempts(failed.attempts(), failed.firstFailureMs(), room ? last : null), sink);
        return Boolean.TRUE;
    }

    /** Parks a record, or queues it behind the earlier ones of its key. Answers {@link Parked}. */
    public Object park(ParkRecord park, long nowMs, WriteSink sink) {
        MemberClaim claim = park.claim();
        GroupLetters letters = of(claim.group());
        RecordId place = placeOf(claim);
        DeadLetter before = claim.replay() ? letters.atReplay(place) : letters.find(place);
        if (claim.replay() && before == null) {
            return Parked.of(Outcome.DONE);
        }
        if (!claim.replay() && before != null) {
            return firstResult(before);
        }
        DeadLetter letter = claim.replay() ? before : newLetter(place, park, nowMs);
        if (park.failure().reason().equals(DeadLetterNames.KEY_PARKED)) {
            List<DeadLetter> earlier =
                    letter.parksKey() ? letters.openBefore(letter.source(), letter.keyHash()) : List.of();
            if (earlier.isEmpty()) {
                return Parked.of(Outcome.FREE);
            }
            if (earlier.stream().allMatch(l -> l.state() == State.REPLAYING)) {
                return queue(letters, letter, park, nowMs, sink);
            }
        }
        return copyAndMark(letters, letter, park, nowMs, sink);
    }

    private static Parked firstResult(DeadLetter letter) {
        return switch (letter.state()) {
            case PARKED -> new Parked(Outcome.PARKED, letter.copy());
            case REPLAYING -> Parked.of(Outcome.QUEUED);
            case HANDLED, DISCARDED -> Parked.of(Outcome.DONE);
        };
    }

    private static DeadLetter newLetter(RecordId source, ParkRecord park, long nowMs) {
        byte[] shown = new byte[park.keyShown().remaining()];
        park.keyShown().get(park.keyShown().position(), shown);
        return new DeadLetter(source, State.PARKED, park.keyHash(), shown, park.failure(), null, null, nowMs, "");
    }

    private Object copyAndMark(GroupLetters letters, DeadLetter letter, ParkRecord park, long nowMs, WriteSink sink) {
        if (letters.openCount() >= openCountMax && letters.find(letter.source()) == null) {
            return Refusal.of(
                    Fault.LIMIT_REACHED,
                    "group \"%s\" has %d dead letters that wait; at most %d may: replay or discard some",
                    park.claim().group(),
                    letters.openCount(),
                    openCountMax);
        }
        Topic target = topics.find(park.target());
        if (target == null) {
            return TopicCatalog.notFound(park.target());
        }
        if (target.settings().indexed()) {
            return Refusal.of(
                    Fault.INVALID_TOPIC,
                    "topic \"%s\" keeps event streams; dead letters need a topic without stream.index",
                    park.target());
        }
        RecordId copy = append(target, park.targetPartition(), park.batch(), nowMs, sink);
        letters.put(letter.parked(park.failure(), copy, nowMs), sink);
        letters.removeAttempts(placeOf(park.claim()), sink);
        return new Parked(Outcome.PARKED, copy);
    }

    private Object queue(GroupLetters letters, DeadLetter letter, ParkRecord park, long nowMs, WriteSink sink) {
        Topic retries = topics.find(DeadLetterNames.retryTopic(park.claim().group()));
        if (retries == null) {
            return TopicCatalog.notFound(DeadLetterNames.retryTopic(park.claim().group()));
        }
        RecordId replay = append(retries, retryPartition(letter), park.batch(), nowMs, sink);
        letters.put(letter.replaying(replay, nowMs, letter.note()), sink);
        letters.removeAttempts(placeOf(park.claim()), sink);
        return Parked.of(Outcome.QUEUED);
    }

    /** Records of a key come back through one partition, so that one member has them. */
    private static int retryPartition(DeadLetter letter) {
        long hash = letter.parksKey() ? letter.keyHash() : letter.source().offset();
        return (int) (hash & Integer.MAX_VALUE);
    }

    private RecordId append(Topic topic, int partition, ByteBuffer batch, long nowMs, WriteSink sink) {
        int partitionId = topic.partitionIds()[partition % topic.partitionCount()];
        return new RecordId(partitionId, logs.append(logs.find(partitionId), batch, nowMs, sink));
    }

    private static RecordId placeOf(MemberClaim claim) {
        return new RecordId(claim.partitionId(), claim.offset());
    }

    /** Ends a replay that a handler has finished. Safe twice. */
    public Object settle(SettleReplay settle, long nowMs, WriteSink sink) {
        GroupLetters letters = of(settle.claim().group());
        RecordId place = placeOf(settle.claim());
        DeadLetter letter = letters.atReplay(place);
        if (letter != null) {
            letters.put(letter.ended(State.HANDLED, nowMs, letter.note()), sink);
        }
        letters.removeAttempts(place, sink);
        return Boolean.TRUE;
    }

    /** What a member has to know of a partition that it got. */
    public DeliveryState deliveryState(String group, int partitionId) {
        GroupLetters letters = groups.get(group);
        if (letters == null) {
            return new DeliveryState(partitionId, 0, List.of());
        }
        List<Long> keys = letters.parkedKeys(partitionId);
        return keys.size() > PARKED_KEYS_TOLD_MAX
                ? new DeliveryState(partitionId, ALL, List.of())
                : new DeliveryState(partitionId, letters.askBelow(partitionId), keys);
    }

    // ---- what operators ask

    /** Sends dead letters back to their group. Answers {@link Moved}. */
    public Object replay(ReplayDeadLetters replay, long nowMs, WriteSink sink) {
        Topic retries = topics.find(DeadLetterNames.retryTopic(replay.group()));
        if (retries == null) {
            return TopicCatalog.notFound(DeadLetterNames.retryTopic(replay.group()));
        }
        GroupLetters letters = of(replay.group());
        List<Moved.Skipped> skipped = new ArrayList<>();
        int count = 0;
        for (ReplayDeadLetters.Entry entry : replay.entries()) {
            RecordId source = new RecordId(entry.partitionId(), entry.offset());
            DeadLetter letter = letters.find(source);
            String problem = problemWithReplay(letters, letter, entry.deadLetterOffset());
            if (problem != null) {
                skipped.add(new Moved.Skipped(source, problem));
                continue;
            }
            RecordId place = append(retries, retryPartition(letter), entry.batch(), nowMs, sink);
            letters.put(letter.replaying(place, nowMs, replay.who()), sink);
            count++;
        }
        replaysTotal.addAndGet(count);
        return new Moved(count, skipped);
    }

    private static String problemWithReplay(GroupLetters letters, DeadLetter letter, long deadLetterOffset) {
        if (letter == null || letter.state() != State.PARKED || letter.copy().offset() != deadLetterOffset) {
            return "it is not parked: " + (letter == null ? "no such dead letter" : nameOf(letter.state()));
        }
        return letters.openBefore(letter.source(), letter.keyHash()).stream()
                .filter(earlier -> earlier.state() == State.PARKED)
                .findFirst()
                .map(earlier -> "offset " + earlier.source().offset()
                        + " of the same key is parked and comes first; replay or discard it before this one")
                .orElse(null);
    }

    private static String nameOf(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** Gives dead letters up. Answers {@link Moved}. */
    public Moved discard(DiscardDeadLetters discard, long nowMs, WriteSink sink) {
        GroupLetters letters = of(discard.group());
        List<Moved.Skipped> skipped = new ArrayList<>();
        int count = 0;
        for (DiscardDeadLetters.Entry entry : discard.entries()) {
            RecordId source = new RecordId(entry.partitionId(), entry.offset());
            DeadLetter letter = letters.find(source);
            if (letter == null || letter.state() != State.PARKED) {
                skipped.add(new Moved.Skipped(
                        source,
                        "it is not parked: " + (letter == null ? "no such dead letter" : nameOf(letter.state()))));
                continue;
            }
            letters.put(letter.ended(State.DISCARDED, nowMs, discard.note()), sink);
            count++;
        }
        return new Moved(count, skipped);
    }

    /** The dead letters of a group, by source partition and offset. */
    public List<DeadLetter> list(String group) {
        GroupLetters letters = groups.get(group);
        return letters == null ? List.of() : List.copyOf(letters.all());
    }

    /** The dead letter of a source record, or null. */
    public DeadLetter find(String group, RecordId source) {
        GroupLetters letters = groups.get(group);
        return letters == null ? null : letters.find(source);
    }

    /** Groups with dead letters, or with attempts under way. */
    public List<String> groups() {
        return List.copyOf(groups.keySet());
    }

    /** Groups of which {@link #handling} may have something to say. */
    public List<String> groupsHeldUp() {
        return groups.entrySet().stream()
                .filter(entry -> entry.getValue().holdsUp())
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * How far a group is with a record; null where it is done with it, has parked it, or has not begun it as far as is known
     * and nothing holds it up.
     *
     * @param keyHash of the record's key
     * @param committed the group's offset in the record's partition, -1 for none
     */
    public Handling handling(String group, RecordId source, long keyHash, long committed) {
        GroupLetters letters = groups.get(group);
        if (letters == null) {
            return null;
        }
        DeadLetter letter = letters.find(source);
        boolean over = letter == null ? source.offset() < committed : letter.state() != State.REPLAYING;
        if (over) {
            return null;
        }
        Attempts attempts = letters.attempts(letter == null ? source : letter.replay());
        boolean keyParked = keyHash != DeadLetterNames.NO_KEY && letters.hasOpenBefore(source, keyHash);
        return attempts.count() == 0 && !keyParked ? null : new Handling(attempts.count(), attempts.last(), keyParked);
    }

    /** Open dead letters of each group that has any. */
    public TreeMap<String, Integer> openCounts() {
        TreeMap<String, Integer> counts = new TreeMap<>();
        groups.forEach((group, letters) -> {
            if (letters.openCount() > 0) {
                counts.put(group, letters.openCount());
            }
        });
        return counts;
    }

    /** Records sent back to their groups since the start. Thread: any. */
    public long replaysTotal() {
        return replaysTotal.get();
    }

    // ---- what happens around them

    /** A member with this partition ended without a word: what it had begun may have been what ended it. */
    public void onMemberLost(String group, int partitionId, long committed, WriteSink sink) {
        var log = logs.find(partitionId);
        if (log != null) {
            long from = Math.max(committed, log.startOffset());
            of(group).putSuspect(partitionId, from + SUSPECT_COUNT, sink);
        }
    }

    /** The group finished everything before {@code committed}. */
    public void onCommitted(String group, int partitionId, long committed, WriteSink sink) {
        GroupLetters letters = groups.get(group);
        if (letters != null) {
            letters.removeAttempts(partitionId, 0, committed, sink);
            letters.removeSuspect(partitionId, committed, sink);
        }
    }

    /** The group goes through the partition again from an offset on: what was handled or given up is handled again. */
    public void onReset(String group, int partitionId, long offset, WriteSink sink) {
        GroupLetters letters = groups.get(group);
        if (letters == null) {
            return;
        }
        for (DeadLetter letter : letters.where(l -> !l.state().open()
                && l.source().partitionId() == partitionId
                && l.source().offset() >= offset)) {
            letters.remove(letter, sink);
        }
        letters.removeAttempts(partitionId, 0, ALL, sink);
    }

    public void onGroupDeleted(String group, WriteSink sink) {
        GroupLetters letters = groups.remove(group);
        if (letters != null) {
            letters.dropAll(sink);
        }
    }

    /** Dead letters go with the topic that they came from, and with the one that they lie in; replays are parked again. */
    public void onTopicDeleted(Topic topic, WriteSink sink) {
        Set<Integer> gone = Arrays.stream(topic.partitionIds()).boxed().collect(Collectors.toSet());
        for (GroupLetters letters : groups.values()) {
            gone.forEach(partitionId -> letters.dropPartition(partitionId, sink));
            for (DeadLetter letter : letters.where(l -> l.state() == State.REPLAYING)) {
                if (gone.contains(letter.replay().partitionId())) {
                    letters.put(letter.notReplaying(), sink);
                }
            }
            for (DeadLetter letter : letters.where(l -> l.state() == State.PARKED)) {
                if (letter.copy() == null || gone.contains(letter.copy().partitionId())) {
                    letters.remove(letter, sink);
                }
            }
        }
    }

    /** How far a group has read. */
    @FunctionalInterface
    public interface Committed {
        /** -1 where nothing was committed. */
        long of(String group, int partitionId);
    }

    /** Forgets ended dead letters after a while, and deletes from the retry topics what the groups are done with. */
    public void maintain(long dueMs, Committed committed, WriteSink sink) {
        groups.forEach((group, letters) -> {
            boolean many = letters.all().size() - letters.openCount() > openCountMax;
            long before = many ? ALL : dueMs - ENDED_KEPT_MS;
            for (DeadLetter letter : letters.where(l -> !l.state().open() && l.changedMs() < before)) {
                RecordId source = letter.source();
                if (source.offset() < committed.of(group, source.partitionId())) {
                    letters.remove(letter, sink);
                }
            }
            trimRetries(group, committed, sink);
        });
        groups.values().removeIf(GroupLetters::isEmpty);
    }

    private void trimRetries(String group, Committed committed, WriteSink sink) {
        Topic retries = topics.find(DeadLetterNames.retryTopic(group));
        if (retries == null) {
            return;
        }
        for (int partitionId : retries.partitionIds()) {
            long done = committed.of(group, partitionId);
            if (done > logs.find(partitionId).startOffset()) {
                logs.moveStart(logs.find(partitionId), done, sink);
            }
        }
    }
}
