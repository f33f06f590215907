package dev.millrace.client.internal;

import dev.millrace.client.Admin;
import dev.millrace.client.BrokerInfo;
import dev.millrace.client.DeadLetters;
import dev.millrace.client.GroupInfo;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Retry;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.BackupFrames;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import dev.millrace.core.wire.Property;
import dev.millrace.core.wire.TopicFrames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** One request for each question, in the words of the public API. Thread: any. */
record NativeAdmin(Link link) implements Admin {
    /** All of a disk is read once; a broker that dies meanwhile is noticed by pings, long before. */
    private static final long BACKUP_TIMEOUT_NANOS = TimeUnit.HOURS.toNanos(24);

    private <A extends Frame> A ask(Frame request, Class<A> answerType, boolean repeatable) {
        return Waiting.on(link.call(request, answerType, repeatable));
    }

    // ---- topics

    @Override
    public TopicInfo createTopic(String name, int partitions, Map<String, String> settings) {
        return toPublic(
                ask(new TopicFrames.CreateTopic(name, partitions, toWire(settings)), TopicFrames.Topic.class, false)
                        .topic());
    }

    @Override
    public List<TopicInfo> listTopics(String pattern) {
        return ask(new TopicFrames.ListTopics(pattern), TopicFrames.Topics.class, true).topics().stream()
                .map(NativeAdmin::toPublic)
                .toList();
    }

    @Override
    public TopicInfo describeTopic(String name) {
        return toPublic(describe(name));
    }

    @Override
    public TopicInfo alterTopic(String name, int partitions, Map<String, String> settings) {
        return toPublic(
                ask(new TopicFrames.AlterTopic(name, partitions, toWire(settings)), TopicFrames.Topic.class, true)
                        .topic());
    }

    @Override
    public void deleteTopic(String name) {
        ask(new TopicFrames.DeleteTopic(name), Frames.Done.class, false);
    }

    @Override
    public FoundOffset findOffset(TopicPartition partition, StartFrom position) {
        PartitionRef ref = refOf(partition);
        TopicFrames.OffsetFound found = ask(
                new TopicFrames.FindOffset(ref.topicId(), ref.partition(), FeedSet.toWire(position)),
                TopicFrames.OffsetFound.class,
                true);
        return new FoundOffset(found.offset(), found.timestampMs());
    }

    @Override
    public void deleteBefore(TopicPartition partition, long offset) {
        PartitionRef ref = refOf(partition);
        ask(new TopicFrames.DeleteBefore(ref.topicId(), ref.partition(), offset), Frames.Done.class, true);
    }

    // ---- groups

    @Override
    public List<GroupSummary> listGroups() {
        return ask(new GroupFrames.ListGroups(), GroupFrames.Groups.class, true).groups().stream()
                .map(g -> new GroupSummary(g.group(), g.state(), g.members(), g.lagMessages(), g.lagMs()))
                .toList();
    }

    @Override
    public GroupInfo describeGroup(String group) {
        GroupFrames.Group answer = ask(new GroupFrames.DescribeGroup(group), GroupFrames.Group.class, true);
        return new GroupInfo(
                answer.group(),
                answer.state(),
                answer.generation(),
                answer.members().stream().map(NativeAdmin::toPublic).toList(),
                answer.partitions().stream().map(NativeAdmin::toPublic).toList());
    }

    @Override
    public List<OffsetReset> resetOffsets(
            String group, String topic, Collection<Integer> partitions, StartFrom to, boolean dryRun) {
        UUID topicId = describe(topic).topicId();
        List<PartitionRef> refs = partitions.stream()
                .map(partition -> new PartitionRef(topicId, partition))
                .toList();
        Map<PartitionRef, Long> before = committedBefore(group, refs);
        GroupFrames.Offsets after = ask(
                new GroupFrames.ResetOffsets(group, topic, refs, FeedSet.toWire(to), dryRun),
                GroupFrames.Offsets.class,
                true);
        return after.offsets().stream()
                .map(offset -> new OffsetReset(
                        new TopicPartition(topic, offset.partition()),
                        before.getOrDefault(new PartitionRef(offset.topicId(), offset.partition()), -1L),
                        offset.offset()))
                .toList();
    }

    /** A group that is not there yet has committed nothing; the reset makes it. */
    private Map<PartitionRef, Long> committedBefore(String group, List<PartitionRef> refs) {
        Map<PartitionRef, Long> before = new HashMap<>();
        try {
            fetchOffsets(group, refs)
                    .forEach(offset ->
                            before.put(new PartitionRef(offset.topicId(), offset.partition()), offset.offset()));
        } catch (MillraceException e) {
            if (e.fault() != Fault.GROUP_NOT_FOUND) {
                throw e;
            }
        }
        return before;
    }

    @Override
    public void deleteGroup(String group) {
        ask(new GroupFrames.DeleteGroup(group), Frames.Done.class, false);
    }

    @Override
    public Map<TopicPartition, Long> committedOffsets(String group) {
        Map<UUID, String> names = new HashMap<>();
        ask(new TopicFrames.ListTopics(">"), TopicFrames.Topics.class, true)
                .topics()
                .forEach(topic -> names.put(topic.topicId(), topic.name()));
        Map<TopicPartition, Long> committed = new TreeMap<>();
        for (PartitionOffset offset : fetchOffsets(group, List.of())) {
            String topic = names.get(offset.topicId());
            if (topic != null && offset.offset() >= 0) {
                committed.put(new TopicPartition(topic, offset.partition()), offset.offset());
            }
        }
        return committed;
    }

    private List<PartitionOffset> fetchOffsets(String group, List<PartitionRef> refs) {
        return ask(new GroupFrames.FetchOffsets(group, refs), GroupFrames.Offsets.class, true)
                .offsets();
    }

    @Override
    public void commitOffsets(String group, Map<TopicPartition, Long> nextOffsets) {
        Map<String, UUID> topicIds = new HashMap<>();
        List<PartitionOffset> offsets = new ArrayList<>();
        nextOffsets.forEach((partition, offset) -> {
            UUID topicId = topicIds.computeIfAbsent(
                    partition.topic(), topic -> describe(topic).topicId());
            offsets.add(new PartitionOffset(topicId, partition.partition(), offset, null));
        });
        GroupFrames.OffsetsCommitted answer =
                ask(new GroupFrames.CommitOffsets(group, "", 0, offsets), GroupFrames.OffsetsCommitted.class, true);
        answer.results().stream()
                .filter(result -> result.code() != 0)
                .findFirst()
                .ifPresent(refused -> {
                    throw new MillraceException(
                            Fault.ofCode(refused.code()),
                            refused.detail() == null ? "partition " + refused.partition() : refused.detail());
                });
    }

    @Override
    public DeadLetters deadLetters(String group) {
        return new NativeDeadLetters(link, group, null, null, List.of());
    }

    // ---- broker

    @Override
    public Trace trace(String id, int countMax) {
        Checks.require(id != null && !id.isEmpty(), "id", id, "a text of 1 to 1024 characters");
        Checks.atLeast("countMax", countMax, 1);
        return new TraceLookup(link).find(id, countMax);
    }

    @Override
    public List<Retry> retries(List<TracedMessage> messages) {
        return new TraceLookup(link).retries(messages);
    }

    @Override
    public BrokerInfo brokerInfo() {
        long startNanos = System.nanoTime();
        Frames.Broker answer = ask(new Frames.BrokerInfo(), Frames.Broker.class, true);
        double roundTripMs = (System.nanoTime() - startNanos) / 1e6;
        Frames.HelloOk greeting = Waiting.on(link.greeting());
        return new BrokerInfo(
                greeting.clusterId(),
                greeting.software(),
                greeting.version(),
                answer.nowMs(),
                roundTripMs,
                toMap(answer.properties()));
    }

    @Override
    public Backup createBackup(String name) {
        return toPublic(Waiting.on(link.call(
                        new BackupFrames.CreateBackup(name), BackupFrames.Backup.class, false, BACKUP_TIMEOUT_NANOS))
                .backup());
    }

    @Override
    public List<Backup> listBackups() {
        return ask(new BackupFrames.ListBackups(), BackupFrames.Backups.class, true).backups().stream()
                .map(NativeAdmin::toPublic)
                .toList();
    }

    // ---- translation

    private static Backup toPublic(BackupFrames.BackupInfo backup) {
        return new Backup(
                backup.name(),
                backup.path(),
                backup.createdAt(),
                backup.version(),
                backup.sequence(),
                backup.files(),
                backup.bytes());
    }

    private TopicFrames.TopicInfo describe(String topic) {
        return ask(new TopicFrames.DescribeTopic(topic), TopicFrames.Topic.class, true)
                .topic();
    }

    private PartitionRef refOf(TopicPartition partition) {
        return new PartitionRef(describe(partition.topic()).topicId(), partition.partition());
    }

    private static List<Property> toWire(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(entry -> new Property(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static Map<String, String> toMap(List<Property> properties) {
        Map<String, String> map = new LinkedHashMap<>();
        properties.forEach(property -> map.put(property.name(), property.value()));
        return Collections.unmodifiableMap(map);
    }

    private static TopicInfo toPublic(TopicFrames.TopicInfo topic) {
        return new TopicInfo(
                topic.name(),
                topic.topicId(),
                toMap(topic.settings()),
                topic.partitions().stream()
                        .map(p -> new TopicInfo.Partition(p.partition(), p.logStartOffset(), p.endOffset(), p.bytes()))
                        .toList());
    }

    private static GroupInfo.Member toPublic(GroupFrames.GroupMember member) {
        return new GroupInfo.Member(
                member.memberId(),
                member.instanceId(),
                member.clientId(),
                member.memberEpoch(),
                member.partitions().stream()
                        .map(p -> new TopicPartition(p.topic(), p.partition()))
                        .toList());
    }

    private static GroupInfo.Progress toPublic(GroupFrames.GroupPartition partition) {
        return new GroupInfo.Progress(
                new TopicPartition(partition.topic(), partition.partition()),
                partition.committedOffset(),
                partition.endOffset(),
                partition.lagMessages(),
                partition.lagMs(),
                partition.memberId());
    }
}
