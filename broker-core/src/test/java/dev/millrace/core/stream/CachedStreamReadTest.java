package dev.millrace.core.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.EraseEvents;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.stream.StreamReader.AsOf;
import dev.millrace.core.stream.StreamReader.Span;
import dev.millrace.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Reading streams with a cache is reading them without, only faster. */
class CachedStreamReadTest {
    private static final int STREAMS = 5;
    /** One of them. */
    private static final int OTHER = 4;

    private final StreamShard shard = new StreamShard();
    private final StreamReader plain = shard.reader(new EventCache(0));
    private final EventCache cache;
    private final StreamReader reader;

    CachedStreamReadTest() {
        shard.machine.streams().cacheEvents(1 << 20);
        cache = shard.machine.streams().eventCache();
        reader = shard.reader(cache);
    }

    private static byte[] key(int stream) {
        return ("stream-" + stream).getBytes(StandardCharsets.UTF_8);
    }

    private void append(Random random, int stream, int count, int bytesMax) {
        append(random, stream, count, bytesMax, false);
    }

    private void append(Random random, int stream, int count, int bytesMax, boolean amongOthers) {
        RecordBatchBuilder events = new RecordBatchBuilder(Compression.NONE, 128);
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[random.nextInt(bytesMax)];
            random.nextBytes(value);
            boolean other = amongOthers && random.nextInt(4) == 0;
            events.append(1000 + random.nextInt(100), key(other ? OTHER : stream), value, List.of());
        }
        submit(shard.append(events));
    }

    private void erase(int stream, long from, long to) {
        submit(shard.submit(new EraseEvents(StreamShard.TOPIC, 0, key(stream), from, to)));
    }

    private void submit(CompletableFuture<Object> answer) {
        shard.turn();
        shard.log.syncOnce();
        assertThat(answer).isCompleted();
    }

    private Object read(StreamReader from, int stream, Span span) {
        return from.read(shard.partition(), key(stream), span, 1000);
    }

    private static Span all() {
        return new Span(0, false, 10_000, 64 << 20, AsOf.NOW);
    }

    private List<Record> events(int stream) {
        return ((StreamReader.Slice) read(reader, stream, all())).events();
    }

    @Test
    void answersWhatAReadWithoutCacheAnswers() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        // As many as an erasure may name below, or it would be refused.
        for (int stream = 0; stream < STREAMS; stream++) {
            append(random, stream, 14, 400);
        }
        for (int round = 0; round < 300; round++) {
            // Some larger than the cache takes, some runs longer than it takes in one.
            int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 200 : 12);
            append(random, random.nextInt(STREAMS), count, round % 40 == 0 ? 200_000 : 400, round % 3 == 0);
            if (random.nextInt(10) == 0) {
                int first = random.nextInt(10);
                erase(random.nextInt(STREAMS), first, first + random.nextInt(5));
            }
            for (int again = 0; again < 5; again++) {
                int stream = random.nextInt(STREAMS);
                Span span = span(random);
                assertThat(answer(reader, stream, span))
                        .as("-Dseed=%d round %d, stream %d, %s", seed, round, stream, span)
                        .isEqualTo(answer(plain, stream, span));
            }
        }
        assertThat(cache.hits()).as("-Dseed=%d", seed).isPositive();
    }

    private static Span span(Random random) {
        return new Span(
                random.nextInt(20) - 1,
                random.nextBoolean(),
                1 + random.nextInt(random.nextBoolean() ? 10 : 1000),
                1 + random.nextInt(100_000),
                random.nextInt(4) == 0 ? new AsOf(AsOf.Kind.TIME, 1000 + random.nextInt(100)) : AsOf.NOW);
    }

    /** A refusal is equal by its text. */
    private Object answer(StreamReader from, int stream, Span span) {
        Object answer = read(from, stream, span);
        return answer instanceof StreamReader.Slice ? answer : answer.toString();
    }

    @Test
    void aStreamThatIsReadAgainNeedsNoLookIntoTheLog() {
        Random random = new Random(1);
        for (int i = 0; i < 10; i++) {
            append(random, 0, 10, 100);
            append(random, 1, 10, 100);
        }
        assertThat(events(0)).hasSize(100);
        long misses = cache.misses();
        assertThat(misses).isPositive();

        assertThat(events(0)).hasSize(100);
        read(reader, 0, new Span(StreamReader.END, true, 50, 64 << 20, AsOf.NOW));
        read(reader, 0, new Span(7, false, 50, 64 << 20, AsOf.NOW));
        assertThat(cache.misses()).isEqualTo(misses);
    }

    @Test
    void anErasedEventLeavesTheCacheBeforeItsErasureIsAnswered() {
        append(new Random(1), 0, 10, 100);
        byte[] payload = events(0).get(3).value();
        assertThat(cache.bytes()).isPositive();

        AtomicLong bytesWhenAnswered = new AtomicLong(-1);
        shard.submit(new EraseEvents(StreamShard.TOPIC, 0, key(0), 3, 3))
                .thenRun(() -> bytesWhenAnswered.set(cache.bytes()));
        shard.turn();
        assertThat(bytesWhenAnswered).as("answered before it is durable").hasValue(-1);
        shard.log.syncOnce();

        assertThat(bytesWhenAnswered.get()).isZero();
        assertThat(events(0)).hasSize(10);
        assertThat(events(0).get(3).value()).isNotEqualTo(payload);
    }

    /** The reader holds the batch from before the erasure, and goes on reading from it. */
    @Test
    void aReadDuringAnErasureLeavesNothingInTheCache() {
        append(new Random(1), 0, 10, 100);
        try (RunFetch fetch = new RunFetch(cache, new LogReader(shard.store), shard.partition(), 1 << 20)) {
            fetch.at(0, 0);
            erase(0, 3, 3);
            assertThat(fetch.at(3, 9).value()).as("what it held").isNotNull();
        }
        assertThat(cache.bytes()).isZero();
    }

    /** Retention passed it before it was erased: the log has nothing to erase any more, memory has. */
    @Test
    void anEventThatTheLogHasLostLeavesTheCacheWhenItIsErased() {
        append(new Random(1), 0, 10, 100);
        events(0);
        assertThat(cache.bytes()).isPositive();
        submit(shard.submit(new DeleteBefore(StreamShard.TOPIC, 0, 5)));
        erase(0, 0, 9);
        assertThat(cache.bytes()).isZero();
    }

    @Test
    void aDeletedTopicLeavesTheCache() {
        append(new Random(1), 0, 10, 100);
        events(0);
        assertThat(cache.bytes()).isPositive();
        submit(shard.submit(new DeleteTopic("t")));
        assertThat(cache.bytes()).isZero();
    }
}
