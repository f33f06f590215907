package dev.millrace.server.cli;

import dev.millrace.client.Admin;
import dev.millrace.client.DeadLetter;
import dev.millrace.client.GroupInfo;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Position;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.core.error.Fault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How far the consumer groups are with the messages of a trace, as of one look at each group. */
final class TraceProgress {
    /** What the client lists, and selects, at a time. */
    private static final int PAGE_COUNT = 1000;

    private final Map<String, Map<TopicPartition, Long>> committed = new TreeMap<>();
    private final Map<Position, List<DeadLetter>> deadLetters = new HashMap<>();

    /**
     * What a group has done with a message.
     *
     * @param passed whether its committed offset is past the message; its dead letters are passed, too
     * @param deadLetter what it could not handle, or null
     */
    record Step(String group, boolean passed, DeadLetter deadLetter) {
        boolean parked() {
            return deadLetter != null;
        }
    }

    static TraceProgress of(Admin admin, Trace trace) {
        TraceProgress progress = new TraceProgress();
        Set<TopicPartition> partitions = new HashSet<>();
        trace.messages().forEach(message -> partitions.add(message.position().topicPartition()));
        for (Admin.GroupSummary group : admin.listGroups()) {
            progress.addGroup(admin, group.group(), partitions);
        }
        List<Position> positions =
                trace.messages().stream().map(TracedMessage::position).toList();
        for (int from = 0; from < positions.size(); from += PAGE_COUNT) {
            progress.addDeadLetters(admin, positions.subList(from, Math.min(positions.size(), from + PAGE_COUNT)));
        }
        return progress;
    }

    private void addGroup(Admin admin, String group, Set<TopicPartition> partitions) {
        GroupInfo info;
        try {
            info = admin.describeGroup(group);
        } catch (MillraceException e) {
            if (e.fault() == Fault.GROUP_NOT_FOUND) {
                return; // deleted since it was listed
            }
            throw e;
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (GroupInfo.Progress partition : info.partitions()) {
            if (partitions.contains(partition.partition())) {
                offsets.put(partition.partition(), partition.committedOffset());
            }
        }
        if (!offsets.isEmpty()) {
            committed.put(group, offsets);
        }
    }

    private void addDeadLetters(Admin admin, List<Position> positions) {
        List<DeadLetter.Id> ids = positions.stream()
                .map(position -> new DeadLetter.Id(position.topic(), position.partition(), position.offset()))
                .toList();
        int skip = 0;
        List<DeadLetter> page;
        do {
            page = admin.deadLetters(null).ids(ids).listAll(skip, PAGE_COUNT);
            skip += page.size();
            for (DeadLetter letter : page) {
                DeadLetter.Id id = letter.id();
                deadLetters
                        .computeIfAbsent(
                                new Position(id.topic(), id.partition(), id.offset()), key -> new ArrayList<>())
                        .add(letter);
            }
        } while (page.size() == PAGE_COUNT);
    }

    /** Of the groups that consume the message's partition, and those that have a dead letter of it. By group. */
    List<Step> of(TracedMessage message) {
        Map<String, Step> steps = new TreeMap<>();
        Position position = message.position();
        committed.forEach((group, offsets) -> {
            Long offset = offsets.get(position.topicPartition());
            if (offset != null) {
                steps.put(group, new Step(group, offset > position.offset(), null));
            }
        });
        for (DeadLetter letter : deadLetters.getOrDefault(position, List.of())) {
            Step step = steps.get(letter.group());
            steps.put(letter.group(), new Step(letter.group(), step != null && step.passed, letter));
        }
        return List.copyOf(steps.values());
    }
}
