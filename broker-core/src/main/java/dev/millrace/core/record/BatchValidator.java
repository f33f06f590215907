package dev.millrace.core.record;

import dev.millrace.core.record.BatchCheck.Verdict;
import java.nio.ByteBuffer;

/**
 * Checks batches from clients before they are stored.
 *
 * <p>{@link #check} looks at headers and checksums, and at the structure of records that are not compressed; it never
 * decompresses, so its cost is one pass over the bytes. {@link #deepCheck} also decompresses. Both read the bytes
 * between the buffer's position and limit, move neither, and throw nothing for bad input: that is an expected outcome.
 */
public final class BatchValidator {
    private static final BatchCheck FINE = BatchCheck.ok(0, 0, -1);

    private BatchValidator() {}

    public static BatchCheck check(ByteBuffer batches, BatchLimits limits) {
        return check(batches, limits, false);
    }

    /** Like {@link #check}, and the records of compressed batches too, inflated to the limit at most. */
    public static BatchCheck deepCheck(ByteBuffer batches, BatchLimits limits) {
        return check(batches, limits, true);
    }

    private static BatchCheck check(ByteBuffer batches, BatchLimits limits, boolean deep) {
        if (!batches.hasRemaining()) {
            return BatchCheck.failed(Verdict.CORRUPT, "there is no batch");
        }
        int batchCount = 0;
        long recordCount = 0;
        long maxTimestampMs = -1;
        Budget budget = new Budget(limits.decompressedBytesMax());
        try {
            for (RecordBatch batch : RecordBatch.in(batches)) {
                if (++batchCount > limits.batchCountMax()) {
                    return BatchCheck.failed(Verdict.TOO_LARGE, "more than " + limits.batchCountMax() + " batches");
                }
                BatchCheck header = checkHeader(batch, limits);
                if (!header.ok()) {
                    return header;
                }
                BatchCheck records = checkRecords(batch, limits, deep ? budget : null);
                if (!records.ok()) {
                    return records;
                }
                recordCount += batch.recordCount();
                maxTimestampMs = Math.max(maxTimestampMs, records.maxTimestampMs());
            }
        } catch (CorruptBatchException e) {
            return BatchCheck.failed(Verdict.CORRUPT, e.getMessage());
        }
        return BatchCheck.ok(batchCount, recordCount, maxTimestampMs);
    }

    private static BatchCheck checkHeader(RecordBatch batch, BatchLimits limits) {
        if (batch.magic() != BatchLayout.MAGIC) {
            return failed(Verdict.CORRUPT, batch, "magic " + batch.magic() + ", only 2 is known");
        }
        if (batch.sizeBytes() > limits.batchBytesMax()) {
            return failed(
                    Verdict.TOO_LARGE, batch, batch.sizeBytes() + " bytes, the limit is " + limits.batchBytesMax());
        }
        if (!batch.checksumValid()) {
            return failed(Verdict.CORRUPT, batch, "checksum " + Integer.toHexString(batch.crc()) + " does not match");
        }
        BatchCheck attributes = checkAttributes(batch);
        if (!attributes.ok()) {
            return attributes;
        }
        BatchCheck counts = checkCounts(batch, limits);
        return counts.ok() ? checkProducerAndTimes(batch) : counts;
    }

    private static BatchCheck checkAttributes(RecordBatch batch) {
        int attributes = batch.attributes();
        if ((attributes & BatchLayout.UNKNOWN_BITS) != 0) {
            return failed(Verdict.CORRUPT, batch, "unknown attribute bits " + Integer.toHexString(attributes & 0xffff));
        }
        int compressionId = attributes & BatchLayout.COMPRESSION_MASK;
        if (!Compression.known(compressionId)) {
            return failed(Verdict.UNSUPPORTED_COMPRESSION, batch, "unknown compression id " + compressionId);
        }
        if (batch.logAppendTime()) {
            return failed(Verdict.REFUSED, batch, "only the broker sets the append-time bit");
        }
        if (batch.transactional()) {
            return failed(Verdict.REFUSED, batch, "transactional batches are not supported");
        }
        if (batch.control()) {
            return failed(Verdict.REFUSED, batch, "only the broker writes control batches");
        }
        if ((attributes & BatchLayout.DELETE_HORIZON_BIT) != 0) {
            return failed(Verdict.REFUSED, batch, "only the broker sets the delete-horizon bit");
        }
        return FINE;
    }

    private static BatchCheck checkCounts(RecordBatch batch, BatchLimits limits) {
        int count = batch.recordCount();
        if (count < 1) {
            return failed(Verdict.CORRUPT, batch, "record count " + count);
        }
        if (batch.lastOffsetDelta() != count - 1) {
            return failed(
                    Verdict.CORRUPT,
                    batch,
                    "last offset delta " + batch.lastOffsetDelta() + " with " + count + " records");
        }
        // Offsets are given by this count, so a batch must not claim more than it can hold.
        int recordsBytesMax = batch.compression() == Compression.NONE
                ? batch.sizeBytes() - RecordBatch.HEADER_BYTES
                : limits.decompressedBytesMax();
        if (count > recordsBytesMax / BatchLayout.RECORD_BYTES_MIN) {
            return failed(
                    Verdict.CORRUPT, batch, "record count " + count + " does not fit in " + recordsBytesMax + " bytes");
        }
        return FINE;
    }

    private static BatchCheck checkProducerAndTimes(RecordBatch batch) {
        long producerId = batch.producerId();
        int epoch = batch.producerEpoch();
        int sequence = batch.baseSequence();
        if (producerId < -1) {
            return failed(Verdict.CORRUPT, batch, "producer id " + producerId);
        }
        // Without a producer id, clients in use send 0 as well as -1 for the other two.
        int least = batch.idempotent() ? 0 : -1;
        if (epoch < least || sequence < least) {
            return failed(
                    Verdict.CORRUPT,
                    batch,
                    "producer epoch " + epoch + " and base sequence " + sequence + " with producer id " + producerId);
        }
        if (batch.baseTimestampMs() < -1 || batch.maxTimestampMs() < -1) {
            return failed(
                    Verdict.CORRUPT,
                    batch,
                    "base timestamp " + batch.baseTimestampMs() + ", max timestamp " + batch.maxTimestampMs());
        }
        return FINE;
    }

    /** What all compressed batches of one buffer may inflate to: each alone may be small and yet take long. */
    private static final class Budget {
        private long leftBytes;

        Budget(long bytesMax) {
            leftBytes = bytesMax;
        }

        boolean take(int bytes) {
            leftBytes -= bytes;
            return leftBytes >= 0;
        }
    }

    /** @param budget null to leave compressed batches unopened */
    private static BatchCheck checkRecords(RecordBatch batch, BatchLimits limits, Budget budget) {
        boolean compressed = batch.compression() != Compression.NONE;
        long maxTimestampMs = Math.max(batch.baseTimestampMs(), batch.maxTimestampMs());
        if (compressed && budget == null) {
            return BatchCheck.ok(1, batch.recordCount(), maxTimestampMs);
        }
        // Some clients set the header's maximum wrongly; what was seen in the records wins.
        maxTimestampMs = -1;
        RecordCursor record = batch.cursor(limits.decompressedBytesMax());
        while (record.next()) {
            if (record.recordBytes() > limits.recordBytesMax()) {
                return failed(
                        Verdict.TOO_LARGE,
                        batch,
                        "record " + record.offsetDelta() + " has " + record.recordBytes() + " bytes, the limit is "
                                + limits.recordBytesMax());
            }
            if (compressed && !budget.take(record.recordBytes())) {
                return failed(
                        Verdict.TOO_LARGE,
                        batch,
                        "the batches up to here inflate to more than " + limits.decompressedBytesMax() + " bytes");
            }
            if (record.timestampMs() < -1) {
                return failed(
                        Verdict.CORRUPT,
                        batch,
                        "record " + record.offsetDelta() + " has timestamp " + record.timestampMs());
            }
            maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs());
        }
        return BatchCheck.ok(1, batch.recordCount(), maxTimestampMs);
    }

    private static BatchCheck failed(Verdict verdict, RecordBatch batch, String problem) {
        return BatchCheck.failed(verdict, "batch at byte " + batch.index() + ": " + problem);
    }
}
