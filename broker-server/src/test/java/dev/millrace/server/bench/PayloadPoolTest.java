package dev.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PayloadPoolTest {
    private static final long SEED = 4711;

    @ParameterizedTest
    @CsvSource({"0.0, 1024", "0.25, 1024", "0.5, 1024", "0.5, 100", "0.9, 1024", "1.0, 1024"})
    void compressesAsPromised(double compressibility, int sizeBytes) throws IOException {
        PayloadPool pool = new PayloadPool(sizeBytes, compressibility, SEED);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        int bytes = 0;
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            for (int i = 0; i < 500; i++) {
                gzip.write(pool.get(i));
                bytes += pool.get(i).length;
            }
        }
        assertThat(bytes).isEqualTo(500 * sizeBytes);
        assertThat((double) packed.size() / bytes).isCloseTo(1 - compressibility, within(0.08));
    }

    @Test
    void isTheSameForTheSameSeedOnly() {
        PayloadPool pool = new PayloadPool(100, 0.5, SEED);
        assertThat(new PayloadPool(100, 0.5, SEED).get(77)).isEqualTo(pool.get(77));
        assertThat(new PayloadPool(100, 0.5, SEED + 1).get(77)).isNotEqualTo(pool.get(77));
    }

    @Test
    void noBatchSeesAPayloadTwice() {
        PayloadPool small = new PayloadPool(100, 0, SEED);
        assertThat(small.count() * 100L).isGreaterThan(16 << 20);
        Set<Integer> hashes = new HashSet<>();
        for (int i = 0; i < 1000; i++) hashes.add(Arrays.hashCode(small.get(i)));
        assertThat(hashes).hasSizeGreaterThan(995);
        // Large ones are few, so that the pool stays small.
        assertThat(new PayloadPool(16 << 20, 1, SEED).count()).isEqualTo(4);
    }
}
