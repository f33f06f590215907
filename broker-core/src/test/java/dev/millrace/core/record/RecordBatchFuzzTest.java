package dev.millrace.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Damages good batches in ways that get past the first checks, and looks what the parser makes of it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RecordBatchFuzzTest {
    private static final long RUN_MS = 3_000;
    /** On a busy machine the run takes longer instead of doing too little. */
    private static final int INPUTS_MIN = 1_000;
    /** Several passes over inflated data and their copies as records; far below what lengths in the input can claim. */
    private static final long ALLOCATED_BYTES_MAX = 24L * RecordBatchFuzzTarget.INFLATED_BYTES_MAX;

    private static final int[] NASTY = {
        0, 1, -1, 2, 61, 127, 128, 255, 256, 1 << 16, 1 << 20, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE
    };

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private int accepted;

    @Test
    void damagedBatchesAreRefusedOrReadNeverMore() {
        long seed = Batches.seed("damagedBatchesAreRefusedOrReadNeverMore");
        Random random = new Random(seed);
        List<ByteBuffer> corpus = corpus(random);
        long endNanos = System.nanoTime() + RUN_MS * 1_000_000;
        int inputs = 0;
        while (inputs < INPUTS_MIN || System.nanoTime() < endNanos) {
            byte[] input = mutated(corpus, random);
            run(input);
            inputs++;
        }
        System.out.println("fuzzed " + inputs + " inputs, " + accepted + " were accepted");
        assertThat(accepted).as("the mutations reach the inside of the parser").isPositive();
    }

    private void run(byte[] input) {
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
            RecordBatchFuzzTarget.fuzzerTestOneInput(input);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("input " + HexFormat.of().formatHex(input), e);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("allocated for %s", HexFormat.of().formatHex(input))
                .isLessThan(ALLOCATED_BYTES_MAX);
        // What we accept, Kafka's consumers have to be able to read, and to the same records.
        BatchCheck check = BatchValidator.deepCheck(ByteBuffer.wrap(input), RecordBatchFuzzTarget.LIMITS);
        if (check.ok()) {
            accepted++;
            if (accepted % 16 == 1) {
                assertThat(KafkaAgreementTest.readByKafka(ByteBuffer.wrap(input)))
                        .as("input %s", HexFormat.of().formatHex(input))
                        .isEqualTo(Batches.read(ByteBuffer.wrap(input)));
            }
        }
    }

    private static List<ByteBuffer> corpus(Random random) {
        List<ByteBuffer> corpus = new ArrayList<>();
        for (Compression compression : Compression.values()) {
            for (int i = 0; i < 6; i++) {
                corpus.add(Batches.of(compression, Batches.random(random, 1 + random.nextInt(12))));
                corpus.add(Batches.of(compression, Batches.compressible(20)));
            }
        }
        return corpus;
    }

    private static byte[] mutated(List<ByteBuffer> corpus, Random random) {
        ByteBuffer input = Batches.copy(corpus.get(random.nextInt(corpus.size())));
        int changes = random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            input = mutateOnce(input, random);
        }
        if (random.nextInt(8) == 0) {
            input = Batches.concat(input, corpus.get(random.nextInt(corpus.size())));
        }
        return Batches.array(input);
    }

    private static ByteBuffer mutateOnce(ByteBuffer input, Random random) {
        int size = input.limit();
        boolean inRecords = random.nextInt(3) > 0 && size > RecordBatch.HEADER_BYTES;
        int at = inRecords
                ? RecordBatch.HEADER_BYTES + random.nextInt(size - RecordBatch.HEADER_BYTES)
                : random.nextInt(Math.min(size, RecordBatch.HEADER_BYTES));
        ByteBuffer changed = switch (random.nextInt(7)) {
            case 0 -> input.put(at, (byte) (input.get(at) ^ 1 << random.nextInt(8)));
            case 1 -> input.put(at, (byte) random.nextInt());
            case 2 -> at + 4 <= size ? input.putInt(at, NASTY[random.nextInt(NASTY.length)]) : input;
            case 3 -> input.put(at, (byte) (input.get(at) + (random.nextBoolean() ? 2 : -2)));
            case 4 -> without(input, at, 1 + random.nextInt(8));
            case 5 ->
                Batches.copy(Batches.concat(
                        input.duplicate().limit(at),
                        noise(random),
                        input.duplicate().position(at)));
            default -> swapped(input, at, random);
        };
        boolean mended = random.nextInt(8) > 0 && changed.limit() >= RecordBatch.HEADER_BYTES;
        return mended ? mend(changed) : changed;
    }

    /** Makes length and checksum right, so that the damage is found by nobody but the parser. */
    private static ByteBuffer mend(ByteBuffer input) {
        input.putInt(BatchLayout.LENGTH_AT, input.limit() - RecordBatch.LENGTH_PREFIX_BYTES);
        return Batches.resealed(input);
    }

    private static ByteBuffer without(ByteBuffer input, int at, int count) {
        int end = Math.min(input.limit(), at + count);
        ByteBuffer rest =
                Batches.concat(input.duplicate().limit(at), input.duplicate().position(end));
        return rest.hasRemaining() ? rest : input;
    }

    private static ByteBuffer swapped(ByteBuffer input, int at, Random random) {
        int other = random.nextInt(input.limit());
        byte kept = input.get(at);
        return input.put(at, input.get(other)).put(other, kept);
    }

    private static ByteBuffer noise(Random random) {
        byte[] bytes = new byte[1 + random.nextInt(6)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }
}
