package dev.millrace.core.compression;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.CompressionCodec;
import dev.millrace.core.record.CorruptBatchException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** gzip by the JDK. */
public final class GzipCodec implements CompressionCodec {
    private static final int STREAM_BYTES = 8 * 1024;

    @Override
    public Compression type() {
        return Compression.GZIP;
    }

    @Override
    public byte[] compress(byte[] source, int offset, int length) {
        ByteArrayOutputStream target = new ByteArrayOutputStream(Math.max(64, length / 2));
        try (GZIPOutputStream gzip = new GZIPOutputStream(target, STREAM_BYTES)) {
            gzip.write(source, offset, length);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return target.toByteArray();
    }

    @Override
    public byte[] decompress(ByteBuffer source, int outputBytesMax) {
        SourceBytes input = SourceBytes.of(source);
        BoundedOutput output = new BoundedOutput(Compression.GZIP, Math.max(64, 2 * input.length()), outputBytesMax);
        ByteArrayInputStream bytes = new ByteArrayInputStream(input.array(), input.offset(), input.length());
        try (GZIPInputStream gzip = new GZIPInputStream(bytes, STREAM_BYTES)) {
            while (true) {
                if (output.size() == output.array().length && !grow(gzip, output)) {
                    return output.toBytes();
                }
                int count = gzip.read(output.array(), output.size(), output.array().length - output.size());
                if (count < 0) {
                    return output.toBytes();
                }
                output.advance(count);
            }
        } catch (IOException e) {
            throw new CorruptBatchException("gzip data is bad: " + e.getMessage(), e);
        }
    }

    /** Doubles the output when at least one more byte appears; false at the end. */
    private static boolean grow(GZIPInputStream gzip, BoundedOutput output) throws IOException {
        int next = gzip.read();
        if (next < 0) {
            return false;
        }
        output.reserve(1);
        output.array()[output.size()] = (byte) next;
        output.advance(1);
        return true;
    }
}
