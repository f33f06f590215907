package dev.millrace.core.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * Reads a file in RocksDB's log format, a write-ahead log or a MANIFEST, and checks every checksum in it.
 *
 * <pre>
 * blocks of 32 KiB, in each fragments:
 *   masked crc32c u32 | length u16 | type u8 | in recyclable files: log number u32 | payload     little-endian
 * type: 1 whole record, 2 first, 3 middle, 4 last fragment; 5 to 8 the same, recyclable; fewer than 7 bytes: padding
 * </pre>
 *
 * RocksDB's own reader stops at the first thing that it does not like and says nothing; this one tells a write that was
 * cut short from damage: behind a torn end lies nothing that could be read, behind damage there is. Changes nothing.
 */
final class LogFileScan {
    static final int BLOCK_BYTES = 32 << 10;
    /** Of a record in a write-ahead log: sequence u64, number of changes u32. */
    static final int COMMIT_HEAD_BYTES = 12;
    /** Enough for what an edit in a MANIFEST says of the whole store. */
    private static final int HEAD_BYTES = 512;

    private static final int HEADER_BYTES = 7;
    private static final int RECYCLABLE_HEADER_BYTES = 11;
    private static final int MASK_DELTA = 0xa282ead8;
    private static final int TYPE_AT = 6;

    private static final int WHOLE = 1;
    private static final int FIRST = 2;
    private static final int MIDDLE = 3;
    private static final int LAST = 4;
    private static final int RECYCLABLE_OFFSET = 4;
    private static final int COMPRESSION = 9;
    private static final int RECYCLABLE_TIMESTAMP_SIZE = 11;
    /** Types with this bit may be passed over by readers that do not know them. */
    private static final int IGNORABLE = 128;

    private static final int RECYCLABLE_IGNORABLE = 131;

    private final RandomAccessFile file;
    private final long fileBytes;
    private final long logNumber;
    private final RecordVisitor visitor;
    private final LongConsumer progress;
    private final byte[] block = new byte[BLOCK_BYTES];
    private final ByteBuffer bytes = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    private long blockAt;
    private int blockBytes;
    private int at;

    private final byte[] head = new byte[HEAD_BYTES];
    private int headBytes;
    private boolean inRecord;
    private long wholeBytes;
    private long recordCount;

    /** How a file ends. */
    enum End {
        /** All of it is good. */
        WHOLE,
        /** The rest after {@link Outcome#wholeBytes} holds nothing that can be read: a write that was cut short. */
        TORN,
        /** Something is wrong at {@link Outcome#wholeBytes} or behind it, and good records follow. */
        DAMAGED
    }

    /**
     * @param wholeBytes up to the end of the last good record before any problem
     * @param problem what is wrong and where; empty for {@link End#WHOLE}
     */
    record Outcome(End end, long wholeBytes, long recordCount, String problem) {}

    /** Receives the first bytes of each good record before any problem. */
    @FunctionalInterface
    interface RecordVisitor {
        /** @param head little-endian, the first {@code headBytes} of it valid during the call only */
        void visit(ByteBuffer head, int headBytes);
    }

    private record Fragment(int type, int headerBytes, int payloadBytes, String problem) {
        static Fragment bad(String problem) {
            return new Fragment(-1, 0, 0, problem);
        }

        int end(int start) {
            return start + headerBytes + payloadBytes;
        }
    }

    private LogFileScan(
            RandomAccessFile file, long fileBytes, long logNumber, RecordVisitor visitor, LongConsumer progress) {
        this.file = file;
        this.fileBytes = fileBytes;
        this.logNumber = logNumber;
        this.visitor = visitor;
        this.progress = progress;
    }

    /** @param progress receives the bytes read since the last call */
    static Outcome run(Path path, RecordVisitor visitor, LongConsumer progress) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            return new LogFileScan(file, file.length(), numberOf(path), visitor, progress).run();
        }
    }

    /** {@code 000012.log} has number 12; a MANIFEST has none. */
    static long numberOf(Path path) {
        String name = path.getFileName().toString();
        return name.matches("[0-9]{1,18}\\.log") ? Long.parseLong(name.substring(0, name.length() - 4)) : 0;
    }

    private Outcome run() throws IOException {
        for (long next = 0; next < fileBytes; next += BLOCK_BYTES) {
            load(next);
            Outcome ended = scanBlock();
            if (ended != null) {
                return ended;
            }
        }
        return inRecord
                ? new Outcome(End.TORN, wholeBytes, recordCount, "the last record is incomplete")
                : new Outcome(End.WHOLE, wholeBytes, recordCount, "");
    }

    private void load(long position) throws IOException {
        blockAt = position;
        blockBytes = (int) Math.min(BLOCK_BYTES, fileBytes - position);
        at = 0;
        file.seek(position);
        file.readFully(block, 0, blockBytes);
        progress.accept(blockBytes);
    }

    /** Returns null where the block is good and the next one follows. */
    private Outcome scanBlock() throws IOException {
        while (BLOCK_BYTES - at >= HEADER_BYTES && at < blockBytes) {
            Fragment fragment = fragmentAt(at);
            if (fragment.type == 0) {
                return afterZeros();
            }
            String problem = fragment.problem != null ? fragment.problem : orderProblem(fragment);
            if (problem != null) {
                return ended(problem);
            }
            if (isOfAnEarlierFile(fragment)) {
                return new Outcome(End.WHOLE, wholeBytes, recordCount, "");
            }
            take(fragment);
        }
        return null;
    }

    private Fragment fragmentAt(int start) {
        if (start + HEADER_BYTES > blockBytes) {
            return Fragment.bad("the file ends inside a record");
        }
        int length = Short.toUnsignedInt(bytes.getShort(start + 4));
        int type = Byte.toUnsignedInt(block[start + TYPE_AT]);
        if (type == 0 && length == 0 && bytes.getInt(start) == 0) {
            return new Fragment(0, HEADER_BYTES, 0, null);
        }
        if (!isKnown(type)) {
            return Fragment.bad("unknown record type " + type);
        }
        Fragment fragment =
                new Fragment(type, isRecyclable(type) ? RECYCLABLE_HEADER_BYTES : HEADER_BYTES, length, null);
        if (fragment.end(start) > BLOCK_BYTES) {
            return Fragment.bad("a record's length reaches over the end of its block");
        }
        if (fragment.end(start) > blockBytes) {
            return Fragment.bad("the file ends inside a record");
        }
        return bytes.getInt(start) == checksum(start, fragment)
                ? fragment
                : Fragment.bad("a record's checksum does not match");
    }

    private static boolean isKnown(int type) {
        return type >= WHOLE && type <= RECYCLABLE_TIMESTAMP_SIZE || type >= IGNORABLE;
    }

    private static boolean isRecyclable(int type) {
        return type > LAST && type <= LAST + RECYCLABLE_OFFSET
                || type == RECYCLABLE_TIMESTAMP_SIZE
                || type == RECYCLABLE_IGNORABLE;
    }

    /** Over type, log number and payload, masked as RocksDB does so that a checksum of checksums stays sound. */
    private int checksum(int start, Fragment fragment) {
        CRC32C crc = new CRC32C();
        crc.update(block, start + TYPE_AT, fragment.end(start) - start - TYPE_AT);
        int value = (int) crc.getValue();
        return (value >>> 15 | value << 17) + MASK_DELTA;
    }

    private String orderProblem(Fragment fragment) {
        int part = partOf(fragment.type);
        if (inRecord && (part == WHOLE || part == FIRST)) {
            return "a record begins before the one before it has ended";
        }
        return !inRecord && (part == MIDDLE || part == LAST) ? "the beginning of a record is missing" : null;
    }

    private static int partOf(int type) {
        return type > LAST && type <= LAST + RECYCLABLE_OFFSET ? type - RECYCLABLE_OFFSET : type;
    }

    /** A recycled file still holds, behind its own records, those of the file that it was before. */
    private boolean isOfAnEarlierFile(Fragment fragment) {
        return fragment.headerBytes == RECYCLABLE_HEADER_BYTES && bytes.getInt(at + HEADER_BYTES) != (int) logNumber;
    }

    private void take(Fragment fragment) {
        int part = partOf(fragment.type);
        int payloadAt = at + fragment.headerBytes;
        at = fragment.end(at);
        if (part >= COMPRESSION) {
            wholeBytes = inRecord ? wholeBytes : blockAt + at;
            return;
        }
        if (part == WHOLE || part == FIRST) {
            headBytes = 0;
        }
        int more = Math.min(HEAD_BYTES - headBytes, fragment.payloadBytes);
        System.arraycopy(block, payloadAt, head, headBytes, more);
        headBytes += more;
        inRecord = part == FIRST || part == MIDDLE;
        if (!inRecord) {
            wholeBytes = blockAt + at;
            recordCount++;
            visitor.visit(ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN), headBytes);
        }
    }

    /** Space that was allocated ahead is zero to the end of the file. */
    private Outcome afterZeros() throws IOException {
        long zerosAt = blockAt + at;
        boolean onlyZeros = isZero(at);
        while (onlyZeros && blockAt + BLOCK_BYTES < fileBytes) {
            load(blockAt + BLOCK_BYTES);
            onlyZeros = isZero(0);
        }
        if (!onlyZeros) {
            load(zerosAt / BLOCK_BYTES * BLOCK_BYTES);
            at = (int) (zerosAt % BLOCK_BYTES);
            return ended("zeros where a record should be");
        }
        return inRecord
                ? new Outcome(
                        End.TORN, wholeBytes, recordCount, "byte " + zerosAt + ": zeros inside of the last record")
                : new Outcome(End.WHOLE, wholeBytes, recordCount, "");
    }

    private boolean isZero(int from) {
        for (int i = from; i < blockBytes; i++) {
            if (block[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private Outcome ended(String problem) throws IOException {
        String where = "byte " + (blockAt + at) + ": " + problem;
        long followsAt = goodFragmentAfter(at + 1);
        return followsAt < 0
                ? new Outcome(End.TORN, wholeBytes, recordCount, where)
                : new Outcome(
                        End.DAMAGED, wholeBytes, recordCount, where + ", and good records follow at byte " + followsAt);
    }

    /** Anywhere in this block, because a damaged length hides where the next one starts; then where each block starts. */
    private long goodFragmentAfter(int from) throws IOException {
        for (int start = from; start + HEADER_BYTES <= blockBytes; start++) {
            if (isGood(start)) {
                return blockAt + start;
            }
        }
        for (long next = blockAt + BLOCK_BYTES; next < fileBytes; next += BLOCK_BYTES) {
            load(next);
            if (isGood(0)) {
                return next;
            }
        }
        return -1;
    }

    private boolean isGood(int start) {
        Fragment fragment = fragmentAt(start);
        return fragment.problem == null && fragment.type > 0;
    }
}
