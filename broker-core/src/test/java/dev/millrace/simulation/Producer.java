package dev.millrace.simulation;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.error.Fault;
import dev.millrace.core.machine.AppendResult;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Property;
import dev.millrace.history.Writer;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * An idempotent producer: up to five batches in flight to each partition; what it does not know the outcome of it sends
 * again, in order, until it does. On purpose it sometimes repeats an old batch, leaves sequences out, or speaks as the
 * one before it with the same id.
 */
final class Producer implements Client {
    private static final int IN_FLIGHT_MAX = 5;
    private static final int SKIPPED_SEQUENCES = 100_000;
    private static final int PROVOCATIONS = 40;

    private final World world;
    private final String name;
    private final Writer writer;
    private final Map<Integer, Lane> lanes = new TreeMap<>();
    private Connection connection;
    private long producerId = -1;
    private short epoch;
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

        boolean isIdle() {
            return unanswered.isEmpty() && !provoked;
        }
    }

    private static final class Batch {
        final Outgoing content;
        int sentCount;
        boolean awaited;
        int bytes;
        long baseOffset = -1;

        Batch(Outgoing content) {
            this.content = content;
        }
    }

    Producer(World world, String name) {
        this.world = world;
        this.name = name;
        this.writer = world.history.writer(name, true).keyed(Outgoing.KEYS);
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
        Lane lane = world.isQuiet() ? null : pickLane();
        if (lane == null || lane.provoked || lane.interrupted) {
            return;
        }
        if (!lane.isIdle() || !provoke(lane, world.random.nextInt(PROVOCATIONS))) {
            int count = 1 + world.random.nextInt(IN_FLIGHT_MAX);
            for (int i = 0; i < count && lane.unanswered.size() < IN_FLIGHT_MAX; i++) {
                Batch batch = new Batch(new Outgoing(world, writer, lane.nextSequence));
                lane.nextSequence += batch.content.recordCount();
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

    private void send(Lane lane, Batch batch) {
        ByteBuffer bytes = batch.content.encode(producerId, epoch);
        batch.bytes = bytes.remaining();
        batch.awaited = true;
        if (batch.sentCount++ == 0) {
            world.ledger.sent(lane.partitionId, batch.bytes);
        }
        append(lane, bytes, (result, fault) -> answered(lane, batch, result, fault));
    }

    private void append(Lane lane, ByteBuffer bytes, Connection.Answer<AppendResult> answer) {
        connection.call(() -> world.server.submit(new AppendRecords(lane.topicId, lane.partition, bytes)), answer);
    }

    private void answered(Lane lane, Batch batch, AppendResult result, Fault fault) {
        batch.awaited = false;
        if (fault == null) {
            acknowledged(lane, batch, result);
        } else if (isGone(fault)) {
            giveUp(lane, fault);
        } else if (fault.retriable()) {
            lane.interrupted = true;
        } else if (!lane.interrupted || (fault != Fault.OUT_OF_ORDER_SEQUENCE && fault != Fault.UNKNOWN_PRODUCER)) {
            lane.interrupted = true;
            wrong("sent sequence " + batch.content.sequence + " of partition " + lane.partitionId
                    + " in order, for the " + batch.sentCount + ". time, and was refused with " + fault);
        }
    }

    private static boolean isGone(Fault fault) {
        return fault == Fault.TOPIC_NOT_FOUND || fault == Fault.PARTITION_NOT_FOUND;
    }

    private void wrong(String text) {
        world.history.report(Property.NO_DUPLICATE_AFTER_RESTART, name + " " + text);
    }

    private void acknowledged(Lane lane, Batch batch, AppendResult result) {
        if (!lane.unanswered.remove(batch)) {
            return;
        }
        batch.baseOffset = result.baseOffset();
        lane.lastAcknowledged = batch;
        world.trace.add(name + " acked " + lane.partitionId + "/" + result.baseOffset() + " sequence="
                + batch.content.sequence + " count=" + batch.content.recordCount()
                + (result.duplicate() ? " again" : ""));
        batch.content.acknowledged(lane.partitionId, result.baseOffset());
        world.ledger.acknowledged(lane.partitionId, batch.content, batch.bytes, result);
    }

    /** The topic went: of what was not acknowledged nobody knows whether it had got there. */
    private void giveUp(Lane lane, Fault fault) {
        world.operator.checkGone(lane.topicId, fault);
        if (lanes.remove(lane.partitionId) != null) {
            world.trace.add(name + " gives up partition " + lane.partitionId);
        }
    }

    // ---- provocations

    /** Does something on a silent way that the broker must see through; answers false where there is nothing to do. */
    private boolean provoke(Lane lane, int dice) {
        if (dice == 0 && lane.lastAcknowledged != null) {
            repeat(lane);
        } else if (dice == 1) {
            skip(lane, producerId, lane.nextSequence + SKIPPED_SEQUENCES);
        } else if (dice == 2) {
            skip(lane, producerId + SKIPPED_SEQUENCES, 0);
        } else if (dice == 3 && epoch > 0 && lane.lastAcknowledged != null) {
            speakAsBefore(lane);
        } else if (dice == 4 && lanes.values().stream().allMatch(Lane::isIdle)) {
            beginEpoch();
        } else {
            return false;
        }
        return true;
    }

    /** Goes on as a new producer with the same id, as one that restarts does; the one before is fenced by that. */
    private void beginEpoch() {
        epoch++;
        world.trace.add(name + " begins epoch " + epoch);
        for (Lane lane : lanes.values()) {
            lane.nextSequence = 0;
            lane.lastAcknowledged = null;
        }
    }

    /** Sends the batch again that was acknowledged last: the broker must know it. */
    private void repeat(Lane lane) {
        Batch batch = lane.lastAcknowledged;
        lane.provoked = true;
        append(lane, batch.content.encode(producerId, epoch), (result, fault) -> {
            lane.provoked = false;
            world.trace.add(name + " repeated " + lane.partitionId + "/" + batch.baseOffset + " " + fault);
            boolean known = fault == null && result.duplicate() && result.baseOffset() == batch.baseOffset;
            if (fault != null && isGone(fault)) {
                giveUp(lane, fault);
            } else if (!known && (fault == null || !fault.retriable())) {
                wrong("repeated the batch at " + lane.partitionId + "/" + batch.baseOffset + " and was told "
                        + (fault == null ? result : fault));
            }
        });
    }

    /** Leaves sequences out, or uses an id that nobody was given. */
    private void skip(Lane lane, long id, int sequence) {
        Outgoing batch = new Outgoing(world, writer, sequence);
        mustFail(lane, batch, batch.encode(id, epoch), "skips sequences");
    }

    private void speakAsBefore(Lane lane) {
        Outgoing batch = new Outgoing(world, writer, world.random.nextBoolean() ? 0 : lane.nextSequence);
        mustFail(lane, batch, batch.encode(producerId, (short) (epoch - 1)), "uses the epoch before");
    }

    /** Whatever happens, this batch must not get in. */
    private void mustFail(Lane lane, Outgoing batch, ByteBuffer bytes, String how) {
        batch.failed();
        lane.provoked = true;
        append(lane, bytes, (result, fault) -> {
            lane.provoked = false;
            world.trace.add(name + " " + how + " in " + lane.partitionId + " " + fault);
            if (fault == null) {
                world.history.report(
                        Property.NO_FAILED_READ,
                        name + " " + how + " in " + lane.partitionId + " and was told " + result);
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
            if (!lane.isIdle()) {
                return name + " waits for " + lane.unanswered.size() + " batches of partition " + lane.partitionId;
            }
        }
        return null;
    }
}
