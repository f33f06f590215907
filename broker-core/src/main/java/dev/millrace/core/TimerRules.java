package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.timer.TimerTable;
import dev.millrace.core.wire.NewTimer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What can be said about a timer before it is proposed. Thread: any. */
final class TimerRules {
    private final LocalLogs logs;

    TimerRules(LocalLogs logs) {
        this.logs = logs;
    }

    /** The timer with bytes of its own. */
    NewTimer owned(NewTimer timer) {
        ByteBuffer copy = ByteBuffer.allocate(timer.batch().remaining())
                .put(timer.batch().duplicate())
                .flip();
        return new NewTimer(timer.topicId(), timer.partition(), timer.atMs(), timer.delayMs(), timer.key(), copy);
    }

    /** Fails: throws {@link FaultException}. Whether topic and partition exist is found when it is applied. */
    void check(NewTimer timer) {
        checkKey(timer.key());
        logs.acceptAnywhere(new TopicPartition(timer.topicId(), timer.partition()), timer.batch());
        RecordBatch batch = RecordBatch.at(timer.batch(), timer.batch().position());
        if (batch.recordCount() != 1
                || batch.sizeBytes() != timer.batch().remaining()
                || batch.compression() != Compression.NONE
                || batch.idempotent()) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "a timer holds one batch of one record, not compressed and without a producer id; this one holds "
                            + batch.recordCount() + " records, " + batch.compression() + ", producer id "
                            + batch.producerId());
        }
    }

    void checkKey(String key) {
        if (key == null) {
            return;
        }
        int bytes = key.getBytes(StandardCharsets.UTF_8).length;
        if (key.isEmpty() || bytes > TimerTable.KEY_BYTES_MAX) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "a timer key has 1 to " + TimerTable.KEY_BYTES_MAX + " bytes, this one " + bytes);
        }
    }
}
