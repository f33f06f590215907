package dev.millrace.core.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What stays in memory of events that were read, and what must not. */
class EventCacheTest {
    private static final int BLOCK = EventCache.BLOCK_OFFSETS;
    private static final int VALUE_BYTES = 1000;

    private final EventCache cache = new EventCache(4 * 1_500);

    private static EventRun run(long firstOffset, int count) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
        for (int i = 0; i < count; i++) {
            builder.append(1000, null, new byte[VALUE_BYTES / count], List.of());
        }
        RecordBatch records = RecordBatch.at(builder.build(), 0);
        records.assign(firstOffset, 0);
        return new EventRun(firstOffset, records);
    }

    private void add(int partitionId, long firstOffset, int count) {
        cache.add(partitionId, run(firstOffset, count), cache.stamp());
    }

    @Test
    void givesUpWhatWasNotReadForLongestOnceItIsFull() {
        for (long block = 0; block < 4; block++) {
            add(1, block * BLOCK, 1);
        }
        assertThat(cache.find(1, 0)).isNotNull();
        add(1, 4 * BLOCK, 1);

        assertThat(cache.find(1, BLOCK)).isNull();
        assertThat(cache.find(1, 0)).isNotNull();
        assertThat(cache.find(1, 4 * BLOCK)).isNotNull();
        assertThat(cache.bytes()).isBetween(4L * VALUE_BYTES, 4L * 1_500);
    }

    @Test
    void findsAnEventInTheMiddleOfARunAndNoneBesideIt() {
        add(1, 10, 10);
        assertThat(cache.find(1, 15)).isNotNull();
        assertThat(cache.find(1, 9)).isNull();
        assertThat(cache.find(1, 20)).isNull();
        assertThat(cache.find(2, 15)).isNull();
        assertThat(cache.hits()).isEqualTo(1);
        assertThat(cache.misses()).isEqualTo(3);
    }

    @Test
    void keepsALongerRunInThePlaceOfThoseThatItHolds() {
        add(1, 10, 1);
        add(1, 11, 2);
        add(1, 10, 10);
        long bytes = cache.bytes();
        add(1, 10, 10);
        assertThat(cache.bytes()).isEqualTo(bytes).isLessThan(2L * VALUE_BYTES);
    }

    @Test
    void forgetsErasedEventsAndNoOtherBlock() {
        add(1, 0, 10);
        add(1, 10, 10);
        add(1, BLOCK, 10);
        add(2, 10, 10);

        cache.forget(1, List.of(19L));

        assertThat(cache.find(1, 10)).isNull();
        assertThat(cache.find(1, BLOCK)).isNotNull();
        assertThat(cache.find(2, 10)).isNotNull();
        cache.forgetAll(2);
        assertThat(cache.find(2, 10)).isNull();
        cache.forget(1, List.of((long) BLOCK, BLOCK + 1L, 5L * BLOCK));
        assertThat(cache.bytes()).isZero();
    }

    @Test
    void whatAReaderHadBeforeAnErasureDoesNotComeBackAfterIt() {
        long before = cache.stamp();
        EventRun read = run(0, 1);
        cache.forget(1, List.of(0L));
        cache.add(1, read, before);
        assertThat(cache.find(1, 0)).isNull();
    }
}
