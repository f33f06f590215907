package dev.millrace.core.stream;

import dev.millrace.core.record.EventBatches.Names;
import dev.millrace.core.record.EventHeaders;
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
    /** Null where the client gave none. */
    final UUID id;

    final byte[] type;
    final byte[] tags;
    final long timestampMs;
    /** Distinguishes what events with the same id say. */
    final long fingerprint;

    private final int versionAt;
    /** Beside the offset of the first event. */
    final long offsetDelta;

    long version = -1;

    private Event(StreamKey stream, RecordCursor cursor, long offsetDelta) {
        this.stream = stream;
        this.timestampMs = cursor.timestampMs();
        this.offsetDelta = offsetDelta;
        UUID foundId = null;
        byte[] foundType = null;
        byte[] foundTags = null;
        int foundVersionAt = -1;
        while (cursor.nextHeader()) {
            if (foundVersionAt < 0 && cursor.headerIs(Names.VERSION)) {
                foundVersionAt = cursor.headerValueAt();
            } else if (foundId == null && cursor.headerIs(Names.ID)) {
                foundId = EventHeaders.idOf(cursor.headerValue());
            } else if (foundType == null && cursor.headerIs(Names.TYPE)) {
                foundType = cursor.headerValue();
            } else if (foundTags == null && cursor.headerIs(Names.TAGS)) {
                foundTags = cursor.headerValue();
            }
        }
        id = foundId;
        type = foundType;
        tags = foundTags;
        versionAt = foundVersionAt;
        fingerprint = foundId == null ? 0 : fingerprint(cursor, foundType);
    }

    private static long fingerprint(RecordCursor cursor, byte[] type) {
        CRC32C value = new CRC32C();
        if (cursor.valueBytes() > 0) {
            value.update(cursor.valueView());
        }
        CRC32C rest = new CRC32C();
        if (type != null) {
            rest.update(type);
        }
        rest.update(cursor.valueBytes());
        return value.getValue() << 32 | rest.getValue();
    }

    /** The events in batches that have a place for each version. */
    static List<Event> in(int partitionId, ByteBuffer batches) {
        List<Event> events = new ArrayList<>();
        long before = 0;
        StreamKey last = null;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            RecordCursor cursor = batch.cursor(batch.sizeBytes());
            while (cursor.next()) {
                StreamKey stream = new StreamKey(partitionId, cursor.key());
                // Runs of one stream share the object: most appends are one.
                last = stream.equals(last) ? last : stream;
                events.add(new Event(last, cursor, before + cursor.offsetDelta()));
            }
            before += batch.recordCount();
        }
        return events;
    }

    void writeVersion(ByteBuffer batches) {
        batches.putLong(versionAt, version);
    }
}
