package dev.millrace.simulation;

import dev.millrace.core.command.AppendEvents;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.StreamCheck;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Appends to a few streams that others append to as well, each time expecting the version that it believes in; sends what
 * was not answered again, until it is told how it ended.
 */
final class StreamWriter implements Client {
    static final String TOPIC = "streams";

    private static final String[] KEYS = {"a", "b", "c", "d"};
    private static final int EVENTS_MAX = 3;
    private static final int RETRY_MICROS = 100_000;

    private final World world;
    private final String name;
    private final Map<String, Long> believed = new HashMap<>();
    private Connection connection;
    private Append open;
    private int counter;

    /** An append that is sent until it is answered. */
    private record Append(String key, long expected, List<StreamHistory.Sent> events) {}

    StreamWriter(World world, String name) {
        this.world = world;
        this.name = name;
    }

    @Override
    public void start() {
        world.agenda.in(1 + world.random.nextInt(30_000), this::turn);
    }

    private void turn() {
        boolean begins = open == null && !world.isQuiet();
        if (world.server.isUp() && (begins || open != null)) {
            Topic topic = world.server.topic(TOPIC);
            if (topic == null) {
                createTopic();
            } else {
                if (open == null) {
                    open = draw();
                }
                send(topic);
                return;
            }
        }
        world.agenda.in(RETRY_MICROS, this::turn);
    }

    private void createTopic() {
        UUID id = new UUID(world.random.nextLong(), world.random.nextLong());
        TreeMap<String, String> settings = new TreeMap<>(Map.of("stream.index", "key+tags"));
        connected()
                .call(() -> world.server.submit(new CreateTopic(id, TOPIC, 1, settings, 1000)), (topic, fault) -> {});
    }

    private Connection connected() {
        if (connection == null || connection.isCut()) {
            connection = new Connection(world, true);
        }
        return connection;
    }

    private Append draw() {
        String key = KEYS[world.random.nextInt(KEYS.length)];
        long expected = switch (world.random.nextInt(8)) {
            case 0 -> ExpectedVersion.ANY;
            case 1 -> ExpectedVersion.NONE;
            default -> believed.getOrDefault(key, ExpectedVersion.NONE);
        };
        List<StreamHistory.Sent> events = new ArrayList<>();
        int count = 1 + world.random.nextInt(EVENTS_MAX);
        for (int i = 0; i < count; i++) {
            events.add(new StreamHistory.Sent(
                    new UUID(world.random.nextLong(), world.random.nextLong()), name + "/" + counter++));
        }
        Append append = new Append(key, expected, events);
        world.streams.sent(key, events);
        return append;
    }

    private static ByteBuffer encode(Append append, long nowMs) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        for (StreamHistory.Sent event : append.events) {
            builder.append(
                    nowMs,
                    append.key.getBytes(StandardCharsets.UTF_8),
                    event.value().getBytes(StandardCharsets.UTF_8),
                    List.of(EventHeaders.id(event.id()), EventHeaders.tags(List.of(append.key))));
        }
        return EventBatches.withPlaceForVersion(builder.build(), 1 << 20);
    }

    private void send(Topic topic) {
        Append append = open;
        ByteBuffer events = encode(append, world.agenda.nowMs());
        List<StreamCheck> checks =
                List.of(new StreamCheck(append.key.getBytes(StandardCharsets.UTF_8), append.expected));
        AppendEvents command = new AppendEvents(topic.topicId(), 0, events, checks, null);
        connected().<AppendOutcome>call(() -> world.server.submit(command), (outcome, fault) -> {
            world.trace.add(name + " appended to " + append.key + " expecting " + append.expected + " "
                    + (fault == null ? outcome.getClass().getSimpleName() : fault));
            answered(append, outcome, fault);
            world.agenda.in(1000 + world.random.nextInt(fault == null ? 20_000 : RETRY_MICROS), this::turn);
        });
    }

    private void answered(Append append, AppendOutcome outcome, Fault fault) {
        if (fault != null) {
            // Not known, or not now: the same again does no harm.
            return;
        }
        open = null;
        if (outcome instanceof AppendOutcome.Written written) {
            world.streams.acknowledged(append.key, append.events, append.expected, written);
            believed.put(append.key, written.versions()[written.versions().length - 1]);
        } else if (outcome instanceof AppendOutcome.Conflict conflict) {
            world.streams.refused(append.key, append.events);
            believed.put(append.key, conflict.failed().get(0).actualVersion());
        }
    }

    @Override
    public String unfinished() {
        return open == null ? null : name + " waits for the answer to an append to " + open.key;
    }
}
