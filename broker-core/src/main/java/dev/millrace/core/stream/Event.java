package dev.millrace.core.stream;

import dev.millrace.core.record.EventBatches.Names;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/** An event that is about to be appended, with where its version goes in the batch. */
final class Event {
    final StreamKey stream;
    /** False where the client gave no id. */
    final boolean hasId;

    final long idHigh;
    final long idLow;
    final byte[] type;
    final byte[] tags;
    final long timestampMs;
    /** Distinguishes what events with the same id say. */
    final long fingerprint;

    private final int versionAt;
    /** Beside the offset of the first event. */
    final long offsetDelta;

    long version = -1;

    private Event(StreamKey stream, RecordCursor cursor, long offsetDelta, CRC32C crc) {
        this.stream = stream;
        this.timestampMs = cursor.timestampMs();
        this.offsetDelta = offsetDelta;
        long high = 0;
        long low = 0;
        boolean foundId = false;
        byte[] foundType = null;
        byte[] foundTags = null;
        int foundVersionAt = -1;
        while (cursor.nextHeader()) {
            if (foundVersionAt < 0 && cursor.headerIs(Names.VERSION)) {
                foundVersionAt = cursor.headerValueAt();
            } else if (!foundId && cursor.headerIs(Names.ID)) {
                foundId = true;
                high = cursor.headerLong(0);
                low = cursor.headerLong(Long.BYTES);
            } else if (foundType == null && cursor.headerIs(Names.TYPE)) {
                foundType = cursor.headerValue();
            } else if (foundTags == null && cursor.headerIs(Names.TAGS)) {
                foundTags = cursor.headerValue();
            }
        }
        hasId = foundId;
        idHigh = high;
        idLow = low;
        type = foundType;
        tags = foundTags;
        versionAt = foundVersionAt;
        fingerprint = foundId ? fingerprint(cursor, foundType, crc) : 0;
    }

    private static long fingerprint(RecordCursor cursor, byte[] type, CRC32C crc) {
        crc.reset();
        if (cursor.valueBytes() > 0) {
            crc.update(cursor.valueView());
        }
        long ofValue = crc.getValue();
        crc.reset();
        if (type != null) {
            crc.update(type);
        }
        crc.update(cursor.valueBytes());
        return ofValue << 32 | crc.getValue();
    }

    UUID id() {
        return new UUID(idHigh, idLow);
    }

    /** The events in batches that have a place for each version. */
    static List<Event> in(int partitionId, ByteBuffer batches) {
        List<Event> events = new ArrayList<>();
        CRC32C crc = new CRC32C();
        long before = 0;
        StreamKey last = null;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            RecordCursor cursor = batch.cursor(batch.sizeBytes());
            while (cursor.next()) {
                // Runs of one stream share the object: most appends are one.
                if (last == null || !cursor.keyIs(last.key())) {
                    last = new StreamKey(partitionId, cursor.key());
                }
                events.add(new Event(last, cursor, before + cursor.offsetDelta(), crc));
            }
            before += batch.recordCount();
        }
        return events;
    }

    void writeVersion(ByteBuffer batches) {
        batches.putLong(versionAt, version);
    }
}
