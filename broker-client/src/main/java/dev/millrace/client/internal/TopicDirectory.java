package dev.millrace.client.internal;

import dev.millrace.core.wire.TopicFrames;
import java.util.List;
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

    CompletableFuture<List<TopicFrames.TopicInfo>> list(String pattern) {
        return link.call(new TopicFrames.ListTopics(pattern), TopicFrames.Topics.class, true)
                .thenApply(TopicFrames.Topics::topics);
    }
}
