package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Reads single records, and makes dead letters of them. Thread: any. */
final class DeadLetterCopies {
    private static final int MESSAGE_BYTES_MAX = 1024;
    private static final int SUMMARY_CHARS_MAX = 200;
    private static final int BATCH_OVERHEAD_BYTES = 256;

    private final LogOperations logs;
    private final BrokerOptions.Memory limits;

    DeadLetterCopies(LogOperations logs, BrokerOptions.Memory limits) {
        this.logs = logs;
        this.limits = limits;
    }

    /** Fails: OFFSET_OUT_OF_RANGE where there is no such record any more. */
    CompletableFuture<Record> read(TopicPartition partition, long offset) {
        return Answers.map(logs.read(partition, offset, 1), slice -> {
            try {
                return find(slice.batches(), offset);
            } finally {
                slice.release();
            }
        });
    }

    private Record find(ByteBuffer batches, long offset) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            if (batch.lastOffset() < offset) {
                continue;
            }
            for (Record record : batch.records(limits.decompressedBytesMax())) {
                if (record.offset() == offset) {
                    return record;
                }
            }
        }
        throw new FaultException(Fault.OFFSET_OUT_OF_RANGE, "there is no record at offset " + offset);
    }

    /** The source of a record from a retry topic, as its headers say. */
    static DeadLetterOperations.Place sourceOf(Record record) {
        try {
            return new DeadLetterOperations.Place(
                    header(record, DeadLetterNames.TOPIC),
                    Integer.parseInt(header(record, DeadLetterNames.PARTITION)),
                    Long.parseLong(header(record, DeadLetterNames.OFFSET)));
        } catch (IllegalArgumentException e) {
            throw new FaultException(
                    Fault.INTERNAL, "the record at " + record.offset() + " of a retry topic names no source", e);
        }
    }

    private static String header(Record record, String name) {
        for (RecordHeader header : record.headers()) {
            if (header.key().equals(name) && header.value() != null) {
                return new String(header.value(), StandardCharsets.UTF_8);
            }
        }
        throw new IllegalArgumentException("no header " + name);
    }

    /** The record with the headers that say why it is a dead letter; those of an earlier time are replaced. */
    static ByteBuffer deadLetter(
            Record record, DeadLetterOperations.Place source, String group, DeadLetterOperations.Failure failure) {
        List<RecordHeader> headers = new ArrayList<>();
        record.headers().stream()
                .filter(header -> !header.key().startsWith(DeadLetterNames.HEADER_PREFIX))
                .forEach(headers::add);
        add(headers, DeadLetterNames.REASON, failure.reason());
        add(headers, DeadLetterNames.EXCEPTION, failure.exception());
        add(headers, DeadLetterNames.MESSAGE, cut(failure.message(), MESSAGE_BYTES_MAX));
        add(headers, DeadLetterNames.ATTEMPTS, Integer.toString(failure.attempts()));
        add(headers, DeadLetterNames.GROUP, group);
        add(headers, DeadLetterNames.TOPIC, source.topic());
        add(headers, DeadLetterNames.PARTITION, Integer.toString(source.partition()));
        add(headers, DeadLetterNames.OFFSET, Long.toString(source.offset()));
        add(headers, DeadLetterNames.FIRST_FAILURE, Long.toString(failure.firstFailureMs()));
        add(headers, DeadLetterNames.LAST_FAILURE, Long.toString(failure.lastFailureMs()));
        return batchOf(record, headers);
    }

    private static void add(List<RecordHeader> headers, String name, String value) {
        headers.add(new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8)));
    }

    /** The record with another value. Fails: MESSAGE_TOO_LARGE. */
    ByteBuffer edited(Record record, byte[] value) {
        if (value.length > limits.messageBytesMax()) {
            throw new FaultException(
                    Fault.MESSAGE_TOO_LARGE,
                    "a value of " + value.length + " bytes; at most " + limits.messageBytesMax() + " are allowed");
        }
        return batchOf(record, value, record.headers());
    }

    static ByteBuffer batchOf(Record record, List<RecordHeader> headers) {
        return batchOf(record, record.value(), headers);
    }

    private static ByteBuffer batchOf(Record record, byte[] value, List<RecordHeader> headers) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, BATCH_OVERHEAD_BYTES);
        builder.append(record.timestampMs(), record.key(), value, headers);
        return builder.build();
    }

    /** At most so many bytes of UTF-8, without half a character at the end. */
    static String cut(String text, int bytesMax) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= bytesMax) {
            return text;
        }
        int end = bytesMax;
        while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
            end--;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    static String summary(DeadLetterOperations.Failure failure) {
        String text = failure.exception().isEmpty()
                ? failure.message()
                : failure.exception() + (failure.message().isEmpty() ? "" : ": " + failure.message());
        return inALine(text);
    }

    /** As it is shown in lists. */
    static String inALine(String text) {
        return cut(text.replaceAll("\\p{Cntrl}+", " "), SUMMARY_CHARS_MAX);
    }
}
