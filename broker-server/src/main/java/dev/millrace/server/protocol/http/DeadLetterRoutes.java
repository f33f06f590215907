package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.DeadLetterOperations;
import dev.millrace.core.DeadLetterOperations.Info;
import dev.millrace.core.DeadLetterOperations.Moved;
import dev.millrace.core.DeadLetterOperations.Page;
import dev.millrace.core.DeadLetterOperations.PageRequest;
import dev.millrace.core.DeadLetterOperations.Place;
import dev.millrace.core.DeadLetterOperations.Replay;
import dev.millrace.core.DeadLetterOperations.Selection;
import dev.millrace.core.DeadLetterOperations.Skipped;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.server.protocol.http.RecordJson.Form;
import java.util.ArrayList;
import java.util.List;

/** Dead letters: listed, shown, sent back to their group, given up. */
final class DeadLetterRoutes {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int PLACES_MAX = 1_000;
    private static final String WHO = "rest";

    private final DeadLetterOperations letters;

    DeadLetterRoutes(DeadLetterOperations letters) {
        this.letters = letters;
    }

    HttpAnswer list(HttpCall call) {
        byte[] key = call.query("key").map(RecordJson::utf8).orElse(null);
        Selection selection = new Selection(
                call.query("group").orElse(null), call.query("topic").orElse(null), key, List.of());
        int skip = call.number("skip", 0);
        PageRequest wanted = new PageRequest(skip, RecordRoutes.limit(call), call.flag("ended"), false);
        Page page = Waiting.join(letters.list(selection, wanted));
        ObjectNode body = NODES.objectNode().put("total", page.total());
        ArrayNode array = body.putArray("deadLetters");
        page.letters().forEach(letter -> array.add(json(letter)));
        return HttpAnswer.ok(body);
    }

    HttpAnswer show(HttpCall call) {
        Place place = new Place(
                call.path("topic"),
                (int) Math.min(Integer.MAX_VALUE, Positions.number(call.path("partition"), "partition")),
                Positions.number(call.path("offset"), "offset"));
        Selection selection = new Selection(call.path("group"), null, null, List.of(place));
        Page page = Waiting.join(letters.list(selection, new PageRequest(0, 1, true, true)));
        if (page.letters().isEmpty()) {
            throw new HttpProblem(
                    404,
                    "dead_letter_not_found",
                    "group " + HttpProblem.shown(call.path("group")) + " has no dead letter of " + place.topic()
                            + " partition " + place.partition() + " offset " + place.offset());
        }
        Info letter = page.letters().get(0);
        ObjectNode body = json(letter);
        if (letter.batch() != null) {
            Form form = Form.of(call, false);
            for (Record record : RecordBatch.at(letter.batch(), letter.batch().position())
                    .records(RecordJson.DECOMPRESSED_BYTES_MAX)) {
                body.set("record", RecordJson.of(record, form));
            }
        }
        return HttpAnswer.ok(body);
    }

    HttpAnswer replay(HttpCall call) {
        ObjectNode body = JsonBody.object(call);
        Selection selection = selection(call, body);
        byte[] value = RecordJson.bytes(body, "value");
        if (value != null && selection.places().size() != 1) {
            throw HttpProblem.badRequest("a \"value\" is for one dead letter; name it in \"letters\"");
        }
        return HttpAnswer.ok(json(Waiting.join(letters.replay(new Replay(selection, value, WHO))), "replayed"));
    }

    HttpAnswer discard(HttpCall call) {
        ObjectNode body = JsonBody.object(call);
        String note = JsonBody.text(body, "note");
        Moved moved = Waiting.join(letters.discard(selection(call, body), note == null ? "" : note));
        return HttpAnswer.ok(json(moved, "discarded"));
    }

    /** All dead letters of a group are meant only where the request says so. */
    private static Selection selection(HttpCall call, ObjectNode body) {
        String topic = JsonBody.text(body, "topic");
        byte[] key = RecordJson.bytes(body, "key");
        List<Place> places = new ArrayList<>();
        for (JsonNode letter : JsonBody.items(body, "letters")) {
            places.add(place(letter));
        }
        if (places.size() > PLACES_MAX) {
            throw HttpProblem.badRequest(places.size() + " letters; name at most " + PLACES_MAX);
        }
        if (topic == null && key == null && places.isEmpty() && !JsonBody.flag(body, "all")) {
            throw HttpProblem.badRequest("say which: \"letters\", \"topic\", \"key\", or \"all\": true");
        }
        return new Selection(call.path("group"), topic, key, places);
    }

    private static Place place(JsonNode node) {
        if (!(node instanceof ObjectNode letter)
                || !letter.hasNonNull("topic")
                || !letter.path("offset").isIntegralNumber()
                || !letter.path("offset").canConvertToLong()) {
            throw HttpProblem.badRequest("a letter is {\"topic\": ..., \"partition\": ..., \"offset\": ...}");
        }
        return new Place(
                JsonBody.text(letter, "topic"),
                JsonBody.number(letter, "partition"),
                letter.get("offset").longValue());
    }

    private static ObjectNode json(Moved moved, String done) {
        ObjectNode body = NODES.objectNode().put(done, moved.count()).put("skipped", moved.skippedCount());
        ArrayNode reasons = body.putArray("skippedReasons");
        for (Skipped skipped : moved.skipped()) {
            ObjectNode reason = reasons.addObject();
            put(reason, skipped.source());
            reason.put("reason", skipped.reason());
        }
        return body;
    }

    private static void put(ObjectNode json, Place place) {
        json.put("topic", place.topic()).put("partition", place.partition()).put("offset", place.offset());
    }

    private static ObjectNode json(Info letter) {
        ObjectNode json = NODES.objectNode().put("group", letter.group());
        put(json, letter.source());
        json.put("state", letter.state());
        RecordJson.put(json, "key", letter.key());
        json.put("reason", letter.reason())
                .put("summary", letter.summary())
                .put("attempts", letter.attempts())
                .put("firstFailure", letter.firstFailureMs())
                .put("lastFailure", letter.lastFailureMs())
                .put("changed", letter.changedMs())
                .put("note", letter.note());
        if (letter.copy() != null) {
            put(json.putObject("copy"), letter.copy());
        }
        return json;
    }
}
