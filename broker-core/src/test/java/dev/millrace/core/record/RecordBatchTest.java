package dev.millrace.core.record;

import static dev.millrace.core.record.Batches.BYTES_MAX;
import static dev.millrace.core.record.Batches.TIME_MS;
import static dev.millrace.core.record.Batches.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordBatchTest {
    private static final String GOLDEN = ""
            + "0000000000000000" // base offset
            + "0000004e" // length of what follows: 78
            + "ffffffff" // leader epoch
            + "02" // magic
            + "30d1323e" // CRC-32C of what follows
            + "0000" // attributes
            + "00000001" // last offset delta
            + "0000018bcfe56800" // base timestamp
            + "0000018bcfe56807" // max timestamp
            + "0000000000001267" // producer id
            + "0003" // producer epoch
            + "00000029" // base sequence
            + "00000002" // record count
            + "1e000000" // record 0: 15 bytes, no attributes, time delta 0, offset delta 0
            + "0261" // key "a"
            + "0a76616c7565" // value "value"
            + "02" + "0268" + "01" // one header: "h" with null
            + "18000e02" // record 1: 12 bytes, no attributes, time delta 7, offset delta 1
            + "01" // null key
            + "0c7365636f6e64" // value "second"
            + "00"; // no header

    @Test
    void writesTheBytesThatTheFormatPrescribes() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 0).producer(4711, (short) 3, 41);
        builder.append(TIME_MS, bytes("a"), bytes("value"), List.of(new RecordHeader("h", null)));
        builder.append(TIME_MS + 7, null, bytes("second"), List.of());

        String hex = HexFormat.of().formatHex(builder.build().array());

        assertThat(hex).isEqualTo(GOLDEN);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void returnsWhatWasAppended(Compression compression) {
        Random random = new Random(Batches.seed("returnsWhatWasAppended"));
        for (int round = 0; round < 50; round++) {
            List<Record> records = Batches.random(random, 1 + random.nextInt(60));
            assertThat(Batches.read(Batches.of(compression, records))).isEqualTo(records);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void readsFromDirectAndReadOnlyAndLittleEndianBuffersAtAnyIndex(Compression compression) {
        List<Record> records = Batches.compressible(100);
        ByteBuffer batch = Batches.of(compression, records);
        ByteBuffer direct =
                ByteBuffer.allocateDirect(batch.remaining() + 10).position(7).put(batch.duplicate());
        direct.flip().position(7);
        ByteBuffer inner =
                ByteBuffer.allocate(batch.remaining() + 10).position(7).put(batch.duplicate());

        for (ByteBuffer buffer : List.of(
                direct,
                direct.asReadOnlyBuffer(),
                batch.asReadOnlyBuffer(),
                batch.duplicate().order(ByteOrder.LITTLE_ENDIAN),
                inner.flip().position(7).slice(),
                direct.slice())) {
            int position = buffer.position();
            assertThat(RecordBatch.at(buffer, position).compression()).isEqualTo(compression);
            assertThat(RecordBatch.at(buffer, position).checksumValid()).isTrue();
            assertThat(Batches.read(buffer)).isEqualTo(records);
            assertThat(BatchValidator.deepCheck(buffer, Batches.LIMITS).problem())
                    .isEmpty();
            assertThat(buffer.position()).isEqualTo(position);
        }
    }

    @Test
    void showsEveryHeaderField() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.GZIP, 10).producer(99, (short) 2, 17);
        Batches.compressible(50).forEach(r -> builder.append(r.timestampMs(), r.key(), r.value(), r.headers()));
        ByteBuffer built = builder.build();

        RecordBatch batch = RecordBatch.at(built, 0);

        assertThat(batch.sizeBytes()).isEqualTo(built.remaining());
        assertThat(batch.baseOffset()).isZero();
        assertThat(batch.lastOffset()).isEqualTo(49);
        assertThat(batch.lastOffsetDelta()).isEqualTo(49);
        assertThat(batch.recordCount()).isEqualTo(50);
        assertThat(batch.leaderEpoch()).isEqualTo(-1);
        assertThat(batch.magic()).isEqualTo((byte) 2);
        assertThat(batch.attributes()).isEqualTo((short) 1);
        assertThat(batch.compression()).isEqualTo(Compression.GZIP);
        assertThat(batch.baseTimestampMs()).isEqualTo(TIME_MS);
        assertThat(batch.maxTimestampMs()).isEqualTo(TIME_MS + 49);
        assertThat(batch.producerId()).isEqualTo(99);
        assertThat(batch.producerEpoch()).isEqualTo((short) 2);
        assertThat(batch.baseSequence()).isEqualTo(17);
        assertThat(batch.idempotent()).isTrue();
        assertThat(batch.transactional() || batch.control() || batch.logAppendTime())
                .isFalse();
    }

    @Test
    void assigningAPlaceWritesTwelveBytesOutsideTheChecksum() {
        ByteBuffer batch = Batches.small();
        byte[] before = Batches.array(batch);

        RecordBatch.at(batch, 0).assign(1_000_000_000_000L, 9);

        byte[] after = Batches.array(batch);
        for (int i = 0; i < before.length; i++) {
            if (i >= 8 && i < 12 || i >= 16) {
                assertThat(after[i]).as("byte %d", i).isEqualTo(before[i]);
            }
        }
        RecordBatch assigned = RecordBatch.at(batch, 0);
        assertThat(assigned.checksumValid()).isTrue();
        assertThat(assigned.leaderEpoch()).isEqualTo(9);
        assertThat(assigned.lastOffset()).isEqualTo(1_000_000_000_002L);
        assertThat(Batches.read(batch))
                .extracting(Record::offset)
                .containsExactly(1_000_000_000_000L, 1_000_000_000_001L, 1_000_000_000_002L);
    }

    @Test
    void visitsBatchesThatLieOneAfterTheOther() {
        ByteBuffer both = Batches.concat(Batches.small(), Batches.of(Compression.LZ4, Batches.compressible(40)));

        List<Integer> counts = new ArrayList<>();
        RecordBatch.each(both, batch -> counts.add(batch.recordCount()));

        assertThat(counts).containsExactly(3, 40);
        assertThat(RecordBatch.in(both)).extracting(RecordBatch::recordCount).containsExactly(3, 40);
        Iterator<RecordBatch> none = RecordBatch.in(ByteBuffer.allocate(0)).iterator();
        assertThat(none.hasNext()).isFalse();
        assertThatThrownBy(none::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void refusesABatchThatIsCutOffAnywhere() {
        ByteBuffer whole = Batches.small();
        for (int limit = 0; limit < whole.capacity(); limit++) {
            ByteBuffer cut = whole.duplicate().limit(limit);
            assertThatThrownBy(() -> RecordBatch.at(cut, 0))
                    .isInstanceOf(CorruptBatchException.class)
                    .hasMessageContaining("cut off");
        }
        assertThatThrownBy(() -> RecordBatch.at(whole, -1)).isInstanceOf(CorruptBatchException.class);
        assertThatThrownBy(() -> RecordBatch.at(whole, Integer.MAX_VALUE)).isInstanceOf(CorruptBatchException.class);
    }

    @Test
    void refusesALengthBelowTheHeader() {
        for (int length : new int[] {48, 0, -1, Integer.MIN_VALUE}) {
            ByteBuffer batch = Batches.small().putInt(8, length);
            assertThatThrownBy(() -> RecordBatch.at(batch, 0))
                    .isInstanceOf(CorruptBatchException.class)
                    .hasMessageContaining("length " + length);
        }
    }

    @Test
    void readsRecordsThatCompactionHasThinned() {
        ByteBuffer batch = Batches.small();
        // As if the batch had held ten records once.
        Batches.resealed(batch.putInt(BatchLayout.LAST_OFFSET_DELTA_AT, 9));

        assertThat(Batches.read(batch)).isEqualTo(Batches.smallRecords());
        assertThat(RecordBatch.at(batch, 0).lastOffset()).isEqualTo(9);
    }

    @Test
    void showsTheBrokersTimeWhenTheBatchSaysSo() {
        ByteBuffer batch = Batches.small();
        batch.putShort(BatchLayout.ATTRIBUTES_AT, (short) BatchLayout.LOG_APPEND_TIME_BIT);
        batch.putLong(BatchLayout.MAX_TIMESTAMP_AT, 42);

        assertThat(Batches.read(Batches.resealed(batch)))
                .extracting(Record::timestampMs)
                .containsExactly(42L, 42L, 42L);
    }

    @Test
    void leavesRecordsUncompressedWhenThatIsSmaller() {
        for (Compression compression : Compression.values()) {
            ByteBuffer batch = Batches.of(compression, Batches.smallRecords());
            assertThat(RecordBatch.at(batch, 0).compression()).isEqualTo(Compression.NONE);
            assertThat(batch).isEqualTo(Batches.small());
        }
    }

    @Test
    void theBuilderIsUsedAgainWithoutTouchingWhatItBuilt() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 0).producer(1, (short) 0, 0);
        builder.append(TIME_MS, bytes("a"), bytes("first"), List.of());
        ByteBuffer first = builder.build();
        byte[] before = Batches.array(first);

        builder.reset();
        assertThat(builder.recordCount()).isZero();
        assertThat(builder.sizeBytes()).isEqualTo(RecordBatch.HEADER_BYTES);
        assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
        builder.setBaseSequence(1).append(5, bytes("b"), bytes("other"), List.of());
        ByteBuffer second = builder.build();

        assertThat(Batches.array(first)).isEqualTo(before);
        assertThat(RecordBatch.at(second, 0).baseSequence()).isEqualTo(1);
        assertThat(RecordBatch.at(second, 0).producerId()).isEqualTo(1);
        assertThat(Batches.read(second)).containsExactly(new Record(0, 5, bytes("b"), bytes("other"), List.of()));
    }

    @Test
    void knowsItsSizeAfterEachRecordAndRefusesOneByteMore() {
        Random random = new Random(Batches.seed("knowsItsSizeAfterEachRecordAndRefusesOneByteMore"));
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 0);
        RecordBatchBuilder twin = new RecordBatchBuilder(Compression.NONE, 0);
        for (Record r : Batches.random(random, 500)) {
            int before = builder.sizeBytes();
            builder.append(r.timestampMs(), r.key(), r.value(), r.headers());
            int after = builder.sizeBytes();
            boolean first = twin.recordCount() == 0;
            assertThat(twin.appendWithin(after - 1, r.timestampMs(), r.key(), r.value(), r.headers()))
                    .isEqualTo(first);
            assertThat(twin.sizeBytes()).isEqualTo(first ? after : before);
            if (!first) {
                assertThat(twin.appendWithin(after, r.timestampMs(), r.key(), r.value(), r.headers()))
                        .isTrue();
            }
        }
        assertThat(builder.build().remaining()).isEqualTo(builder.sizeBytes());
        assertThat(twin.build()).isEqualTo(builder.build());
    }

    @Test
    void stampingAProducerKeepsTheBatchValid() {
        ByteBuffer batch =
                Batches.concat(ByteBuffer.allocate(5), Batches.small()).position(5);

        RecordBatchBuilder.stampProducer(batch, 77, (short) 1, 1234);

        RecordBatch stamped = RecordBatch.at(batch, 5);
        assertThat(stamped.checksumValid()).isTrue();
        assertThat(stamped.producerId()).isEqualTo(77);
        assertThat(stamped.producerEpoch()).isEqualTo((short) 1);
        assertThat(stamped.baseSequence()).isEqualTo(1234);
        assertThat(Batches.read(batch)).isEqualTo(Batches.smallRecords());
        assertThat(BatchValidator.check(batch, Batches.LIMITS).ok()).isTrue();
    }

    @Test
    void keepsExtremeTimesAndTexts() {
        List<RecordHeader> headers = List.of(
                new RecordHeader("", new byte[0]),
                new RecordHeader("héader \u20ac \ud83d\ude00", bytes("x")),
                new RecordHeader("same", null),
                new RecordHeader("same", null));
        List<Record> records = List.of(
                new Record(0, -1, new byte[0], new byte[0], headers),
                new Record(1, Long.MAX_VALUE - 1, null, null, List.of()),
                new Record(2, 0, null, null, List.of()));

        assertThat(Batches.read(Batches.of(Compression.NONE, records))).isEqualTo(records);
    }

    @Test
    void aLoneSurrogateInAHeaderNameBecomesAQuestionMark() {
        RecordHeader broken = new RecordHeader("a\ud83db\ude00", null);

        ByteBuffer batch = Batches.of(Compression.NONE, List.of(new Record(0, 1, null, null, List.of(broken))));

        assertThat(Batches.read(batch).get(0).headers()).containsExactly(new RecordHeader("a?b?", null));
    }

    @Test
    void refusesATimeBefore1970AndStaysAsItWas() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 0);

        assertThatThrownBy(() -> builder.append(-2, null, null, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(builder.recordCount()).isZero();
    }

    @Test
    void viewsValuesWithoutCopyingThem() {
        ByteBuffer batch = Batches.small();
        RecordCursor cursor = RecordBatch.at(batch, 0).cursor(BYTES_MAX);

        assertThat(cursor.next()).isTrue();
        assertThat(cursor.valueView()).isEqualTo(ByteBuffer.wrap(bytes("one")));
        assertThat(cursor.valueView().array()).isSameAs(batch.array());
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.keyBytes()).isEqualTo(-1);
        assertThat(cursor.headerCount()).isEqualTo(1);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.valueView()).isNull();
        assertThat(cursor.next()).isFalse();
        assertThat(cursor.next()).isFalse();
    }

    @Test
    void stepsOverRecordsToTheOneThatIsWanted() {
        RecordCursor cursor = RecordBatch.at(Batches.small(), 0).cursor(BYTES_MAX);

        cursor.skip(1);
        assertThat(cursor.stepped()).isEqualTo(1);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.offsetDelta()).isEqualTo(1);
        assertThat(cursor.headerCount()).isEqualTo(1);
        assertThatThrownBy(() -> cursor.skip(2))
                .isInstanceOf(CorruptBatchException.class)
                .hasMessageContaining("no record after 3");
    }
}
