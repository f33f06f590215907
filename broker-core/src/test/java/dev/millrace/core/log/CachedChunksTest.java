package dev.millrace.core.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.log.PartitionLog.CachedChunk;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ring finds what a sorted map finds, while it grows, wraps around, shrinks and is evicted from. */
class CachedChunksTest {
    private static final int CHUNK_RECORDS = 10;

    private final CachedChunks chunks = new CachedChunks();

    private static CachedChunk chunk(long baseOffset, int records) {
        Chunk header = new Chunk(baseOffset, baseOffset + records - 1, 0, 0, 0);
        return new CachedChunk(header, null, ByteBuffer.allocate(0));
    }

    @Test
    void findsWhatASortedMapFinds() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        TreeMap<Long, CachedChunk> expected = new TreeMap<>();
        long end = random.nextInt(1000);
        for (int step = 0; step < 200_000; step++) {
            boolean growing = (step / 5000) % 2 == 0;
            if (expected.isEmpty() || random.nextInt(10) < (growing ? 7 : 3)) {
                CachedChunk added = chunk(end, 1 + random.nextInt(20));
                end = added.header().lastOffset() + 1 + random.nextInt(2);
                chunks.add(added);
                expected.put(added.header().lastOffset(), added);
            } else {
                chunks.evict(expected.pollFirstEntry().getKey());
            }
            long offset = end - random.nextInt(5000);
            assertThat(chunks.atOrAfter(offset))
                    .as("offset %d at step %d, seed=%d", offset, step, seed)
                    .isSameAs(
                            expected.isEmpty() || expected.ceilingEntry(offset) == null
                                    ? null
                                    : expected.ceilingEntry(offset).getValue());
        }
    }

    @Test
    void evictsNothingButTheOldest() {
        chunks.add(chunk(0, 10));
        chunks.add(chunk(10, 10));
        assertThatThrownBy(() -> chunks.evict(19)).isInstanceOf(IllegalStateException.class);
        chunks.evict(9);
        chunks.evict(19);
        assertThatThrownBy(() -> chunks.evict(29)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void doesNotFindWhatWasForgottenAndStillEvictsIt() {
        for (int i = 0; i < 5; i++) {
            chunks.add(chunk(10 * i, 10));
        }
        chunks.forget(19);
        chunks.forget(18); // ends no chunk
        assertThat(chunks.atOrAfter(15)).isNull();
        assertThat(chunks.atOrAfter(5).header().lastOffset()).isEqualTo(9);
        assertThat(chunks.atOrAfter(20).header().lastOffset()).isEqualTo(29);
        chunks.evict(9);
        chunks.evict(19);
        assertThat(chunks.atOrAfter(0).header().lastOffset()).isEqualTo(29);
    }

    @Test
    @Timeout(60)
    void readersFindNothingWrongWhileItChanges() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        AtomicLong oldest = new AtomicLong();
        AtomicLong added = new AtomicLong();
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Long> reader = CompletableFuture.supplyAsync(() -> {
            Random offsets = new Random(seed + 1);
            long found = 0;
            while (!done.get()) {
                long safe = added.get() - 1;
                if (safe < 0) {
                    continue;
                }
                long wanted = CHUNK_RECORDS * safe - offsets.nextInt(200);
                long evictedBefore = oldest.get();
                CachedChunk chunk = chunks.atOrAfter(wanted);
                if (chunk != null) {
                    found++;
                    assertThat(chunk.header().lastOffset()).as("seed=%d", seed).isGreaterThanOrEqualTo(wanted);
                } else {
                    // What it misses must have been evicted by the time that it has looked.
                    assertThat(oldest.get())
                            .as("seed=%d", seed)
                            .isGreaterThan(Math.max(evictedBefore, wanted / CHUNK_RECORDS) - 1);
                }
            }
            return found;
        });
        for (long number = 0; number < 2_000_000; ) {
            int burst = random.nextInt(64);
            for (int i = 0; i < burst; i++) {
                chunks.add(chunk(CHUNK_RECORDS * number++, CHUNK_RECORDS));
                added.set(number);
            }
            for (int i = random.nextInt(64); i > 0 && oldest.get() < number; i--) {
                long gone = oldest.getAndIncrement();
                chunks.evict(CHUNK_RECORDS * gone + CHUNK_RECORDS - 1);
            }
        }
        done.set(true);
        assertThat(reader.join()).isPositive();
    }
}
