package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.Broker;
import dev.millrace.core.GroupOperations;
import dev.millrace.core.GroupOperations.Description;
import dev.millrace.core.GroupOperations.NamedPartition;
import dev.millrace.core.GroupOperations.Offset;
import dev.millrace.core.GroupOperations.Progress;
import dev.millrace.core.LogOperations;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.StartPosition;
import java.util.ArrayList;
import java.util.List;

/** Consumer groups: what there is, how far behind they are, moving and deleting their offsets. */
final class GroupRoutes {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final GroupOperations groups;
    private final LogOperations logs;
    private final TopicNames names;

    GroupRoutes(Broker broker, TopicNames names) {
        this.groups = broker.groups();
        this.logs = broker.logs();
        this.names = names;
    }

    HttpAnswer list(HttpCall call) {
        ObjectNode body = NODES.objectNode();
        ArrayNode array = body.putArray("groups");
        for (GroupOperations.Summary group : Waiting.join(groups.list())) {
            array.addObject()
                    .put("group", group.group())
                    .put("state", group.state())
                    .put("members", group.members())
                    .put("lagMessages", group.lagMessages())
                    .put("lagMs", group.lagMs());
        }
        return HttpAnswer.ok(body);
    }

    HttpAnswer describe(HttpCall call) {
        Description group = Waiting.join(groups.describe(call.path("group")));
        ObjectNode body = withLag(group).put("state", group.state()).put("generation", group.generation());
        ArrayNode members = body.putArray("members");
        for (GroupOperations.Member member : group.members()) {
            ArrayNode partitions = members.addObject()
                    .put("memberId", member.memberId())
                    .put("instanceId", member.instanceId())
                    .put("clientId", member.clientId())
                    .put("memberEpoch", member.memberEpoch())
                    .putArray("partitions");
            for (NamedPartition partition : member.partitions()) {
                partitions.addObject().put("topic", partition.topic()).put("partition", partition.partition());
            }
        }
        return HttpAnswer.ok(body);
    }

    HttpAnswer lag(HttpCall call) {
        return HttpAnswer.ok(withLag(Waiting.join(groups.describe(call.path("group")))));
    }

    /** The lag in time is that of the partition that is furthest behind. */
    private static ObjectNode withLag(Description group) {
        ObjectNode body = NODES.objectNode()
                .put("group", group.group())
                .put(
                        "lagMessages",
                        group.partitions().stream()
                                .mapToLong(Progress::lagMessages)
                                .sum())
                .put(
                        "lagMs",
                        group.partitions().stream()
                                .mapToLong(Progress::lagMs)
                                .max()
                                .orElse(0));
        ArrayNode partitions = body.putArray("partitions");
        for (Progress progress : group.partitions()) {
            partitions
                    .addObject()
                    .put("topic", progress.topic())
                    .put("partition", progress.partition().partition())
                    .put("committedOffset", progress.committedOffset())
                    .put("endOffset", progress.endOffset())
                    .put("lagMessages", progress.lagMessages())
                    .put("lagMs", progress.lagMs())
                    .put("memberId", progress.memberId());
        }
        return body;
    }

    HttpAnswer delete(HttpCall call) {
        Waiting.join(groups.delete(call.path("group")));
        return HttpAnswer.ok(NODES.objectNode().put("deleted", call.path("group")));
    }

    HttpAnswer reset(HttpCall call) {
        ObjectNode request = JsonBody.object(call);
        String topicName = JsonBody.text(request, "topic");
        JsonNode to = request.get("to");
        if (topicName == null || to == null || !(to.isTextual() || to.isIntegralNumber())) {
            throw HttpProblem.badRequest("a reset needs \"topic\" and \"to\": earliest, latest, an offset, or a time");
        }
        boolean dryRun = JsonBody.flag(request, "dryRun");
        Topic topic = names.topic(topicName);
        StartPosition position = Positions.parse(to.asText(), "to");
        List<TopicPartition> partitions = partitions(request, topic);
        List<Offset> before = Waiting.join(groups.committed(call.path("group"), partitions));
        List<Offset> after = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            after.add(new Offset(partition, target(partition, position), null));
        }
        if (!dryRun) {
            Waiting.join(groups.reset(call.path("group"), after));
        }
        return HttpAnswer.ok(report(call.path("group"), topic, before, after).put("dryRun", dryRun));
    }

    private static List<TopicPartition> partitions(ObjectNode request, Topic topic) {
        List<JsonNode> numbers = JsonBody.items(request, "partitions");
        return numbers.isEmpty()
                ? TopicNames.partitions(topic)
                : numbers.stream()
                        .map(number -> TopicNames.partition(topic, number.asText()))
                        .toList();
    }

    private long target(TopicPartition partition, StartPosition position) {
        long offset = Positions.offset(logs, partition, position);
        LogOperations.Bounds bounds = logs.bounds(partition);
        if (offset < bounds.logStartOffset() || offset > bounds.endOffset()) {
            throw new FaultException(
                    Fault.OFFSET_OUT_OF_RANGE,
                    "offset " + offset + " of partition " + partition.partition() + " where " + bounds.logStartOffset()
                            + " to " + bounds.endOffset() + " can be read");
        }
        return offset;
    }

    private static ObjectNode report(String group, Topic topic, List<Offset> before, List<Offset> after) {
        ObjectNode body = NODES.objectNode().put("group", group).put("topic", topic.name());
        ArrayNode array = body.putArray("partitions");
        for (int i = 0; i < after.size(); i++) {
            array.addObject()
                    .put("partition", after.get(i).partition().partition())
                    .put("before", before.get(i).offset())
                    .put("after", after.get(i).offset());
        }
        return body;
    }
}
