package dev.millrace.simulation;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.history.Payload;
import dev.millrace.history.Writer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A batch of a producer: made once, encoded for each time that it is sent, because the broker writes into the bytes. */
final class Outgoing {
    private static final int RECORDS_MAX = 4;
    /** How many keys there are: who reads a record looks for its own. */
    static final int KEYS = 10;

    private static final int TIMESTAMP_NOISE_MS = 2000;

    final int sequence;
    /** By the agenda's own time, which nobody sets. */
    final long madeMs;

    private final Writer writer;
    private final long firstCounter;
    private final Compression compression;
    private final long[] timestampsMs;
    private final List<byte[]> values = new ArrayList<>();

    /** Draws a batch and notes its records as published. */
    Outgoing(World world, Writer writer, int sequence) {
        this.writer = writer;
        this.sequence = sequence;
        this.madeMs = world.agenda.trueMs();
        compression = world.random.nextInt(20) == 0 ? Compression.GZIP : Compression.NONE;
        timestampsMs = new long[1 + world.random.nextInt(RECORDS_MAX)];
        long first = -1;
        for (int i = 0; i < timestampsMs.length; i++) {
            long counter = writer.invoke();
            first = i == 0 ? counter : first;
            values.add(Payload.of(writer.number(), counter, world.random.nextInt(world.profile.valueBytesMax())));
            timestampsMs[i] = world.agenda.nowMs() - world.random.nextInt(TIMESTAMP_NOISE_MS);
        }
        firstCounter = first;
    }

    int recordCount() {
        return timestampsMs.length;
    }

    long timestampMs(int index) {
        return timestampsMs[index];
    }

    /** With an id of -1 the batch is not numbered. */
    ByteBuffer encode(long producerId, short epoch) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 256);
        if (producerId >= 0) {
            builder.producer(producerId, epoch, sequence);
        }
        for (int i = 0; i < timestampsMs.length; i++) {
            byte[] key = Payload.key(writer.number(), firstCounter + i, KEYS);
            builder.append(timestampsMs[i], key, values.get(i), List.of());
        }
        return builder.build();
    }

    void acknowledged(int partitionId, long baseOffset) {
        for (int i = 0; i < timestampsMs.length; i++) {
            writer.ok(firstCounter + i, partitionId, baseOffset + i);
        }
    }

    void failed() {
        for (int i = 0; i < timestampsMs.length; i++) {
            writer.failed(firstCounter + i);
        }
    }
}
