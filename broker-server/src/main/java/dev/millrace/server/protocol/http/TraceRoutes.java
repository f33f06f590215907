package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.trace.TraceJson;
import dev.millrace.server.trace.TraceReport;
import dev.millrace.server.trace.TraceSource;

/** What belongs to an id, as {@code millrace trace} shows it. */
final class TraceRoutes {
    private static final int LIMIT_DEFAULT = 1_000;
    private static final int LIMIT_MAX = 10_000;

    private final TraceSource source;

    TraceRoutes(TraceSource source) {
        this.source = source;
    }

    HttpAnswer show(HttpCall call) {
        int limit = call.number("limit", LIMIT_DEFAULT);
        if (limit < 1 || limit > LIMIT_MAX) {
            throw HttpProblem.badRequest("limit=" + limit + " must be from 1 to " + LIMIT_MAX);
        }
        String id = call.path("id");
        TraceReport report = TraceReport.of(source, id, limit);
        if (report.entries().isEmpty()) {
            throw new HttpProblem(404, "trace_not_found", TraceReport.nothing(HttpProblem.shown(id)));
        }
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("id", id).put("truncated", report.truncated());
        body.set("messages", TraceJson.of(report));
        return HttpAnswer.ok(body);
    }
}
