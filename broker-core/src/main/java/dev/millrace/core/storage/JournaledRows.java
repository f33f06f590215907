package dev.millrace.core.storage;

import dev.millrace.core.storage.Store.RowVisitor;
import dev.millrace.core.storage.StoreException.Kind;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the journal says of rows that their tables do not hold yet; see {@link RocksJournal}. Reads of these tables are merged
 * with it.
 *
 * <p>Thread: the shard changes it; any reads.
 */
final class JournaledRows {
    /** A row's place in here is its table's number in the journal: add at the end only. */
    private static final List<Table> TABLES = List.of(Table.SEGMENT, Table.PRODUCER);

    private static final Set<Table> HELD = EnumSet.copyOf(TABLES);

    /** The value of a row that was deleted. */
    private static final byte[] DELETED = {};

    static final int DELETED_BYTES = -1;
    static final byte VERSION = 1;

    private Map<Row, byte[]> newer = new HashMap<>();
    /** Being written to the tables; not changed any more. */
    private Map<Row, byte[]> older = Map.of();

    private long nextNumber;

    /** A key of a table. */
    static final class Row {
        private final Table table;
        private final byte[] key;
        private final int hash;

        Row(Table table, byte[] key) {
            this.table = table;
            this.key = key;
            this.hash = 31 * Arrays.hashCode(key) + table.ordinal();
        }

        Table table() {
            return table;
        }

        byte[] key() {
            return key;
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            // Most rows come with the very same key again: then its bytes need not be fetched.
            return other instanceof Row row
                    && hash == row.hash
                    && table == row.table
                    && (key == row.key || Arrays.equals(key, row.key));
        }
    }

    /** A row's newest value; null where it was deleted. */
    record Change(Row row, byte[] value) {}

    /** Whether the rows of this table go through the journal. */
    static boolean hold(Table table) {
        return HELD.contains(table);
    }

    static byte numberOf(Table table) {
        return (byte) TABLES.indexOf(table);
    }

    /** Before the first {@link #replay}. */
    synchronized void beginReplay(long firstNumber) {
        nextNumber = firstNumber;
    }

    /**
     * Lays an entry of the journal over what was replayed before; {@link #turn} after the last. Fails: {@link StoreException}
     * where one is missing before it, or it cannot be read.
     *
     * @param directory for that error
     */
    synchronized void replay(long number, byte[] value, Path directory) {
        if (number != nextNumber) {
            throw damaged(directory, "entry " + number + " stands where entry " + nextNumber + " must");
        }
        if (value.length == 0 || value[0] != VERSION) {
            throw damaged(directory, "entry " + number + " is not of version " + VERSION);
        }
        try {
            replay(ByteBuffer.wrap(value, 1, value.length - 1));
        } catch (BufferUnderflowException | IndexOutOfBoundsException | NegativeArraySizeException malformed) {
            throw damaged(directory, "entry " + number + " of " + value.length + " bytes is not whole");
        }
        nextNumber = number + 1;
    }

    private void replay(ByteBuffer in) {
        while (in.hasRemaining()) {
            Table table = TABLES.get(in.get());
            byte[] key = new byte[Byte.toUnsignedInt(in.get())];
            int valueBytes = in.getInt();
            in.get(key);
            byte[] row = valueBytes == DELETED_BYTES ? DELETED : new byte[valueBytes];
            in.get(row);
            newer.put(new Row(table, key), row);
        }
    }

    private static StoreException damaged(Path directory, String problem) {
        return new StoreException(
                Kind.DAMAGED,
                "the journal of rows in " + directory + " is damaged: " + problem
                        + ". Restore the directory and the beacon from a copy.");
    }

    /** The number of the next entry of the journal. */
    synchronized long nextNumber() {
        return nextNumber;
    }

    /** Adds what one entry holds, once it is committed. */
    synchronized void add(List<Change> changes) {
        for (Change change : changes) {
            newer.put(change.row, change.value == null ? DELETED : change.value);
        }
        nextNumber++;
    }

    /** From now on {@link #older} is what was collected until now. Only when that was {@link #dropOlder dropped}. */
    synchronized void turn() {
        if (!older.isEmpty()) {
            throw new IllegalStateException(older.size() + " rows are not in their tables yet");
        }
        older = newer;
        newer = new HashMap<>();
    }

    /** The tables hold the older rows now. */
    synchronized void dropOlder() {
        older = Map.of();
    }

    synchronized int newerCount() {
        return newer.size();
    }

    synchronized int olderCount() {
        return older.size();
    }

    /** The older rows. Thread: shard; until they are dropped. */
    synchronized Iterator<Change> older() {
        Iterator<Map.Entry<Row, byte[]>> entries = older.entrySet().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return entries.hasNext();
            }

            @Override
            public Change next() {
                Map.Entry<Row, byte[]> entry = entries.next();
                return new Change(entry.getKey(), entry.getValue() == DELETED ? null : entry.getValue());
            }
        };
    }

    /** What is known of a row, with a null value where it was deleted; null where its table knows it best. */
    synchronized Change find(Table table, byte[] key) {
        Row row = new Row(table, key);
        byte[] value = newer.containsKey(row) ? newer.get(row) : older.get(row);
        if (value == null) {
            return null;
        }
        return new Change(row, value == DELETED ? null : value.clone());
    }

    /** A visitor of a table's own rows in ascending order that adds these; call {@link MergedRows#end} behind the last. */
    MergedRows ascending(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        return new MergedRows(within(table, fromInclusive, toExclusive), visitor);
    }

    /** As {@link #ascending}, in descending order. */
    MergedRows descending(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        return new MergedRows(within(table, fromInclusive, toExclusive).descendingMap(), visitor);
    }

    private synchronized NavigableMap<byte[], byte[]> within(Table table, byte[] fromInclusive, byte[] toExclusive) {
        NavigableMap<byte[], byte[]> found = new TreeMap<>(Arrays::compareUnsigned);
        for (Map<Row, byte[]> half : List.of(older, newer)) {
            half.forEach((row, value) -> {
                if (row.table == table
                        && Arrays.compareUnsigned(row.key, fromInclusive) >= 0
                        && Arrays.compareUnsigned(row.key, toExclusive) < 0) {
                    found.put(row.key, value == DELETED ? null : value);
                }
            });
        }
        return found;
    }
}
