package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicSettings;
import java.nio.ByteBuffer;

/** Holds records against schemas before they are appended, in topics that ask for it. Thread: any. */
final class SchemaChecks {
    private final int decompressedBytesMax;
    private volatile SchemaCheck check;

    SchemaChecks(int decompressedBytesMax) {
        this.decompressedBytesMax = decompressedBytesMax;
    }

    void use(SchemaCheck next) {
        check = next;
    }

    /** Fails: throws {@link FaultException} SCHEMA_REFUSED, naming the first record that does not fit. */
    void pass(Topic topic, ByteBuffer batches) {
        SchemaCheck current = check;
        if (current == null) {
            throw new FaultException(
                    Fault.OVERLOADED,
                    "topic \"" + topic.name() + "\" has " + TopicSettings.SCHEMA_VALIDATION
                            + " and the schemas are not loaded yet");
        }
        boolean full = topic.settings().checksValues();
        CheckBudget budget = new CheckBudget();
        long number = 0;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            RecordCursor cursor = batch.cursor(decompressedBytesMax);
            while (cursor.next()) {
                String problem = current.problem(topic.name(), full, cursor, budget);
                if (problem != null) {
                    throw new FaultException(
                            Fault.SCHEMA_REFUSED,
                            "publish to \"" + topic.name() + "\": record " + number + " of the request " + problem
                                    + ". Nothing of the request was appended");
                }
                number++;
            }
        }
    }
}
