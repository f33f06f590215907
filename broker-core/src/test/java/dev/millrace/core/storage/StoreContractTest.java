package dev.millrace.core.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.storage.StoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Store} promises, run against each. */
@ParameterizedClass
@EnumSource(StoreContractTest.Engine.class)
final class StoreContractTest {
    private static final byte[] END = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff};

    enum Engine {
        MEMORY,
        ROCKS
    }

    @Parameter
    Engine engine;

    @TempDir
    Path directory;

    private Supplier<Store> opener;
    private UnaryOperator<Store> reopener;
    private Store store;

    @BeforeEach
    void open() {
        StoreOptions options = StoreOptions.defaults().withGenerationBytes(4 << 20);
        opener = engine == Engine.MEMORY ? MemoryStore::new : () -> RocksStore.open(directory.resolve("s"), options);
        reopener = engine == Engine.MEMORY
                ? closed -> ((MemoryStore) closed).reopen()
                : closed -> RocksStore.open(directory.resolve("s"), options);
        store = opener.get();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() {
        store.close();
        store = reopener.apply(store);
    }

    @Test
    void showsACommitWholeAndNotBefore() {
        WriteSink sink = store.begin();
        sink.put(Table.META, bytes("a"), bytes("1"));
        sink.put(Table.GROUP, bytes("b"), bytes("2"));
        sink.appendChunk(0, 7, 10, chunk("chunk"));
        assertThat(store.get(Table.META, bytes("a"))).isNull();
        assertThat(store.get(Table.GROUP, bytes("b"))).isNull();
        assertThat(log(0, 7, 0)).isEmpty();
        store.commit(sink);
        assertThat(store.get(Table.META, bytes("a"))).isEqualTo(bytes("1"));
        assertThat(store.get(Table.GROUP, bytes("b"))).isEqualTo(bytes("2"));
        assertThat(log(0, 7, 0)).containsExactly("10=chunk");
    }

    @Test
    void forgetsWhatABatchHeldThatWasNotCommitted() {
        store.begin().put(Table.META, bytes("a"), bytes("1"));
        WriteSink sink = store.begin();
        sink.put(Table.META, bytes("b"), bytes("2"));
        store.commit(sink);
        assertThat(store.get(Table.META, bytes("a"))).isNull();
        assertThat(store.get(Table.META, bytes("b"))).isEqualTo(bytes("2"));
    }

    @Test
    void doesNotWriteABatchTwice() {
        put("a", "1");
        long sequence = store.committedSequence();
        WriteSink sink = store.begin();
        assertThat(store.commit(sink)).isEqualTo(sequence);
        assertThat(store.commit(sink)).isEqualTo(sequence);
    }

    @Test
    void numbersCommitsUpwardsAcrossReopen() {
        long first = put("a", "1");
        long second = put("b", "2");
        assertThat(second).isGreaterThan(first);
        assertThat(store.committedSequence()).isEqualTo(second);
        assertThat(store.sync()).isEqualTo(second);
        reopen();
        assertThat(store.committedSequence()).isEqualTo(second);
        assertThat(put("c", "3")).isGreaterThan(second);
    }

    @Test
    void keepsTablesApart() {
        WriteSink sink = store.begin();
        for (Table table : Table.values()) {
            sink.put(table, bytes("key"), bytes(table.name()));
        }
        store.commit(sink);
        reopen();
        for (Table table : Table.values()) {
            assertThat(store.get(table, bytes("key"))).isEqualTo(bytes(table.name()));
        }
    }

    @Test
    void scansRowsInUnsignedByteOrderWithinBounds() {
        WriteSink sink = store.begin();
        for (int b : new int[] {0x80, 0x00, 0x7f, 0xff, 0x01}) {
            sink.put(Table.SEGMENT, new byte[] {(byte) b}, new byte[] {(byte) b});
        }
        sink.put(Table.SEGMENT, new byte[] {0x7f, 0}, new byte[] {1});
        sink.delete(Table.SEGMENT, new byte[] {0x01});
        store.commit(sink);
        assertThat(rows(new byte[0], END, 99)).containsExactly("00", "7f", "7f00", "80", "ff");
        assertThat(rows(new byte[] {0x7f}, new byte[] {(byte) 0x80}, 99)).containsExactly("7f", "7f00");
        assertThat(rows(new byte[] {0x02}, new byte[] {0x02}, 99)).isEmpty();
        assertThat(rows(new byte[] {0x03}, new byte[] {0x02}, 99)).isEmpty();
        assertThat(rows(new byte[0], END, 2)).as("stops when told to").containsExactly("00", "7f");
    }

    @Test
    void findsTheChunkThatContainsAnOffset() {
        append(1, 5, 9, "0-9");
        append(1, 5, 19, "10-19");
        append(1, 5, 29, "20-29");
        assertThat(log(1, 5, 0)).containsExactly("9=0-9", "19=10-19", "29=20-29");
        assertThat(log(1, 5, 9)).containsExactly("9=0-9", "19=10-19", "29=20-29");
        assertThat(log(1, 5, 10)).containsExactly("19=10-19", "29=20-29");
        assertThat(log(1, 5, 15)).containsExactly("19=10-19", "29=20-29");
        assertThat(log(1, 5, 29)).containsExactly("29=20-29");
        assertThat(log(1, 5, 30)).isEmpty();
    }

    @Test
    void scansOnePartitionOfOneGenerationOnly() {
        append(1, 4, 9, "other partition");
        append(1, 5, 9, "a");
        append(1, -1, 9, "partition 2^32-1");
        store.rotate(2);
        append(2, 5, 19, "b");
        append(2, 0, 3, "c");
        assertThat(log(1, 5, 0)).containsExactly("9=a");
        assertThat(log(1, -1, 0)).containsExactly("9=partition 2^32-1");
        assertThat(log(2, 5, 0)).containsExactly("19=b");
        assertThat(log(2, 0, 0)).containsExactly("3=c");
        assertThat(log(3, 5, 0)).isEmpty();
        reopen();
        assertThat(log(1, 5, 0)).containsExactly("9=a");
        assertThat(log(1, -1, 0)).containsExactly("9=partition 2^32-1");
        assertThat(log(2, 5, 19)).containsExactly("19=b");
    }

    @Test
    void readsChunksOfAllSizesWhole() {
        List<Integer> sizes = List.of(1, 100, 1 << 20, (1 << 20) + (64 << 10), 3_333_333, 9 << 20, 5);
        for (int i = 0; i < sizes.size(); i++) {
            WriteSink sink = store.begin();
            sink.appendChunk(0, 1, i, filled(sizes.get(i), i));
            store.commit(sink);
        }
        reopen();
        List<Integer> seen = new ArrayList<>();
        store.scanLog(0, 1, 0, (last, chunk) -> {
            assertThat(chunk).isEqualTo(filled(sizes.get((int) last), (int) last));
            return seen.add(chunk.remaining());
        });
        assertThat(seen).isEqualTo(sizes);
    }

    @Test
    void leavesTheCallersBufferAsItWas() {
        ByteBuffer chunk = chunk("xxchunkxx").position(2).limit(7);
        WriteSink sink = store.begin();
        sink.appendChunk(0, 1, 0, chunk);
        assertThat(chunk.position()).isEqualTo(2);
        assertThat(chunk.limit()).isEqualTo(7);
        chunk.put(2, (byte) '!');
        store.commit(sink);
        assertThat(log(0, 1, 0)).as("copied at append").containsExactly("0=chunk");
    }

    @Test
    void allowsReadsInsideAScan() {
        append(0, 1, 0, "outer");
        append(0, 2, 0, "inner");
        List<String> seen = new ArrayList<>();
        store.scanLog(0, 1, 0, (last, chunk) -> {
            assertThat(log(0, 2, 0)).containsExactly("0=inner");
            assertThat(store.get(Table.META, bytes("none"))).isNull();
            return seen.add(text(chunk));
        });
        assertThat(seen).containsExactly("outer");
    }

    @Test
    void refusesChunksOfAnyButTheCurrentGeneration() {
        append(1, 1, 0, "a");
        assertThatThrownBy(() -> append(2, 1, 1, "b")).isInstanceOf(IllegalArgumentException.class);
        store.rotate(3);
        assertThatThrownBy(() -> append(1, 1, 1, "b")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.rotate(3)).isInstanceOf(IllegalArgumentException.class);
        append(3, 1, 1, "b");
        reopen();
        assertThatThrownBy(() -> append(3, 1, 2, "c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rotate");
        append(4, 1, 2, "c");
        assertThat(log(3, 1, 0)).containsExactly("1=b");
        assertThat(log(4, 1, 0)).containsExactly("2=c");
    }

    @Test
    void dropsOldGenerationsAndNoOther() {
        append(1, 1, 0, "a");
        store.rotate(2);
        append(2, 1, 1, "b");
        store.rotate(3);
        append(3, 1, 2, "c");
        reopen();
        store.dropGenerationsBelow(3);
        store.dropGenerations(List.of(new GenerationRange(0, 1), new GenerationRange(1, 3)));
        store.dropGenerationsBelow(1);
        assertThat(log(3, 1, 0)).containsExactly("2=c");
    }

    @Test
    void countsPayload() {
        append(0, 1, 0, "12345");
        put("k", "v");
        append(0, 1, 1, "678");
        assertThat(store.stats().payloadBytes()).isEqualTo(8);
        assertThat(store.stats().logCompactionBytes()).isZero();
    }

    @Test
    void refusesHeapBuffers() {
        assertThatThrownBy(() -> store.begin().appendChunk(0, 1, 0, ByteBuffer.allocate(3)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closesTwiceAndRefusesEveryUseAfterwards() {
        append(0, 1, 0, "a");
        WriteSink sink = store.begin();
        store.close();
        store.close();
        assertClosed(() -> sink.put(Table.META, bytes("a"), bytes("b")));
        assertClosed(() -> sink.delete(Table.META, bytes("a")));
        assertClosed(() -> sink.appendChunk(0, 1, 1, chunk("b")));
        assertClosed(() -> store.begin());
        assertClosed(() -> store.commit(sink));
        assertClosed(() -> store.sync());
        assertClosed(() -> store.get(Table.META, bytes("a")));
        assertClosed(() -> store.scan(Table.META, bytes("a"), END, (k, v) -> true));
        assertClosed(() -> store.scanLog(0, 1, 0, (o, c) -> true));
        assertClosed(() -> store.rotate(9));
        assertClosed(() -> store.dropGenerationsBelow(9));
        assertClosed(() -> store.stats());
        store = reopener.apply(store);
        assertThat(log(0, 1, 0)).containsExactly("0=a");
    }

    private static void assertClosed(Runnable use) {
        assertThatThrownBy(use::run)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.IO))
                .hasMessageContaining("store is closed");
    }

    private long put(String key, String value) {
        WriteSink sink = store.begin();
        sink.put(Table.META, bytes(key), bytes(value));
        return store.commit(sink);
    }

    private void append(int generation, int partition, long lastOffset, String text) {
        WriteSink sink = store.begin();
        sink.appendChunk(generation, partition, lastOffset, chunk(text));
        store.commit(sink);
    }

    private List<String> log(int generation, int partition, long fromOffset) {
        List<String> seen = new ArrayList<>();
        store.scanLog(generation, partition, fromOffset, (last, chunk) -> seen.add(last + "=" + text(chunk)));
        return seen;
    }

    private List<String> rows(byte[] from, byte[] to, int countMax) {
        List<String> seen = new ArrayList<>();
        store.scan(Table.SEGMENT, from, to, (key, value) -> {
            seen.add(HexFormat.of().formatHex(key));
            return seen.size() < countMax;
        });
        return seen;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static ByteBuffer chunk(String text) {
        byte[] bytes = bytes(text);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private static ByteBuffer filled(int size, int seed) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(size);
        for (int i = 0; i < size; i++) {
            chunk.put((byte) (i * 31 + seed));
        }
        return chunk.flip();
    }

    private static String text(ByteBuffer chunk) {
        return UTF_8.decode(chunk).toString();
    }
}
