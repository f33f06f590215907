package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.Broker;
import dev.millrace.core.LogOperations;
import dev.millrace.core.TopicOperations;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import java.util.HashMap;
import java.util.Map;

/** Topics: listed, created, described, changed, deleted. */
final class TopicRoutes {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String ALL = ">";

    private final TopicOperations topics;
    private final LogOperations logs;
    private final TopicNames names;

    TopicRoutes(Broker broker, TopicNames names) {
        this.topics = broker.topics();
        this.logs = broker.logs();
        this.names = names;
    }

    HttpAnswer list(HttpCall call) {
        ObjectNode body = NODES.objectNode();
        ArrayNode array = body.putArray("topics");
        topics.list(call.query("pattern").orElse(ALL)).forEach(topic -> array.add(json(topic)));
        return HttpAnswer.ok(body);
    }

    HttpAnswer create(HttpCall call) {
        ObjectNode body = JsonBody.object(call);
        String name = JsonBody.text(body, "name");
        if (name == null) {
            throw HttpProblem.badRequest("\"name\" is missing");
        }
        Topic topic = Waiting.join(topics.create(name, partitions(body), settings(body)));
        return HttpAnswer.json(201, json(topic)).with("location", "/v1/topics/" + topic.name());
    }

    HttpAnswer describe(HttpCall call) {
        return HttpAnswer.ok(described(names.topic(call)));
    }

    private ObjectNode described(Topic topic) {
        ObjectNode body = json(topic);
        ArrayNode array = body.putArray("partitionOffsets");
        for (TopicPartition partition : TopicNames.partitions(topic)) {
            LogOperations.Bounds bounds = logs.bounds(partition);
            array.addObject()
                    .put("partition", partition.partition())
                    .put("startOffset", bounds.logStartOffset())
                    .put("endOffset", bounds.endOffset())
                    .put("bytes", bounds.bytes());
        }
        return body;
    }

    HttpAnswer change(HttpCall call) {
        ObjectNode body = JsonBody.object(call);
        return HttpAnswer.ok(json(Waiting.join(topics.alter(call.path("topic"), partitions(body), settings(body)))));
    }

    HttpAnswer delete(HttpCall call) {
        Waiting.join(topics.delete(call.path("topic")));
        return HttpAnswer.ok(NODES.objectNode().put("deleted", call.path("topic")));
    }

    private static int partitions(ObjectNode body) {
        int partitions = JsonBody.number(body, "partitions");
        if (partitions < 0) {
            throw HttpProblem.badRequest("\"partitions\" must not be negative");
        }
        return partitions;
    }

    /** A null goes back to the broker's default. */
    private static Map<String, String> settings(ObjectNode body) {
        Map<String, String> settings = new HashMap<>();
        JsonNode given = body.get("settings");
        if (given == null || given.isNull()) {
            return settings;
        }
        if (!given.isObject()) {
            throw HttpProblem.badRequest("\"settings\" must be an object");
        }
        for (Map.Entry<String, JsonNode> setting : given.properties()) {
            if (!setting.getValue().isValueNode()) {
                throw HttpProblem.badRequest("setting " + HttpProblem.shown(setting.getKey()) + " must be a text");
            }
            settings.put(
                    setting.getKey(),
                    setting.getValue().isNull() ? null : setting.getValue().asText());
        }
        return settings;
    }

    private static ObjectNode json(Topic topic) {
        ObjectNode body = NODES.objectNode()
                .put("name", topic.name())
                .put("topicId", topic.topicId().toString())
                .put("partitions", topic.partitions());
        ObjectNode settings = body.putObject("settings");
        topic.settings().forEach(settings::put);
        return body;
    }
}
