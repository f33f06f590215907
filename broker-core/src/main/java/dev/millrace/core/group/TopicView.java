package dev.millrace.core.group;

import java.util.List;

/** What groups see of the topic catalog, as it is now. Thread: shard. */
public interface TopicView {
    /** The topics that the pattern matches, in any order. */
    List<GroupTopic> matching(TopicPattern pattern);

    /** True while the partition exists; offsets of others are not accepted. */
    boolean hasPartition(int partitionId);
}
