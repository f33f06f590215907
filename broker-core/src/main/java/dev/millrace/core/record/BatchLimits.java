package dev.millrace.core.record;

/**
 * What a client may send. Units: bytes, except the count.
 *
 * @param batchCountMax how many batches may lie in one buffer
 * @param batchBytesMax the largest batch, as sent
 * @param recordBytesMax the largest record, before compression; compressed batches are checked by the deep check only
 * @param decompressedBytesMax what a compressed batch may inflate to, and all of one buffer together; also bounds its
 *     claimed record count
 */
public record BatchLimits(int batchCountMax, int batchBytesMax, int recordBytesMax, int decompressedBytesMax) {
    public BatchLimits {
        if (batchCountMax < 1 || batchBytesMax < 1 || recordBytesMax < 1 || decompressedBytesMax < 1) {
            throw new IllegalArgumentException("every limit must be at least 1: " + batchCountMax + ", " + batchBytesMax
                    + ", " + recordBytesMax + ", " + decompressedBytesMax);
        }
    }

    /** One size for batch, record and decompressed records; any number of batches. */
    public static BatchLimits ofBytes(int bytesMax) {
        return new BatchLimits(Integer.MAX_VALUE, bytesMax, bytesMax, bytesMax);
    }
}
