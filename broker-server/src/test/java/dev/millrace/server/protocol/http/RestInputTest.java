package dev.millrace.server.protocol.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever bytes a request has, it is understood, or refused as the request's own fault. */
class RestInputTest {
    private static final List<String> SEEDS = List.of(
            "{\"key\":\"k\",\"value\":{\"a\":[1,2.5e3,null,true]},\"id\":\"6a204bd8-9f4c-3d2b-8f6e-000000000001\","
                    + "\"tags\":[\"x\"],\"type\":\"t\",\"timestamp\":\"2026-01-31T14:03:00Z\","
                    + "\"headers\":{\"a\":\"b\",\"c\":{\"base64\":\"AP8=\"},\"d\":[\"e\",null]}}",
            "{\"specversion\":\"1.0\",\"id\":\"5\",\"source\":\"/s\",\"type\":\"t\",\"time\":\"-1h\",\"data_base64\":\"AA==\"}",
            "[{\"specversion\":\"1.0\",\"id\":\"5\",\"source\":\"/s\",\"type\":\"t\",\"partitionkey\":\"k\",\"data\":\"d\"}]",
            "@1729864980000");

    @Test
    void neverFailsForMutatedRequests() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] text = SEEDS.get(i % SEEDS.size()).getBytes(StandardCharsets.UTF_8);
            byte[] input = new byte[text.length + 1];
            System.arraycopy(text, 0, input, 1, text.length);
            input[0] = (byte) random.nextInt();
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                input[1 + random.nextInt(text.length)] = (byte) random.nextInt();
            }
            try {
                RestInputFuzzTarget.fuzzerTestOneInput(input);
            } catch (RuntimeException | Error failure) {
                throw new AssertionError(
                        "seed " + seed + ", input " + new String(input, StandardCharsets.UTF_8), failure);
            }
        }
    }
}
