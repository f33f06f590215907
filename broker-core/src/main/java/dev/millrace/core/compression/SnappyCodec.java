package dev.millrace.core.compression;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.CompressionCodec;
import dev.millrace.core.record.CorruptBatchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.xerial.snappy.Snappy;

/**
 * snappy in the framing of snappy-java, which Kafka clients use; reads a bare snappy block as well.
 *
 * <pre>
 * 82 "SNAPPY" 00 │ int32 version = 1 │ int32 compatibleVersion = 1 │ (int32 blockBytes │ snappy block)*
 * </pre>
 *
 * The framing is our own: SnappyInputStream allocates whatever a block's length claims.
 */
public final class SnappyCodec implements CompressionCodec {
    private static final byte[] MAGIC = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
    private static final int HEADER_BYTES = 16;
    private static final int VERSION = 1;
    private static final int BLOCK_BYTES = 32 * 1024;

    /** The densest element of the format copies 64 bytes and takes 3. */
    private static final int RATIO_MAX = 22;

    @Override
    public Compression type() {
        return Compression.SNAPPY;
    }

    @Override
    public byte[] compress(byte[] source, int offset, int length) {
        int fullBlocks = length / BLOCK_BYTES;
        int worstBytes = HEADER_BYTES
                + fullBlocks * (4 + Snappy.maxCompressedLength(BLOCK_BYTES))
                + 4
                + Snappy.maxCompressedLength(length % BLOCK_BYTES);
        byte[] target = new byte[worstBytes];
        ByteBuffer view = ByteBuffer.wrap(target);
        view.put(MAGIC).putInt(VERSION).putInt(VERSION);
        int at = HEADER_BYTES;
        try {
            for (int done = 0; done < length; done += BLOCK_BYTES) {
                int blockBytes = Math.min(BLOCK_BYTES, length - done);
                int written = Snappy.compress(source, offset + done, blockBytes, target, at + 4);
                view.putInt(at, written);
                at += 4 + written;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("snappy refused to compress " + length + " bytes", e);
        }
        return Arrays.copyOf(target, at);
    }

    @Override
    public byte[] decompress(ByteBuffer source, int outputBytesMax) {
        SourceBytes input = SourceBytes.of(source);
        BoundedOutput output = new BoundedOutput(Compression.SNAPPY, 2 * input.length(), outputBytesMax);
        try {
            if (headerAt(input, input.offset())) {
                decompressFramed(input, output);
            } else {
                decompressBlock(input, input.offset(), input.length(), output);
            }
        } catch (IOException e) {
            throw new CorruptBatchException("snappy data is bad: " + e.getMessage(), e);
        }
        return output.toBytes();
    }

    private static void decompressFramed(SourceBytes input, BoundedOutput output) throws IOException {
        ByteBuffer view = ByteBuffer.wrap(input.array());
        int at = input.offset();
        while (at < input.end()) {
            if (headerAt(input, at)) { // also between blocks: streams may be concatenated
                int compatibleVersion = view.getInt(at + 12);
                if (compatibleVersion > VERSION) {
                    throw new CorruptBatchException(
                            "snappy framing needs version " + compatibleVersion + ", known is 1");
                }
                at += HEADER_BYTES;
                continue;
            }
            int left = input.end() - at - 4;
            int blockBytes = left < 0 ? -1 : view.getInt(at);
            if (blockBytes < 1 || blockBytes > left) {
                throw new CorruptBatchException("snappy block claims " + blockBytes + " bytes, " + left + " are left");
            }
            decompressBlock(input, at + 4, blockBytes, output);
            at += 4 + blockBytes;
        }
    }

    private static void decompressBlock(SourceBytes input, int at, int blockBytes, BoundedOutput output)
            throws IOException {
        int claimedBytes = Snappy.uncompressedLength(input.array(), at, blockBytes);
        if (claimedBytes < 0 || claimedBytes > (long) RATIO_MAX * blockBytes) {
            throw new CorruptBatchException(
                    "snappy block of " + blockBytes + " bytes claims to inflate to " + claimedBytes);
        }
        output.reserve(claimedBytes);
        output.advance(Snappy.uncompress(input.array(), at, blockBytes, output.array(), output.size()));
    }

    private static boolean headerAt(SourceBytes input, int at) {
        return input.end() - at >= HEADER_BYTES
                && Arrays.equals(input.array(), at, at + MAGIC.length, MAGIC, 0, MAGIC.length);
    }
}
