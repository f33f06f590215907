package dev.millrace.core.compression;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.CompressionCodec;
import dev.millrace.core.record.CorruptBatchException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * zstd frames.
 *
 * <p>Decompresses in one call into a plain array and tries again with a larger one, because the stream decoder allocates
 * a window of whatever size a frame claims (128 MiB in 18 bytes).
 */
public final class ZstdCodec implements CompressionCodec {
    private static final int LEVEL = 3;
    private static final int FIRST_RATIO = 8;
    private static final int FIRST_BYTES_MIN = 16 * 1024;
    private static final int RETRY_RATIO = 4;

    @Override
    public Compression type() {
        return Compression.ZSTD;
    }

    @Override
    public byte[] compress(byte[] source, int offset, int length) {
        byte[] target = new byte[(int) Zstd.compressBound(length)];
        long written = Zstd.compressByteArray(target, 0, target.length, source, offset, length, LEVEL);
        return Arrays.copyOf(target, (int) written);
    }

    @Override
    public byte[] decompress(ByteBuffer source, int outputBytesMax) {
        SourceBytes input = SourceBytes.of(source);
        long attemptBytes = Math.max(FIRST_BYTES_MIN, (long) FIRST_RATIO * input.length());
        while (true) {
            int targetBytes = (int) Math.min(outputBytesMax, attemptBytes);
            byte[] target = new byte[targetBytes];
            try {
                int written = (int)
                        Zstd.decompressByteArray(target, 0, targetBytes, input.array(), input.offset(), input.length());
                return written == targetBytes ? target : Arrays.copyOf(target, written);
            } catch (ZstdException e) {
                if (e.getErrorCode() != Zstd.errDstSizeTooSmall()) {
                    throw new CorruptBatchException("zstd data is bad: " + e.getMessage(), e);
                }
                if (targetBytes == outputBytesMax) {
                    throw BoundedOutput.tooLarge(Compression.ZSTD, outputBytesMax);
                }
            }
            attemptBytes *= RETRY_RATIO;
        }
    }
}
