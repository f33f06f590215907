package dev.millrace.history;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * What clients did and what they were told, in the order of one monotonic clock; it checks what can be checked at once,
 * {@link Drain} the rest after a full read.
 *
 * <p>Partitions are numbers that the test chooses; so that a history may span topics. An outcome that nobody told is
 * unknown: the record may be there, once.
 *
 * <p>Thread: any.
 */
public final class History {
    private final LongSupplier nanoTime;
    private final Violations violations = new Violations();
    private final List<Writer> writers = new ArrayList<>();
    private final Map<Integer, LogHistory> logs = new HashMap<>();
    private final Map<String, Commits> commits = new HashMap<>();
    private final Map<String, String> owners = new HashMap<>();
    private final Set<String> topicsThere = new TreeSet<>();
    private final Set<String> topicsGone = new TreeSet<>();
    private int life;

    /** A history by the clock of this process. */
    public History() {
        this(System::nanoTime);
    }

    public History(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A new producer; an idempotent one sends again as often as it likes and still has each record once. */
    public synchronized Writer writer(String name, boolean idempotent) {
        Writer writer = new Writer(this, writers.size(), name, idempotent);
        writers.add(writer);
        return writer;
    }

    public synchronized Reader reader(String name) {
        return new Reader(this, name);
    }

    /** The broker was killed or stopped; what is sent again from now on must be recognised across that. */
    public synchronized void restarted() {
        life++;
    }

    /** Retention or a delete may have taken the records before this offset. */
    public synchronized void allowStart(int log, long offset) {
        log(log).allowStart(offset);
    }

    /**
     * Retention by time may have taken what was published this long ago, and all before it. The time of the
     * acknowledgement says nothing: a record may lie in the log through an outage before its producer, back again, is told.
     */
    public synchronized void allowExpired(Duration retention) {
        long bornBefore = nanoTime() - retention.toNanos();
        for (Writer writer : writers) {
            for (int row = 0; row < writer.count(); row++) {
                if (writer.outcome(row) == Writer.Outcome.OK && writer.invokedNanos(row) <= bornBefore) {
                    log(writer.log(row)).allowStart(writer.offset(row) + 1);
                }
            }
        }
    }

    /** A commit is about to be sent. */
    public synchronized void commitInvoked(String group, int log, long offset) {
        commits(group, log).attempted(offset);
    }

    /** A commit was answered well. */
    public synchronized void commitAccepted(String group, int log, long offset) {
        commits(group, log).accepted(offset);
    }

    /** A commit of a member that had lost the partition was answered well: it should have been refused. */
    public synchronized void zombieCommitAccepted(String member, String group, int log, long offset) {
        violations.add(
                Property.DURABLE_COMMIT, "%s committed %d for %s/%d without owning it", member, offset, group, log);
    }

    /** An operator moved the group's offset; later members start there. */
    public synchronized void commitReset(String group, int log, long offset) {
        commits(group, log).reset(offset);
    }

    /** The broker says where the group stands; zero where it never committed. */
    public synchronized void commitFetched(String group, int log, long offset) {
        commits(group, log).fetched(offset);
    }

    /** In this generation of the group, this member was given the partition. */
    public synchronized void owns(String group, long generation, int log, String member) {
        String before = owners.put(group + "/" + generation + "/" + log, member);
        if (before != null && !before.equals(member)) {
            violations.add(
                    Property.DURABLE_COMMIT,
                    "%s and %s both own partition %d of %s in generation %d",
                    before,
                    member,
                    log,
                    group,
                    generation);
        }
    }

    /** A question for the end of a partition, asked now; {@link EndQuery#answered} judges the answer. */
    public synchronized EndQuery askEnd(int log) {
        LogHistory of = log(log);
        long atLeast = of.endAtLeast();
        return end -> {
            synchronized (this) {
                of.endAnswered(end, atLeast);
            }
        };
    }

    /** Takes the answer to a question for the end of a partition. */
    @FunctionalInterface
    public interface EndQuery {
        void answered(long endOffset);
    }

    /** Creating a topic was answered well. */
    public synchronized void topicCreated(String topic) {
        topicsThere.add(topic);
        topicsGone.remove(topic);
    }

    /** A topic is about to be deleted: until the answer it may be there or not. */
    public synchronized void topicDeleteInvoked(String topic) {
        topicsThere.remove(topic);
    }

    /** Deleting a topic was answered well. */
    public synchronized void topicDeleted(String topic) {
        topicsThere.remove(topic);
        topicsGone.add(topic);
    }

    /** The broker says which topics there are, with no change of topics under way. */
    public synchronized void topicsSeen(Set<String> topics) {
        for (String topic : topicsThere) {
            if (!topics.contains(topic)) {
                violations.add(Property.DURABLE_TOPICS, "topic %s was created and is gone: %s", topic, topics);
            }
        }
        for (String topic : topicsGone) {
            if (topics.contains(topic)) {
                violations.add(Property.DURABLE_TOPICS, "topic %s was deleted and is back", topic);
            }
        }
    }

    /** Nobody publishes any more and the group had its time: it must have committed all that is there to read. */
    public synchronized void demandAtEnd(GroupStand stand) {
        if (!stand.isAtEnd()) {
            violations.add(Property.PROGRESS, "nobody publishes any more, and %s", stand);
        }
    }

    /** Notes what a test found by itself. */
    public synchronized void report(Property property, String text) {
        violations.add(property, "%s", text);
    }

    /** Begins a full read of everything, after which all acknowledged records are demanded. */
    public synchronized Drain drain() {
        writers.forEach(Writer::forgetPlaces);
        return new Drain(this);
    }

    /** All violations so far, the first of each property in words. */
    public synchronized List<Violation> violations() {
        return violations.list();
    }

    /** Number of acknowledged records of all producers. */
    public synchronized long acknowledgedCount() {
        return writers.stream().mapToLong(Writer::okCount).sum();
    }

    Violations collector() {
        return violations;
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    int life() {
        return life;
    }

    List<Writer> writers() {
        return writers;
    }

    Map<Integer, LogHistory> logs() {
        return logs;
    }

    LogHistory log(int log) {
        return logs.computeIfAbsent(log, number -> new LogHistory(number, violations));
    }

    Commits commits(String group, int log) {
        String place = group + "/" + log;
        return commits.computeIfAbsent(place, name -> new Commits(name, violations));
    }

    void acknowledged(long id, int log, long offset) {
        log(log).acknowledged(id, offset);
    }

    /** Judges a delivered record by itself; answers its identity, or {@link Payload#DAMAGED}. */
    long wasRead(String reader, int log, long offset, byte[] key, byte[] value) {
        long id = Payload.id(value);
        if (id == Payload.DAMAGED) {
            violations.add(Property.NO_PHANTOM, "%s was given damaged bytes at %d/%d", reader, log, offset);
            return Payload.DAMAGED;
        }
        int writer = Payload.writer(id);
        if (writer >= writers.size()
                || Payload.counter(id) >= writers.get(writer).count()) {
            violations.add(
                    Property.NO_PHANTOM,
                    "%s was given record %s at %d/%d, which nobody published",
                    reader,
                    LogHistory.name(id),
                    log,
                    offset);
            return Payload.DAMAGED;
        }
        if (!writers.get(writer).hasKey(Payload.counter(id), key)) {
            violations.add(
                    Property.NO_PHANTOM,
                    "%s was given record %s at %d/%d under the key %s",
                    reader,
                    LogHistory.name(id),
                    log,
                    offset,
                    key == null ? null : new String(key, StandardCharsets.UTF_8));
        }
        writers.get(writer).seen((int) Payload.counter(id));
        log(log).read(id, offset);
        return id;
    }
}
