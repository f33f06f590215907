package dev.millrace.server.tracing;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.TraceParent;

/**
 * What the broker did with a record, when it was done. Units: nanoseconds since 1970.
 *
 * @param parent the span that the record names
 * @param offset -1 where the record got none
 * @param fault why it was refused; null for none
 */
record BrokerSpan(
        Operation operation,
        TraceParent parent,
        TopicPartition partition,
        long offset,
        long startNanos,
        long endNanos,
        Fault fault) {
    /** What OTLP calls the kind of a span. */
    private static final int INTERNAL = 1;

    private static final int SERVER = 2;

    enum Operation {
        /** From a record's arrival until it was durable. */
        PUBLISH("publish", SERVER),
        /** From where a record was ready to be sent to a consumer until the socket had taken it. */
        DELIVER("deliver", INTERNAL);

        final String word;
        final int kind;

        Operation(String word, int kind) {
            this.word = word;
            this.kind = kind;
        }
    }
}
