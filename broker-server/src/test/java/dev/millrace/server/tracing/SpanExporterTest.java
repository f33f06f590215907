package dev.millrace.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.record.TraceParent;
import dev.millrace.core.time.TimeSource;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of spans when the collector has trouble, with time that moves by hand. */
class SpanExporterTest {
    private static final long NOW_MS = 1_700_000_000_000L;

    /** Does what it was told, and takes what comes when that is over. */
    private static final class ScriptedCollector implements Collector {
        private final Deque<Answer> answers = new ArrayDeque<>();
        private final List<String> requests = new ArrayList<>();

        /** 0 is a connection that does not come about. */
        void say(int... statuses) {
            for (int status : statuses) {
                answers.add(new Answer(status, null));
            }
        }

        @Override
        public Answer post(byte[] request) throws IOException {
            requests.add(new String(request));
            Answer answer = answers.isEmpty() ? new Answer(200, null) : answers.poll();
            if (answer.status() == 0) {
                throw new ConnectException("refused");
            }
            return answer;
        }
    }

    private static final class HandMovedClock implements TimeSource {
        private long ms;

        @Override
        public long nowMs() {
            return NOW_MS + ms;
        }

        @Override
        public long nanoTime() {
            return TimeUnit.MILLISECONDS.toNanos(ms);
        }
    }

    private final SpanQueue queue = new SpanQueue(1024);
    private final ScriptedCollector collector = new ScriptedCollector();
    private final HandMovedClock clock = new HandMovedClock();
    private long nextSpanId = 1;
    private final SpanExporter exporter = new SpanExporter(
            queue,
            new OtlpJson(new BrokerTracing.Service("broker", "1", "a"), UUID::toString, () -> nextSpanId++),
            collector,
            new RetryPauses(() -> 0), // nothing less by chance
            clock);

    private void add(int count) {
        TraceParent parent = new TraceParent("1".repeat(32), "2".repeat(16), 1);
        for (int i = 0; i < count; i++) {
            queue.add(new BrokerSpan(
                    BrokerSpan.Operation.PUBLISH, parent, new TopicPartition(new UUID(0, 1), 0), i, 1, 2, null));
        }
    }

    /** The pauses that so many turns asked for, each waited for. */
    private List<Long> pauses(int turns) throws InterruptedException {
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < turns; i++) {
            long pauseMs = exporter.turn();
            pauses.add(pauseMs);
            clock.ms += pauseMs;
        }
        return pauses;
    }

    private void assertCounted(long exported, long dropped) {
        assertThat(exporter.exportedCount()).as("exported").isEqualTo(exported);
        assertThat(queue.droppedCount()).as("dropped").isEqualTo(dropped);
    }

    @Test
    void whatTheCollectorTakesIsSentOnceAndAtOnce() throws Exception {
        add(SpanExporter.REQUEST_SPANS_MAX + 1);
        assertThat(pauses(3)).containsExactly(0L, 0L, SpanExporter.IDLE_MS);
        assertThat(collector.requests).hasSize(2);
        assertCounted(SpanExporter.REQUEST_SPANS_MAX + 1, 0);
    }

    @Test
    void aCollectorThatCannotNowIsTriedAgainWithLongerPausesAndTheSameSpans() throws Exception {
        for (int status : new int[] {429, 502, 503, 504, 0}) {
            collector.say(status, status, status, status);
            add(2);
            assertThat(pauses(6)).as("status %d", status).containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 0L, 200L);
        }
        assertThat(collector.requests).hasSize(25);
        assertThat(collector.requests.stream().distinct())
                .as("five requests, each with the same ids every time")
                .hasSize(5);
        assertCounted(10, 0);
    }

    @Test
    void aTurnBeforeTheTimeSendsNothing() throws Exception {
        collector.say(503);
        add(1);
        exporter.turn();
        clock.ms += 999;
        assertThat(exporter.turn()).isEqualTo(2);
        assertThat(collector.requests).hasSize(1);
        clock.ms += 1;
        assertThat(exporter.turn()).isZero();
        assertThat(collector.requests).hasSize(2);
    }

    @Test
    void afterFiveTriesSpansAreDroppedAndCountedAndTheNextHaveTheirTurn() throws Exception {
        collector.say(503, 0, 503, 0, 503);
        add(3);
        pauses(1);
        add(4);
        assertThat(pauses(4)).containsExactly(2_000L, 4_000L, 8_000L, 8_000L);
        assertCounted(0, 3);
        assertThat(pauses(1)).containsExactly(0L);
        assertCounted(4, 3);
        assertThat(collector.requests).hasSize(6);
    }

    @Test
    void aRefusalIsFinal() throws Exception {
        for (int status : new int[] {400, 401, 403, 404, 413, 500, 301}) {
            collector.say(status);
            add(1);
            assertThat(pauses(2)).as("status %d", status).containsExactly(SpanExporter.REFUSED_PAUSE_MS, 200L);
        }
        assertThat(collector.requests).hasSize(7);
        assertCounted(0, 7);
    }

    @Test
    void waitsAsLongAsTheCollectorAsksWithinABound() throws Exception {
        String inSevenSeconds = "Tue, 14 Nov 2023 22:13:27 GMT"; // NOW_MS is 22:13:20
        List<Long> pauses = new ArrayList<>();
        for (String asked : List.of(inSevenSeconds, "3", " 0 ", "86400", "soon", "-1", "Tue, 14 Nov", inSevenSeconds)) {
            collector.answers.add(new Collector.Answer(429, asked));
            add(1);
            pauses.addAll(pauses(1));
            assertThat(pauses(1)).as("the next try succeeds").containsExactly(0L);
        }
        assertThat(pauses).containsExactly(7_000L, 3_000L, 0L, RetryPauses.ASKED_MS_MAX, 1_000L, 1_000L, 1_000L, 0L);
    }

    @Test
    void aCollectorThatIsAwayCostsNoMoreThanTheQueueAndOneRequest() throws Exception {
        int[] away = new int[1_000];
        Arrays.fill(away, 503);
        collector.say(away);
        for (int i = 0; i < 100; i++) {
            add(100);
            pauses(1);
        }
        long held = 10_000 - queue.droppedCount();
        assertThat(held).isBetween(1L, 1024L + SpanExporter.REQUEST_SPANS_MAX);
        collector.answers.clear();
        pauses(10);
        assertThat(exporter.exportedCount() + queue.droppedCount())
                .as("all are accounted for")
                .isEqualTo(10_000);
    }

    @Test
    void pausesAreLessByChanceButNoLessThanHalf() {
        long seed = Seeds.first();
        RetryPauses pauses = new RetryPauses(new Random(seed));
        for (int i = 0; i < 1_000; i++) {
            assertThat(pauses.nextMs(3, null, NOW_MS)).as("seed %d", seed).isBetween(2_000L, 4_000L);
        }
    }
}
