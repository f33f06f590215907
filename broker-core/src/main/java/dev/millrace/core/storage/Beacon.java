package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Remembers outside the database how far it was durable, so that a recovery that stops early cannot pass unnoticed:
 * RocksDB opens without complaint when the end of its write-ahead log is unreadable (facebook/rocksdb#6288).
 *
 * <pre>
 * two slots, at byte 0 and byte 4096, written and synced in turn, and one at byte 8192 that is written only, each:
 *   magic u32 | flags u32 (bit 0: closed cleanly) | counter u64 | sequence u64 | crc32c u32 of all before
 * </pre>
 *
 * A torn write damages one slot; the other still holds the mark before. The third slot goes with the newest of them, by
 * its counter, and says how far it went since: written after every sync of the store, it costs microseconds, outlives the
 * process at once, and a power failure as soon as the system wrote it back. Thread: one at a time, the caller sees to it.
 *
 * <p>A RandomAccessFile, not a channel: an interrupt would close a channel under the syncer and so halt the store.
 */
final class Beacon implements AutoCloseable {
    private static final int MAGIC = 0x4d52424e;
    private static final int FLAG_CLEAN = 1;
    private static final int SLOT_BYTES = 28;
    private static final int CRC_AT = SLOT_BYTES - Integer.BYTES;
    private static final int SLOT_STRIDE_BYTES = 4096;
    private static final int SLOT_COUNT = 2;
    private static final int UNSYNCED_SLOT = 2;

    private final Path file;
    private final RandomAccessFile slots;
    private long counter;

    /** What the beacon says: every commit up to {@code sequence} was durable; {@code clean} after an orderly close. */
    record Mark(long sequence, boolean clean, long counter) {}

    private Beacon(Path file, RandomAccessFile slots, long counter) {
        this.file = file;
        this.slots = slots;
        this.counter = counter;
    }

    /** The newest mark, or null where no beacon was ever written. Fails: DAMAGED where neither slot is readable. */
    static Mark read(Path file) {
        if (!Files.exists(file)) {
            return null;
        }
        Mark newest = null;
        try (RandomAccessFile slots = new RandomAccessFile(file.toFile(), "r")) {
            for (int i = 0; i < SLOT_COUNT; i++) {
                Mark mark = readSlot(slots, i);
                if (mark != null && (newest == null || mark.counter() > newest.counter())) {
                    newest = mark;
                }
            }
            newest = newest == null ? null : advanced(newest, readSlot(slots, UNSYNCED_SLOT));
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot read the beacon " + file + ": " + e, e);
        }
        if (newest == null) {
            throw new StoreException(
                    Kind.DAMAGED,
                    "both slots of the beacon " + file + " are damaged, so nothing tells whether the store beside it is"
                            + " complete. Restore the file from a copy, or accept a possible loss: storage.acceptLoss=true"
                            + " for one start.");
        }
        return newest;
    }

    /**
     * What is wrong with a beacon that can be read, or null. Marks alternate, so both slots must be good and hold one mark
     * after the other; only of the very first mark there is one alone.
     */
    static String problemIn(Path file) {
        try (RandomAccessFile slots = new RandomAccessFile(file.toFile(), "r")) {
            Mark first = readSlot(slots, 0);
            Mark second = readSlot(slots, 1);
            if (readSlot(slots, UNSYNCED_SLOT) == null && !isZero(slots, UNSYNCED_SLOT)) {
                return "the slot behind the two synced ones is damaged; those still hold a mark";
            }
            if (first != null && second != null) {
                return Math.abs(first.counter() - second.counter()) == 1
                        ? null
                        : "its two slots do not follow each other: " + first.counter() + " and " + second.counter();
            }
            boolean firstMark = first == null && second != null && second.counter() == 1 && isZero(slots, 0);
            return firstMark
                    ? null
                    : "slot " + (first == null ? 0 : 1) + " is damaged; the other one still holds a mark";
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot read the beacon " + file + ": " + e, e);
        }
    }

    /** Never written: zeros, or past the end. */
    private static boolean isZero(RandomAccessFile slots, int index) throws IOException {
        byte[] slot = new byte[SLOT_BYTES];
        slots.seek((long) index * SLOT_STRIDE_BYTES);
        slots.read(slot);
        return Arrays.equals(slot, new byte[SLOT_BYTES]);
    }

    /** The counter stays that of the synced mark, which says where the next one goes. */
    private static Mark advanced(Mark synced, Mark since) {
        boolean further = since != null && since.counter() >= synced.counter() && since.sequence() > synced.sequence();
        return further ? new Mark(since.sequence(), false, synced.counter()) : synced;
    }

    private static Mark readSlot(RandomAccessFile slots, int index) throws IOException {
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES);
        try {
            slots.seek((long) index * SLOT_STRIDE_BYTES);
            slots.readFully(slot.array());
        } catch (EOFException e) {
            return null;
        }
        if (slot.getInt(0) != MAGIC || slot.getInt(CRC_AT) != crcOf(slot)) {
            return null;
        }
        return new Mark(slot.getLong(16), (slot.getInt(4) & FLAG_CLEAN) != 0, slot.getLong(8));
    }

    /** Opens for writing; the next mark goes to the slot that {@code previous}, which may be null, does not hold. */
    static Beacon open(Path file, Mark previous) {
        try {
            boolean created = !Files.exists(file);
            RandomAccessFile slots = new RandomAccessFile(file.toFile(), "rw");
            if (created) {
                DataDirectory.syncDirectory(file.toAbsolutePath().getParent());
            }
            return new Beacon(file, slots, previous == null ? 0 : previous.counter());
        } catch (IOException e) {
            throw new StoreException(Kind.NOT_WRITABLE, "cannot write the beacon " + file + ": " + e, e);
        }
    }

    /** Durable on return. The sequence must be durable in the store already. */
    void write(long sequence, boolean clean) {
        counter++;
        try {
            writeSlot(UNSYNCED_SLOT, sequence, clean);
            writeSlot((int) (counter % SLOT_COUNT), sequence, clean);
            slots.getFD().sync();
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    /** As {@link #write}, but durable only against the end of the process until the system writes it back. */
    void writeUnsynced(long sequence) {
        try {
            writeSlot(UNSYNCED_SLOT, sequence, false);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    private void writeSlot(int index, long sequence, boolean clean) throws IOException {
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES);
        slot.putInt(MAGIC).putInt(clean ? FLAG_CLEAN : 0).putLong(counter).putLong(sequence);
        slot.putInt(crcOf(slot));
        slots.seek((long) index * SLOT_STRIDE_BYTES);
        slots.write(slot.array());
    }

    private StoreException cannotWrite(IOException e) {
        Kind kind = String.valueOf(e.getMessage()).contains("No space left") ? Kind.DISK_FULL : Kind.IO;
        return new StoreException(kind, "cannot write the beacon " + file + ": " + e, e);
    }

    private static int crcOf(ByteBuffer slot) {
        CRC32C crc = new CRC32C();
        crc.update(slot.duplicate().clear().limit(CRC_AT));
        return (int) crc.getValue();
    }

    @Override
    public void close() {
        try {
            slots.close();
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot close the beacon " + file + ": " + e, e);
        }
    }
}
