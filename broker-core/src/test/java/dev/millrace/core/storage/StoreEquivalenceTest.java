package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random work gives the same contents in RocksDB and in memory, so that tests on the one say something of the other. */
final class StoreEquivalenceTest {
    /** So few bytes of journal that its halves turn every few commits. */
    private static final StoreOptions OPTIONS =
            new StoreOptions(2 << 20, 8 << 20, 1 << 20, 2_000, 2, 64 << 10, true, false);

    private static final int STEP_COUNT = 1_500;
    private static final int PARTITION_COUNT = 4;

    @TempDir
    Path directory;

    private Random random;
    private Store rocks;
    private Store memory;
    private int openCount;
    private int generation;
    private int oldestGeneration;
    private final long[] lastOffsets = new long[PARTITION_COUNT];

    @Test
    void storesAnswerAlike() throws IOException {
        random = new Random(Seeds.next());
        Path path = directory.resolve("0");
        rocks = RocksStore.open(path, OPTIONS);
        memory = new MemoryStore();
        try {
            for (int step = 0; step < STEP_COUNT; step++) {
                path = step(path);
            }
            compare();
        } finally {
            rocks.close();
            memory.close();
        }
    }

    private Path step(Path path) throws IOException {
        int dice = random.nextInt(1000);
        if (dice < 900) {
            commitBoth();
        } else if (dice < 950) {
            syncBoth();
        } else if (dice < 970) {
            generation += 1 + random.nextInt(3);
            rocks.rotate(generation);
            memory.rotate(generation);
        } else if (dice < 980) {
            oldestGeneration = Math.max(oldestGeneration, generation - random.nextInt(4));
            rocks.dropGenerationsBelow(oldestGeneration);
            memory.dropGenerationsBelow(oldestGeneration);
        } else if (dice < 990) {
            compare();
        } else if (dice < 995) {
            rocks.close();
            memory.close();
            rocks = RocksStore.open(path, OPTIONS);
            memory = ((MemoryStore) memory).reopen();
            generation++;
        } else {
            return crash(path);
        }
        return path;
    }

    /** All commits are synced first: what an unsynced commit comes to is legally different in the two. */
    private Path crash(Path path) throws IOException {
        syncBoth();
        Path image = StoreFiles.crashImage(path, directory.resolve(Integer.toString(++openCount)));
        rocks.close();
        rocks = RocksStore.open(image, OPTIONS);
        memory = ((MemoryStore) memory).crash(random);
        generation++;
        compare();
        return image;
    }

    private void commitBoth() {
        WriteSink first = rocks.begin();
        WriteSink second = memory.begin();
        int changeCount = random.nextInt(5);
        for (int i = 0; i < changeCount; i++) {
            change(first, second);
        }
        commit(rocks, first, changeCount);
        commit(memory, second, changeCount);
    }

    /** How many sequences a commit takes is each store's own matter. */
    private static void commit(Store store, WriteSink sink, int changeCount) {
        long before = store.committedSequence();
        long sequence = store.commit(sink);
        assertThat(sequence).isEqualTo(store.committedSequence());
        if (changeCount == 0) {
            assertThat(sequence).isEqualTo(before);
        } else {
            assertThat(sequence).isGreaterThan(before);
        }
    }

    private void syncBoth() {
        for (Store each : List.of(rocks, memory)) {
            assertThat(each.sync()).isEqualTo(each.committedSequence());
        }
    }

    private void change(WriteSink first, WriteSink second) {
        Table table = random.nextBoolean() ? journaledTable() : anyTable();
        byte[] key = new byte[] {(byte) random.nextInt(256), (byte) random.nextInt(4)};
        byte[] value = new byte[random.nextInt(2_000)];
        random.nextBytes(value);
        int dice = random.nextInt(10);
        if (dice < 4) {
            first.put(table, key, value);
            second.put(table, key, value);
        } else if (dice < 6) {
            first.delete(table, key);
            second.delete(table, key);
        } else {
            int partition = random.nextInt(PARTITION_COUNT);
            lastOffsets[partition] += 1 + random.nextInt(20);
            ByteBuffer chunk =
                    ByteBuffer.allocateDirect(value.length).put(value).flip();
            first.appendChunk(generation, partition, lastOffsets[partition], chunk);
            second.appendChunk(generation, partition, lastOffsets[partition], chunk);
        }
    }

    private Table journaledTable() {
        return random.nextBoolean() ? Table.SEGMENT : Table.PRODUCER;
    }

    private Table anyTable() {
        return Table.values()[random.nextInt(Table.values().length)];
    }

    private void compare() {
        for (Table table : Table.values()) {
            byte[] from = {(byte) random.nextInt(256)};
            byte[] to = {(byte) random.nextInt(256), (byte) random.nextInt(4)};
            assertThat(rows(rocks, table, new byte[0], new byte[] {-1, -1}))
                    .isEqualTo(rows(memory, table, new byte[0], new byte[] {-1, -1}));
            assertThat(rows(rocks, table, from, to)).isEqualTo(rows(memory, table, from, to));
            assertThat(rowsBackward(rocks, table, from, to)).isEqualTo(rowsBackward(memory, table, from, to));
            assertThat(rocks.get(table, to)).isEqualTo(memory.get(table, to));
        }
        // Files of dropped generations may be there still; generations that are kept must be there whole.
        for (int each = oldestGeneration; each <= generation; each++) {
            for (int partition = 0; partition < PARTITION_COUNT; partition++) {
                long from = random.nextInt((int) lastOffsets[partition] + 2);
                assertThat(chunks(rocks, each, partition, from)).isEqualTo(chunks(memory, each, partition, from));
            }
        }
    }

    private static List<String> rows(Store store, Table table, byte[] from, byte[] to) {
        List<String> rows = new ArrayList<>();
        HexFormat hex = HexFormat.of();
        store.scan(table, from, to, (key, value) -> rows.add(hex.formatHex(key) + "=" + hex.formatHex(value)));
        return rows;
    }

    private static List<String> rowsBackward(Store store, Table table, byte[] from, byte[] to) {
        List<String> rows = new ArrayList<>();
        HexFormat hex = HexFormat.of();
        store.scanBackward(table, from, to, (key, value) -> rows.add(hex.formatHex(key) + "=" + hex.formatHex(value)));
        return rows;
    }

    private static List<String> chunks(Store store, int generation, int partition, long from) {
        List<String> chunks = new ArrayList<>();
        store.scanLog(generation, partition, from, (last, chunk) -> {
            byte[] bytes = new byte[chunk.remaining()];
            chunk.get(bytes);
            return chunks.add(last + "=" + HexFormat.of().formatHex(bytes));
        });
        return chunks;
    }
}
