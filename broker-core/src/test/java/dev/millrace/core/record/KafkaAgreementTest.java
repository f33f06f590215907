package dev.millrace.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kafka's own classes are the oracle: what they write we read, what we write they read, byte for byte. */
class KafkaAgreementTest {
    private static final int ROUNDS = 40;

    @ParameterizedTest
    @EnumSource(Compression.class)
    void kafkaReadsWhatWeWrite(Compression compression) {
        Random random = new Random(Batches.seed("kafkaReadsWhatWeWrite"));
        for (int round = 0; round < ROUNDS; round++) {
            List<Record> records = Batches.random(random, 1 + random.nextInt(100));
            ByteBuffer batch = Batches.of(compression, records);
            RecordBatchBuilder.stampProducer(batch, 5, (short) 1, 100);
            RecordBatch.at(batch, 0).assign(0, 3);

            assertThat(readByKafka(batch)).isEqualTo(records);

            org.apache.kafka.common.record.internal.RecordBatch theirs =
                    MemoryRecords.readableRecords(batch).firstBatch();
            theirs.ensureValid();
            assertThat(theirs.producerId()).isEqualTo(5);
            assertThat(theirs.producerEpoch()).isEqualTo((short) 1);
            assertThat(theirs.baseSequence()).isEqualTo(100);
            assertThat(theirs.partitionLeaderEpoch()).isEqualTo(3);
            assertThat(theirs.lastOffset()).isEqualTo(records.size() - 1);
            assertThat(theirs.maxTimestamp()).isEqualTo(RecordBatch.at(batch, 0).maxTimestampMs());
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void weReadAndAcceptWhatKafkaWrites(Compression compression) {
        Random random = new Random(Batches.seed("weReadAndAcceptWhatKafkaWrites"));
        for (int round = 0; round < ROUNDS; round++) {
            List<Record> records = Batches.random(random, 1 + random.nextInt(100));

            ByteBuffer batch = writtenByKafka(compression, records);

            assertThat(Batches.read(batch)).isEqualTo(records);
            assertThat(RecordBatch.at(batch, 0).compression()).isEqualTo(compression);
            assertThat(RecordBatch.at(batch, 0).checksumValid()).isTrue();
            BatchCheck check = BatchValidator.deepCheck(batch, Batches.LIMITS);
            assertThat(check.problem()).isEmpty();
            assertThat(check.recordCount()).isEqualTo(records.size());
            assertThat(check.maxTimestampMs())
                    .isEqualTo(records.stream()
                            .mapToLong(Record::timestampMs)
                            .max()
                            .orElseThrow());
            assertThat(BatchValidator.check(batch, Batches.LIMITS)).isEqualTo(check);
        }
    }

    @Test
    void uncompressedBatchesAreTheSameToTheByte() {
        Random random = new Random(Batches.seed("uncompressedBatchesAreTheSameToTheByte"));
        for (int round = 0; round < ROUNDS; round++) {
            List<Record> records = Batches.random(random, 1 + random.nextInt(100));
            assertThat(Batches.array(Batches.of(Compression.NONE, records)))
                    .isEqualTo(Batches.array(writtenByKafka(Compression.NONE, records)));
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void bothReadMegabytes(Compression compression) {
        List<Record> records = Batches.compressible(20_000);

        assertThat(readByKafka(Batches.of(compression, records))).isEqualTo(records);
        assertThat(Batches.read(writtenByKafka(compression, records))).isEqualTo(records);
    }

    @Test
    void murmur2ChoosesKafkasPartition() {
        Random random = new Random(Batches.seed("murmur2ChoosesKafkasPartition"));
        for (int bytes = 0; bytes < 300; bytes++) {
            byte[] key = new byte[bytes];
            random.nextBytes(key);
            int theirs = Utils.murmur2(key);
            assertThat(Murmur2.hash(key)).isEqualTo(theirs);
            int partitionCount = 1 + random.nextInt(1000);
            assertThat(Murmur2.partition(key, partitionCount)).isEqualTo(Utils.toPositive(theirs) % partitionCount);
        }
    }

    static ByteBuffer writtenByKafka(Compression compression, List<Record> records) {
        SimpleRecord[] simple = records.stream()
                .map(r -> new SimpleRecord(r.timestampMs(), r.key(), r.value(), headersForKafka(r)))
                .toArray(SimpleRecord[]::new);
        org.apache.kafka.common.compress.Compression theirs = org.apache.kafka.common.compress.Compression.of(
                        compression.label())
                .build();
        return MemoryRecords.withRecords(theirs, simple).buffer();
    }

    private static Header[] headersForKafka(Record record) {
        RecordHeaders headers = new RecordHeaders();
        record.headers().forEach(h -> headers.add(h.key(), h.value()));
        return headers.toArray();
    }

    static List<Record> readByKafka(ByteBuffer batches) {
        List<Record> records = new ArrayList<>();
        for (org.apache.kafka.common.record.internal.Record r :
                MemoryRecords.readableRecords(batches.duplicate()).records()) {
            List<RecordHeader> headers = new ArrayList<>();
            for (Header h : r.headers()) {
                headers.add(new RecordHeader(h.key(), h.value()));
            }
            byte[] key = r.hasKey() ? Utils.toArray(r.key()) : null;
            byte[] value = r.hasValue() ? Utils.toArray(r.value()) : null;
            records.add(new Record(r.offset(), r.timestamp(), key, value, headers));
        }
        return records;
    }
}
