package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.StreamOperations;
import dev.millrace.core.StreamOperations.AsOf;
import dev.millrace.core.StreamOperations.Check;
import dev.millrace.core.StreamOperations.Cursor;
import dev.millrace.core.StreamOperations.Events;
import dev.millrace.core.StreamOperations.LatestPage;
import dev.millrace.core.StreamOperations.Span;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.record.Record;
import dev.millrace.core.wire.ExpectedVersion;
import dev.millrace.server.protocol.http.RecordJson.Draft;
import dev.millrace.server.protocol.http.RecordJson.Form;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Event streams: appending under an expected version, reading one, and the last event of each as of a moment. */
final class StreamRoutes {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final byte[] EVERY_KEY = {};
    private static final int READ_BYTES_MAX = 1 << 20;
    private static final int CURSOR_PARTS = 3;

    private final StreamOperations streams;
    private final TopicNames names;

    StreamRoutes(StreamOperations streams, TopicNames names) {
        this.streams = streams;
        this.names = names;
    }

    /** The stream that the path names, and the partition in which its key lies. */
    private record Target(Topic topic, TopicPartition partition, byte[] key) {}

    private Target target(HttpCall call) {
        Topic topic = names.topic(call);
        byte[] key = RecordJson.utf8(call.path("stream"));
        return new Target(topic, new TopicPartition(topic.topicId(), Murmur2.partition(key, topic.partitions())), key);
    }

    // ---- appending

    /** Durable: when answered. */
    CompletableFuture<HttpAnswer> append(HttpCall call) {
        Target target = target(call);
        ObjectNode body = JsonBody.object(call);
        long expected = expectedVersion(body.get("expectedVersion"));
        List<JsonNode> events = JsonBody.items(body, "events");
        if (events.isEmpty() || events.size() > StreamOperations.EVENTS_MAX) {
            throw HttpProblem.badRequest(
                    events.size() + " events; append 1 to " + StreamOperations.EVENTS_MAX + " at a time");
        }
        List<Draft> drafts = new ArrayList<>();
        for (JsonNode event : events) {
            Draft draft = RecordJson.draft(event, true);
            if (draft.key() != null || draft.partition() != -1) {
                throw HttpProblem.badRequest("an event has neither \"key\" nor \"partition\": its stream has them");
            }
            drafts.add(new Draft(-1, draft.timestampMs(), target.key, draft.value(), draft.headers()));
        }
        return streams.append(
                        target.partition, PublishRoutes.batch(drafts), List.of(new Check(target.key, expected)), null)
                .thenApplyAsync(outcome -> answer(call.path("stream"), outcome));
    }

    private static long expectedVersion(JsonNode node) {
        if (node == null || node.isNull()) {
            return ExpectedVersion.ANY;
        }
        switch (node.asText()) {
            case "any":
                return ExpectedVersion.ANY;
            case "none":
                return ExpectedVersion.NONE;
            case "exists":
                return ExpectedVersion.EXISTS;
            default:
                if (node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0) {
                    return node.longValue();
                }
                throw HttpProblem.badRequest("\"expectedVersion\" must be a version from 0 on, none, exists or any");
        }
    }

    private static HttpAnswer answer(String stream, StreamOperations.Outcome outcome) {
        if (outcome instanceof StreamOperations.Appended appended) {
            ObjectNode body = NODES.objectNode().put("stream", stream);
            ArrayNode versions = body.putArray("versions");
            for (long version : appended.versions()) {
                versions.add(version);
            }
            return HttpAnswer.ok(body.put("firstOffset", appended.firstOffset())
                    .put("lastOffset", appended.lastOffset())
                    .put("timestamp", appended.appendTimeMs())
                    .put("duplicate", appended.duplicate()));
        } else if (outcome instanceof StreamOperations.Conflict conflict) {
            StreamOperations.FailedCheck failed = conflict.failed().get(0);
            throw HttpProblem.of(
                    Fault.WRONG_EXPECTED_VERSION,
                    "stream " + HttpProblem.shown(stream) + " is at version " + failed.actualVersion() + " where "
                            + ExpectedVersion.describe(failed.expected()) + " was expected",
                    NODES.objectNode()
                            .put("expectedVersion", ExpectedVersion.describe(failed.expected()))
                            .put("actualVersion", failed.actualVersion())
                            .put("deleted", failed.deleted()));
        }
        throw new IllegalStateException("no condition was asked for: " + outcome);
    }

    // ---- reading

    HttpAnswer read(HttpCall call) {
        Target target = target(call);
        Form form = Form.of(call, true);
        boolean backward = backward(call);
        long from = call.query("from")
                .map(text -> text.equals("latest") ? -1 : Positions.number(text, "from"))
                .orElse(backward ? -1L : 0L);
        Span span = new Span(from, backward, RecordRoutes.limit(call), READ_BYTES_MAX, asOf(call));
        Events read = Waiting.join(streams.read(target.partition, target.key, span));
        ObjectNode body = NODES.objectNode()
                .put("topic", target.topic.name())
                .put("partition", target.partition.partition())
                .put("stream", call.path("stream"));
        ArrayNode events = body.putArray("events");
        read.events().forEach(event -> events.add(RecordJson.of(event, form)));
        body.put("lastVersion", read.lastVersion())
                .put("complete", read.complete())
                .put("truncated", read.truncated());
        if (!read.complete() && !read.events().isEmpty()) {
            Record last = read.events().get(read.events().size() - 1);
            body.put("next", EventHeaders.versionOf(last.headers()) + (backward ? -1 : 1));
        }
        return HttpAnswer.ok(body);
    }

    private static boolean backward(HttpCall call) {
        String direction = call.query("direction").orElse("forward");
        return switch (direction) {
            case "forward" -> false;
            case "backward" -> true;
            default ->
                throw HttpProblem.badRequest(
                        "direction=" + HttpProblem.shown(direction) + " must be forward or backward");
        };
    }

    private static AsOf asOf(HttpCall call) {
        List<AsOf> asked = new ArrayList<>();
        call.query("asOfVersion")
                .ifPresent(text -> asked.add(new AsOf(AsOf.Kind.VERSION, Positions.number(text, "asOfVersion"))));
        call.query("asOfOffset")
                .ifPresent(text -> asked.add(new AsOf(AsOf.Kind.OFFSET, Positions.number(text, "asOfOffset"))));
        call.query("asOfTime")
                .ifPresent(text -> asked.add(new AsOf(AsOf.Kind.TIME, Positions.timeMs(text, "asOfTime"))));
        if (asked.size() > 1) {
            throw HttpProblem.badRequest("asOfVersion, asOfOffset and asOfTime exclude each other");
        }
        return asked.isEmpty() ? AsOf.NOW : asked.get(0);
    }

    /** One page of one partition; the next may be of the one behind it. */
    HttpAnswer latest(HttpCall call) {
        Topic topic = names.topic(call);
        Form form = Form.of(call, true);
        byte[] prefix = call.query("prefix").map(RecordJson::utf8).orElse(EVERY_KEY);
        Turn turn = call.query("after").map(Turn::of).orElse(Turn.FIRST);
        AsOf asOf = asOf(call);
        int limit = RecordRoutes.limit(call);
        while (true) {
            TopicPartition partition = TopicNames.partition(topic, Integer.toString(turn.partition));
            LatestPage page = Waiting.join(streams.latest(partition, prefix, asOf, turn.cursor, limit));
            boolean done = page.next() == null;
            boolean last = done && turn.partition == topic.partitions() - 1;
            turn = done ? new Turn(turn.partition + 1, Cursor.START) : new Turn(turn.partition, page.next());
            if (last || !page.events().isEmpty()) {
                return latest(topic, page, form, last ? null : turn);
            }
        }
    }

    private static HttpAnswer latest(Topic topic, LatestPage page, Form form, Turn next) {
        ObjectNode body = NODES.objectNode().put("topic", topic.name());
        ArrayNode events = body.putArray("events");
        page.events().forEach(event -> events.add(RecordJson.of(event, form)));
        body.put("next", next == null ? null : next.text());
        return HttpAnswer.ok(body);
    }

    /** Where a paged reading over all partitions stands: {@code partition.endOffset.key}, the key in base64. */
    private record Turn(int partition, Cursor cursor) {
        static final Turn FIRST = new Turn(0, Cursor.START);

        static Turn of(String text) {
            String[] parts = text.split("\\.", -1);
            try {
                if (parts.length == CURSOR_PARTS) {
                    byte[] key = Base64.getUrlDecoder().decode(parts[2]);
                    long endOffset = Long.parseLong(parts[1]);
                    return new Turn(
                            Integer.parseInt(parts[0]),
                            endOffset < 0 ? Cursor.START : new Cursor(key.length == 0 ? null : key, endOffset));
                }
            } catch (IllegalArgumentException malformed) {
                // Answered below.
            }
            throw HttpProblem.badRequest(
                    "after=" + HttpProblem.shown(text) + " must be what the page before gave as \"next\"");
        }

        String text() {
            byte[] key = cursor.afterKey() == null ? EVERY_KEY : cursor.afterKey();
            return partition + "." + cursor.endOffset() + "."
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(key);
        }
    }
}
