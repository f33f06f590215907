package dev.millrace.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.server.tracing.SampledRecords.Sampled;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SampledRecordsTest {
    private static final String SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private static ByteBuffer batch(int count, int everyNth) {
        return batch(count, everyNth, SAMPLED);
    }

    private static ByteBuffer batch(int count, int everyNth, String traceparent) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 1024);
        RecordHeader header = new RecordHeader("traceparent", traceparent.getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < count; i++) {
            builder.append(1, null, new byte[] {1}, i % everyNth == 0 ? List.of(header) : List.of());
        }
        return builder.build();
    }

    @Test
    void numbersRecordsAndPassesOverThoseThatNobodyAskedFor() {
        ByteBuffer batch = batch(6, 2);
        assertThat(SampledRecords.in(batch).kept()).extracting(Sampled::number).containsExactly(0, 2, 4);
        assertThat(SampledRecords.in(batch, 3, Long.MAX_VALUE).kept())
                .extracting(Sampled::offset)
                .containsExactly(4L);
        assertThat(SampledRecords.in(batch, 2, 4).kept())
                .extracting(Sampled::offset)
                .containsExactly(2L);
        assertThat(batch.position()).isZero();
    }

    @Test
    void keepsWhatSaysThatItIsSampledAndNothingElse() {
        String trace = SAMPLED.substring(0, SAMPLED.length() - 2);
        for (String sampled : List.of("01", "03", "ff")) {
            assertThat(SampledRecords.in(batch(1, 1, trace + sampled)).kept())
                    .as(sampled)
                    .hasSize(1);
        }
        for (String not : List.of("00", "02", "fe", "0", "", "0x", "1")) {
            assertThat(SampledRecords.in(batch(1, 1, trace + not)).kept())
                    .as("not sampled: %s", not)
                    .isEmpty();
        }
    }

    @Test
    void keepsNoMoreThanFitAndCountsTheRest() {
        SampledRecords found = SampledRecords.in(batch(SampledRecords.COUNT_MAX + 3, 1));
        assertThat(found.kept()).hasSize(SampledRecords.COUNT_MAX);
        assertThat(found.beyondCount()).isEqualTo(3);
    }

    @Test
    void damagedBatchesHaveNone() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            ByteBuffer batch = batch(3, 1);
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                batch.put(random.nextInt(batch.limit()), (byte) random.nextInt());
            }
            batch.limit(random.nextInt(4) == 0 ? random.nextInt(batch.limit() + 1) : batch.limit());
            assertThat(SampledRecords.in(batch, 0, 2).kept())
                    .as("seed %d", seed)
                    .hasSizeLessThanOrEqualTo(3);
        }
    }
}
