package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Remembers outside the database how far it was durable, so that a recovery that stops early cannot pass unnoticed:
 * RocksDB opens without complaint when the end of its write-ahead log is unreadable (facebook/rocksdb#6288).
 *
 * <pre>
 * two slots, at byte 0 and byte 4096, written in turn, each:
 *   magic u32 | flags u32 (bit 0: closed cleanly) | counter u64 | sequence u64 | crc32c u32 of all before
 * </pre>
 *
 * A torn write damages one slot; the other still holds the mark before. Thread: one at a time, the caller sees to it.
 */
final class Beacon implements AutoCloseable {
    private static final int MAGIC = 0x4d52424e;
    private static final int FLAG_CLEAN = 1;
    private static final int SLOT_BYTES = 28;
    private static final int CRC_AT = SLOT_BYTES - Integer.BYTES;
    private static final int SLOT_STRIDE_BYTES = 4096;
    private static final int SLOT_COUNT = 2;

    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(SLOT_BYTES);
    private long counter;

    /** What the beacon says: every commit up to {@code sequence} was durable; {@code clean} after an orderly close. */
    record Mark(long sequence, boolean clean, long counter) {}

    private Beacon(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** The newest mark, or null where no beacon was ever written. Fails: DAMAGED where neither slot is readable. */
    static Mark read(Path file) {
        if (!Files.exists(file)) {
            return null;
        }
        Mark newest = null;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            for (int i = 0; i < SLOT_COUNT; i++) {
                Mark mark = readSlot(channel, i);
                if (mark != null && (newest == null || mark.counter() > newest.counter())) {
                    newest = mark;
                }
            }
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot read the beacon " + file + ": " + e, e);
        }
        if (newest == null) {
            throw new StoreException(
                    Kind.DAMAGED,
                    "both slots of the beacon " + file + " are damaged, so nothing tells whether the store beside it is"
                            + " complete. Restore the file from a copy, or accept a possible loss explicitly.");
        }
        return newest;
    }

    private static Mark readSlot(FileChannel channel, int index) throws IOException {
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES);
        long at = (long) index * SLOT_STRIDE_BYTES;
        while (slot.hasRemaining()) {
            if (channel.read(slot, at + slot.position()) < 0) {
                return null;
            }
        }
        if (slot.getInt(0) != MAGIC || slot.getInt(CRC_AT) != crcOf(slot)) {
            return null;
        }
        return new Mark(slot.getLong(16), (slot.getInt(4) & FLAG_CLEAN) != 0, slot.getLong(8));
    }

    /** Opens for writing; the next mark goes to the slot that {@code previous} does not hold, or to both if null. */
    static Beacon open(Path file, Mark previous) {
        try {
            boolean created = !Files.exists(file);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            Beacon beacon = new Beacon(file, channel);
            beacon.counter = previous == null ? 0 : previous.counter();
            if (created) {
                DataDirectory.syncDirectory(file.toAbsolutePath().getParent());
            }
            return beacon;
        } catch (IOException e) {
            throw new StoreException(Kind.NOT_WRITABLE, "cannot write the beacon " + file + ": " + e, e);
        }
    }

    /** Durable on return. The sequence must be durable in the store already. */
    void write(long sequence, boolean clean) {
        counter++;
        slot.clear();
        slot.putInt(MAGIC).putInt(clean ? FLAG_CLEAN : 0).putLong(counter).putLong(sequence);
        slot.putInt(crcOf(slot)).flip();
        long at = counter % SLOT_COUNT * SLOT_STRIDE_BYTES;
        try {
            while (slot.hasRemaining()) {
                channel.write(slot, at + slot.position());
            }
            channel.force(true);
        } catch (IOException e) {
            Kind kind = String.valueOf(e.getMessage()).contains("No space left") ? Kind.DISK_FULL : Kind.IO;
            throw new StoreException(kind, "cannot write the beacon " + file + ": " + e, e);
        }
    }

    private static int crcOf(ByteBuffer slot) {
        CRC32C crc = new CRC32C();
        crc.update(slot.duplicate().clear().limit(CRC_AT));
        return (int) crc.getValue();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot close the beacon " + file + ": " + e, e);
        }
    }
}
