package dev.millrace.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records out of a batch are what they were in it. */
class RecordExcerptTest {
    private static final int MEMORY_MAX = 1 << 20;

    private static RecordBatch batch(Compression compression) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 128);
        for (int i = 0; i < 20; i++) {
            byte[] name = ("record-" + i).getBytes(StandardCharsets.UTF_8);
            builder.append(1000 + i, name, name, List.of(new RecordHeader("h", name)));
        }
        RecordBatch batch = RecordBatch.at(builder.build(), 0);
        batch.assign(100, 7);
        return batch;
    }

    private static RecordCursor cursorAt(RecordBatch batch, long offset) {
        RecordCursor cursor = batch.cursor(MEMORY_MAX);
        do {
            assertThat(cursor.next()).isTrue();
        } while (cursor.offset() < offset);
        return cursor;
    }

    private static List<Record> records(RecordBatch batch) {
        List<Record> records = new ArrayList<>();
        batch.records(MEMORY_MAX).forEach(records::add);
        return records;
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void holdsTheRecordsFromTheFirstToTheLastAsTheyAre(Compression compression) {
        RecordBatch batch = batch(compression);
        RecordBatch excerpt = RecordExcerpt.of(batch, cursorAt(batch, 105), 109, MEMORY_MAX);
        assertThat(excerpt.lastOffset()).isEqualTo(109);
        assertThat(records(excerpt)).isEqualTo(records(batch).subList(5, 10));
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void endsWithTheBatchOrWithWhatFits(Compression compression) {
        RecordBatch batch = batch(compression);
        assertThat(RecordExcerpt.of(batch, cursorAt(batch, 118), 500, MEMORY_MAX)
                        .recordCount())
                .isEqualTo(2);
        RecordCursor cursor = cursorAt(batch, 105);
        int twoRecords = 2 * cursor.recordBytes() + 1;
        assertThat(records(RecordExcerpt.of(batch, cursor, 500, twoRecords)))
                .isEqualTo(records(batch).subList(5, 7));
        assertThat(RecordExcerpt.of(batch, cursorAt(batch, 105), 500, 3)).isNull();
    }

    /** A reader asked for the records before it alone. */
    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE")
    void looksAtNoRecordBehindTheLast(Compression compression) {
        RecordBatch batch = batch(compression);
        RecordCursor broken = cursorAt(batch, 110);
        ByteBuffer bytes = batch.bytes();
        bytes.put(broken.recordAt(), (byte) 1);
        assertThat(records(RecordExcerpt.of(batch, cursorAt(batch, 105), 109, MEMORY_MAX)))
                .hasSize(5);
    }
}
