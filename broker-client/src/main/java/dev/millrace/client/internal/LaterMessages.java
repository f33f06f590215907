package dev.millrace.client.internal;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.NewTimer;
import java.util.UUID;

/** Turns messages that are to be delivered later into timers. */
final class LaterMessages {
    private LaterMessages() {}

    /** Fails: INVALID_REQUEST where the message has a timer key and no time, or a time before 1970. */
    static NewTimer timer(Message message, UUID topicId, int partition) {
        Message.Later later = message.later();
        if (later.atMs() < 0 && later.delayMs() < 0) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    "a message to " + message.topic() + " to be delivered later is due at " + later.atMs()
                            + " ms, after " + later.delayMs()
                            + " ms; give deliverAt a time after 1970, or delay one of 0 or more");
        }
        long timestampMs = message.timestampMs() >= 0 ? message.timestampMs() : System.currentTimeMillis();
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        builder.append(timestampMs, message.key(), message.value(), message.headers());
        return new NewTimer(topicId, partition, later.atMs(), later.delayMs(), later.timerKey(), builder.build());
    }
}
