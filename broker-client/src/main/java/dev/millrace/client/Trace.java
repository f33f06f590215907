package dev.millrace.client;

import dev.millrace.core.record.TraceSearch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Messages that belong together, as a tree: below each message stand those that its handling published.
 *
 * @param nodes each before those below it; siblings by time, then by place
 * @param truncated whether there are more messages than were asked for
 */
public record Trace(List<Node> nodes, boolean truncated) {
    private static final Comparator<TracedMessage> BY_TIME = Comparator.comparingLong(TracedMessage::timestampMs)
            .thenComparing(message -> message.position().topic())
            .thenComparing(message -> message.position().partition())
            .thenComparing(message -> message.position().offset());

    /** @param depth 0 for one whose cause is not among the messages */
    public record Node(int depth, TracedMessage message) {}

    public Trace {
        nodes = List.copyOf(nodes);
    }

    /** The messages, each before those that it caused. */
    public List<TracedMessage> messages() {
        return nodes.stream().map(Node::message).toList();
    }

    /** The tree of what a search finds. Fails: as its pages do. */
    public static Trace of(TraceSearch search, String id) {
        List<TracedMessage> messages =
                search.search(id).stream().map(TracedMessage::of).toList();
        return of(messages, search.truncated());
    }

    /** The tree of these messages. Causes that go round in a circle, which only made-up headers do, end at its first message. */
    public static Trace of(List<TracedMessage> messages, boolean truncated) {
        List<TracedMessage> ordered = messages.stream().sorted(BY_TIME).toList();
        Set<String> ids = new HashSet<>();
        ordered.forEach(message -> ids.add(message.id()));
        Map<String, List<TracedMessage>> effects = new HashMap<>();
        List<TracedMessage> roots = new ArrayList<>();
        for (TracedMessage message : ordered) {
            String cause = message.causation();
            boolean below = cause != null && ids.contains(cause) && !cause.equals(message.id());
            (below ? effects.computeIfAbsent(cause, key -> new ArrayList<>()) : roots).add(message);
        }
        Walk walk = new Walk(effects);
        roots.forEach(walk::from);
        // What is left goes round in circles.
        ordered.forEach(walk::from);
        return new Trace(walk.nodes, truncated);
    }

    /** Without recursion: a chain of causes may be as long as the trace. */
    private static final class Walk {
        private final Map<String, List<TracedMessage>> effects;
        private final Set<Position> seen = new HashSet<>();
        private final List<Node> nodes = new ArrayList<>();

        Walk(Map<String, List<TracedMessage>> effects) {
            this.effects = effects;
        }

        void from(TracedMessage root) {
            Deque<Node> waiting = new ArrayDeque<>();
            waiting.push(new Node(0, root));
            while (!waiting.isEmpty()) {
                Node node = waiting.pop();
                if (!seen.add(node.message.position())) {
                    continue;
                }
                nodes.add(node);
                // Of messages with the same id, the first has the effects.
                List<TracedMessage> below = effects.getOrDefault(node.message.id(), List.of());
                for (int i = below.size() - 1; i >= 0; i--) {
                    waiting.push(new Node(node.depth + 1, below.get(i)));
                }
            }
        }
    }
}
