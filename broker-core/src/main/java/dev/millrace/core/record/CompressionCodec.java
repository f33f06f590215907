package dev.millrace.core.record;

import java.nio.ByteBuffer;

/** Compresses and decompresses the records of a batch. Implementations hold no state: any thread, any time. */
public interface CompressionCodec {
    Compression type();

    byte[] compress(byte[] source, int offset, int length);

    /**
     * Decompresses what lies between the position and the limit of {@code source}, which stay as they are.
     *
     * <p>Memory grows with the output that really appears, never with a size that the input only claims.
     *
     * @throws CorruptBatchException when the input is bad or the output would exceed {@code outputBytesMax}
     */
    byte[] decompress(ByteBuffer source, int outputBytesMax);
}
