package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.stream.EventCheck;
import dev.millrace.core.stream.StreamKey;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What can be said about a request to streams before it is proposed or read for. Thread: any. */
final class StreamRules {
    private static final int CHECKS_MAX = 1000;

    private final PartitionLookup lookup;
    private final LocalLogs logs;

    StreamRules(PartitionLookup lookup, LocalLogs logs) {
        this.lookup = lookup;
        this.logs = logs;
    }

    /** The events with a place for each version. Fails: throws {@link FaultException}. */
    ByteBuffer accept(TopicPartition partition, ByteBuffer events, List<StreamOperations.Check> checks) {
        Topic topic = indexed(partition);
        check(topic, partition, checks);
        return prepare(topic, partition, events);
    }

    private ByteBuffer prepare(Topic topic, TopicPartition partition, ByteBuffer events) {
        if (!events.hasRemaining()) {
            return ByteBuffer.allocate(0);
        }
        if (events.remaining() > StreamOperations.APPEND_BYTES_MAX) {
            throw new FaultException(
                    Fault.BATCH_TOO_LARGE,
                    "an append of " + events.remaining() + " bytes; at most " + StreamOperations.APPEND_BYTES_MAX
                            + " are allowed");
        }
        ByteBuffer prepared = logs.admit(topic, partition, events);
        RecordBatch batch = RecordBatch.at(prepared, prepared.position());
        if (batch.sizeBytes() != prepared.remaining() || batch.idempotent()) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "an append to streams is one batch without a producer id: events have ids of their own");
        }
        if (batch.recordCount() > StreamOperations.EVENTS_MAX) {
            throw new FaultException(
                    Fault.BATCH_TOO_LARGE,
                    "an append of " + batch.recordCount() + " events; at most " + StreamOperations.EVENTS_MAX
                            + " are allowed");
        }
        return prepared;
    }

    private static void check(Topic topic, TopicPartition partition, List<StreamOperations.Check> checks) {
        if (checks.size() > CHECKS_MAX) {
            throw new FaultException(
                    Fault.BATCH_TOO_LARGE, checks.size() + " checks; at most " + CHECKS_MAX + " are allowed");
        }
        for (StreamOperations.Check check : checks) {
            requireKey(topic, partition, check.key());
            requireExpected(check.expected());
        }
    }

    static void requireExpected(long expected) {
        if (!ExpectedVersion.isValid(expected)) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "expected version " + expected + "; allowed are versions from 0 on, -1 none, -2 any, -4 exists");
        }
    }

    /** Fails: FaultException TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, INDEX_DISABLED. */
    Topic indexed(TopicPartition partition) {
        lookup.partitionId(partition);
        return StreamReads.requireIndexed(lookup.topic(partition));
    }

    void requireKey(TopicPartition partition, byte[] key) {
        requireKey(indexed(partition), partition, key);
    }

    private static void requireKey(Topic topic, TopicPartition partition, byte[] key) {
        Refusal problem = EventCheck.keyProblem(key, partition.partition(), topic.partitionCount());
        if (problem != null) {
            throw problem.toException();
        }
    }

    // ---- what events are asked for

    /** Fails: throws INVALID_REQUEST, naming what is too much. */
    static void requireFilter(StreamOperations.Filter filter) {
        requireQuery(filter.query());
        requirePrefix(filter.keyPrefix());
        Refusal problem = filter.key() == null ? null : EventCheck.keyLengthProblem(filter.key());
        if (problem != null) {
            throw problem.toException();
        }
    }

    static void requirePrefix(byte[] prefix) {
        if (prefix != null && prefix.length > StreamKey.BYTES_MAX) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "a key prefix of " + prefix.length + " bytes; a key has at most " + StreamKey.BYTES_MAX);
        }
    }

    /** @param query null for none */
    static void requireQuery(EventQuery query) {
        if (query == null) {
            return;
        }
        if (query.problem() != null) {
            throw invalidQuery(query.problem());
        }
        for (EventQuery.Item item : query.items()) {
            item.types().forEach(type -> requireName("type", type, EventHeaders.TYPE_BYTES_MAX));
            item.tags().forEach(tag -> requireName("tag", tag, EventHeaders.TAG_BYTES_MAX));
        }
    }

    private static void requireName(String what, String name, int bytesMax) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > bytesMax) {
            throw invalidQuery("a " + what + " of " + bytes + " bytes; a " + what + " has 1 to " + bytesMax);
        }
    }

    private static FaultException invalidQuery(String problem) {
        return new FaultException(Fault.INVALID_REQUEST, "the query has " + problem);
    }

    /** Each is -1 where it is not to change. */
    static void requireLimits(long before, long countMax, long ageMsMax) {
        if (before < -1 || countMax < -1 || ageMsMax < -1) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "a limit of the events before version " + before + ", of " + countMax + " events and of " + ageMsMax
                            + " ms; 0 is the least of each, and -1 leaves it as it is");
        }
    }
}
