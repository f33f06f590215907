package dev.millrace.core.deadletter;

import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The rows in {@link Table#DEAD_LETTER}.
 *
 * <pre>
 * key                                                    value, after a version byte (1)
 * 01 | length u16 | group | partition u32 | offset u64   state u8, keyHash i64, keyShown, reason, summary, attempts i32,
 *                                                        firstFailureMs i64, lastFailureMs i64, copy, replay, changedMs i64, note
 * 02 | length u16 | group | partition u32 | offset u64   attempts i32, firstFailureMs i64; in version 2 then attempts when
 *                                                        it last failed i32, attemptsMax i32, error, failedMs i64,
 *                                                        nextTryMs i64
 * 03 | length u16 | group | partition u32 | 0 u64        offset i64 below which records are asked for, since a member was lost
 * </pre>
 *
 * {@code copy} and {@code replay} are {@code partition u32, offset i64}, offset -1 for none.
 */
final class DeadLetterRows {
    private static final int ROW_VERSION = 1;
    /** Of attempts of which a failure was told; what was not is written as before. */
    private static final int FAILED_ROW_VERSION = 2;

    private static final int LETTER_PREFIX = 1;
    private static final int ATTEMPTS_PREFIX = 2;
    private static final int SUSPECT_PREFIX = 3;

    private DeadLetterRows() {}

    /** Receives the rows as they were stored. */
    interface Visitor {
        void letter(String group, DeadLetter letter);

        void attempts(String group, RecordId id, Attempts attempts);

        void suspect(String group, int partitionId, long below);
    }

    static void load(Store store, Visitor visitor) {
        scan(store, LETTER_PREFIX, (group, id, in) -> visitor.letter(group, readLetter(id, in)));
        scan(
                store,
                ATTEMPTS_PREFIX,
                (group, id, in) -> visitor.attempts(
                        group,
                        id,
                        new Attempts(in.readInt(), in.readLong(), in.remaining() == 0 ? null : readLast(in))));
        scan(store, SUSPECT_PREFIX, (group, id, in) -> visitor.suspect(group, id.partitionId(), in.readLong()));
    }

    private interface RowReader {
        void read(String group, RecordId id, FieldReader value);
    }

    private static void scan(Store store, int prefix, RowReader reader) {
        store.scan(Table.DEAD_LETTER, new byte[] {(byte) prefix}, new byte[] {(byte) (prefix + 1)}, (key, value) -> {
            try {
                FieldReader in = new FieldReader(value);
                byte version = in.readByte();
                int newest = prefix == ATTEMPTS_PREFIX ? FAILED_ROW_VERSION : ROW_VERSION;
                if (version < ROW_VERSION || version > newest) {
                    throw new IllegalArgumentException("row version " + version + ", this broker knows " + newest);
                }
                ByteBuffer parts = ByteBuffer.wrap(key, 1, key.length - 1);
                byte[] group = new byte[parts.getShort() & 0xffff];
                parts.get(group);
                RecordId id = new RecordId(parts.getInt(), parts.getLong());
                reader.read(new String(group, StandardCharsets.UTF_8), id, in);
            } catch (RuntimeException e) {
                throw new StoreException(
                        StoreException.Kind.DAMAGED,
                        "A row of table DEAD_LETTER is damaged: key "
                                + HexFormat.of().formatHex(key) + ": " + e.getMessage()
                                + ". Restore the data directory from a backup.",
                        e);
            }
            return true;
        });
    }

    static void write(String group, DeadLetter letter, WriteSink sink) {
        FieldWriter out = row().writeByte(letter.state().ordinal())
                .writeLong(letter.keyHash())
                .writeBytes(ByteBuffer.wrap(letter.keyShown()));
        ParkRecord.Failure failure = letter.failure();
        out.writeString(failure.reason()).writeString(failure.summary()).writeInt(failure.attempts());
        out.writeLong(failure.firstFailureMs()).writeLong(failure.lastFailureMs());
        writeId(out, letter.copy());
        writeId(out, letter.replay());
        out.writeLong(letter.changedMs()).writeString(letter.note());
        sink.put(Table.DEAD_LETTER, key(LETTER_PREFIX, group, letter.source()), out.toByteArray());
    }

    private static DeadLetter readLetter(RecordId source, FieldReader in) {
        DeadLetter.State state = DeadLetter.State.values()[in.readByte()];
        long keyHash = in.readLong();
        ByteBuffer shown = in.readBytes();
        byte[] keyShown = new byte[shown.remaining()];
        shown.get(keyShown);
        ParkRecord.Failure failure =
                new ParkRecord.Failure(in.readText(), in.readText(), in.readInt(), in.readLong(), in.readLong());
        return new DeadLetter(
                source, state, keyHash, keyShown, failure, readId(in), readId(in), in.readLong(), in.readText());
    }

    private static void writeId(FieldWriter out, RecordId id) {
        out.writeInt(id == null ? 0 : id.partitionId()).writeLong(id == null ? -1 : id.offset());
    }

    private static RecordId readId(FieldReader in) {
        RecordId id = new RecordId(in.readInt(), in.readLong());
        return id.offset() < 0 ? null : id;
    }

    static void delete(String group, DeadLetter letter, WriteSink sink) {
        sink.delete(Table.DEAD_LETTER, key(LETTER_PREFIX, group, letter.source()));
    }

    static void write(String group, RecordId id, Attempts attempts, WriteSink sink) {
        LastFailure last = attempts.last();
        FieldWriter out = last == null ? row() : new FieldWriter().writeByte(FAILED_ROW_VERSION);
        out.writeInt(attempts.count()).writeLong(attempts.firstFailureMs());
        if (last != null) {
            out.writeInt(last.attempts()).writeInt(last.attemptsMax()).writeString(last.error());
            out.writeLong(last.failedMs()).writeLong(last.nextTryMs());
        }
        sink.put(Table.DEAD_LETTER, key(ATTEMPTS_PREFIX, group, id), out.toByteArray());
    }

    private static LastFailure readLast(FieldReader in) {
        return new LastFailure(in.readInt(), in.readInt(), in.readText(), in.readLong(), in.readLong());
    }

    static void deleteAttempts(String group, RecordId id, WriteSink sink) {
        sink.delete(Table.DEAD_LETTER, key(ATTEMPTS_PREFIX, group, id));
    }

    static void writeSuspect(String group, int partitionId, long below, WriteSink sink) {
        sink.put(
                Table.DEAD_LETTER,
                key(SUSPECT_PREFIX, group, new RecordId(partitionId, 0)),
                row().writeLong(below).toByteArray());
    }

    static void deleteSuspect(String group, int partitionId, WriteSink sink) {
        sink.delete(Table.DEAD_LETTER, key(SUSPECT_PREFIX, group, new RecordId(partitionId, 0)));
    }

    private static FieldWriter row() {
        return new FieldWriter().writeByte(ROW_VERSION);
    }

    private static byte[] key(int prefix, String group, RecordId id) {
        byte[] name = group.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(15 + name.length)
                .put((byte) prefix)
                .putShort((short) name.length)
                .put(name)
                .putInt(id.partitionId())
                .putLong(id.offset())
                .array();
    }
}
