package dev.millrace.core.topic;

import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.SettingsCodec;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * All topics and the ids of their partitions' logs. Thread: shard.
 *
 * <p>Rows in META: {@code 'T' topicId} → version u8, name, settings, partition ids; {@code 'N'} → the next partition id.
 */
public final class TopicCatalog {
    private static final byte TOPIC_PREFIX = 'T';
    private static final byte[] NEXT_PARTITION_ID_KEY = {'N'};
    private static final byte ROW_VERSION = 1;

    private final TreeMap<String, Topic> byName = new TreeMap<>();
    private final Map<UUID, Topic> byId = new HashMap<>();
    private final Set<Integer> partitionIds = new HashSet<>();
    private int nextPartitionId;

    /** Reads the rows; called once before anything else. */
    public void load(Store store) {
        store.scan(Table.META, new byte[] {TOPIC_PREFIX}, new byte[] {TOPIC_PREFIX + 1}, (key, value) -> {
            ByteBuffer id = ByteBuffer.wrap(key, 1, 16);
            add(decode(new UUID(id.getLong(), id.getLong()), value));
            return true;
        });
        byte[] next = store.get(Table.META, NEXT_PARTITION_ID_KEY);
        nextPartitionId = next == null ? 0 : ByteBuffer.wrap(next).getInt();
    }

    /** The new {@link Topic}, or a {@link Refusal}. */
    public Object create(CreateTopic command, WriteSink sink) {
        if (!TopicName.isValid(command.name()) && !TopicName.isInternal(command.name())) {
            return Refusal.of(Fault.INVALID_TOPIC, "\"%s\" is not a topic name", command.name());
        }
        if (byName.containsKey(command.name())) {
            return Refusal.of(Fault.TOPIC_EXISTS, "topic \"%s\" exists already", command.name());
        }
        Optional<Refusal> problem = TopicSettings.problemIn(command.settings());
        if (problem.isEmpty()) {
            problem = tooMany(command.partitions(), command.partitionsMax());
        }
        if (problem.isPresent()) {
            return problem.get();
        }
        int[] taken = takePartitionIds(new int[0], command.partitions(), sink);
        Topic topic = new Topic(command.topicId(), command.name(), TopicSettings.of(command.settings()), taken);
        put(topic, sink);
        return topic;
    }

    /** The changed {@link Topic}, or a {@link Refusal}. */
    public Object alter(AlterTopic command, WriteSink sink) {
        Topic old = byName.get(command.name());
        if (old == null) {
            return notFound(command.name());
        }
        Optional<Refusal> problem = TopicSettings.problemIn(command.settings());
        if (problem.isPresent()) {
            return problem.get();
        }
        problem = movesStreams(old, command);
        if (problem.isPresent()) {
            return problem.get();
        }
        int wanted = command.partitions() == 0 ? old.partitionCount() : command.partitions();
        if (wanted < old.partitionCount()) {
            return Refusal.of(
                    Fault.INVALID_SETTING,
                    "topic \"%s\" has %d partitions and cannot go down to %d, because their records would be lost",
                    old.name(),
                    old.partitionCount(),
                    wanted);
        }
        problem = wanted > old.partitionCount()
                ? tooMany(wanted - old.partitionCount(), command.partitionsMax())
                : Optional.empty();
        if (problem.isPresent()) {
            return problem.get();
        }
        remove(old);
        Topic topic = new Topic(
                old.topicId(),
                old.name(),
                old.settings().with(command.settings()),
                takePartitionIds(old.partitionIds(), wanted, sink));
        put(topic, sink);
        return topic;
    }

    /** What would part streams from their events is refused. */
    private static Optional<Refusal> movesStreams(Topic old, AlterTopic command) {
        TopicSettings next = old.settings().with(command.settings());
        if (next.indexed() != old.settings().indexed()
                || next.indexesTags() != old.settings().indexesTags()) {
            return Optional.of(Refusal.of(
                    Fault.INVALID_SETTING,
                    "setting %s of topic \"%s\" is chosen when the topic is created: what it holds was not indexed so",
                    TopicSettings.STREAM_INDEX,
                    old.name()));
        }
        if (old.settings().indexed() && command.partitions() > old.partitionCount()) {
            return Optional.of(Refusal.of(
                    Fault.INVALID_SETTING,
                    "topic \"%s\" keeps streams in %d partitions and cannot have %d: keys would leave their events",
                    old.name(),
                    old.partitionCount(),
                    command.partitions()));
        }
        return Optional.empty();
    }

    /** The topic that is gone now, or a {@link Refusal}. */
    public Object delete(String name, WriteSink sink) {
        Topic topic = byName.get(name);
        if (topic == null) {
            return notFound(name);
        }
        remove(topic);
        sink.delete(Table.META, key(topic.topicId()));
        return topic;
    }

    public Topic find(UUID topicId) {
        return byId.get(topicId);
    }

    public Topic find(String name) {
        return byName.get(name);
    }

    /** True while a topic has the partition with this log id. */
    public boolean hasPartitionId(int partitionId) {
        return partitionIds.contains(partitionId);
    }

    /** All topics by name; a view. */
    public Collection<Topic> all() {
        return Collections.unmodifiableCollection(byName.values());
    }

    public static Refusal notFound(String name) {
        return Refusal.of(Fault.TOPIC_NOT_FOUND, "topic \"%s\" does not exist", name);
    }

    private Optional<Refusal> tooMany(int more, int partitionsMax) {
        if (more < 1) {
            return Optional.of(Refusal.of(Fault.INVALID_SETTING, "%d partitions; a topic has at least 1", more));
        }
        return more <= partitionsMax - partitionIds.size()
                ? Optional.empty()
                : Optional.of(Refusal.of(
                        Fault.LIMIT_REACHED,
                        "%d partitions more than the %d there are pass topics.partitionsMax, which is %d",
                        more,
                        partitionIds.size(),
                        partitionsMax));
    }

    private int[] takePartitionIds(int[] old, int count, WriteSink sink) {
        int[] ids = Arrays.copyOf(old, count);
        for (int i = old.length; i < count; i++) {
            ids[i] = nextPartitionId++;
        }
        sink.put(
                Table.META,
                NEXT_PARTITION_ID_KEY,
                ByteBuffer.allocate(4).putInt(nextPartitionId).array());
        return ids;
    }

    private void put(Topic topic, WriteSink sink) {
        add(topic);
        sink.put(Table.META, key(topic.topicId()), encode(topic));
    }

    private void add(Topic topic) {
        byName.put(topic.name(), topic);
        byId.put(topic.topicId(), topic);
        for (int partitionId : topic.partitionIds()) {
            partitionIds.add(partitionId);
        }
    }

    private void remove(Topic topic) {
        byName.remove(topic.name());
        byId.remove(topic.topicId());
        for (int partitionId : topic.partitionIds()) {
            partitionIds.remove(partitionId);
        }
    }

    private static byte[] key(UUID topicId) {
        return ByteBuffer.allocate(17)
                .put(TOPIC_PREFIX)
                .putLong(topicId.getMostSignificantBits())
                .putLong(topicId.getLeastSignificantBits())
                .array();
    }

    private static byte[] encode(Topic topic) {
        FieldWriter out = new FieldWriter().writeByte(ROW_VERSION).writeString(topic.name());
        SettingsCodec.write(out, topic.settings().texts());
        out.writeInt(topic.partitionCount());
        for (int id : topic.partitionIds()) {
            out.writeInt(id);
        }
        return out.toByteArray();
    }

    private static Topic decode(UUID topicId, byte[] row) {
        FieldReader in = new FieldReader(row);
        byte version = in.readByte();
        if (version != ROW_VERSION) {
            throw new IllegalStateException("topic row of version " + version + ", this version reads " + ROW_VERSION);
        }
        String name = in.readString();
        TopicSettings settings = TopicSettings.of(SettingsCodec.read(in));
        int[] partitionIds = new int[in.readInt()];
        for (int i = 0; i < partitionIds.length; i++) {
            partitionIds[i] = in.readInt();
        }
        return new Topic(topicId, name, settings, partitionIds);
    }
}
