package dev.millrace.core.machine;

import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.command.DeleteStream;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.DiscardDeadLetters;
import dev.millrace.core.command.EraseEvents;
import dev.millrace.core.command.LimitStream;
import dev.millrace.core.command.ReplayDeadLetters;
import dev.millrace.core.command.ResetOffsets;
import dev.millrace.core.deadletter.Moved;
import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.group.GroupCoordinator;
import dev.millrace.core.group.GroupDescription;
import dev.millrace.core.group.PartitionResult;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.stream.Erasure;
import dev.millrace.core.stream.StreamHead;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** What an audit event says of a change: its name, what it is about, and that before and after it. Thread: shard. */
final class AuditView {
    /** Partitions, or dead letters, that one event lists; it counts the rest. */
    private static final int LISTED_MAX = 1_000;

    private static final int KEY_CHARS_MAX = 256;

    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final GroupCoordinator groups;

    AuditView(TopicCatalog catalog, PartitionLogs logs, GroupCoordinator groups) {
        this.catalog = catalog;
        this.logs = logs;
        this.groups = groups;
    }

    /** @param target the topic, {@code topic/partition}, the group, or {@code topic/partition/key} of a stream */
    record Subject(String action, String target) {}

    Subject subject(Command command) {
        if (command instanceof CreateTopic create) {
            return new Subject("topic.create", create.name());
        } else if (command instanceof AlterTopic alter) {
            return new Subject("topic.alter", alter.name());
        } else if (command instanceof DeleteTopic delete) {
            return new Subject("topic.delete", delete.name());
        } else if (command instanceof DeleteBefore delete) {
            return new Subject("records.delete", partition(delete.topicId(), delete.partition()));
        } else if (command instanceof ResetOffsets reset) {
            return new Subject("group.reset", reset.group());
        } else if (command instanceof DeleteGroup delete) {
            return new Subject("group.delete", delete.group());
        } else if (command instanceof ReplayDeadLetters replay) {
            return new Subject("deadletter.replay", replay.group());
        } else if (command instanceof DiscardDeadLetters discard) {
            return new Subject("deadletter.discard", discard.group());
        } else if (command instanceof EraseEvents erase) {
            return new Subject("stream.erase", stream(erase.topicId(), erase.partition(), erase.key()));
        } else if (command instanceof DeleteStream delete) {
            return new Subject("stream.delete", stream(delete.topicId(), delete.partition(), delete.key()));
        } else if (command instanceof LimitStream limit) {
            return new Subject("stream.truncate", stream(limit.topicId(), limit.partition(), limit.key()));
        }
        throw new IllegalArgumentException(
                "no audit event is defined for " + command.getClass().getName());
    }

    private String stream(UUID topicId, int partition, byte[] key) {
        String text = new String(key, StandardCharsets.UTF_8);
        return partition(topicId, partition) + "/"
                + (text.length() > KEY_CHARS_MAX ? text.substring(0, KEY_CHARS_MAX) : text);
    }

    private String partition(UUID topicId, int partition) {
        Topic topic = catalog.find(topicId);
        return (topic == null ? topicId : topic.name()) + "/" + partition;
    }

    /** What is there before the change; null where nothing is, or where the change adds without replacing. */
    Object before(Command command) {
        if (command instanceof AlterTopic alter) {
            return topic(alter.name());
        } else if (command instanceof DeleteTopic delete) {
            return topicWithRecords(delete.name());
        } else if (command instanceof DeleteBefore delete) {
            return bounds(delete);
        } else if (command instanceof ResetOffsets reset) {
            return offsets(reset);
        } else if (command instanceof DeleteGroup delete) {
            return group(delete.group());
        }
        return null;
    }

    /** What is there after the change, or what it did. */
    Object after(Command command, Object answer) {
        if (command instanceof CreateTopic create) {
            return topic(create.name());
        } else if (command instanceof AlterTopic alter) {
            return topic(alter.name());
        } else if (command instanceof DeleteBefore delete) {
            return bounds(delete);
        } else if (command instanceof ResetOffsets reset) {
            return offsets(reset);
        } else if (command instanceof ReplayDeadLetters replay) {
            Map<Integer, String> places = places();
            Stream<String> letters =
                    replay.entries().stream().map(entry -> places.get(entry.partitionId()) + "@" + entry.offset());
            return moved(letters, (Moved) answer, replay.who());
        } else if (command instanceof DiscardDeadLetters discard) {
            Map<Integer, String> places = places();
            Stream<String> letters =
                    discard.entries().stream().map(entry -> places.get(entry.partitionId()) + "@" + entry.offset());
            return moved(letters, (Moved) answer, discard.note());
        } else if (command instanceof EraseEvents erase && answer instanceof Erasure.Done done) {
            Map<String, Object> erased = new LinkedHashMap<>();
            erased.put("erasedEvents", done.eventCount());
            erased.put("fromVersion", erase.fromVersion());
            erased.put("toVersion", Math.min(erase.toVersion(), done.head().lastVersion()));
            return erased;
        } else if (answer instanceof StreamHead head) {
            return stream(head);
        }
        return null;
    }

    private Map<String, Object> topic(String name) {
        Topic topic = catalog.find(name);
        if (topic == null) {
            return null;
        }
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("topicId", topic.topicId().toString());
        state.put("partitions", topic.partitionCount());
        state.put("settings", new TreeMap<>(topic.settings().texts()));
        return state;
    }

    private Map<String, Object> topicWithRecords(String name) {
        Map<String, Object> state = topic(name);
        if (state != null) {
            long records = 0;
            for (int partitionId : catalog.find(name).partitionIds()) {
                PartitionLog log = logs.find(partitionId);
                records += log.endOffset() - log.startOffset();
            }
            state.put("records", records);
        }
        return state;
    }

    private Map<String, Object> bounds(DeleteBefore delete) {
        Topic topic = catalog.find(delete.topicId());
        if (topic == null || !topic.hasPartition(delete.partition())) {
            return null;
        }
        PartitionLog log = logs.find(topic.partitionIds()[delete.partition()]);
        Map<String, Object> bounds = new LinkedHashMap<>();
        bounds.put("startOffset", log.startOffset());
        bounds.put("endOffset", log.endOffset());
        return bounds;
    }

    private Map<String, Object> offsets(ResetOffsets reset) {
        Map<Integer, Long> offsets = new LinkedHashMap<>();
        for (ResetOffsets.Entry entry : reset.entries()) {
            offsets.put(
                    entry.partitionId(),
                    groups.committed(reset.group(), entry.partitionId())
                            .map(CommittedOffset::offset)
                            .orElse(null));
        }
        return offsets(offsets);
    }

    private Map<String, Object> group(String name) {
        GroupDescription group = groups.describe(name).orElse(null);
        if (group == null) {
            return null;
        }
        Map<Integer, Long> offsets = new LinkedHashMap<>();
        group.offsets().forEach((partitionId, committed) -> offsets.put(partitionId, committed.offset()));
        return offsets(offsets);
    }

    private Map<String, Object> offsets(Map<Integer, Long> byPartition) {
        Map<Integer, String> places = places();
        Map<String, Object> listed = new TreeMap<>();
        byPartition.forEach((partitionId, offset) -> {
            if (listed.size() < LISTED_MAX && places.containsKey(partitionId)) {
                listed.put(places.get(partitionId), offset);
            }
        });
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("partitions", byPartition.size());
        state.put("offsets", listed);
        return state;
    }

    private static Map<String, Object> moved(Stream<String> letters, Moved moved, String note) {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("moved", moved.count());
        state.put("skipped", moved.skipped().size());
        state.put("letters", letters.limit(LISTED_MAX).toList());
        state.put("note", note);
        return state;
    }

    private static Map<String, Object> stream(StreamHead head) {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("state", head.state().name().toLowerCase(Locale.ROOT));
        state.put("firstVersion", head.firstVersion());
        state.put("lastVersion", head.lastVersion());
        state.put("countMax", head.countMax());
        state.put("ageMsMax", head.ageMsMax());
        return state;
    }

    /** The catalog's, not the directory's: that one shows what is durable, which depends on when one looks. */
    private Map<Integer, String> places() {
        Map<Integer, String> places = new HashMap<>();
        for (Topic topic : catalog.all()) {
            int[] ids = topic.partitionIds();
            for (int i = 0; i < ids.length; i++) {
                places.put(ids[i], topic.name() + "/" + i);
            }
        }
        return places;
    }

    /**
     * True where a change left all as it was: a client whose answer was lost asks again. Where not all is listed, it counts
     * as changed.
     */
    static boolean isSame(Command change, Object before, Object after) {
        boolean listed =
                !(change instanceof ResetOffsets reset) || reset.entries().size() <= LISTED_MAX;
        return listed && before != null && before.equals(after);
    }

    /** True where a change was let through but changed nothing. */
    static boolean isNothing(Object answer) {
        if (answer instanceof Moved moved) {
            return moved.count() == 0;
        }
        return answer instanceof List<?> results
                && results.stream()
                        .noneMatch(result -> result instanceof PartitionResult partition && partition.accepted());
    }
}
