package dev.millrace.core.record;

import java.nio.ByteBuffer;

/**
 * Takes records that follow on each other out of a batch, as a batch of their own that is not compressed. For memory alone:
 * its checksum is still the whole batch's.
 */
public final class RecordExcerpt {
    private RecordExcerpt() {}

    /**
     * The records from the cursor's on, to the one with {@code lastOffset} or the batch's last, as many as fit.
     *
     * @param cursor stands on the first record; it is stepped on
     * @param bytesMax of the records
     * @return null where not even one fits
     */
    public static RecordBatch of(RecordBatch batch, RecordCursor cursor, long lastOffset, int bytesMax) {
        int start = cursor.recordAt();
        int end = start;
        int count = 0;
        int lastDelta = 0;
        boolean more = true;
        while (more && cursor.offset() <= lastOffset && cursor.recordAt() + cursor.recordBytes() - start <= bytesMax) {
            end = cursor.recordAt() + cursor.recordBytes();
            lastDelta = cursor.offsetDelta();
            count++;
            more = cursor.offset() < lastOffset && cursor.next();
        }
        if (count == 0) {
            return null;
        }
        int recordsBytes = end - start;
        ByteBuffer excerpt = ByteBuffer.allocate(BatchLayout.HEADER_BYTES + recordsBytes);
        excerpt.put(batch.bytes().limit(BatchLayout.HEADER_BYTES))
                .put(cursor.buffer().slice(start, recordsBytes));
        excerpt.putInt(BatchLayout.LENGTH_AT, excerpt.capacity() - RecordBatch.LENGTH_PREFIX_BYTES);
        excerpt.putShort(BatchLayout.ATTRIBUTES_AT, (short) (batch.attributes() & ~BatchLayout.COMPRESSION_MASK));
        excerpt.putInt(BatchLayout.LAST_OFFSET_DELTA_AT, lastDelta);
        excerpt.putInt(BatchLayout.RECORD_COUNT_AT, count);
        return RecordBatch.at(excerpt.flip(), 0);
    }
}
