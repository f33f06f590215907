package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import java.util.Locale;
import java.util.concurrent.CompletionException;

/** A request that is answered with problem details (RFC 9457). Has no stack trace: it is an answer, not a bug. */
public final class HttpProblem extends RuntimeException {
    private static final long serialVersionUID = 1;

    static final String CONTENT_TYPE = "application/problem+json";
    private static final int SHOWN_CHARS_MAX = 60;

    private final int status;
    private final String code;
    private final transient ObjectNode members;

    /**
     * @param code stable, for machines
     * @param detail what happened, with the values involved, and what to do
     */
    HttpProblem(int status, String code, String detail) {
        this(status, code, detail, JsonNodeFactory.instance.objectNode());
    }

    /** @param members of the document, beside the usual ones */
    HttpProblem(int status, String code, String detail, ObjectNode members) {
        super(detail, null, false, false);
        this.status = status;
        this.code = code;
        this.members = members;
    }

    static HttpProblem of(FaultException failure) {
        return of(failure.fault(), failure.detail(), JsonNodeFactory.instance.objectNode());
    }

    /** @param members of the document, beside the usual ones */
    static HttpProblem of(Fault fault, String detail, ObjectNode members) {
        return new HttpProblem(
                status(fault),
                fault.name().toLowerCase(Locale.ROOT),
                detail + ". " + fault.remedy(),
                members.put("fault", fault.code()).put("retry", fault.retry().toString()));
    }

    /** A request that says something wrong. */
    static HttpProblem badRequest(String detail) {
        return new HttpProblem(400, "bad_request", detail);
    }

    /** What the request is answered with; null for a defect. */
    static HttpProblem of(Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
        if (cause instanceof HttpProblem problem) {
            return problem;
        }
        return cause instanceof FaultException fault ? of(fault) : null;
    }

    private static int status(Fault fault) {
        return switch (fault) {
            case INVALID_REQUEST,
                    UNSUPPORTED_VERSION,
                    CORRUPT_BATCH,
                    UNKNOWN_FRAME,
                    UNSUPPORTED_COMPRESSION,
                    INVALID_TOPIC,
                    INVALID_SETTING,
                    CROSS_PARTITION,
                    TAG_LIMIT -> 400;
            case TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, STREAM_NOT_FOUND, GROUP_NOT_FOUND, UNKNOWN_MEMBER -> 404;
            case TOPIC_EXISTS,
                    WRONG_EXPECTED_VERSION,
                    ID_CONFLICT,
                    CONDITION_FAILED,
                    INDEX_DISABLED,
                    OUT_OF_ORDER_SEQUENCE,
                    FENCED_PRODUCER,
                    UNKNOWN_PRODUCER,
                    TRANSACTION_ENDED,
                    PARTLY_PUBLISHED,
                    FENCED_MEMBER,
                    GROUP_NOT_EMPTY,
                    NOT_ASSIGNED -> 409;
            case STREAM_DELETED, STREAM_TOMBSTONED, POSITION_GONE, OFFSET_OUT_OF_RANGE -> 410;
            case FRAME_TOO_LARGE, MESSAGE_TOO_LARGE, BATCH_TOO_LARGE -> 413;
            case SCHEMA_REFUSED, LIMIT_REACHED -> 422;
            case OVERLOADED, SHUTTING_DOWN, TOO_MANY_CONNECTIONS -> 503;
            case DISK_FULL -> 507;
            case STORAGE_FAILED,
                    DATA_DAMAGED,
                    INTERNAL,
                    IDLE_TIMEOUT,
                    CONNECT_FAILED,
                    TIMED_OUT,
                    CONNECTION_LOST,
                    CLIENT_CLOSED,
                    BUFFER_FULL -> 500;
        };
    }

    int status() {
        return status;
    }

    HttpAnswer answer() {
        HttpAnswer answer = HttpAnswer.of(status, CONTENT_TYPE, document() + "\n");
        return status == 503 || status == 429 ? answer.with("retry-after", "1") : answer;
    }

    /** The document of this problem. */
    ObjectNode document() {
        return body(status, code, getMessage()).setAll(members);
    }

    /** The document of a problem; more members may be added. */
    static ObjectNode body(int status, String code, String detail) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "about:blank")
                .put("title", code.replace('_', ' '))
                .put("status", status)
                .put("code", code)
                .put("detail", detail);
    }

    /** A value as it may be repeated in an answer. */
    static String shown(String value) {
        String plain = value.replaceAll("\\p{Cntrl}", "?");
        return "\"" + (plain.length() > SHOWN_CHARS_MAX ? plain.substring(0, SHOWN_CHARS_MAX) + "..." : plain) + "\"";
    }
}
