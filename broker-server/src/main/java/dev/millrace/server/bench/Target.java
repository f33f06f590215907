package dev.millrace.server.bench;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** A broker under load, by the client that its users have. */
interface Target extends AutoCloseable {
    /**
     * What a report says about a broker.
     *
     * @param software name and version
     * @param syncMode what an acknowledgement means for the disk
     * @param dataDirectory on the broker's machine, or null where unknown
     * @param pid of the broker on its machine, or 0 where unknown
     * @param jvm of the broker, or null where unknown
     */
    record Facts(String software, String syncMode, String dataDirectory, long pid, String jvm) {}

    static Target open(BenchPlan.Server server) {
        return switch (server.scheme()) {
            case MILLRACE -> MillraceTarget.connect(server);
            case KAFKA -> KafkaTarget.connect(server);
        };
    }

    Facts facts();

    /** The number of partitions of each of these topics that exists. */
    Map<String, Integer> partitions(Collection<String> topics);

    /** Messages kept in these topics, all together. */
    long messages(Collection<String> topics);

    void createTopics(Collection<String> topics, int partitions);

    void deleteTopics(Collection<String> topics);

    void deleteGroups(Collection<String> groups);

    Publisher openPublisher(BenchPlan.Publish plan);

    /**
     * Opens a reader of these topics.
     *
     * @param group null for a reader without a group
     * @param share which of the partitions are read, where there is no group to deal them
     */
    Reader openReader(List<String> topics, String group, Share share, boolean latest);

    /** Every {@code count}-th partition from {@code index} on. */
    record Share(int index, int count) {
        boolean holds(int ordinal) {
            return ordinal % count == index;
        }
    }

    @Override
    void close();
}
