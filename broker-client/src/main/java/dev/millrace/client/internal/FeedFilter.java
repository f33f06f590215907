package dev.millrace.client.internal;

import dev.millrace.client.TopicPartition;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.core.wire.StreamFrames;
import java.util.UUID;

/** What a subscription wants of its partitions; nulls want all. */
record FeedFilter(byte[] key, byte[] keyPrefix, EventQuery query) {
    Frame subscribe(UUID topicId, TopicPartition partition, StartPosition start, int creditBytes) {
        return new StreamFrames.SubscribeFiltered(
                topicId, partition.partition(), start, creditBytes, key, keyPrefix, query);
    }
}
