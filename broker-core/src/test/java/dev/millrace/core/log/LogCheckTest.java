package dev.millrace.core.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.storage.GenerationRange;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.StoreStats;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A log whose store hands out something else than what was written: the offsets concerned are named, and no others. */
class LogCheckTest {
    private static final int CHUNKS = 20;
    private static final int CHUNK_HEADER_BYTES = 24;
    private static final int BATCH_CRC_AT = CHUNK_HEADER_BYTES + 17;

    private final LogWorld world = new LogWorld();
    private final AtomicLong readBytes = new AtomicLong();

    @BeforeEach
    void fill() {
        for (int i = 0; i < CHUNKS; i++) {
            world.append(100, 1, 2, 3);
        }
    }

    @AfterEach
    void close() {
        world.close();
    }

    /** What a disk may do to a chunk that ends at this offset; null to lose it. */
    @FunctionalInterface
    private interface Injury {
        ByteBuffer apply(long lastOffset, ByteBuffer chunk);
    }

    private List<String> check(Injury injury) {
        List<String> damaged = new ArrayList<>();
        LogCheck check = new LogCheck(new InjuredStore(world.store, injury), readBytes::addAndGet);
        check.check(world.log(), (from, to, problem) -> damaged.add(from + ".." + to + " " + problem));
        assertThat(check.recordCount()).isEqualTo(3L * CHUNKS - damagedOffsets(damaged));
        return damaged;
    }

    private static long damagedOffsets(List<String> damaged) {
        long count = 0;
        for (String range : damaged) {
            String[] ends = range.substring(0, range.indexOf(' ')).split("\\.\\.");
            count += Long.parseLong(ends[1]) - Long.parseLong(ends[0]) + 1;
        }
        return count;
    }

    private static ByteBuffer changed(ByteBuffer chunk, int at) {
        ByteBuffer copy =
                ByteBuffer.allocate(chunk.remaining()).put(chunk.duplicate()).flip();
        return copy.put(at, (byte) (copy.get(at) ^ 1));
    }

    @Test
    void findsNothingInAGoodLog() {
        assertThat(check((last, chunk) -> chunk)).isEmpty();
        assertThat(readBytes.get()).isGreaterThan(CHUNKS * 100);
    }

    @Test
    void namesABatchWhoseChecksumDoesNotMatch() {
        for (int at : new int[] {BATCH_CRC_AT, CHUNK_HEADER_BYTES + 70, CHUNK_HEADER_BYTES + 100}) {
            assertThat(check((last, chunk) -> last == 14 ? changed(chunk, at) : chunk))
                    .as("byte %d", at)
                    .singleElement()
                    .asString()
                    .startsWith("12..14 the checksum of the batch at offset 12");
        }
    }

    @Test
    void namesABatchAtAnotherOffset() {
        assertThat(check((last, chunk) -> last == 14 ? changed(chunk, CHUNK_HEADER_BYTES + 7) : chunk))
                .singleElement()
                .asString()
                .startsWith("12..14 a batch says that it holds the offsets 13 to 15");
    }

    @Test
    void namesAChunkOfAnotherVersion() {
        assertThat(check((last, chunk) -> last == 14 ? changed(chunk, 0) : chunk))
                .singleElement()
                .asString()
                .startsWith("12..14 chunk ending at offset 14 has no header");
    }

    @Test
    void namesOffsetsThatAreMissing() {
        assertThat(check((last, chunk) -> last == 14 || last == 17 ? null : chunk))
                .containsExactly("12..17 no record is stored there");
        assertThat(check((last, chunk) -> last == 3L * CHUNKS - 1 ? null : chunk))
                .as("the last one")
                .containsExactly("57..59 no record is stored there");
    }

    @Test
    void namesOnlyWhatCannotBeReadAndReadsOnBehindIt() {
        assertThat(check((last, chunk) -> {
                    if (last >= 20 && last <= 29) {
                        throw new StoreException(StoreException.Kind.DAMAGED, "bad block");
                    }
                    return chunk;
                }))
                .containsExactly("18..29 bad block");
        assertThat(check((last, chunk) -> {
                    if (last >= 50) {
                        throw new StoreException(StoreException.Kind.DAMAGED, "bad block");
                    }
                    return chunk;
                }))
                .as("to the end")
                .containsExactly("48..59 bad block");
    }

    /** Reads of another store, with an injury to each chunk. */
    private record InjuredStore(Store store, Injury injury) implements Store {
        @Override
        public void scanLog(int generation, int partition, long fromOffset, long aheadBytes, ChunkVisitor visitor) {
            store.scanLog(generation, partition, fromOffset, aheadBytes, (last, chunk) -> {
                ByteBuffer injured = injury.apply(last, chunk);
                return injured == null || visitor.visit(last, injured);
            });
        }

        @Override
        public byte[] get(Table table, byte[] key) {
            return store.get(table, key);
        }

        @Override
        public void scan(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
            store.scan(table, fromInclusive, toExclusive, visitor);
        }

        @Override
        public void scanBackward(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
            store.scanBackward(table, fromInclusive, toExclusive, visitor);
        }

        @Override
        public WriteSink begin() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long commit(WriteSink sink) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long committedSequence() {
            return store.committedSequence();
        }

        @Override
        public long sync() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void rotate(int newGeneration) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void dropGenerations(List<GenerationRange> ranges) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StoreStats stats() {
            return store.stats();
        }

        @Override
        public void close() {}
    }
}
