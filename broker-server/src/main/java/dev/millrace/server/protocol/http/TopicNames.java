package dev.millrace.server.protocol.http;

import dev.millrace.core.TopicOperations;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import java.util.List;
import java.util.stream.IntStream;

/** Finds topics and partitions by what requests call them. Thread: any. */
final class TopicNames {
    private static final String STREAM_INDEX = "stream.index";

    private final TopicOperations topics;

    TopicNames(TopicOperations topics) {
        this.topics = topics;
    }

    /** The topic that the path names. Fails: TOPIC_NOT_FOUND. */
    Topic topic(HttpCall call) {
        return topic(call.path("topic"));
    }

    Topic topic(String name) {
        return topics.find(name)
                .orElseThrow(() -> new FaultException(
                        Fault.TOPIC_NOT_FOUND, "topic " + HttpProblem.shown(name) + " does not exist"));
    }

    /** The partition that the path names. Fails: TOPIC_NOT_FOUND, PARTITION_NOT_FOUND. */
    TopicPartition partition(HttpCall call) {
        return partition(topic(call), call.path("partition"));
    }

    static TopicPartition partition(Topic topic, String number) {
        long partition = Positions.number(number, "partition");
        if (partition >= topic.partitions()) {
            throw new FaultException(
                    Fault.PARTITION_NOT_FOUND,
                    "partition " + partition + " of topic \"" + topic.name() + "\", which has " + topic.partitions());
        }
        return new TopicPartition(topic.topicId(), (int) partition);
    }

    static List<TopicPartition> partitions(Topic topic) {
        return IntStream.range(0, topic.partitions())
                .mapToObj(partition -> new TopicPartition(topic.topicId(), partition))
                .toList();
    }

    /** Whether each key of the topic is an event stream. */
    static boolean keepsStreams(Topic topic) {
        String index = topic.settings().get(STREAM_INDEX);
        return index != null && !index.equals("none");
    }
}
