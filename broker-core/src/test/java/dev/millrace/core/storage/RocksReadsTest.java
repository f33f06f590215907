package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.TickerType;

/** What a read of the log costs below Millrace. */
final class RocksReadsTest {
    private static final int CHUNKS = 50;
    private static final int RECORDS_PER_CHUNK = 100;

    @TempDir
    Path directory;

    /** Each larger than a block, so it is one. */
    private void writeChunks(RocksStore store) throws RocksDBException {
        WriteSink sink = store.begin();
        for (long chunk = 0; chunk < CHUNKS; chunk++) {
            sink.appendChunk(0, 1, lastOffset(chunk), ByteBuffer.allocateDirect(64 << 10));
        }
        store.commit(sink);
        store.sync();
        RocksHandles rocks = store.rocks();
        try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
            rocks.db().flush(wait, rocks.log());
        }
    }

    private static long lastOffset(long chunk) {
        return (chunk + 1) * RECORDS_PER_CHUNK - 1;
    }

    private static long blocksRead(RocksStore store) {
        return store.rocks().options().statistics.getTickerCount(TickerType.BLOCK_CHECKSUM_COMPUTE_COUNT);
    }

    private static void readOneChunk(RocksStore store, long fromOffset) {
        AtomicInteger visited = new AtomicInteger();
        store.scanLog(0, 1, fromOffset, 0, (lastOffset, chunk) -> visited.getAndIncrement() > 0);
        assertThat(visited).hasValue(1);
    }

    /** A reader reads on from the offset after the last that it got, where a block ended. */
    @Test
    void aReadFromWhereTheLastOneEndedGetsOneBlock() throws RocksDBException {
        try (RocksStore store = RocksStore.open(directory.resolve("s"), StoreOptions.defaults())) {
            writeChunks(store);
            // Brings the index into memory.
            readOneChunk(store, 0);
            for (long chunk = 0; chunk < CHUNKS; chunk++) {
                long before = blocksRead(store);
                readOneChunk(store, chunk * RECORDS_PER_CHUNK);
                assertThat(blocksRead(store) - before).as("chunk %d", chunk).isEqualTo(1);
            }
        }
    }
}
