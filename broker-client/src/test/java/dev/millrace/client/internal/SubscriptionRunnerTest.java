package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.EventSubscriptionBuilder.EventHandler;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a handler of events is told, on the test's thread and by a clock that the handler moves. */
class SubscriptionRunnerTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Polls polls = new Polls();
    private final Notes notes = new Notes();
    private long nowNanos = 1;
    private SubscriptionRunner runner;

    /** Brings what it was given, a poll at a time; after the last one the subscription is closed. */
    private final class Polls implements EventSource {
        final Deque<List<ReceivedMessage>> coming = new ArrayDeque<>();
        final Map<TopicPartition, Long> positions = new TreeMap<>();
        boolean atEnd;
        boolean closed;

        void add(List<ReceivedMessage> messages) {
            coming.add(messages);
        }

        @Override
        public List<ReceivedMessage> poll(Duration timeout, int countMax) {
            List<ReceivedMessage> messages = coming.poll();
            if (messages == null) {
                runner.close();
                return List.of();
            }
            messages.forEach(message -> positions.put(message.topicPartition(), message.offset() + 1));
            return messages;
        }

        @Override
        public Map<TopicPartition, Long> positions() {
            return Map.copyOf(positions);
        }

        @Override
        public boolean signalledEnd() {
            return atEnd;
        }

        @Override
        public void wakeUp() {
            // It never waits.
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private record Told(long atNanos, Map<TopicPartition, Long> checkpoint, int handledCount) {}

    private interface Step {
        void on(StoredEvent event) throws Exception;
    }

    private final class Notes implements EventHandler {
        final List<Long> handled = new ArrayList<>();
        final List<Told> told = new ArrayList<>();
        final List<String> signals = new ArrayList<>();
        Step step = event -> {};

        @Override
        public void onEvent(StoredEvent event) throws Exception {
            step.on(event);
            handled.add(event.offset());
        }

        @Override
        public void onCheckpoint(String checkpoint) {
            told.add(new Told(nowNanos, Checkpoints.decode(checkpoint), handled.size()));
        }

        @Override
        public void onCaughtUp() {
            signals.add("caught up after " + handled.size());
        }

        @Override
        public void onFellBehind() {
            signals.add("fell behind after " + handled.size());
        }

        Map<TopicPartition, Long> last() {
            return told.get(told.size() - 1).checkpoint;
        }
    }

    private void run(Map<TopicPartition, Long> from) {
        runner = new SubscriptionRunner(polls, from, new Inbound(null, null), notes, () -> nowNanos, ended -> {});
        runner.run();
    }

    private static List<ReceivedMessage> events(TopicPartition partition, long from, long to) {
        return LongStream.range(from, to)
                .mapToObj(offset -> new ReceivedMessage(
                        partition.topic(), partition.partition(), offset, 1, new byte[1], new byte[1], List.of()))
                .toList();
    }

    private static List<ReceivedMessage> together(List<ReceivedMessage> first, List<ReceivedMessage> second) {
        List<ReceivedMessage> both = new ArrayList<>(first);
        both.addAll(second);
        return both;
    }

    @Test
    void aSlowHandlerIsToldCheckpointsEverySecondWithinWhatOnePollBrought() {
        polls.add(events(FIRST, 0, 1000));
        notes.step = event -> nowNanos += TimeUnit.MILLISECONDS.toNanos(10);
        run(Map.of());
        assertThat(notes.handled).hasSize(1000);
        long beforeNanos = 1;
        for (Told told : notes.told) {
            assertThat(told.atNanos - beforeNanos).isLessThanOrEqualTo(SECOND_NANOS);
            assertThat(told.checkpoint).as("what was handled, and no more").isEqualTo(Map.of(FIRST, (long)
                    told.handledCount));
            beforeNanos = told.atNanos;
        }
        assertThat(notes.told).as("10 seconds").hasSizeBetween(10, 20);
        assertThat(notes.last()).isEqualTo(Map.of(FIRST, 1000L));
    }

    @Test
    void aHandlerThatNeedsLongForEachEventIsToldACheckpointAfterEach() {
        polls.add(events(FIRST, 7, 10));
        notes.step = event -> nowNanos += 5 * SECOND_NANOS;
        run(Map.of());
        assertThat(notes.told).extracting(told -> told.checkpoint.get(FIRST)).containsExactly(8L, 9L, 10L);
    }

    @Test
    void closingWithinWhatAPollBroughtTellsWhatWasHandledAndNoMore() {
        polls.add(events(FIRST, 0, 100));
        notes.step = event -> {
            if (event.offset() == 41) {
                runner.close();
            }
        };
        run(Map.of());
        assertThat(notes.handled)
                .as("the event that is being handled is the last")
                .hasSize(42);
        assertThat(notes.told).hasSize(1);
        assertThat(notes.last()).isEqualTo(Map.of(FIRST, 42L));
        assertThat(Checkpoints.decode(runner.checkpoint())).isEqualTo(Map.of(FIRST, 42L));
        assertThat(runner.finished()).isCompleted();
        assertThat(polls.closed).isTrue();
    }

    @Test
    void aFailureEndsItWithTheCheckpointBeforeTheEventThatFailed() {
        polls.add(events(FIRST, 0, 100));
        notes.step = event -> {
            if (event.offset() == 41) {
                throw new IllegalStateException("no room");
            }
        };
        run(Map.of());
        assertThatThrownBy(() -> runner.finished().join()).hasRootCauseMessage("no room");
        assertThat(Checkpoints.decode(runner.checkpoint())).isEqualTo(Map.of(FIRST, 41L));
        assertThat(polls.closed).isTrue();
    }

    /** Else it would begin anew after that checkpoint, or at the end, past what comes meanwhile. */
    @Test
    void aPartitionWhoseTurnHasNotComeIsInTheCheckpoint() {
        polls.add(together(events(FIRST, 0, 5), events(SECOND, 30, 40)));
        notes.step = event -> {
            if (event.offset() == 2) {
                runner.close();
            }
        };
        run(Map.of());
        assertThat(notes.last()).isEqualTo(Map.of(FIRST, 3L, SECOND, 30L));
    }

    @Test
    void aPartitionThatHasNotBegunKeepsTheCheckpointThatItGoesOnFrom() {
        polls.add(events(FIRST, 10, 12));
        run(Map.of(FIRST, 10L, SECOND, 20L));
        assertThat(notes.last()).isEqualTo(Map.of(FIRST, 12L, SECOND, 20L));
    }

    @Test
    void whatDidNotMatchIsPassedWhenAllBeforeItIsHandled() {
        polls.positions.put(SECOND, 500L);
        polls.add(events(FIRST, 0, 1));
        polls.add(List.of());
        run(Map.of());
        assertThat(notes.told).hasSize(1);
        assertThat(notes.last()).isEqualTo(Map.of(FIRST, 1L, SECOND, 500L));
    }

    @Test
    void aFastHandlerIsToldACheckpointAfterAThousandEvents() {
        polls.add(events(FIRST, 0, 600));
        polls.add(events(FIRST, 600, 1200));
        run(Map.of());
        assertThat(notes.told).extracting(told -> told.handledCount).containsExactly(1000, 1200);
    }

    @Test
    void aHandlerIsToldOnceThatItHasCaughtUpOrFallenBehind() {
        polls.add(events(FIRST, 0, 3));
        polls.add(events(FIRST, 3, 4));
        polls.add(events(FIRST, 4, 6));
        polls.add(events(FIRST, 6, 7));
        notes.step = event -> {
            polls.atEnd = event.offset() == 2 || event.offset() == 3 || event.offset() == 6;
        };
        run(Map.of());
        assertThat(notes.signals).containsExactly("caught up after 3", "fell behind after 6", "caught up after 7");
        assertThat(notes.told)
                .as("before it is told that it has caught up")
                .extracting(told -> told.handledCount)
                .containsExactly(3, 7);
    }
}
