package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.TopicFrames;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Asks the broker for topics. Thread: any. */
final class TopicDirectory {
    private final Link link;

    TopicDirectory(Link link) {
        this.link = link;
    }

    /** Fails: TOPIC_NOT_FOUND. */
    CompletableFuture<TopicFrames.TopicInfo> describe(String topic, long timeoutNanos) {
        return link.call(new TopicFrames.DescribeTopic(topic), TopicFrames.Topic.class, true, timeoutNanos)
                .thenApply(TopicFrames.Topic::topic);
    }

    CompletableFuture<TopicFrames.TopicInfo> describe(String topic) {
        return describe(topic, link.options().requestTimeoutNanos());
    }

    /** Topics by names or patterns; waits. Fails: TOPIC_NOT_FOUND, INVALID_REQUEST. */
    Collection<TopicFrames.TopicInfo> findAll(List<String> topics) {
        Checks.require(!topics.isEmpty(), "topics", topics, "one name or pattern, or more");
        Map<String, TopicFrames.TopicInfo> infos = new TreeMap<>();
        for (String name : topics) {
            if (name.contains("*") || name.contains(">")) {
                Waiting.on(list(name)).forEach(info -> infos.put(info.name(), info));
            } else {
                infos.put(name, Waiting.on(describe(name)));
            }
        }
        if (infos.isEmpty()) {
            throw new MillraceException(Fault.TOPIC_NOT_FOUND, "no topic matches " + String.join(", ", topics));
        }
        return infos.values();
    }

    CompletableFuture<List<TopicFrames.TopicInfo>> list(String pattern) {
        return link.call(new TopicFrames.ListTopics(pattern), TopicFrames.Topics.class, true)
                .thenApply(TopicFrames.Topics::topics);
    }
}
