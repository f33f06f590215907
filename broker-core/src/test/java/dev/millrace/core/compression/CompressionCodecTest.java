package dev.millrace.core.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.millrace.core.record.Codecs;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.CompressionCodec;
import dev.millrace.core.record.CorruptBatchException;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jpountz.xxhash.XXHashFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xerial.snappy.Snappy;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompressionCodecTest {
    private static final int MIB = 1 << 20;
    private static final int GIB = 1 << 30;
    private static final int[] SIZES = {
        0, 1, 2, 100, 32767, 32768, 32769, 65535, 65536, 65537, 131_072, 1_000_000, 3 * MIB + 1
    };

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void returnsTheSameBytesAtEverySize(Compression compression) {
        CompressionCodec codec = Codecs.of(compression);
        Random random = new Random(1);
        for (int size : SIZES) {
            byte[] noise = new byte[size];
            random.nextBytes(noise);
            for (byte[] bytes : new byte[][] {new byte[size], noise}) {
                byte[] compressed = codec.compress(bytes, 0, size);
                assertThat(codec.decompress(ByteBuffer.wrap(compressed), size)).isEqualTo(bytes);
                if (size > 0) {
                    assertThatThrownBy(() -> codec.decompress(ByteBuffer.wrap(compressed), size - 1))
                            .isInstanceOf(CorruptBatchException.class)
                            .hasMessageContaining("limit");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void readsAndWritesOnlyTheGivenRange(Compression compression) {
        CompressionCodec codec = Codecs.of(compression);
        byte[] text = "before the quick brown fox the quick brown fox after".getBytes();
        byte[] compressed = codec.compress(text, 7, 40);
        ByteBuffer surrounded = ByteBuffer.allocateDirect(compressed.length + 9);
        surrounded.position(4).put(compressed).flip().position(4);

        assertThat(codec.decompress(surrounded, 1000)).isEqualTo(Arrays.copyOfRange(text, 7, 47));
        assertThat(surrounded.position()).isEqualTo(4);
        assertThat(codec.type()).isEqualTo(compression);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void refusesDataThatIsCutOffOrNoise(Compression compression) {
        CompressionCodec codec = Codecs.of(compression);
        byte[] text = "the quick brown fox the quick brown fox the quick brown fox".getBytes();
        byte[] compressed = codec.compress(text, 0, text.length);
        for (int length = 1; length < compressed.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(compressed, 0, length);
            if (compression == Compression.SNAPPY && length == 16) {
                continue; // a framed stream may end between blocks; the record count shows what is missing
            }
            assertThatThrownBy(() -> codec.decompress(cut, MIB))
                    .as("%d bytes", length)
                    .isInstanceOf(CorruptBatchException.class);
        }
        byte[] noise = new byte[100];
        new Random(7).nextBytes(noise);
        assertThatThrownBy(() -> codec.decompress(ByteBuffer.wrap(noise), MIB))
                .isInstanceOf(CorruptBatchException.class)
                .hasMessageContaining(compression.label());
    }

    @Test
    void aBombOfGzipMembersIsStoppedAtTheLimit() throws Exception {
        assertBombStopped(Compression.GZIP, repeat(compressedZeros(Compression.GZIP, MIB), 1024));
    }

    @Test
    void aBombOfLz4FramesIsStoppedAtTheLimit() {
        assertBombStopped(Compression.LZ4, repeat(compressedZeros(Compression.LZ4, 65536), GIB / 65536 / 8));
    }

    @Test
    void aBombOfSnappyBlocksIsStoppedAtTheLimit() {
        assertBombStopped(Compression.SNAPPY, repeat(compressedZeros(Compression.SNAPPY, 32768), 2000));
    }

    @Test
    void aBombOfZstdRunsIsStoppedAtTheLimit() {
        assertBombStopped(Compression.ZSTD, zstdRuns("0088", GIB / (128 * 1024)));
    }

    @Test
    void sizesThatAreOnlyClaimedAllocateNothing() {
        // zstd: one segment, 4 bytes of content size = 1 GiB, and one run of 128 KiB.
        assertRefusedCheaply(Compression.ZSTD, zstdRuns("a000000040", 1));
        // snappy, bare block: length 2^30 as a varint, then one literal.
        assertRefusedCheaply(Compression.SNAPPY, hex("8080808004 0061"));
        // snappy, framed: a block that claims 1 GiB of input.
        assertRefusedCheaply(Compression.SNAPPY, hex("82534e4150505900 00000001 00000001 40000000 0061"));
        // snappy, framed: a small block that claims 1 GiB of output.
        assertRefusedCheaply(Compression.SNAPPY, hex("82534e4150505900 00000001 00000001 00000007 8080808004 0061"));
        assertRefusedCheaply(Compression.LZ4, lz4Claiming(GIB));
        assertRefusedCheaply(Compression.LZ4, lz4Claiming(-1));
    }

    @Test
    void aWindowThatZstdClaimsIsNotAllocated() {
        // Window of 2 GiB in the descriptor, 128 KiB inside: fine, because no window is ever needed.
        byte[] frame = zstdRuns("00a8", 1);

        assertThat(Codecs.of(Compression.ZSTD).decompress(ByteBuffer.wrap(frame), MIB))
                .hasSize(128 * 1024);
    }

    @Test
    void readsABareSnappyBlockAsSomeClientsSendIt() throws Exception {
        byte[] text = "the quick brown fox the quick brown fox".getBytes();

        byte[] read = Codecs.of(Compression.SNAPPY).decompress(ByteBuffer.wrap(Snappy.compress(text)), 1000);

        assertThat(read).isEqualTo(text);
    }

    @Test
    void readsLz4FramesWithHashesAndSizesAndOtherFramesBetween() {
        byte[] text = "stored".getBytes();
        ByteBuffer frame = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(0x184d2a53).putInt(3).put(new byte[3]); // skippable
        int descriptorAt = frame.position() + 4;
        frame.putInt(0x184d2204).put((byte) 0x7c).put((byte) 0x70).putLong(text.length);
        frame.put((byte) (xxHash(frame.array(), descriptorAt, 10) >> 8));
        frame.putInt(text.length | 0x80000000).put(text).putInt(xxHash(text, 0, text.length));
        frame.putInt(0).putInt(xxHash(text, 0, text.length)).flip();
        CompressionCodec codec = Codecs.of(Compression.LZ4);

        assertThat(codec.decompress(frame, 100)).isEqualTo(text);

        for (int i = 11; i < frame.limit(); i++) {
            frame.put(i, (byte) (frame.get(i) ^ 1));
            assertThatThrownBy(() -> codec.decompress(frame, 100))
                    .as("byte %d", i)
                    .isInstanceOf(CorruptBatchException.class);
            frame.put(i, (byte) (frame.get(i) ^ 1));
        }
    }

    private static void assertBombStopped(Compression compression, byte[] bomb) {
        assertThat(bomb.length).isLessThan(5 * MIB);
        CompressionCodec codec = Codecs.of(compression);
        long allocated = allocatedBytes(() -> assertThatThrownBy(() -> codec.decompress(ByteBuffer.wrap(bomb), MIB))
                .isInstanceOf(CorruptBatchException.class)
                .hasMessageContaining("limit"));
        assertThat(allocated).isLessThan(4 * MIB);
    }

    private static void assertRefusedCheaply(Compression compression, byte[] input) {
        CompressionCodec codec = Codecs.of(compression);
        long allocated = allocatedBytes(() -> assertThatThrownBy(
                        () -> codec.decompress(ByteBuffer.wrap(input), Integer.MAX_VALUE - 8))
                .isInstanceOf(CorruptBatchException.class));
        assertThat(allocated).isLessThan(2 * MIB);
    }

    private static long allocatedBytes(Runnable action) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        action.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private static byte[] compressedZeros(Compression compression, int bytes) {
        return Codecs.of(compression).compress(new byte[bytes], 0, bytes);
    }

    private static byte[] repeat(byte[] part, int times) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(part.length * times);
        for (int i = 0; i < times; i++) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** A zstd frame whose blocks are runs of 128 KiB of one byte. */
    private static byte[] zstdRuns(String frameHeaderHex, int blocks) {
        byte[] header = hex("28b52ffd" + frameHeaderHex);
        ByteBuffer frame = ByteBuffer.allocate(header.length + 4 * blocks).order(ByteOrder.LITTLE_ENDIAN);
        frame.put(header);
        for (int i = 1; i <= blocks; i++) {
            int run = (128 * 1024) << 3 | 1 << 1 | (i == blocks ? 1 : 0);
            frame.putInt(run); // three bytes of block header, one of content
        }
        return frame.array();
    }

    private static byte[] lz4Claiming(long contentBytes) {
        ByteBuffer frame = ByteBuffer.allocate(4 + 10 + 1 + 4).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(0x184d2204).put((byte) 0x68).put((byte) 0x70).putLong(contentBytes);
        frame.put((byte) (xxHash(frame.array(), 4, 10) >> 8)).putInt(0);
        return frame.array();
    }

    private static int xxHash(byte[] bytes, int offset, int length) {
        return XXHashFactory.fastestInstance().hash32().hash(bytes, offset, length, 0);
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
