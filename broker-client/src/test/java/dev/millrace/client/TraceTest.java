package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How messages become a tree of causes. */
class TraceTest {
    private static TracedMessage message(String id, String causation, long timestampMs, long offset) {
        List<RecordHeader> headers = new ArrayList<>();
        headers.add(new RecordHeader("$id", id.getBytes(StandardCharsets.UTF_8)));
        if (causation != null) {
            headers.add(new RecordHeader("$causation", causation.getBytes(StandardCharsets.UTF_8)));
        }
        return new TracedMessage(new Position("t", 0, offset), timestampMs, null, -1, headers);
    }

    private static List<String> drawn(TracedMessage... messages) {
        List<TracedMessage> shuffled = new ArrayList<>(List.of(messages));
        Collections.shuffle(shuffled, new Random(3));
        return Trace.of(shuffled, false).nodes().stream()
                .map(node -> ">".repeat(node.depth()) + node.message().id())
                .toList();
    }

    @Test
    void effectsStandBelowTheirCauseByTime() {
        assertThat(drawn(
                        message("root", null, 1, 0),
                        message("b", "root", 3, 1),
                        message("a", "root", 2, 2),
                        message("a1", "a", 9, 3)))
                .containsExactly("root", ">a", ">>a1", ">b");
    }

    @Test
    void whatWasCausedElsewhereIsARoot() {
        assertThat(drawn(message("late", "gone", 2, 1), message("first", null, 1, 0)))
                .containsExactly("first", "late");
    }

    @Test
    void circlesAndMessagesThatCauseThemselvesEnd() {
        assertThat(drawn(message("x", "y", 1, 0), message("y", "x", 2, 1), message("z", "z", 3, 2)))
                .containsExactlyInAnyOrder("x", ">y", "z");
    }

    @Test
    void aMessageThatIsThereTwiceHasItsEffectsOnce() {
        assertThat(drawn(message("a", null, 1, 0), message("a", null, 2, 1), message("b", "a", 3, 2)))
                .containsExactly("a", ">b", "a");
    }

    @Test
    void aChainOfAHundredThousandCausesIsDrawn() {
        TracedMessage[] chain = new TracedMessage[100_000];
        for (int i = 0; i < chain.length; i++) {
            chain[i] = message("m" + i, i == 0 ? null : "m" + (i - 1), i, i);
        }
        Trace trace = Trace.of(List.of(chain), false);
        assertThat(trace.nodes()).hasSize(chain.length);
        assertThat(trace.nodes().get(chain.length - 1).depth()).isEqualTo(chain.length - 1);
    }

    @Test
    void malformedTraceHeadersAreNone() {
        TracedMessage message = new TracedMessage(
                new Position("t", 0, 0), 1, null, -1, List.of(new RecordHeader("traceparent", new byte[] {-1, 0})));
        assertThat(message.traceId()).isNull();
        assertThat(message.id()).isEqualTo("t/0@0");
    }
}
