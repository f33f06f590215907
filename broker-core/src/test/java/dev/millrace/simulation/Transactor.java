package dev.millrace.simulation;

import dev.millrace.core.command.CommitTransaction;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.transaction.TransactionTable.Identity;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.history.Payload;
import dev.millrace.history.Property;
import dev.millrace.history.Writer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Commits transactions, one after the other: records in two topics, a group's offset and a timer, again and again until it
 * is told how it ended. Now and then another instance takes over, and the one before tries to go on. At the end each
 * transaction must be there whole or not at all.
 */
final class Transactor implements Client {
    static final String GROUP = "g-transactor";
    private static final String ID = "transactor";
    private static final UUID NOWHERE = new UUID(9, 9);
    private static final String[] TOPICS = {"x.a", "x.b", Timekeeper.TOPIC};
    private static final int RETRY_MICROS = 100_000;

    private final World world;
    private final Writer writer;
    private final List<Attempt> attempts = new ArrayList<>();
    private Connection connection;
    private int topicsMade;
    private Identity identity;
    private Identity before;
    private long nextSequence;
    private boolean busy;
    /** Of the first topic, as far as it is known. */
    private int endOfA;

    /** A transaction: what it holds, and what became of it. */
    private final class Attempt {
        final Identity owner;
        final long sequence;
        final boolean doomed;
        final long offset;
        final List<Long> toA = new ArrayList<>();
        final List<Long> toB = new ArrayList<>();
        final Writer timer = world.history.writer("transactor-timer-" + attempts.size(), true);
        final long timerCounter = timer.invoke();
        boolean committed;
        boolean refused;

        Attempt(Identity owner, long sequence, long offset) {
            this.owner = owner;
            this.sequence = sequence;
            this.offset = offset;
            this.doomed = world.random.nextInt(8) == 0;
            for (int i = 1 + world.random.nextInt(3); i > 0; i--) {
                toA.add(writer.invoke());
            }
            for (int i = 1 + world.random.nextInt(2); i > 0; i--) {
                toB.add(writer.invoke());
            }
        }

        /** Built anew for each try: applying writes into the batches. */
        CommitTransaction command() {
            List<Operation> operations = new ArrayList<>();
            operations.add(new Operation.Append(topic(0).topicId(), 0, batch(writer, toA)));
            operations.add(new Operation.Append(topic(1).topicId(), 0, batch(writer, toB)));
            operations.add(new Operation.CommitOffsets(
                    GROUP, "", 0, List.of(new PartitionOffset(topic(0).topicId(), 0, offset, null))));
            operations.add(new Operation.Schedule(
                    new NewTimer(topic(2).topicId(), 0, -1, 100, null, batch(timer, List.of(timerCounter)))));
            if (doomed) {
                operations.add(new Operation.Append(NOWHERE, 0, batch(writer, toA)));
            }
            return new CommitTransaction(
                    ID, owner.producerId(), owner.epoch(), sequence, operations, Timekeeper.PENDING_MAX);
        }

        String name() {
            return "transaction " + owner.epoch() + "/" + sequence;
        }
    }

    Transactor(World world) {
        this.world = world;
        this.writer = world.history.writer(ID, true);
    }

    static ByteBuffer batch(Writer writer, List<Long> counters) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        for (long counter : counters) {
            builder.append(1, null, Payload.of(writer.number(), counter, 32), List.of());
        }
        return builder.build();
    }

    private Topic topic(int index) {
        return world.server.topic(TOPICS[index]);
    }

    @Override
    public void start() {
        world.agenda.in(2_000, this::turn);
    }

    private void turn() {
        if (!busy && world.server.isUp()) {
            if (connection == null || connection.isCut()) {
                connection = new Connection(world, true);
            }
            if (topicsMade < TOPICS.length) {
                makeTopic();
            } else if (identity == null || world.random.nextInt(12) == 0 && !world.isQuiet()) {
                takeOver();
            } else if (!world.isQuiet()) {
                commit(new Attempt(identity, nextSequence++, world.random.nextInt(1 + endOfA)));
            }
        }
        world.agenda.in(10_000 + world.random.nextInt(80_000), this::turn);
    }

    private void makeTopic() {
        busy = true;
        UUID topicId = new UUID(world.random.nextLong(), world.random.nextLong());
        CreateTopic create = new CreateTopic(topicId, TOPICS[topicsMade], 1, new TreeMap<>(), 100_000);
        connection.<Object>call(() -> world.server.submit(create), (made, fault) -> {
            busy = false;
            if (fault == null || fault == Fault.TOPIC_EXISTS) {
                topicsMade++;
            }
        });
    }

    /** Where the answer is lost, the epoch may be another one already: asked again until it is known. */
    private void takeOver() {
        busy = true;
        before = identity == null ? before : identity;
        identity = null;
        connection.<Identity>call(() -> world.server.submit(new InitTransactions(ID, -1)), (given, fault) -> {
            busy = false;
            if (fault == null) {
                identity = given;
                nextSequence = 0;
                if (before != null && !world.isQuiet()) {
                    commit(new Attempt(before, 1_000_000, 0));
                }
            }
        });
    }

    private void commit(Attempt attempt) {
        if (topic(0) == null || topic(1) == null || topic(2) == null) {
            // Made, and gone with a crash: the answer had not come.
            topicsMade = 0;
            return;
        }
        attempts.add(attempt);
        send(attempt);
    }

    private void send(Attempt attempt) {
        busy = true;
        if (!world.server.isUp() || topic(0) == null) {
            world.agenda.in(RETRY_MICROS, () -> send(attempt));
            return;
        }
        if (connection.isCut()) {
            connection = new Connection(world, true);
        }
        world.history.commitInvoked(GROUP, topic(0).partitionIds()[0], attempt.offset);
        connection.<TransactionResult>call(() -> world.server.submit(attempt.command()), (result, fault) -> {
            world.trace.add(attempt.name() + " " + (fault == null ? "committed" : fault));
            if (fault == null) {
                onCommitted(attempt, result);
            } else if (fault.retriable() || fault == Fault.CONNECTION_LOST) {
                world.agenda.in(RETRY_MICROS, () -> send(attempt));
                return;
            } else {
                onRefused(attempt, fault);
            }
            busy = false;
        });
    }

    private void onCommitted(Attempt attempt, TransactionResult result) {
        attempt.committed = true;
        if (attempt.doomed) {
            report(attempt.name() + " was committed although one of its operations is impossible");
        }
        if (attempt.owner.epoch() < identity.epoch()) {
            report(attempt.name() + " was committed after another instance had taken over");
        }
        acknowledge(attempt.toA, 0, result.results().get(0));
        endOfA = Math.max(
                endOfA, (int) ((OperationResult.Appended) result.results().get(0)).baseOffset() + attempt.toA.size());
        acknowledge(attempt.toB, 1, result.results().get(1));
        world.history.commitAccepted(GROUP, topic(0).partitionIds()[0], attempt.offset);
    }

    private void acknowledge(List<Long> counters, int index, OperationResult result) {
        long offset = ((OperationResult.Appended) result).baseOffset();
        for (long counter : counters) {
            writer.ok(counter, topic(index).partitionIds()[0], offset++);
        }
    }

    private void onRefused(Attempt attempt, Fault fault) {
        boolean expected = attempt.doomed && fault == Fault.TOPIC_NOT_FOUND
                || attempt.owner != identity && fault == Fault.FENCED_PRODUCER;
        if (!expected) {
            report(attempt.name() + " was refused with " + fault);
        }
        attempt.refused = true;
        attempt.toA.forEach(writer::failed);
        attempt.toB.forEach(writer::failed);
        attempt.timer.failed(attempt.timerCounter);
    }

    private void report(String what) {
        world.history.report(Property.TRANSACTIONS, what);
    }

    @Override
    public String unfinished() {
        return busy ? "the transactor waits for an answer" : null;
    }

    /** After a full read: everything of each transaction, or nothing. */
    void judge(Map<Long, Integer> found) {
        for (Attempt attempt : attempts) {
            List<Integer> counts = new ArrayList<>();
            attempt.toA.forEach(counter -> counts.add(found.getOrDefault(Timekeeper.id(writer, counter), 0)));
            attempt.toB.forEach(counter -> counts.add(found.getOrDefault(Timekeeper.id(writer, counter), 0)));
            counts.add(found.getOrDefault(Timekeeper.id(attempt.timer, attempt.timerCounter), 0));
            if (counts.stream().distinct().count() > 1) {
                report(attempt.name() + " is there in part: " + counts);
            } else if (attempt.committed && counts.get(0) != 1 || attempt.refused && counts.get(0) != 0) {
                report(attempt.name() + (attempt.committed ? " was committed" : " was refused") + " and is there "
                        + counts.get(0) + " times");
            }
        }
    }
}
