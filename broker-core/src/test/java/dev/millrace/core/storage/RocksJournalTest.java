package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.storage.StoreException.Kind;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Rows that change with each commit are written as one, and nothing of them is lost on the way to their tables. */
final class RocksJournalTest {
    private static final byte[] NOTHING = {};
    private static final byte[] END = {-1, -1, -1, -1, -1};
    private static final int JOURNAL_BYTES = 4_000;
    /** The halves of the journal turn every few commits. */
    private static final StoreOptions OPTIONS =
            new StoreOptions(2 << 20, 8 << 20, 1 << 20, JOURNAL_BYTES, 2, 64 << 10, true, false);

    @TempDir
    Path directory;

    private static byte[] key(int partition) {
        return ByteBuffer.allocate(12).putInt(partition).putLong(7).array();
    }

    private static byte[] value(int number) {
        return ByteBuffer.allocate(40).putInt(number).array();
    }

    private static void put(RocksStore store, int fromPartition, int toPartition, int number) {
        WriteSink sink = store.begin();
        for (int partition = fromPartition; partition < toPartition; partition++) {
            sink.put(Table.SEGMENT, key(partition), value(number));
        }
        store.commit(sink);
    }

    private static long changes(RocksStore store, ColumnFamilyHandle family) throws RocksDBException {
        return store.rocks().db().getLongProperty(family, "rocksdb.num-entries-active-mem-table");
    }

    private static int entries(RocksStore store) {
        int count = 0;
        try (RocksIterator each = store.rocks().db().newIterator(store.rocks().journal())) {
            for (each.seekToFirst(); each.isValid(); each.next()) {
                count++;
            }
        }
        return count;
    }

    @Test
    void allRowsOfACommitAreOneChange() throws RocksDBException {
        try (RocksStore store = RocksStore.open(directory.resolve("s"), StoreOptions.defaults())) {
            put(store, 0, 1000, 1);
            assertThat(changes(store, store.rocks().journal())).isEqualTo(1);
            assertThat(changes(store, store.rocks().table(Table.SEGMENT))).isZero();
        }
    }

    @Test
    void rowsThatChangeAllTheTimeAreSeldomWrittenAndTheirEntriesGo() throws RocksDBException {
        int commits = 500;
        // One commit of these is more than the least for which the halves turn.
        int rows = 100;
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            for (int commit = 0; commit < commits; commit++) {
                put(store, 0, rows, commit);
            }
            assertThat(changes(store, store.rocks().table(Table.SEGMENT)))
                    .isPositive()
                    .isLessThanOrEqualTo(commits * rows / 4);
            assertThat(entries(store)).isLessThanOrEqualTo(2 * 4);
        }
    }

    @Test
    void rowsThatChangeOnceAreWrittenBeforeTheJournalIsLong() {
        int commits = 3_000;
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            for (int commit = 0; commit < commits; commit++) {
                put(store, commit, commit + 1, commit);
            }
            int entryBytes = key(0).length + value(0).length;
            assertThat(entries(store)).isLessThanOrEqualTo(2 * (8 * JOURNAL_BYTES / entryBytes + 1));
        }
    }

    @Test
    void everyCommitIsThereWholeAfterACrashRightBehindIt() throws Exception {
        Random random = new Random(Seeds.next());
        TreeMap<byte[], byte[]> expected = new TreeMap<>(Arrays::compareUnsigned);
        RocksStore store = RocksStore.open(directory.resolve("0"), OPTIONS);
        try {
            for (int commit = 1; commit <= 600; commit++) {
                changeSome(store, expected, random, commit);
                assertRows(store, expected);
                if (random.nextInt(20) == 0) {
                    store.sync();
                    Path image = StoreFiles.crashImage(
                            store.rocks().directory(), directory.resolve(Integer.toString(commit)));
                    store.close();
                    try (RocksReadOnlyStore looked = RocksReadOnlyStore.open(image, OPTIONS, false)) {
                        assertRows(looked, expected);
                    }
                    store = RocksStore.open(image, OPTIONS);
                    assertRows(store, expected);
                }
            }
        } finally {
            store.close();
        }
    }

    private static void changeSome(RocksStore store, TreeMap<byte[], byte[]> expected, Random random, int commit) {
        WriteSink sink = store.begin();
        for (int i = random.nextInt(40); i >= 0; i--) {
            // Few rows change often, and some only now and then.
            byte[] key = key(random.nextInt(10) == 0 ? random.nextInt(1000) : random.nextInt(30));
            if (random.nextInt(4) == 0) {
                sink.delete(Table.PRODUCER, key);
                expected.remove(key);
            } else {
                sink.put(Table.PRODUCER, key, value(commit));
                expected.put(key, value(commit));
            }
        }
        store.commit(sink);
    }

    private static void assertRows(Store store, TreeMap<byte[], byte[]> expected) {
        TreeMap<byte[], byte[]> left = new TreeMap<>(expected);
        store.scan(Table.PRODUCER, NOTHING, END, (key, value) -> {
            assertThat(value).isEqualTo(left.remove(key));
            return true;
        });
        assertThat(left).isEmpty();
        for (int partition = 0; partition < 30; partition++) {
            assertThat(store.get(Table.PRODUCER, key(partition))).isEqualTo(expected.get(key(partition)));
        }
    }

    @Test
    void aCommitThatIsGivenUpLosesNothingOfWhatItWasToWriteToTheTables() throws Exception {
        TreeMap<byte[], byte[]> expected = new TreeMap<>(Arrays::compareUnsigned);
        Random random = new Random(Seeds.next());
        Path path = directory.resolve("s");
        try (RocksStore store = RocksStore.open(path, OPTIONS)) {
            for (int commit = 1; commit <= 400; commit++) {
                changeSome(store, expected, random, commit);
                RocksSink givenUp = (RocksSink) store.begin();
                givenUp.put(Table.PRODUCER, key(1), value(-commit));
                givenUp.sealed();
            }
            assertRows(store, expected);
        }
        try (RocksStore store = RocksStore.open(path, OPTIONS)) {
            assertRows(store, expected);
        }
    }

    @Test
    void anEntryThatIsMissingIsRefusedAlsoTheFirst() throws RocksDBException {
        assertDamageIsRefused(store -> delete(store, 2), "entry 3 stands where entry 2 must");
        assertDamageIsRefused(store -> delete(store, 0), "entry 1 stands where entry 0 must");
        assertDamageIsRefused(
                store -> {
                    // Until the halves have turned, and the first entries are gone in order.
                    for (int commit = 5; firstNumber(store) == 0; commit++) {
                        put(store, 0, 100, commit);
                    }
                    put(store, 0, 3, 1);
                    put(store, 0, 3, 2);
                    delete(store, firstNumber(store));
                },
                "stands where entry");
    }

    @Test
    void anEntryThatCannotBeReadIsRefused() throws RocksDBException {
        assertDamageIsRefused(store -> write(store, 5, new byte[] {9}), "entry 5 is not of version 1");
        assertDamageIsRefused(store -> write(store, 5, new byte[] {1, 0, 4}), "entry 5 of 3 bytes is not whole");
        assertDamageIsRefused(store -> write(store, 5, new byte[] {1, 77}), "entry 5 of 2 bytes is not whole");
    }

    @FunctionalInterface
    private interface Damaging {
        void damage(RocksStore store) throws RocksDBException;
    }

    private void assertDamageIsRefused(Damaging damaging, String told) throws RocksDBException {
        Path path = directory.resolve("damaged-" + told.hashCode());
        StoreOptions options = OPTIONS.withAcceptLoss(true);
        try (RocksStore store = RocksStore.open(path, options)) {
            for (int commit = 0; commit < 5; commit++) {
                put(store, 0, 3, commit);
            }
            damaging.damage(store);
        }
        assertThatThrownBy(() -> RocksStore.open(path, options))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DAMAGED))
                .hasMessageContaining(told);
        try (RocksReadOnlyStore looked = RocksReadOnlyStore.open(path, options, false)) {
            assertThat(looked.get(Table.META, key(0)))
                    .as("the rest can be looked at")
                    .isNull();
            assertThatThrownBy(() -> looked.get(Table.SEGMENT, key(0))).hasMessageContaining(told);
        }
    }

    private static long firstNumber(RocksStore store) {
        try (RocksIterator each = store.rocks().db().newIterator(store.rocks().journal())) {
            each.seekToFirst();
            return ByteBuffer.wrap(each.key()).getLong();
        }
    }

    private static void delete(RocksStore store, long number) throws RocksDBException {
        store.rocks().db().delete(store.rocks().journal(), key(number));
    }

    private static void write(RocksStore store, long number, byte[] entry) throws RocksDBException {
        store.rocks().db().put(store.rocks().journal(), key(number), entry);
    }

    private static byte[] key(long number) {
        return ByteBuffer.allocate(8).putLong(number).array();
    }

    @Test
    void wholeRangesOfTheseRowsAreNotDeleted() {
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            WriteSink sink = store.begin();
            assertThatThrownBy(() -> sink.deleteRange(Table.SEGMENT, key(0), key(9)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("one by one");
        }
    }
}
