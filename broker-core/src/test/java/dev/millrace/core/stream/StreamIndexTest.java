package dev.millrace.core.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.testing.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The index of streams, held against a list of all events. */
class StreamIndexTest {
    private static final long[] SPANS = {1, 2, 200, 60_000, 3_000_000_000L, 1L << 40};
    private static final int STREAMS = 3;

    private final MemoryStore store = new MemoryStore();
    private final List<List<Placed>> model = new ArrayList<>();
    private long nextOffset;

    private record Placed(long version, long offset, long timestampMs) {}

    @AfterEach
    void close() {
        store.close();
    }

    private void append(Random random, int stream, int count) {
        List<Placed> before = model.get(stream);
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        long span = SPANS[random.nextInt(SPANS.length)];
        for (int i = 0; i < count; i++) {
            builder.append((long) (random.nextDouble() * span), new byte[] {1}, null, List.of());
        }
        List<Event> run = Event.in(0, EventBatches.withPlaceForVersion(builder.build(), 1 << 20));
        long firstOffset = nextOffset;
        for (Event event : run) {
            event.version = before.size();
            before.add(new Placed(event.version, nextOffset++, event.timestampMs));
        }
        WriteSink sink = store.begin();
        StreamIndex.add(0, stream, run, firstOffset, sink);
        store.commit(sink);
    }

    private List<Placed> read(int stream, long from, long to, int countMax, boolean backward) {
        List<Placed> read = new ArrayList<>();
        StreamIndex.Visitor visitor = (version, offset, timestampMs) -> {
            read.add(new Placed(version, offset, timestampMs));
            return read.size() < countMax;
        };
        if (backward) {
            StreamIndex.scanBackward(store, 0, stream, from, to, visitor);
        } else {
            StreamIndex.scan(store, 0, stream, from, to, visitor);
        }
        return read;
    }

    @Test
    void everyVersionIsReadFromAnywhereInBothDirections() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        for (int stream = 0; stream < STREAMS; stream++) {
            model.add(new ArrayList<>());
        }
        for (int i = 0; i < 60; i++) {
            append(random, random.nextInt(STREAMS), 1 + random.nextInt(random.nextBoolean() ? 1 : 300));
        }
        for (int i = 0; i < 2_000; i++) {
            int stream = random.nextInt(STREAMS);
            List<Placed> all = model.get(stream);
            int from = random.nextInt(all.size() + 2);
            long to = random.nextInt(4) == 0 ? Long.MAX_VALUE : random.nextInt(all.size() + 2);
            int countMax = 1 + random.nextInt(400);
            boolean backward = random.nextBoolean();
            int end = (int) Math.min(to, all.size());
            List<Placed> expected = new ArrayList<>(from < end ? all.subList(from, end) : List.of());
            if (backward) {
                Collections.reverse(expected);
            }
            assertThat(read(stream, from, to, countMax, backward))
                    .as("%s to %s, backward %s, -Dseed=%s", from, to, backward, seed)
                    .isEqualTo(expected.subList(0, Math.min(countMax, expected.size())));
        }
    }

    @Test
    void runsThatTheLogHasDroppedGoAndThoseThatItHoldsStay() {
        model.add(new ArrayList<>());
        Random random = new Random(1);
        for (int i = 0; i < 3; i++) {
            append(random, 0, 100);
        }
        dropGone(250, 150);
        assertThat(read(0, 0, Long.MAX_VALUE, 300, false))
                .as("the second run ends behind the log's start")
                .isEqualTo(model.get(0).subList(100, 300));
        dropGone(150, 300);
        assertThat(read(0, 0, Long.MAX_VALUE, 300, false))
                .as("the second run goes on with a version that is wanted")
                .isEqualTo(model.get(0).subList(100, 300));
        dropGone(300, 300);
        assertThat(read(0, 0, Long.MAX_VALUE, 300, false)).isEmpty();
    }

    private void dropGone(long to, long logStart) {
        WriteSink sink = store.begin();
        StreamIndex.dropGone(store, 0, 0, to, logStart, sink);
        store.commit(sink);
    }
}
