package dev.millrace.core.storage;

import dev.millrace.core.storage.JournaledRows.Change;
import dev.millrace.core.storage.JournaledRows.Row;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * Writes all rows that a commit changes in some tables as one row of its own, and to these tables later what they have
 * become.
 *
 * <p>Each commit changes two rows for each partition that it touches, mostly the same ones again: each by itself took as
 * long as the chunk, see docs/adr/2026-11-29-a-journal-of-rows.md. The changes collect in a half of {@link JournaledRows}. Once
 * that is old enough the halves turn: each commit then writes some of the older rows to their tables, and the one that writes
 * the last of them deletes the entries which they came from. At any moment the tables with the journal's entries laid over
 * them in their order are what was committed.
 *
 * <p>Entry: number u64, without gaps → version u8, then for each change: table u8, key length u8, value length i32 or -1 where
 * the row is deleted, key, value. Behind them, once some were deleted: number -1 → the number of the first one u64. Thread: shard.
 */
final class RocksJournal {
    /** Behind all entries: the number of the first that was not deleted, so that none goes missing before it. */
    private static final byte[] FIRST_NUMBER_KEY = keyOf(-1);

    private static final int CHANGE_HEAD_BYTES = 6;
    private static final int KEY_BYTES_MAX = 255;
    private static final int BUFFER_BYTES_MIN = 64 << 10;
    private static final int BUFFER_BYTES_KEPT = 4 << 20;

    /** The halves turn after this many changes of each row, so that few rows are written to their tables. */
    private static final int CHANGES_PER_ROW = 4;
    /** Or with this many times the least bytes, because they are read at the next start and lie in memory. */
    private static final int BYTES_MAX_FACTOR = 8;

    private static final int SETTLED_PER_COMMIT_MIN = 64;

    private final RocksHandles rocks;
    private final JournaledRows rows;
    private final long bytesMin;
    private final List<Change> pending = new ArrayList<>();
    private final ByteBuffer key = ByteBuffer.allocateDirect(Long.BYTES);
    private ByteBuffer entry = ByteBuffer.allocateDirect(BUFFER_BYTES_MIN);
    /** Of the newer half. */
    private long bytes;

    private long changeCount;
    private long firstNumberOfNewer;
    private Iterator<Change> unsettled;
    private boolean sealed;
    private boolean allSettled;

    /** @param bytesMin the halves do not turn before this many bytes of entries; with eight times as many they do */
    RocksJournal(RocksHandles rocks, JournaledRows rows, long bytesMin) {
        this.rocks = rocks;
        this.rows = rows;
        this.bytesMin = bytesMin;
        beginSettling();
        beginEntry();
    }

    /** Reads what earlier runs left. Fails: {@link StoreException} where it is damaged. */
    static JournaledRows load(RocksHandles rocks) {
        JournaledRows rows = new JournaledRows();
        if (rocks.journal() == null) {
            return rows;
        }
        try (RocksIterator entries = rocks.db().newIterator(rocks.journal())) {
            byte[] first = rocks.db().get(rocks.journal(), FIRST_NUMBER_KEY);
            rows.beginReplay(first == null ? 0 : ByteBuffer.wrap(first).getLong());
            for (entries.seekToFirst(); isEntry(entries); entries.next()) {
                rows.replay(ByteBuffer.wrap(entries.key()).getLong(), entries.value(), rocks.directory());
            }
            entries.status();
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, "reading the journal of rows", rocks.directory());
        }
        rows.turn();
        return rows;
    }

    private static boolean isEntry(RocksIterator entries) {
        return entries.isValid() && !Arrays.equals(entries.key(), FIRST_NUMBER_KEY);
    }

    private void beginSettling() {
        firstNumberOfNewer = rows.nextNumber();
        unsettled = rows.older();
        bytes = 0;
        changeCount = 0;
    }

    /** @param value null where the row is deleted; both arrays are kept */
    void put(Table table, byte[] rowKey, byte[] value) {
        if (rowKey.length > KEY_BYTES_MAX) {
            throw new IllegalArgumentException("a key of " + rowKey.length + " bytes, the most is " + KEY_BYTES_MAX);
        }
        int valueBytes = value == null ? 0 : value.length;
        require(CHANGE_HEAD_BYTES + rowKey.length + valueBytes);
        entry.put(JournaledRows.numberOf(table)).put((byte) rowKey.length);
        entry.putInt(value == null ? JournaledRows.DELETED_BYTES : valueBytes).put(rowKey);
        if (value != null) {
            entry.put(value);
        }
        pending.add(new Change(new Row(table, rowKey), value));
    }

    private void require(int moreBytes) {
        if (entry.remaining() < moreBytes) {
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(2 * entry.capacity(), entry.position() + moreBytes));
            entry = larger.put(entry.flip());
        }
    }

    /** Adds to the batch what belongs to the commit; once, however often the batch is tried. */
    void seal(WriteBatch batch) throws RocksDBException {
        if (sealed) {
            return;
        }
        sealed = true;
        if (!pending.isEmpty()) {
            key.clear().putLong(rows.nextNumber()).flip();
            batch.put(rocks.journal(), key, entry.duplicate().flip());
        }
        settle(batch);
    }

    /** At least as many rows as change, so that the older half is empty long before the newer one is old. */
    private void settle(WriteBatch batch) throws RocksDBException {
        int left = Math.max(SETTLED_PER_COMMIT_MIN, pending.size());
        for (; left > 0 && unsettled.hasNext(); left--) {
            Change change = unsettled.next();
            Row row = change.row();
            if (change.value() == null) {
                batch.delete(rocks.table(row.table()), row.key());
            } else {
                batch.put(rocks.table(row.table()), row.key(), change.value());
            }
        }
        allSettled = rows.olderCount() > 0 && !unsettled.hasNext();
        if (allSettled) {
            batch.deleteRange(rocks.journal(), keyOf(0), keyOf(firstNumberOfNewer));
            batch.put(rocks.journal(), FIRST_NUMBER_KEY, keyOf(firstNumberOfNewer));
        }
    }

    private static byte[] keyOf(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    /** The batch was written. */
    void committed() {
        if (!pending.isEmpty()) {
            rows.add(pending);
            bytes += entry.position();
            changeCount += pending.size();
        }
        if (allSettled) {
            rows.dropOlder();
        }
        if (isOld() && rows.olderCount() == 0) {
            rows.turn();
            beginSettling();
        }
        beginEntry();
    }

    private boolean isOld() {
        boolean worthIt = bytes >= bytesMin && changeCount >= CHANGES_PER_ROW * (long) rows.newerCount();
        return worthIt || bytes >= BYTES_MAX_FACTOR * bytesMin;
    }

    /** Forgets changes that were not committed. */
    void clear() {
        if (sealed) {
            // What the lost batch settled has to be settled again.
            unsettled = rows.older();
        }
        beginEntry();
    }

    private void beginEntry() {
        pending.clear();
        if (entry.capacity() > BUFFER_BYTES_KEPT) {
            entry = ByteBuffer.allocateDirect(BUFFER_BYTES_MIN);
        }
        entry.clear().put(JournaledRows.VERSION);
        sealed = false;
        allSettled = false;
    }
}
