package dev.millrace.server.schema;

import dev.millrace.core.Broker;
import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNote;
import dev.millrace.core.wire.SchemaNames;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** The internal topic that holds all that the registry knows. Waits for the disk: not for an event loop. */
final class RegistryLog {
    private static final String TOPIC = SchemaNames.TOPIC;
    /** The registry's one way in, so far. */
    private static final Actor BY_HTTP = new Actor("http", "", "");

    private static final int READ_BYTES = 1 << 20;
    private static final int RECORD_BYTES_MAX = 64 << 20;
    /** Of what is appended together, beside one entry: well below what any broker takes as one batch. */
    private static final int TOGETHER_BYTES_MAX = 256 << 10;

    private final Broker broker;
    private final TimeSource time;
    /** Null until the first change: a broker without schemas has no such topic. */
    private TopicPartition partition;

    RegistryLog(Broker broker, TimeSource time) {
        this.broker = broker;
        this.time = time;
        this.partition = broker.topics()
                .find(TOPIC)
                .map(topic -> new TopicPartition(topic.topicId(), 0))
                .orElse(null);
    }

    /** Hands on every entry from the first to the last that is durable. */
    void replay(Consumer<RegistryEntry> entries) {
        if (partition == null) {
            return;
        }
        long offset = broker.logs().bounds(partition).logStartOffset();
        while (true) {
            LogSlice slice = broker.logs().read(partition, offset, READ_BYTES).join();
            try {
                for (RecordBatch batch : RecordBatch.in(slice.batches())) {
                    batch.records(RECORD_BYTES_MAX).forEach(record -> entries.accept(read(record)));
                }
                offset = slice.nextOffset();
                if (offset >= slice.endOffset()) {
                    return;
                }
            } finally {
                slice.release();
            }
        }
    }

    private static RegistryEntry read(Record record) {
        try {
            return RegistryCodec.read(record.key(), record.value());
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(
                    "topic \"" + TOPIC + "\" holds at offset " + record.offset()
                            + " what this version of the schema registry cannot read: " + e.getMessage()
                            + ". Start the version that wrote it",
                    e);
        }
    }

    /**
     * The entries in order, in parts that are small enough to be appended. Those of an inner list stay together, and may be
     * larger than a part.
     *
     * @param noteBytes what the audit log keeps of an entry
     */
    static List<List<RegistryEntry>> parts(List<List<RegistryEntry>> entries, ToIntFunction<RegistryEntry> noteBytes) {
        List<List<RegistryEntry>> parts = new ArrayList<>();
        long bytes = 0;
        for (List<RegistryEntry> together : entries) {
            long more = together.stream()
                    .mapToLong(entry -> sizeBytes(entry) + noteBytes.applyAsInt(entry))
                    .sum();
            if (parts.isEmpty() || bytes + more > TOGETHER_BYTES_MAX) {
                parts.add(new ArrayList<>());
                bytes = 0;
            }
            parts.get(parts.size() - 1).addAll(together);
            bytes += more;
        }
        return parts;
    }

    private static long sizeBytes(RegistryEntry entry) {
        byte[] value = RegistryCodec.value(entry);
        return RegistryCodec.key(entry).length + (value == null ? 0 : value.length);
    }

    /** Appends all or nothing; on return they are durable. Fails: {@link SchemaRefusal} STORE_ERROR. */
    void append(List<RegistryEntry> entries, List<AuditNote> notes) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE, 1024);
        long nowMs = time.nowMs();
        entries.forEach(entry -> batch.append(nowMs, RegistryCodec.key(entry), RegistryCodec.value(entry), List.of()));
        try {
            if (partition == null) {
                partition = broker.internals().log(TOPIC).join();
            }
            broker.internals().append(partition, batch.build(), BY_HTTP, notes).join();
        } catch (CompletionException failed) {
            Throwable cause = failed.getCause();
            String why = cause instanceof FaultException fault
                    ? fault.fault() + ": " + fault.detail() + ". "
                            + fault.fault().remedy()
                    : String.valueOf(cause);
            throw new SchemaRefusal(SchemaRefusal.STORE_ERROR, "The change could not be stored: " + why);
        }
    }
}
