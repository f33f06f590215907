package dev.millrace.simulation;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.error.Fault;
import dev.millrace.core.machine.AppendResult;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Payload;
import dev.millrace.history.Property;
import dev.millrace.history.Writer;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * An idempotent producer: up to five batches in flight to each partition; what it does not know the outcome of it sends
 * again, in order, until it does. On purpose it sometimes repeats an old batch, or leaves sequences out.
 */
final class Producer implements Client {
    private static final int IN_FLIGHT_MAX = 5;
    private static final int RECORDS_MAX = 4;
    private static final int SKIPPED_SEQUENCES = 100_000;

    private final World world;
    private final String name;
    private final Writer writer;
    private final Map<Integer, Lane> lanes = new TreeMap<>();
    private Connection connection;
    private long producerId = -1;
    private boolean allocating;

    /** The way to one partition. */
    private static final class Lane {
        final UUID topicId;
        final int partition;
        final int partitionId;
        final Deque<Batch> unanswered = new ArrayDeque<>();
        Batch lastAcknowledged;
        int nextSequence;
        /** An earlier batch did not get in, so later ones are refused: wait until all are answered, then go on. */
        boolean interrupted;
        /** A provocation is under way, during which nothing else is sent. */
        boolean provoked;

        Lane(Topic topic, int partition) {
            this.topicId = topic.topicId();
            this.partition = partition;
            this.partitionId = topic.partitionIds()[partition];
        }

        boolean awaits() {
            return unanswered.stream().anyMatch(batch -> batch.awaited);
        }
    }

    private static final class Batch {
        final int sequence;
        final long firstCounter;
        final List<byte[]> values;
        final Compression compression;
        final long timestampMs;
        int sentCount;
        boolean awaited;
        int bytes;
        long baseOffset = -1;

        Batch(int sequence, long firstCounter, List<byte[]> values, Compression compression, long timestampMs) {
            this.sequence = sequence;
            this.firstCounter = firstCounter;
            this.values = values;
            this.compression = compression;
            this.timestampMs = timestampMs;
        }
    }

    Producer(World world, String name) {
        this.world = world;
        this.name = name;
        this.writer = world.history.writer(name, true);
    }

    @Override
    public void start() {
        world.agenda.in(world.random.nextInt(20_000), this::turn);
    }

    private void turn() {
        if (connection == null || connection.isCut()) {
            if (world.server.isUp()) {
                connection = new Connection(world, true);
            }
        } else if (producerId < 0) {
            allocate();
        } else {
            work();
        }
        world.agenda.in(10_000 + world.random.nextInt(50_000), this::turn);
    }

    private void allocate() {
        if (allocating) {
            return;
        }
        allocating = true;
        connection.<Long>call(() -> world.server.submit(new AllocateProducer()), (id, fault) -> {
            allocating = false;
            if (fault == null) {
                producerId = id;
                world.trace.add(name + " is producer " + id);
                world.uniqueProducerId(id, name);
            }
        });
    }

    private void work() {
        for (Lane lane : List.copyOf(lanes.values())) {
            sendAgain(lane);
        }
        if (world.isQuiet()) {
            return;
        }
        Lane lane = pickLane();
        if (lane == null || lane.provoked || lane.interrupted) {
            return;
        }
        int dice = world.random.nextInt(40);
        if (lane.unanswered.isEmpty() && dice == 0 && lane.lastAcknowledged != null) {
            repeat(lane);
        } else if (lane.unanswered.isEmpty() && dice == 1) {
            skip(lane);
        } else {
            int count = 1 + world.random.nextInt(3);
            for (int i = 0; i < count && lane.unanswered.size() < IN_FLIGHT_MAX; i++) {
                Batch batch = newBatch(lane.nextSequence);
                lane.nextSequence += batch.values.size();
                lane.unanswered.add(batch);
                send(lane, batch);
            }
        }
    }

    private Lane pickLane() {
        List<Topic> topics = world.server.topics();
        if (topics.isEmpty()) {
            return null;
        }
        Topic topic = topics.get(world.random.nextInt(topics.size()));
        int partition = world.random.nextInt(topic.partitionCount());
        return lanes.computeIfAbsent(topic.partitionIds()[partition], id -> new Lane(topic, partition));
    }

    /** Sends in order what is not known to be there, once every earlier attempt has ended. */
    private void sendAgain(Lane lane) {
        if (lane.unanswered.isEmpty() || lane.awaits() || lane.provoked) {
            return;
        }
        lane.interrupted = false;
        lane.unanswered.forEach(batch -> send(lane, batch));
    }

    private Batch newBatch(int sequence) {
        int count = 1 + world.random.nextInt(RECORDS_MAX);
        List<byte[]> values = new ArrayList<>();
        long first = -1;
        for (int i = 0; i < count; i++) {
            long counter = writer.invoke();
            first = i == 0 ? counter : first;
            int bytes = world.random.nextInt(world.profile.valueBytesMax());
            values.add(Payload.of(writer.number(), counter, bytes));
        }
        Compression compression = world.random.nextInt(20) == 0 ? Compression.GZIP : Compression.NONE;
        return new Batch(sequence, first, values, compression, world.agenda.nowMs() - world.random.nextInt(1000));
    }

    private ByteBuffer encode(Batch batch, long id) {
        RecordBatchBuilder builder = new RecordBatchBuilder(batch.compression, 256);
        builder.producer(id, (short) 0, batch.sequence);
        for (int i = 0; i < batch.values.size(); i++) {
            byte[] key = Payload.key(writer.number(), batch.firstCounter + i, 10);
            builder.append(batch.timestampMs + i, key, batch.values.get(i), List.of());
        }
        return builder.build();
    }

    private void send(Lane lane, Batch batch) {
        ByteBuffer bytes = encode(batch, producerId);
        batch.bytes = bytes.remaining();
        batch.awaited = true;
        if (batch.sentCount++ == 0) {
            world.ledger.sent(lane.partitionId, batch.bytes);
        }
        connection.<AppendResult>call(
                () -> world.server.submit(new AppendRecords(lane.topicId, lane.partition, bytes)),
                (result, fault) -> answered(lane, batch, result, fault));
    }

    private void answered(Lane lane, Batch batch, AppendResult result, Fault fault) {
        batch.awaited = false;
        if (fault == null) {
            acknowledged(lane, batch, result);
        } else if (fault == Fault.TOPIC_NOT_FOUND || fault == Fault.PARTITION_NOT_FOUND) {
            gone(lane, fault);
        } else if (fault.retriable()) {
            lane.interrupted = true;
        } else if (fault != Fault.OUT_OF_ORDER_SEQUENCE && fault != Fault.UNKNOWN_PRODUCER || !lane.interrupted) {
            refusedWrongly(lane, batch, fault);
        }
    }

    private void acknowledged(Lane lane, Batch batch, AppendResult result) {
        if (!lane.unanswered.remove(batch)) {
            return;
        }
        batch.baseOffset = result.baseOffset();
        lane.lastAcknowledged = batch;
        world.trace.add(name + " acked " + lane.partitionId + "/" + result.baseOffset() + " sequence=" + batch.sequence
                + " count=" + batch.values.size() + (result.duplicate() ? " again" : ""));
        for (int i = 0; i < batch.values.size(); i++) {
            writer.ok(batch.firstCounter + i, lane.partitionId, result.baseOffset() + i);
        }
        world.ledger.acknowledged(
                lane.partitionId,
                new Ledger.Appended(
                        result.baseOffset(),
                        batch.values.size(),
                        batch.bytes,
                        Math.min(result.appendTimeMs(), world.agenda.nowMs())));
    }

    /** The topic went: what was sent once and refused is not there, of the rest nobody knows. */
    private void gone(Lane lane, Fault fault) {
        world.operator.checkGone(lane.topicId, fault);
        if (lanes.remove(lane.partitionId) == null) {
            return;
        }
        world.trace.add(name + " gives up partition " + lane.partitionId);
        for (Iterator<Batch> it = lane.unanswered.iterator(); it.hasNext(); ) {
            Batch batch = it.next();
            for (int i = 0; i < batch.values.size(); i++) {
                writer.unknown(batch.firstCounter + i);
            }
        }
    }

    private void refusedWrongly(Lane lane, Batch batch, Fault fault) {
        world.history.report(
                Property.NO_DUPLICATE_AFTER_RESTART,
                name + " was refused with " + fault + ": sequence " + batch.sequence + " of partition "
                        + lane.partitionId + ", sent " + batch.sentCount + " times, in order");
        lane.interrupted = true;
    }

    // ---- provocations

    /** Sends the batch again that was acknowledged last: the broker must know it. */
    private void repeat(Lane lane) {
        Batch batch = lane.lastAcknowledged;
        lane.provoked = true;
        ByteBuffer bytes = encode(batch, producerId);
        connection.<AppendResult>call(
                () -> world.server.submit(new AppendRecords(lane.topicId, lane.partition, bytes)), (result, fault) -> {
                    lane.provoked = false;
                    world.trace.add(name + " repeated " + lane.partitionId + "/" + batch.baseOffset + " " + fault);
                    boolean known = fault == null && result.duplicate() && result.baseOffset() == batch.baseOffset;
                    boolean open = fault != null && fault.retriable();
                    boolean gone = fault == Fault.TOPIC_NOT_FOUND || fault == Fault.PARTITION_NOT_FOUND;
                    if (gone) {
                        gone(lane, fault);
                    } else if (!known && !open) {
                        world.history.report(
                                Property.NO_DUPLICATE_AFTER_RESTART,
                                name + " repeated the batch at " + lane.partitionId + "/" + batch.baseOffset
                                        + " and was told " + (fault == null ? result : fault));
                    }
                });
    }

    /** Leaves sequences out, or uses an id that nobody was given: must be refused, and never be read. */
    private void skip(Lane lane) {
        boolean strangeId = world.random.nextInt(3) == 0;
        Batch batch = newBatch(strangeId ? 0 : lane.nextSequence + SKIPPED_SEQUENCES);
        for (int i = 0; i < batch.values.size(); i++) {
            writer.failed(batch.firstCounter + i);
        }
        lane.provoked = true;
        ByteBuffer bytes = encode(batch, strangeId ? producerId + SKIPPED_SEQUENCES : producerId);
        connection.<AppendResult>call(
                () -> world.server.submit(new AppendRecords(lane.topicId, lane.partition, bytes)), (result, fault) -> {
                    lane.provoked = false;
                    world.trace.add(name + " skipped sequences in " + lane.partitionId + " " + fault);
                    if (fault == null) {
                        world.history.report(
                                Property.NO_FAILED_READ,
                                name + " left sequences out and was told " + result + " in " + lane.partitionId);
                    }
                });
    }

    /** Sends the last batch of each partition again; all of them must be known. */
    void repeatAll() {
        for (Lane lane : List.copyOf(lanes.values())) {
            if (lane.lastAcknowledged != null && connection != null && !connection.isCut()) {
                repeat(lane);
            }
        }
    }

    @Override
    public String unfinished() {
        for (Lane lane : lanes.values()) {
            if (!lane.unanswered.isEmpty() || lane.provoked) {
                return name + " waits for " + lane.unanswered.size() + " batches of partition " + lane.partitionId;
            }
        }
        return null;
    }
}
