package dev.millrace.simulation;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.machine.AppendResult;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Writer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A producer without numbers: one request at a time, of one or more batches; what gets lost it does not send again. */
final class PlainProducer implements Client {
    private static final int BATCHES_MAX = 3;

    private final World world;
    private final String name;
    private final Writer writer;
    private Connection connection;
    private boolean waits;

    PlainProducer(World world, String name) {
        this.world = world;
        this.name = name;
        this.writer = world.history.writer(name, false).keyed(Outgoing.KEYS);
    }

    @Override
    public void start() {
        world.agenda.in(world.random.nextInt(50_000), this::turn);
    }

    private void turn() {
        if (!waits && !world.isQuiet() && world.server.isUp()) {
            if (connection == null || connection.isCut()) {
                connection = new Connection(world, false);
            }
            List<Topic> topics = world.server.topics();
            if (!topics.isEmpty()) {
                Topic topic = topics.get(world.random.nextInt(topics.size()));
                publish(topic, world.random.nextInt(topic.partitionCount()));
            }
        }
        world.agenda.in(20_000 + world.random.nextInt(100_000), this::turn);
    }

    private void publish(Topic topic, int partition) {
        int partitionId = topic.partitionIds()[partition];
        List<Outgoing> batches = new ArrayList<>();
        List<ByteBuffer> encoded = new ArrayList<>();
        int count = 1 + world.random.nextInt(BATCHES_MAX);
        for (int i = 0; i < count; i++) {
            Outgoing batch = new Outgoing(world, writer, -1);
            batches.add(batch);
            encoded.add(batch.encode(-1, (short) -1));
        }
        int[] sizes = encoded.stream().mapToInt(ByteBuffer::remaining).toArray();
        ByteBuffer bytes = ByteBuffer.allocate(Arrays.stream(sizes).sum());
        encoded.forEach(bytes::put);
        world.ledger.sent(partitionId, bytes.flip().remaining());
        AppendRecords append = new AppendRecords(topic.topicId(), partition, bytes);
        waits = true;
        connection.<AppendResult>call(() -> world.server.submit(append), (result, fault) -> {
            waits = false;
            world.trace.add(
                    name + " published to " + partitionId + " " + (fault == null ? result.baseOffset() : fault));
            if (fault == null) {
                acknowledged(partitionId, batches, sizes, result);
            } else if (!fault.outcomeUnknown()) {
                batches.forEach(Outgoing::failed);
            }
        });
    }

    private void acknowledged(int partitionId, List<Outgoing> batches, int[] sizes, AppendResult result) {
        long next = result.baseOffset();
        for (int i = 0; i < sizes.length; i++) {
            batches.get(i).acknowledged(partitionId, next);
            world.ledger.acknowledged(
                    partitionId, batches.get(i), sizes[i], new AppendResult(next, result.appendTimeMs(), false));
            next += batches.get(i).recordCount();
        }
    }

    @Override
    public String unfinished() {
        return waits ? name + " waits for an answer" : null;
    }
}
