package dev.millrace.server.protocol.http;

import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.wire.Actor;
import dev.millrace.server.protocol.http.RecordJson.Draft;
import dev.millrace.server.protocol.http.RecordJson.Form;
import dev.millrace.server.protocol.http.RecordJson.Values;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Any bytes as a record, as CloudEvents in each mode, and as a position; what was understood is shown again. */
public final class RestInputFuzzTarget {
    private static final List<String> TYPES = List.of(
            "application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "text/plain");

    private RestInputFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length == 0) {
            return;
        }
        boolean events = (data[0] & 1) == 0;
        String type = TYPES.get(Math.floorMod(data[0] >> 1, TYPES.size()));
        byte[] body = Arrays.copyOfRange(data, 1, data.length);
        String text = new String(body, StandardCharsets.UTF_8);
        HttpCall call = new HttpCall(
                Map.of(),
                Map.of(),
                type,
                body,
                type.equals("text/plain")
                        ? Map.of(
                                "ce-specversion",
                                "1.0",
                                "ce-id",
                                text,
                                "ce-source",
                                text,
                                "ce-type",
                                "t",
                                "ce-time",
                                text)
                        : Map.of(),
                Actor.BROKER);
        answered(() -> Positions.parse(text, "offset"));
        answered(() -> show(
                CloudEvents.areIn(call)
                        ? CloudEvents.drafts(call, events)
                        : List.of(RecordJson.draft(JsonBody.any(call), events)),
                events));
    }

    private static void show(List<Draft> drafts, boolean events) {
        if (drafts.isEmpty()) {
            return;
        }
        for (RecordBatch batch : RecordBatch.in(PublishRoutes.batch(drafts))) {
            for (Record record : batch.records(Integer.MAX_VALUE)) {
                for (Values values : Values.values()) {
                    RecordJson.of(record, new Form(values, events)).toString();
                }
            }
        }
    }

    private static void answered(Runnable request) {
        try {
            request.run();
        } catch (HttpProblem problem) {
            if (problem.status() >= 500 || problem.getMessage().isBlank()) {
                throw new AssertionError("not the fault of the request: " + problem.getMessage(), problem);
            }
        }
    }
}
