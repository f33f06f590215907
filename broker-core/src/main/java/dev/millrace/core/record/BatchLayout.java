package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Where the fields of a batch lie, all big-endian.
 *
 * <pre>
 *  0 baseOffset  8 length (of all that follows)  12 leaderEpoch  16 magic  17 crc │ 21 attributes  23 lastOffsetDelta
 * 27 baseTimestamp  35 maxTimestamp  43 producerId  51 producerEpoch  53 baseSequence  57 recordCount  61 records...
 * </pre>
 *
 * The checksum covers what follows it. So the broker can write base offset and leader epoch without touching it.
 */
final class BatchLayout {
    static final int LENGTH_AT = 8;
    static final int LEADER_EPOCH_AT = 12;
    static final int MAGIC_AT = 16;
    static final int CRC_AT = 17;
    static final int ATTRIBUTES_AT = 21;
    static final int LAST_OFFSET_DELTA_AT = 23;
    static final int BASE_TIMESTAMP_AT = 27;
    static final int MAX_TIMESTAMP_AT = 35;
    static final int PRODUCER_ID_AT = 43;
    static final int PRODUCER_EPOCH_AT = 51;
    static final int BASE_SEQUENCE_AT = 53;
    static final int RECORD_COUNT_AT = 57;
    static final int HEADER_BYTES = 61;

    static final byte MAGIC = 2;

    static final int COMPRESSION_MASK = 0x07;
    static final int LOG_APPEND_TIME_BIT = 0x08;
    static final int TRANSACTIONAL_BIT = 0x10;
    static final int CONTROL_BIT = 0x20;
    static final int DELETE_HORIZON_BIT = 0x40;
    static final int UNKNOWN_BITS = 0xff80;

    /** Length, attributes, timestamp delta, offset delta, key length, value length, header count: a byte each. */
    static final int RECORD_BYTES_MIN = 7;

    private BatchLayout() {}

    /** The checksum that the batch of {@code sizeBytes} at {@code index} ought to have. */
    static int checksum(ByteBuffer buffer, int index, int sizeBytes) {
        CRC32C crc = new CRC32C();
        int coveredBytes = sizeBytes - ATTRIBUTES_AT;
        if (buffer.hasArray()) {
            crc.update(buffer.array(), buffer.arrayOffset() + index + ATTRIBUTES_AT, coveredBytes);
        } else {
            crc.update(buffer.slice(index + ATTRIBUTES_AT, coveredBytes));
        }
        return (int) crc.getValue();
    }

    static ByteBuffer bigEndian(ByteBuffer buffer) {
        return buffer.order() == ByteOrder.BIG_ENDIAN ? buffer : buffer.duplicate();
    }
}
