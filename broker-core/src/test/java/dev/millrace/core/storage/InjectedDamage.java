package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * What lies on the disk of a {@link MemoryStore} and does not match its checksum any more: reading it fails, as it does
 * with RocksDB, and never gives other bytes or none. Thread: the store's lock.
 */
final class InjectedDamage {
    private final TreeSet<byte[]> chunks = new TreeSet<>(Arrays::compareUnsigned);
    private final TreeMap<byte[], byte[]> lostChunks = new TreeMap<>(Arrays::compareUnsigned);
    private final Map<Table, TreeSet<byte[]>> rows = new EnumMap<>(Table.class);

    private boolean tailLost;

    InjectedDamage() {
        for (Table table : Table.values()) {
            rows.put(table, new TreeSet<>(Arrays::compareUnsigned));
        }
    }

    void addChunk(byte[] key) {
        chunks.add(key);
    }

    void addRow(Table table, byte[] key) {
        rows.get(table).add(key);
    }

    void lose(byte[] key, byte[] chunk) {
        lostChunks.put(key, chunk);
    }

    void loseTail() {
        tailLost = true;
    }

    void checkTail() {
        if (tailLost) {
            throw new StoreException(Kind.LOST_TAIL, "injected: data that was synced is missing at the end");
        }
    }

    void checkChunk(byte[] key) {
        if (chunks.contains(key)) {
            throw mismatch(nameOfChunk(key));
        }
    }

    void checkRow(Table table, byte[] key) {
        if (rows.get(table).contains(key)) {
            throw mismatch(nameOfRow(table, key));
        }
    }

    private static StoreException mismatch(String what) {
        return new StoreException(Kind.DAMAGED, "injected: block checksum mismatch in " + what);
    }

    static String nameOfChunk(byte[] key) {
        return "generation " + LogKey.generation(key) + " partition " + partitionOf(key) + " of the log";
    }

    private static int partitionOf(byte[] key) {
        return ByteBuffer.wrap(key).getInt(Integer.BYTES);
    }

    static String nameOfRow(Table table, byte[] key) {
        return "row " + Arrays.toString(key) + " of " + table;
    }

    /** A newer value hides the damaged one. */
    void forgetRow(Table table, byte[] key) {
        rows.get(table).remove(key);
    }

    void forgetChunks(byte[] from, byte[] to) {
        chunks.subSet(from, to).clear();
        lostChunks.subMap(from, to).clear();
    }

    boolean isInPartition(int partition) {
        return Stream.concat(chunks.stream(), lostChunks.keySet().stream())
                .anyMatch(key -> partitionOf(key) == partition);
    }

    /** Puts all back; answers how many places that were. */
    int repair(BiConsumer<byte[], byte[]> chunkFound) {
        int count = chunks.size() + lostChunks.size() + (tailLost ? 1 : 0);
        count += rows.values().stream().mapToInt(TreeSet::size).sum();
        lostChunks.forEach(chunkFound);
        lostChunks.clear();
        chunks.clear();
        rows.values().forEach(TreeSet::clear);
        tailLost = false;
        return count;
    }

    static byte[] pick(List<byte[]> keys, Random random) {
        return keys.isEmpty() ? null : keys.get(random.nextInt(keys.size()));
    }
}
