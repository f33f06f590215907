package dev.millrace.server.trace;

import dev.millrace.client.Position;
import dev.millrace.client.Retry;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What belongs to an id: a tree of causes, and how far the consumer groups are with each message, as of one look at them.
 *
 * @param entries each before those below it
 * @param truncated whether there is more than was asked for
 */
public record TraceReport(List<Entry> entries, boolean truncated) {
    /** Messages whose dead letters, and then whose retries, are asked for at a time. */
    private static final int ASKED = 1_000;
    /** Messages times groups: past it the report ends, as past its number of messages. */
    private static final int STEPS_MAX = 100_000;

    /**
     * @param depth 0 for a message whose cause is not among them
     * @param steps of the groups that consume the message's partition, that have a dead letter of it, or that are held up at
     *     it; by group
     */
    public record Entry(int depth, TracedMessage message, List<Step> steps) {}

    /**
     * What a group has done with a message.
     *
     * @param passed whether its committed offset is past the message; its dead letters are passed, too
     * @param deadLetter what it could not handle, or null
     * @param retry attempts at it that are under way, or that its key is parked; else null
     */
    public record Step(String group, boolean passed, Letter deadLetter, Retry retry) {
        public boolean parked() {
            return deadLetter != null;
        }
    }

    /** A dead letter. */
    public record Letter(
            String group,
            Position position,
            String state,
            String reason,
            int attempts,
            long firstFailureMs,
            long lastFailureMs) {}

    public TraceReport {
        entries = List.copyOf(entries);
    }

    /** @param countMax messages, at most */
    public static TraceReport of(TraceSource source, String id, int countMax) {
        Trace trace = source.trace(id, countMax);
        if (trace.nodes().isEmpty()) {
            return new TraceReport(List.of(), trace.truncated());
        }
        Set<TopicPartition> partitions = trace.messages().stream()
                .map(message -> message.position().topicPartition())
                .collect(Collectors.toSet());
        Map<String, Map<TopicPartition, Long>> committed = source.committed(partitions);
        Map<Position, List<Letter>> letters = new HashMap<>();
        Map<Position, List<Retry>> retries = new HashMap<>();
        ask(source, trace.messages(), letters, retries);
        List<Entry> entries = new ArrayList<>();
        int stepCount = 0;
        for (Trace.Node node : trace.nodes()) {
            Position position = node.message().position();
            List<Step> steps = steps(
                    position,
                    committed,
                    letters.getOrDefault(position, List.of()),
                    retries.getOrDefault(position, List.of()));
            stepCount += steps.size();
            if (stepCount > STEPS_MAX) {
                return new TraceReport(entries, true);
            }
            entries.add(new Entry(node.depth(), node.message(), steps));
        }
        return new TraceReport(entries, trace.truncated());
    }

    /** What to say where there is none. */
    public static String nothing(String shownId) {
        return "nothing belongs to " + shownId + " in topics with correlation.index=on."
                + " Messages from before the setting was made are not found.";
    }

    private static void ask(
            TraceSource source,
            List<TracedMessage> messages,
            Map<Position, List<Letter>> letters,
            Map<Position, List<Retry>> retries) {
        int retryCount = 0;
        // With more retries than steps the report ends before the messages that are not asked for.
        for (int from = 0; from < messages.size() && retryCount <= STEPS_MAX; from += ASKED) {
            List<TracedMessage> some = messages.subList(from, Math.min(messages.size(), from + ASKED));
            List<Position> positions =
                    some.stream().map(TracedMessage::position).toList();
            for (Letter letter : source.deadLetters(positions)) {
                letters.computeIfAbsent(letter.position(), position -> new ArrayList<>())
                        .add(letter);
            }
            for (Retry retry : source.retries(some)) {
                retries.computeIfAbsent(retry.position(), position -> new ArrayList<>())
                        .add(retry);
                retryCount++;
            }
        }
    }

    private static List<Step> steps(
            Position position,
            Map<String, Map<TopicPartition, Long>> committed,
            List<Letter> letters,
            List<Retry> retries) {
        Map<String, Step> steps = new TreeMap<>();
        committed.forEach((group, offsets) -> {
            Long offset = offsets.get(position.topicPartition());
            if (offset != null) {
                steps.put(group, new Step(group, offset > position.offset(), null, null));
            }
        });
        for (Letter letter : letters) {
            Step step = steps.get(letter.group());
            steps.put(letter.group(), new Step(letter.group(), step != null && step.passed, letter, null));
        }
        for (Retry retry : retries) {
            Step step = steps.getOrDefault(retry.group(), new Step(retry.group(), false, null, null));
            steps.put(retry.group(), new Step(retry.group(), step.passed, step.deadLetter, retry));
        }
        return List.copyOf(steps.values());
    }
}
