package dev.millrace.core.record;

import static dev.millrace.core.record.Batches.LIMITS;
import static dev.millrace.core.record.Batches.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.record.BatchCheck.Verdict;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchValidatorTest {
    @ParameterizedTest
    @EnumSource(Compression.class)
    void acceptsWhatTheBuilderBuildsAndCountsIt(Compression compression) {
        ByteBuffer batches = Batches.concat(Batches.of(compression, Batches.compressible(200)), Batches.small());

        BatchCheck check = BatchValidator.check(batches, LIMITS);

        assertThat(check).isEqualTo(new BatchCheck(Verdict.OK, "", 2, 203, Batches.TIME_MS + 199));
        assertThat(BatchValidator.deepCheck(batches, LIMITS)).isEqualTo(check);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void noticesEveryFlippedBitThatTheChecksumCovers(Compression compression) {
        ByteBuffer batch = Batches.of(compression, Batches.compressible(20));
        assertThat(RecordBatch.at(batch, 0).compression()).isEqualTo(compression);
        for (int bit = 8 * BatchLayout.CRC_AT; bit < 8 * batch.limit(); bit++) {
            flip(batch, bit);
            BatchCheck check = BatchValidator.check(batch, LIMITS);
            assertThat(check.verdict()).as("bit %d", bit).isEqualTo(Verdict.CORRUPT);
            assertThat(check.problem()).contains("checksum");
            assertThat(check.recordCount()).isZero();
            flip(batch, bit);
        }
        assertThat(BatchValidator.check(batch, LIMITS).ok()).isTrue();
    }

    @Test
    void noticesEveryFlippedBitOfLengthAndMagic() {
        ByteBuffer batch = Batches.small();
        for (int bit = 8 * BatchLayout.LENGTH_AT; bit < 8 * BatchLayout.CRC_AT; bit++) {
            if (bit / 8 >= BatchLayout.LEADER_EPOCH_AT && bit / 8 < BatchLayout.MAGIC_AT) {
                continue; // the broker writes the leader epoch anew
            }
            flip(batch, bit);
            assertThat(BatchValidator.check(batch, LIMITS).ok())
                    .as("bit %d", bit)
                    .isFalse();
            flip(batch, bit);
        }
    }

    @Test
    void namesWhatIsWrongInTheHeader() {
        assertProblem(b -> b.put(BatchLayout.MAGIC_AT, (byte) 1), Verdict.CORRUPT, "magic 1");
        assertProblem(b -> b.putInt(BatchLayout.LENGTH_AT, 20), Verdict.CORRUPT, "length 20");
        assertProblem(b -> b.putInt(BatchLayout.LENGTH_AT, 1 << 30), Verdict.CORRUPT, "length is 1073741824");
        assertProblem(attributes(0x80), Verdict.CORRUPT, "unknown attribute bits 80");
        assertProblem(attributes(0x8000), Verdict.CORRUPT, "unknown attribute bits 8000");
        assertProblem(attributes(5), Verdict.UNSUPPORTED_COMPRESSION, "compression id 5");
        assertProblem(attributes(7), Verdict.UNSUPPORTED_COMPRESSION, "compression id 7");
        assertProblem(attributes(0x08), Verdict.REFUSED, "append-time");
        assertProblem(attributes(0x10), Verdict.REFUSED, "transactional");
        assertProblem(attributes(0x20), Verdict.REFUSED, "control");
        assertProblem(attributes(0x40), Verdict.REFUSED, "delete-horizon");
        assertProblem(b -> b.putInt(BatchLayout.LAST_OFFSET_DELTA_AT, 3), Verdict.CORRUPT, "last offset delta 3");
        assertProblem(b -> b.putInt(BatchLayout.LAST_OFFSET_DELTA_AT, -1), Verdict.CORRUPT, "last offset delta -1");
        assertProblem(b -> b.putInt(BatchLayout.RECORD_COUNT_AT, 0), Verdict.CORRUPT, "record count 0");
        assertProblem(b -> b.putInt(BatchLayout.RECORD_COUNT_AT, -1), Verdict.CORRUPT, "record count -1");
        assertProblem(counts(Integer.MAX_VALUE), Verdict.CORRUPT, "record count 2147483647 does not fit");
        assertProblem(b -> b.putLong(BatchLayout.BASE_TIMESTAMP_AT, -2), Verdict.CORRUPT, "base timestamp -2");
        assertProblem(b -> b.putLong(BatchLayout.MAX_TIMESTAMP_AT, -2), Verdict.CORRUPT, "max timestamp -2");
        assertProblem(producer(-2, 0, 0), Verdict.CORRUPT, "producer id -2");
        assertProblem(producer(1, -1, 0), Verdict.CORRUPT, "producer epoch -1");
        assertProblem(producer(1, 0, -1), Verdict.CORRUPT, "base sequence -1");
        assertProblem(producer(-1, -2, -1), Verdict.CORRUPT, "producer epoch -2");
        assertProblem(producer(-1, -1, -2), Verdict.CORRUPT, "base sequence -2");
    }

    @Test
    void acceptsHeadersOnTheGoodSideOfEachBoundary() {
        assertFine(producer(0, 0, 0));
        assertFine(producer(Long.MAX_VALUE, Short.MAX_VALUE, Integer.MAX_VALUE));
        assertFine(producer(-1, 0, 0));
        assertFine(b -> b.putLong(BatchLayout.MAX_TIMESTAMP_AT, -1));
        assertFine(b -> b.putLong(0, 1234).putInt(BatchLayout.LEADER_EPOCH_AT, 77));
    }

    @Test
    void namesWhatIsWrongInARecord() {
        // Record 0 of the small batch: length 12, attributes, time delta 0, offset delta 0, key 1 'a', value 3, headers
        // 0.
        int at = BatchLayout.HEADER_BYTES;
        assertProblem(b -> b.put(at, (byte) 4), Verdict.CORRUPT, "record 1 of 3: length 2");
        assertProblem(b -> b.put(at, (byte) 0x7e), Verdict.CORRUPT, "record 1 of 3: length 63");
        assertProblem(b -> b.put(at, (byte) 1), Verdict.CORRUPT, "record 1 of 3: length -1");
        assertProblem(b -> b.put(at + 3, (byte) 2), Verdict.CORRUPT, "record 2 of 3: offset delta 1 after 1");
        assertProblem(b -> b.put(at + 3, (byte) 1), Verdict.CORRUPT, "record 1 of 3: offset delta -1");
        assertProblem(b -> b.put(at + 4, (byte) 3), Verdict.CORRUPT, "record 1 of 3: key of -2 bytes");
        assertProblem(b -> b.put(at + 4, (byte) 40), Verdict.CORRUPT, "record 1 of 3: key of 20 bytes");
        assertProblem(b -> b.put(at + 6, (byte) 40), Verdict.CORRUPT, "record 1 of 3: value of 20 bytes");
        assertProblem(b -> b.put(at + 6, (byte) 4), Verdict.CORRUPT, "record 1 of 3: header count");
        assertProblem(b -> b.put(at + 10, (byte) 2), Verdict.CORRUPT, "record 1 of 3: header count 1 with 0 bytes");
        assertProblem(b -> b.put(at + 10, (byte) 1), Verdict.CORRUPT, "record 1 of 3: header count -1");
        Consumer<ByteBuffer> endlessVarint = b -> {
            for (int i = 0; i < 6; i++) {
                b.put(at + i, (byte) 0x80);
            }
        };
        assertProblem(endlessVarint, Verdict.CORRUPT, "record 1 of 3: length is longer than 5 bytes");
    }

    @Test
    void refusesACountThatTheRecordsDoNotBearOut() {
        assertProblem(counts(2), Verdict.CORRUPT, "bytes left over after 2 records");
        assertProblem(counts(4), Verdict.CORRUPT, "record 4 of 4");
    }

    @Test
    void refusesARecordFromBefore1970() {
        assertProblem(b -> b.putLong(BatchLayout.BASE_TIMESTAMP_AT, 1), Verdict.CORRUPT, "timestamp -2");
    }

    @Test
    void reportsTheLargestTimeSeenInRecordsWhereTheHeaderIsWrong() {
        ByteBuffer batch = Batches.small();
        Batches.resealed(batch.putLong(BatchLayout.MAX_TIMESTAMP_AT, -1));

        assertThat(BatchValidator.check(batch, LIMITS).maxTimestampMs()).isEqualTo(Batches.TIME_MS + 7);
    }

    @Test
    void holdsTheLimitsToTheByte() {
        ByteBuffer batch = Batches.small();
        int size = batch.remaining();
        int largestRecord = 14;
        assertThat(BatchValidator.check(batch, new BatchLimits(1, size, largestRecord, 1))
                        .problem())
                .isEmpty();
        assertTooLarge(batch, new BatchLimits(1, size - 1, largestRecord, 1), size + " bytes, the limit is");
        assertTooLarge(batch, new BatchLimits(1, size, largestRecord - 1, 1), "record 1 has 14 bytes, the limit is 13");
        assertTooLarge(Batches.concat(batch, batch), new BatchLimits(1, size, largestRecord, 1), "more than 1 batches");
    }

    @Test
    void looksIntoCompressedBatchesOnlyWhenAsked() {
        ByteBuffer batch = Batches.of(Compression.ZSTD, Batches.compressible(100));
        batch.put(batch.limit() - 6, (byte) (batch.get(batch.limit() - 6) ^ 0x55));
        Batches.resealed(batch);

        assertThat(BatchValidator.check(batch, LIMITS).ok()).isTrue();
        assertThat(BatchValidator.deepCheck(batch, LIMITS).verdict()).isEqualTo(Verdict.CORRUPT);
    }

    @Test
    void refusesACompressedCountThatCannotFitTheInflatedLimit() {
        ByteBuffer batch = Batches.of(Compression.GZIP, Batches.compressible(100));
        counts(1_000_000).accept(batch);
        Batches.resealed(batch);

        assertThat(BatchValidator.check(batch, LIMITS).problem()).contains("record count 1000000 does not fit");
    }

    @Test
    void boundsWhatADeepCheckInflates() {
        byte[] zeros = new byte[10_000_000];
        ByteBuffer batch = Batches.of(Compression.LZ4, List.of(new Record(0, 1, bytes("k"), zeros, List.of())));

        assertThat(BatchValidator.deepCheck(batch, LIMITS).problem()).contains("limit");
        assertThat(BatchValidator.deepCheck(batch, BatchLimits.ofBytes(11_000_000))
                        .problem())
                .isEmpty();
    }

    @Test
    void refusesNothingAtAllAndBytesLeftOver() {
        assertThat(BatchValidator.check(ByteBuffer.allocate(0), LIMITS).problem())
                .isEqualTo("there is no batch");
        ByteBuffer withRest = Batches.concat(Batches.small(), ByteBuffer.allocate(3));
        assertThat(BatchValidator.check(withRest, LIMITS).problem()).contains("cut off", "3 are left");
    }

    private static Consumer<ByteBuffer> attributes(int bits) {
        return b -> b.putShort(BatchLayout.ATTRIBUTES_AT, (short) bits);
    }

    private static Consumer<ByteBuffer> counts(int count) {
        return b -> b.putInt(BatchLayout.RECORD_COUNT_AT, count).putInt(BatchLayout.LAST_OFFSET_DELTA_AT, count - 1);
    }

    private static Consumer<ByteBuffer> producer(long id, int epoch, int sequence) {
        return b -> b.putLong(BatchLayout.PRODUCER_ID_AT, id)
                .putShort(BatchLayout.PRODUCER_EPOCH_AT, (short) epoch)
                .putInt(BatchLayout.BASE_SEQUENCE_AT, sequence);
    }

    /** Changes the small batch, mends its checksum, and expects this problem. */
    private static void assertProblem(Consumer<ByteBuffer> change, Verdict verdict, String problem) {
        BatchCheck check = checkChanged(change);
        assertThat(check.problem()).contains(problem).startsWith("batch at byte 0");
        assertThat(check.verdict()).isEqualTo(verdict);
    }

    private static void assertFine(Consumer<ByteBuffer> change) {
        assertThat(checkChanged(change).problem()).isEmpty();
    }

    private static BatchCheck checkChanged(Consumer<ByteBuffer> change) {
        ByteBuffer batch = Batches.small();
        int checksum = BatchLayout.checksum(batch, 0, batch.limit());
        change.accept(batch);
        batch.putInt(BatchLayout.CRC_AT, checksum);
        batch.putInt(BatchLayout.CRC_AT, BatchLayout.checksum(batch, 0, batch.limit()));
        return BatchValidator.check(batch, LIMITS);
    }

    private static void assertTooLarge(ByteBuffer batches, BatchLimits limits, String problem) {
        BatchCheck check = BatchValidator.check(batches, limits);
        assertThat(check.verdict()).isEqualTo(Verdict.TOO_LARGE);
        assertThat(check.problem()).contains(problem);
    }

    private static void flip(ByteBuffer batch, int bit) {
        batch.put(bit / 8, (byte) (batch.get(bit / 8) ^ 1 << bit % 8));
    }
}
