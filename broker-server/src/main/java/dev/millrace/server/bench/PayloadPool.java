package dev.millrace.server.bench;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Payloads made ahead, so that making them is not what is measured.
 *
 * <p>Every 256 bytes begin with random ones and go on with equal ones: a compressor gets rid of the latter and of nothing
 * else, as long as it does not see the same payload twice. The pool is larger than any batch.
 */
final class PayloadPool {
    private static final int POOL_BYTES = 32 << 20;
    private static final int COUNT_MIN = 4;
    private static final int COUNT_MAX = 1 << 18;
    private static final int CHUNK_BYTES = 256;

    private final byte[][] payloads;

    /** @param compressibility 0 for random bytes to 1 for all the same */
    PayloadPool(int sizeBytes, double compressibility, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = Math.max(COUNT_MIN, Math.min(COUNT_MAX, POOL_BYTES / Math.max(1, sizeBytes)));
        payloads = new byte[count][];
        for (int i = 0; i < count; i++) payloads[i] = payload(sizeBytes, compressibility, random);
    }

    private static byte[] payload(int sizeBytes, double compressibility, SplittableRandom random) {
        byte[] payload = new byte[sizeBytes];
        if (compressibility == 0) {
            random.nextBytes(payload);
            return payload;
        }
        Arrays.fill(payload, (byte) 'x');
        for (int from = 0; from < sizeBytes; from += CHUNK_BYTES) {
            int chunkBytes = Math.min(CHUNK_BYTES, sizeBytes - from);
            byte[] noise = new byte[(int) Math.round(chunkBytes * (1 - compressibility))];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, payload, from, noise.length);
        }
        return payload;
    }

    private PayloadPool(byte[] only) {
        payloads = new byte[][] {only};
    }

    static PayloadPool of(BenchPlan.Payload payload, long seed) {
        return payload.given() == null
                ? new PayloadPool(payload.sizeBytes(), payload.compressibility(), seed)
                : new PayloadPool(payload.given());
    }

    int count() {
        return payloads.length;
    }

    /** Shared: not to be written to. */
    byte[] get(int index) {
        return payloads[index];
    }
}
