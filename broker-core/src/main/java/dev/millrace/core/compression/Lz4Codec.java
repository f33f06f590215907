package dev.millrace.core.compression;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.CompressionCodec;
import dev.millrace.core.record.CorruptBatchException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * lz4 in its frame format, little-endian, blocks of 64 KiB that do not refer to each other, as Kafka clients write it.
 *
 * <pre>
 * int32 magic │ flags │ blockSize │ [int64 contentBytes] │ headerHash │ (int32 blockBytes │ block │ [int32 hash])*
 *             │ int32 0 │ [int32 hash]
 * </pre>
 *
 * The framing is our own: LZ4FrameInputStream allocates two blocks of the size that a frame claims, up to 8 MiB.
 */
public final class Lz4Codec implements CompressionCodec {
    private static final int MAGIC = 0x184d2204;
    private static final int SKIPPABLE_MAGIC = 0x184d2a50;
    private static final int SKIPPABLE_MASK = 0xfffffff0;
    private static final int FLAGS = 0x60;
    private static final int FLAGS_VERSION_MASK = 0xc0;
    private static final int FLAGS_VERSION = 0x40;
    private static final int FLAG_INDEPENDENT = 0x20;
    private static final int FLAG_BLOCK_HASH = 0x10;
    private static final int FLAG_CONTENT_SIZE = 0x08;
    private static final int FLAG_CONTENT_HASH = 0x04;
    private static final int FLAGS_REFUSED = 0x03;
    private static final int BLOCK_64K = 0x40;
    private static final int BLOCK_BYTES = 64 * 1024;
    private static final int STORED_BIT = 0x80000000;
    private static final int HEADER_BYTES = 7;
    private static final int RATIO_MAX = 255;

    /**
     * Where a block of the usual size inflates: how large it gets shows only then, and making room for the most it can be
     * costs more than inflating a small one. Held by each thread that inflates.
     */
    private final ThreadLocal<byte[]> usualBlock = ThreadLocal.withInitial(() -> new byte[BLOCK_BYTES]);

    @Override
    public Compression type() {
        return Compression.LZ4;
    }

    @Override
    public byte[] compress(byte[] source, int offset, int length) {
        LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
        int blockCount = length / BLOCK_BYTES + 1;
        int blockBytesMax = compressor.maxCompressedLength(Math.min(BLOCK_BYTES, length));
        byte[] target = new byte[HEADER_BYTES + blockCount * 4 + length + 4 + blockBytesMax];
        ByteBuffer view = ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN);
        view.putInt(MAGIC).put((byte) FLAGS).put((byte) BLOCK_64K).put(headerHash(target, 4, 2));
        int at = HEADER_BYTES;
        for (int done = 0; done < length; done += BLOCK_BYTES) {
            int blockBytes = Math.min(BLOCK_BYTES, length - done);
            int written = compressor.compress(source, offset + done, blockBytes, target, at + 4);
            if (written >= blockBytes) {
                System.arraycopy(source, offset + done, target, at + 4, blockBytes);
                written = blockBytes;
                view.putInt(at, written | STORED_BIT);
            } else {
                view.putInt(at, written);
            }
            at += 4 + written;
        }
        view.putInt(at, 0);
        return Arrays.copyOf(target, at + 4);
    }

    @Override
    public byte[] decompress(ByteBuffer source, int outputBytesMax) {
        SourceBytes input = SourceBytes.of(source);
        BoundedOutput output = new BoundedOutput(Compression.LZ4, 2 * input.length(), outputBytesMax);
        Reader reader = new Reader(input);
        do {
            decompressFrame(reader, output);
        } while (reader.left() > 0);
        return output.toBytes();
    }

    private void decompressFrame(Reader reader, BoundedOutput output) {
        int magic = reader.int32("magic");
        if ((magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
            reader.skip(reader.int32("length of a skippable frame"), "skippable frame");
            return;
        }
        if (magic != MAGIC) {
            throw bad("magic is " + Integer.toHexString(magic));
        }
        int descriptorAt = reader.at;
        int flags = reader.int8("flags");
        int blockDescriptor = reader.int8("block size");
        if ((flags & FLAGS_VERSION_MASK) != FLAGS_VERSION || (flags & FLAGS_REFUSED) != 0) {
            throw bad("frame flags are " + Integer.toHexString(flags));
        }
        if ((flags & FLAG_INDEPENDENT) == 0) {
            throw bad("blocks that refer to each other are not supported");
        }
        int blockSizeId = blockDescriptor >> 4;
        if ((blockDescriptor & 0x8f) != 0 || blockSizeId < 4) {
            throw bad("block size is coded as " + Integer.toHexString(blockDescriptor));
        }
        boolean contentSizeKnown = (flags & FLAG_CONTENT_SIZE) != 0;
        long contentBytes = contentSizeKnown ? reader.int64("content size") : -1;
        byte hash = headerHash(reader.array, descriptorAt, reader.at - descriptorAt);
        if ((byte) reader.int8("header hash") != hash) {
            throw bad("the hash of the frame header does not match");
        }
        int frameAt = output.size();
        decompressBlocks(reader, 1 << (8 + 2 * blockSizeId), (flags & FLAG_BLOCK_HASH) != 0, output);
        int frameBytes = output.size() - frameAt;
        if (contentSizeKnown && contentBytes != frameBytes) {
            throw bad("frame claims " + contentBytes + " bytes and holds " + frameBytes);
        }
        if ((flags & FLAG_CONTENT_HASH) != 0) {
            checkHash(output.array(), frameAt, frameBytes, reader.int32("content hash"));
        }
    }

    private void decompressBlocks(Reader reader, int blockBytesMax, boolean hashed, BoundedOutput output) {
        while (true) {
            int coded = reader.int32("block length");
            if (coded == 0) {
                return;
            }
            int blockBytes = coded & ~STORED_BIT;
            if (blockBytes > blockBytesMax) {
                throw bad("block of " + blockBytes + " bytes in a frame of " + blockBytesMax + " byte blocks");
            }
            int blockAt = reader.at;
            reader.skip(blockBytes, "block");
            if (hashed) {
                checkHash(reader.array, blockAt, blockBytes, reader.int32("block hash"));
            }
            if ((coded & STORED_BIT) != 0) {
                output.reserve(blockBytes);
                System.arraycopy(reader.array, blockAt, output.array(), output.size(), blockBytes);
                output.advance(blockBytes);
            } else {
                decompressBlock(reader.array, blockAt, blockBytes, blockBytesMax, output);
            }
        }
    }

    private void decompressBlock(byte[] input, int at, int blockBytes, int blockBytesMax, BoundedOutput output) {
        int possibleBytes = (int) Math.min(blockBytesMax, (long) RATIO_MAX * blockBytes);
        int roomBytes = Math.min(possibleBytes, output.allowedBytes());
        try {
            if (roomBytes > BLOCK_BYTES) {
                output.reserve(roomBytes);
                output.advance(inflate(input, at, blockBytes, output.array(), output.size(), roomBytes));
            } else {
                byte[] block = usualBlock.get();
                output.append(block, inflate(input, at, blockBytes, block, 0, roomBytes));
            }
        } catch (LZ4Exception e) {
            if (roomBytes < possibleBytes) {
                throw new CorruptBatchException("lz4 block is bad or inflates past the limit", e);
            }
            throw new CorruptBatchException("lz4 block of " + blockBytes + " bytes is bad: " + e.getMessage(), e);
        }
    }

    private static int inflate(byte[] input, int at, int blockBytes, byte[] target, int targetAt, int roomBytes) {
        return LZ4Factory.fastestInstance()
                .safeDecompressor()
                .decompress(input, at, blockBytes, target, targetAt, roomBytes);
    }

    private static byte headerHash(byte[] bytes, int offset, int length) {
        return (byte) (hasher().hash(bytes, offset, length, 0) >> 8);
    }

    private static void checkHash(byte[] bytes, int offset, int length, int expected) {
        if (hasher().hash(bytes, offset, length, 0) != expected) {
            throw bad("the hash of " + length + " bytes does not match");
        }
    }

    private static XXHash32 hasher() {
        return XXHashFactory.fastestInstance().hash32();
    }

    private static CorruptBatchException bad(String problem) {
        return new CorruptBatchException("lz4 data is bad: " + problem);
    }

    /** Reads little-endian numbers and never past the end. */
    private static final class Reader {
        private final byte[] array;
        private final ByteBuffer view;
        private final int end;
        private int at;

        Reader(SourceBytes input) {
            array = input.array();
            view = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
            at = input.offset();
            end = input.end();
        }

        int left() {
            return end - at;
        }

        int int8(String what) {
            return array[take(1, what)] & 0xff;
        }

        int int32(String what) {
            return view.getInt(take(4, what));
        }

        long int64(String what) {
            return view.getLong(take(8, what));
        }

        void skip(int count, String what) {
            take(count, what);
        }

        private int take(int count, String what) {
            if (count < 0 || count > left()) {
                throw bad("cut off inside its " + what);
            }
            int start = at;
            at += count;
            return start;
        }
    }
}
