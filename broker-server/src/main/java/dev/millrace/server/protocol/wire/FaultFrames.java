package dev.millrace.server.protocol.wire;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.Frames;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what went wrong into what the native protocol says about it. */
final class FaultFrames {
    private static final Logger LOG = LoggerFactory.getLogger(FaultFrames.class);

    private FaultFrames() {}

    /** The answer to a failed request. */
    static Frames.Error error(FaultException failure) {
        return new Frames.Error(codeOf(failure.fault()), failure.detail());
    }

    /** The end of a failed subscription. */
    static Frames.SubscriptionEnded ended(FaultException failure) {
        return new Frames.SubscriptionEnded(codeOf(failure.fault()), failure.detail());
    }

    /** The fault behind an error; anything that is not one is a defect, logged here with its stack. */
    static FaultException faultOf(Throwable error) {
        Throwable cause = error;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof FaultException failure) {
            return failure.detail() == null ? new FaultException(failure.fault(), "no detail") : failure;
        }
        LOG.error("request_failed fault={}", Fault.INTERNAL, cause);
        return new FaultException(
                Fault.INTERNAL, "unexpected " + cause.getClass().getSimpleName(), cause);
    }

    /** The number on the wire; faults that only clients raise must never leave a broker. */
    private static int codeOf(Fault fault) {
        return switch (fault) {
            case INVALID_REQUEST,
                    UNSUPPORTED_VERSION,
                    FRAME_TOO_LARGE,
                    MESSAGE_TOO_LARGE,
                    CORRUPT_BATCH,
                    UNKNOWN_FRAME,
                    UNSUPPORTED_COMPRESSION,
                    SCHEMA_REFUSED,
                    TOPIC_NOT_FOUND,
                    TOPIC_EXISTS,
                    INVALID_TOPIC,
                    INVALID_SETTING,
                    PARTITION_NOT_FOUND,
                    OFFSET_OUT_OF_RANGE,
                    LIMIT_REACHED,
                    WRONG_EXPECTED_VERSION,
                    STREAM_NOT_FOUND,
                    STREAM_DELETED,
                    STREAM_TOMBSTONED,
                    ID_CONFLICT,
                    CONDITION_FAILED,
                    CROSS_PARTITION,
                    TAG_LIMIT,
                    POSITION_GONE,
                    INDEX_DISABLED,
                    BATCH_TOO_LARGE,
                    OUT_OF_ORDER_SEQUENCE,
                    FENCED_PRODUCER,
                    UNKNOWN_PRODUCER,
                    TRANSACTION_ENDED,
                    PARTLY_PUBLISHED,
                    GROUP_NOT_FOUND,
                    UNKNOWN_MEMBER,
                    FENCED_MEMBER,
                    GROUP_NOT_EMPTY,
                    NOT_ASSIGNED,
                    OVERLOADED,
                    DISK_FULL,
                    STORAGE_FAILED,
                    SHUTTING_DOWN,
                    DATA_DAMAGED,
                    TOO_MANY_CONNECTIONS,
                    IDLE_TIMEOUT,
                    INTERNAL -> fault.code();
            case CONNECT_FAILED, TIMED_OUT, CONNECTION_LOST, CLIENT_CLOSED, BUFFER_FULL -> Fault.INTERNAL.code();
        };
    }
}
