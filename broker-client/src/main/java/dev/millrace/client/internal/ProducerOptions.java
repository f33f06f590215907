package dev.millrace.client.internal;

import dev.millrace.core.record.Compression;
import java.util.concurrent.TimeUnit;

/**
 * How a producer batches and waits.
 *
 * @param lingerNanos -1 to adapt: no wait while nothing of the partition is in flight, else up to {@link #ADAPTIVE_NANOS}
 */
record ProducerOptions(
        long lingerNanos,
        int batchBytes,
        Compression compression,
        long bufferBytes,
        long blockNanos,
        long deliveryNanos,
        boolean idempotent) {
    static final long ADAPTIVE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** The broker remembers the last five batches of a producer in a partition. */
    static final int IN_FLIGHT_COUNT_MAX = 5;

    /** The builder's array stays under half a MiB, from which on G1 treats it as humongous in heaps of up to 2 GiB. */
    private static final int GROWN_BATCH_BYTES_MAX = 240 << 10;

    /** How far batches may grow while the broker is slower than the publishers. */
    int batchBytesMax() {
        return Math.max(batchBytes, (int) Math.min(GROWN_BATCH_BYTES_MAX, bufferBytes / 16));
    }
}
