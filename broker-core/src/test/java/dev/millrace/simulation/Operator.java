package dev.millrace.simulation;

import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.ResetOffsets;
import dev.millrace.core.error.Fault;
import dev.millrace.core.group.PartitionResult;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicSettings;
import dev.millrace.history.Property;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Creates, alters and deletes topics, deletes records, and moves the offsets of a group of its own: one thing at a time,
 * again and again until it is told how it ended.
 */
final class Operator implements Client {
    /** The group whose offsets the operator commits and resets; nobody joins it. */
    static final String GROUP = "g-operator";

    private static final String[] NAMES = {"a", "t.a", "t.b", "t.b.c", "u.a"};
    private static final String[] RETENTIONS = {null, null, "1s", "2s", "3s"};
    private static final String[] RETENTION_BYTES = {null, null, "1KiB", "4KiB", "16KiB"};
    private static final int PARTITIONS_MAX = 3;
    private static final int RETRY_MICROS = 300_000;
    private static final int RESETS_MAX = 20;

    private final World world;
    private final Map<String, Topic> known = new TreeMap<>();
    private final Set<UUID> deleteInvoked = new HashSet<>();
    /** Every topic that anybody was shown, and how many partitions it had. */
    private final Map<UUID, Integer> seen = new TreeMap<>();

    private final Map<Integer, Long> deletedBefore = new TreeMap<>();
    private Connection connection;
    private boolean busy;

    /** One change: how it is asked for, and what an answer means. */
    private record Change(Command command, End end) {}

    /** Takes the final answer: a value, or a fault; to the first request, or to a repeated one. */
    private interface End {
        void take(Object value, Fault fault, boolean repeated);
    }

    Operator(World world) {
        this.world = world;
    }

    @Override
    public void start() {
        for (int i = 0; i < 2; i++) {
            int number = i;
            world.agenda.in(1000 + i * 20_000L, () -> begin(create(NAMES[number])));
        }
        if (world.profile.gaps().operatorMs() > 0) {
            later();
        }
        world.agenda.in(10_000, this::look);
    }

    private void later() {
        world.agenda.in(
                1000L * (1 + world.random.nextInt(2 * world.profile.gaps().operatorMs())), () -> {
                    if (!busy && !world.isQuiet()) {
                        pick();
                    }
                    later();
                });
    }

    private void pick() {
        int dice = world.random.nextInt(100);
        if (dice >= 95 && !world.teams().isEmpty()) {
            closeTeam();
            return;
        }
        Topic topic = known.isEmpty() ? null : List.copyOf(known.values()).get(world.random.nextInt(known.size()));
        if (topic == null || dice < 20) {
            begin(create(NAMES[world.random.nextInt(NAMES.length)]));
        } else if (dice < 30 && known.size() > 1) {
            begin(delete(topic));
        } else if (dice < 40) {
            begin(alter(topic));
        } else if (dice < 70) {
            begin(deleteBefore(topic, world.random.nextInt(topic.partitionCount())));
        } else {
            begin(moveOffset(topic, world.random.nextInt(topic.partitionCount()), dice < 85));
        }
    }

    private void begin(Change change) {
        if (change != null) {
            busy = true;
            ask(change, 1);
        }
    }

    private void ask(Change change, int attempt) {
        if (connection == null || connection.isCut()) {
            connection = new Connection(world, false);
        }
        connection.call(() -> world.server.submit(change.command()), (value, fault) -> {
            boolean unclear = fault == Fault.TOPIC_EXISTS && !world.server.isUp();
            if (unclear || (fault != null && fault.retriable())) {
                world.agenda.in(20_000, () -> ask(change, attempt + 1));
                return;
            }
            world.trace.add("operator " + describe(change.command()) + " " + (fault == null ? "done" : fault)
                    + " attempts=" + attempt);
            busy = false;
            change.end().take(value, fault, attempt > 1);
        });
    }

    private static String describe(Command command) {
        if (command instanceof CreateTopic create) {
            return "create " + create.name() + " " + create.settings();
        } else if (command instanceof AlterTopic alter) {
            return "alter " + alter.name() + " partitions=" + alter.partitions() + " " + alter.settings();
        } else if (command instanceof DeleteTopic delete) {
            return "delete " + delete.name();
        } else if (command instanceof DeleteBefore delete) {
            return "delete records before " + delete.offset() + " of partition " + delete.partition();
        }
        return command.getClass().getSimpleName();
    }

    // ---- topics

    private SortedMap<String, String> settings() {
        SortedMap<String, String> settings = new TreeMap<>();
        settings.put(TopicSettings.RETENTION, RETENTIONS[world.random.nextInt(RETENTIONS.length)]);
        settings.put(TopicSettings.RETENTION_BYTES, RETENTION_BYTES[world.random.nextInt(RETENTION_BYTES.length)]);
        settings.values().removeIf(value -> value == null);
        return settings;
    }

    private Change create(String name) {
        SortedMap<String, String> settings = settings();
        UUID id = new UUID(world.random.nextLong(), world.random.nextLong());
        if (!known.containsKey(name)) {
            attempt(name, settings);
        }
        int partitions = 1 + world.random.nextInt(PARTITIONS_MAX);
        return new Change(new CreateTopic(id, name, partitions, settings, 100), (value, fault, repeated) -> {
            if (fault == null || (fault == Fault.TOPIC_EXISTS && repeated && !known.containsKey(name))) {
                learn(fault == null ? (Topic) value : world.server.topic(name), name);
            } else if (fault != Fault.TOPIC_EXISTS || !known.containsKey(name)) {
                wrong("create " + name, fault);
            }
        });
    }

    /** An answer may have been lost: what is there then is what was asked for. */
    private void learn(Topic topic, String name) {
        if (topic == null) {
            wrong(name + " exists, and is not there", Fault.TOPIC_NOT_FOUND);
            return;
        }
        known.put(name, topic);
        settle(topic);
        world.history.topicCreated(name);
    }

    private void attempt(String name, SortedMap<String, String> settings) {
        TopicSettings parsed = TopicSettings.of(settings);
        world.ledger.rules(name).attempt(parsed.retentionMs(), parsed.retentionBytes());
    }

    private void settle(Topic topic) {
        world.ledger
                .rules(topic.name())
                .settle(topic.settings().retentionMs(), topic.settings().retentionBytes());
    }

    private Change delete(Topic topic) {
        world.history.topicDeleteInvoked(topic.name());
        deleteInvoked.add(topic.topicId());
        return new Change(new DeleteTopic(topic.name()), (value, fault, repeated) -> {
            if (fault == null || (fault == Fault.TOPIC_NOT_FOUND && repeated)) {
                known.remove(topic.name());
                world.history.topicDeleted(topic.name());
            } else {
                wrong("delete " + topic.name(), fault);
            }
        });
    }

    private Change alter(Topic topic) {
        SortedMap<String, String> settings = settings();
        settings.putIfAbsent(TopicSettings.RETENTION, "unlimited");
        settings.putIfAbsent(TopicSettings.RETENTION_BYTES, "unlimited");
        int partitions = Math.min(PARTITIONS_MAX + 1, topic.partitionCount() + world.random.nextInt(2));
        attempt(topic.name(), settings);
        return new Change(new AlterTopic(topic.name(), partitions, settings, 100), (value, fault, repeated) -> {
            if (fault == null) {
                known.put(topic.name(), (Topic) value);
                settle((Topic) value);
            } else {
                wrong("alter " + topic.name(), fault);
            }
        });
    }

    private void wrong(String what, Fault fault) {
        world.history.report(Property.DURABLE_TOPICS, "the operator was refused: " + what + ": " + fault);
    }

    // ---- records and offsets

    private Change deleteBefore(Topic topic, int partition) {
        int partitionId = topic.partitionIds()[partition];
        PartitionLog log = world.server.log(partitionId);
        if (log == null) {
            return null;
        }
        long end = log.durableEndOffset();
        long start = log.logStartOffset();
        long offset = world.random.nextInt(3) == 0
                ? end
                : start + (long) (world.random.nextDouble() * Math.max(0, end - start));
        world.ledger.deleteInvoked(partitionId, offset);
        return new Change(new DeleteBefore(topic.topicId(), partition, offset), (value, fault, repeated) -> {
            if (fault == null) {
                deletedBefore.merge(partitionId, offset, Math::max);
            } else {
                wrong("delete records of " + topic.name(), fault);
            }
        });
    }

    private Change moveOffset(Topic topic, int partition, boolean commit) {
        int partitionId = topic.partitionIds()[partition];
        PartitionLog log = world.server.log(partitionId);
        if (log == null) {
            return null;
        }
        long offset = (long) (world.random.nextDouble() * (log.durableEndOffset() + 1));
        if (commit) {
            world.history.commitInvoked(GROUP, partitionId, offset);
        }
        Command command = commit
                ? new CommitOffsets(GROUP, "", 0, List.of(new CommitOffsets.Entry(partitionId, offset, -1, "")))
                : new ResetOffsets(GROUP, List.of(new ResetOffsets.Entry(partitionId, offset)));
        return new Change(command, (value, fault, repeated) -> {
            PartitionResult result = fault == null ? (PartitionResult) ((List<?>) value).get(0) : null;
            if (result == null || !result.accepted()) {
                wrong("move offsets of " + topic.name(), fault == null ? result.fault() : fault);
            } else if (commit) {
                world.history.commitAccepted(GROUP, partitionId, offset);
            } else {
                world.history.commitReset(GROUP, partitionId, offset);
            }
        });
    }

    /** Everyone leaves a group; then its offsets are reset or the group is deleted, and members come again. */
    private void closeTeam() {
        Team team = world.teams().get(world.random.nextInt(world.teams().size()));
        busy = true;
        world.trace.add("operator closes " + team.group);
        team.close();
        world.agenda.in(RETRY_MICROS, () -> resetTeam(team, RESETS_MAX));
    }

    private void resetTeam(Team team, int attemptsLeft) {
        List<Topic> topics = List.copyOf(known.values());
        if (attemptsLeft == 0 || topics.isEmpty()) {
            busy = false;
            team.open();
            return;
        }
        Topic topic = topics.get(world.random.nextInt(topics.size()));
        int partitionId = topic.partitionIds()[world.random.nextInt(topic.partitionCount())];
        PartitionLog log = world.server.log(partitionId);
        long offset = world.random.nextInt(1 + (int) (log == null ? 0 : log.durableEndOffset()));
        boolean delete = world.random.nextInt(3) == 0;
        Command command = delete
                ? new DeleteGroup(team.group)
                : new ResetOffsets(team.group, List.of(new ResetOffsets.Entry(partitionId, offset)));
        ask(
                new Change(command, (value, fault, repeated) -> {
                    if (fault == Fault.GROUP_NOT_EMPTY) {
                        // A member left without a word, so its session must end first.
                        busy = true;
                        world.agenda.in(RETRY_MICROS, () -> resetTeam(team, attemptsLeft - 1));
                        return;
                    }
                    if (delete && (fault == null || fault == Fault.GROUP_NOT_FOUND)) {
                        world.ledger.partitionIds().forEach(id -> world.history.commitReset(team.group, id, 0));
                    } else if (fault == null) {
                        world.history.commitReset(team.group, partitionId, offset);
                    } else {
                        wrong("reset " + team.group, fault);
                    }
                    team.open();
                }),
                1);
    }

    // ---- what must be there

    /** Looks at everything now and then: topics, their partitions, deleted records, its group's offsets. */
    private void look() {
        if (!busy && world.server.isUp()) {
            check();
        }
        world.agenda.in(50_000 + world.random.nextInt(200_000), this::look);
    }

    /** A client was shown this topic: it must stay, unless it is deleted. */
    void seen(Topic topic) {
        seen.merge(topic.topicId(), topic.partitionCount(), Math::max);
    }

    /** What anybody was shown must be there after each start. */
    void checkSeen() {
        Map<UUID, Integer> now = new TreeMap<>();
        world.server.topics().forEach(topic -> now.put(topic.topicId(), topic.partitionCount()));
        seen.forEach((topicId, partitions) -> {
            if (!deleteInvoked.contains(topicId) && now.getOrDefault(topicId, 0) < partitions) {
                world.history.report(
                        Property.DURABLE_TOPICS, "topic " + topicId + " was seen with " + partitions + " partitions");
            }
        });
    }

    /** What the operator was told must be so now; nothing may be under way. */
    void check() {
        Set<String> names = new TreeSet<>();
        Set<Integer> partitionIds = new TreeSet<>();
        for (Topic topic : world.server.topics()) {
            names.add(topic.name());
        }
        for (Topic topic : world.server.allTopics()) {
            Arrays.stream(topic.partitionIds()).forEach(partitionIds::add);
        }
        world.history.topicsSeen(names);
        checkSeen();
        for (Topic topic : known.values()) {
            check(topic);
        }
        if (world.server.isSettled()) {
            world.server.shard().machine.groups().forEachCommitted((group, partitionId, offset) -> {
                if (!partitionIds.contains(partitionId)) {
                    world.history.report(
                            Property.DURABLE_COMMIT, group + " has an offset of deleted partition " + partitionId);
                }
            });
        }
    }

    private void check(Topic topic) {
        Topic now = world.server.topic(topic.name());
        boolean same = now != null
                && now.topicId().equals(topic.topicId())
                && now.settings().texts().equals(topic.settings().texts())
                && Arrays.equals(now.partitionIds(), topic.partitionIds());
        if (!same) {
            world.history.report(Property.DURABLE_TOPICS, "topic " + topic.name() + " is not as it was acknowledged");
            return;
        }
        for (int partitionId : topic.partitionIds()) {
            PartitionLog log = world.server.log(partitionId);
            if (log.logStartOffset() < deletedBefore.getOrDefault(partitionId, 0L)) {
                world.history.report(
                        Property.DURABLE_TOPICS,
                        "records of partition " + partitionId + " are back: it starts at " + log.logStartOffset()
                                + " and was deleted before " + deletedBefore.get(partitionId));
            }
            world.fetchCommitted(GROUP, partitionId);
        }
    }

    /** A client was told that a topic or a partition is not there. */
    void checkGone(UUID topicId, Fault fault) {
        if (fault == Fault.PARTITION_NOT_FOUND || !deleteInvoked.contains(topicId)) {
            world.history.report(Property.DURABLE_TOPICS, "topic " + topicId + " is not there: " + fault);
        }
    }

    /** True where somebody asked for the topic of this partition to be deleted. */
    boolean isDeleteInvoked(UUID topicId) {
        return deleteInvoked.contains(topicId);
    }

    @Override
    public String unfinished() {
        return busy ? "the operator waits for an answer" : null;
    }
}
