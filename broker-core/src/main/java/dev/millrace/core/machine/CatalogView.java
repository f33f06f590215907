package dev.millrace.core.machine;

import dev.millrace.core.group.GroupTopic;
import dev.millrace.core.group.TopicPattern;
import dev.millrace.core.group.TopicView;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import java.util.List;

/** Shows the catalog to the groups, which must not know it. Thread: shard. */
public record CatalogView(TopicCatalog catalog) implements TopicView {
    @Override
    public List<GroupTopic> matching(TopicPattern pattern) {
        return catalog.all().stream()
                .filter(topic -> pattern.matches(topic.name()))
                .map(CatalogView::toGroupTopic)
                .toList();
    }

    @Override
    public boolean hasPartition(int partitionId) {
        return catalog.hasPartitionId(partitionId);
    }

    private static GroupTopic toGroupTopic(Topic topic) {
        return new GroupTopic(topic.name(), topic.topicId(), topic.partitionIds());
    }
}
