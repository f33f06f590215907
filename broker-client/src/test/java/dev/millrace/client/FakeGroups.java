package dev.millrace.client;

import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.core.wire.GroupFrames.AssignedPartition;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** Groups whose assignment the test decides. Thread: by the broker's monitor. */
final class FakeGroups {
    private static final int HEARTBEAT_INTERVAL_MS = 20;

    private final FakeBroker broker;
    /** Member id to what it may consume. */
    private final Map<String, List<TopicPartition>> targets = new HashMap<>();

    private final Map<TopicPartition, Long> committed = new TreeMap<>();
    private List<TopicPartition> forNewMembers = List.of();
    /** Members by the order in which they first joined, m1 first: the names that tests use for the ids of the clients. */
    private final Map<String, String> idsByName = new LinkedHashMap<>();

    private boolean losingJoinAnswer;
    private int epoch = 1;

    FakeGroups(FakeBroker broker) {
        this.broker = broker;
    }

    /** What the coming members get. */
    void assign(String topic, int... partitions) {
        synchronized (broker) {
            forNewMembers = list(topic, partitions);
        }
    }

    /** The next join is done, but its answer is lost with the connection. */
    void loseNextJoinAnswer() {
        synchronized (broker) {
            losingJoinAnswer = true;
        }
    }

    /** The id that the member chose. */
    String idOf(String name) {
        synchronized (broker) {
            return idsByName.get(name);
        }
    }

    private String nameOf(String memberId) {
        for (Map.Entry<String, String> member : idsByName.entrySet()) {
            if (member.getValue().equals(memberId)) {
                return member.getKey();
            }
        }
        String name = "m" + (idsByName.size() + 1);
        idsByName.put(name, memberId);
        return name;
    }

    /** Changes what a member has, and tells it. */
    void reassign(String name, String topic, int... partitions) {
        synchronized (broker) {
            String memberId = idOf(name);
            targets.put(memberId, list(topic, partitions));
            epoch++;
            broker.broadcast(new GroupFrames.AssignmentPending("g", memberId));
        }
    }

    /** The session has ended: the member's next request is refused. */
    void expire(String name) {
        synchronized (broker) {
            targets.remove(idOf(name));
        }
    }

    void committed(String topic, int partition, long offset) {
        synchronized (broker) {
            committed.put(new TopicPartition(topic, partition), offset);
        }
    }

    long committed(String topic, int partition) {
        synchronized (broker) {
            return committed.getOrDefault(new TopicPartition(topic, partition), -1L);
        }
    }

    private static List<TopicPartition> list(String topic, int... partitions) {
        List<TopicPartition> list = new ArrayList<>();
        for (int partition : partitions) {
            list.add(new TopicPartition(topic, partition));
        }
        return list;
    }

    private List<AssignedPartition> assignment(String memberId) {
        return targets.get(memberId).stream()
                .map(p -> new AssignedPartition(
                        p.topic(), broker.describe(p.topic()).topicId(), p.partition(), committed.getOrDefault(p, -1L)))
                .toList();
    }

    boolean handle(FakeBroker.Session session, int id, Frame request) throws IOException {
        if (request instanceof GroupFrames.JoinGroup join) {
            String memberId = join.memberId().isEmpty() ? UUID.randomUUID().toString() : join.memberId();
            broker.event("join " + nameOf(memberId));
            targets.putIfAbsent(memberId, forNewMembers);
            if (losingJoinAnswer) {
                losingJoinAnswer = false;
                broker.dropConnections();
                return true;
            }
            session.send(id, new GroupFrames.GroupJoined(memberId, epoch, HEARTBEAT_INTERVAL_MS, assignment(memberId)));
        } else if (request instanceof GroupFrames.Heartbeat heartbeat) {
            if (knows(session, id, heartbeat.memberId())) {
                broker.event("owned " + names(heartbeat.owned()));
                session.send(id, new GroupFrames.HeartbeatOk(epoch, assignment(heartbeat.memberId())));
            }
        } else if (request instanceof GroupFrames.CommitOffsets commit) {
            if (commit.memberId().isEmpty() || knows(session, id, commit.memberId())) {
                session.send(id, new GroupFrames.OffsetsCommitted(commit(commit.offsets())));
            }
        } else if (request instanceof GroupFrames.LeaveGroup leave) {
            broker.event("leave " + nameOf(leave.memberId()) + (leave.keepStatic() ? " static" : ""));
            targets.remove(leave.memberId());
            session.send(id, new Frames.Done());
        } else if (request instanceof GroupFrames.FetchOffsets fetch) {
            session.send(id, new GroupFrames.Offsets(offsets()));
        } else if (request instanceof GroupFrames.ResetOffsets reset) {
            session.send(id, new GroupFrames.Offsets(reset(reset)));
        } else {
            return describes(session, id, request);
        }
        return true;
    }

    private boolean describes(FakeBroker.Session session, int id, Frame request) throws IOException {
        if (request instanceof GroupFrames.ListGroups) {
            session.send(id, new GroupFrames.Groups(List.of(new GroupFrames.GroupSummary("g", "stable", 1, 7, 9))));
        } else if (request instanceof GroupFrames.DescribeGroup describe) {
            List<GroupFrames.GroupPartition> partitions = committed.entrySet().stream()
                    .map(e -> new GroupFrames.GroupPartition(
                            e.getKey().topic(),
                            broker.describe(e.getKey().topic()).topicId(),
                            e.getKey().partition(),
                            e.getValue(),
                            10,
                            10 - e.getValue(),
                            5,
                            null))
                    .toList();
            session.send(id, new GroupFrames.Group(describe.group(), "empty", 3, List.of(), partitions));
        } else if (request instanceof GroupFrames.DeleteGroup) {
            session.send(id, new Frames.Done());
        } else {
            return false;
        }
        return true;
    }

    private boolean knows(FakeBroker.Session session, int id, String memberId) throws IOException {
        if (!targets.containsKey(memberId)) {
            session.fail(id, Fault.UNKNOWN_MEMBER, "member " + memberId);
            return false;
        }
        return true;
    }

    private List<GroupFrames.PartitionResult> commit(List<PartitionOffset> offsets) {
        List<GroupFrames.PartitionResult> results = new ArrayList<>();
        for (PartitionOffset offset : offsets) {
            TopicPartition name = new TopicPartition(broker.topicName(offset.topicId()), offset.partition());
            committed.put(name, offset.offset());
            broker.event("commit " + name + "@" + offset.offset());
            results.add(new GroupFrames.PartitionResult(offset.topicId(), offset.partition(), 0, null));
        }
        return results;
    }

    private List<PartitionOffset> offsets() {
        return committed.entrySet().stream()
                .map(e -> new PartitionOffset(
                        broker.describe(e.getKey().topic()).topicId(),
                        e.getKey().partition(),
                        e.getValue(),
                        null))
                .toList();
    }

    private List<PartitionOffset> reset(GroupFrames.ResetOffsets reset) {
        List<PartitionOffset> after = new ArrayList<>();
        for (PartitionOffset before : offsets()) {
            long to = broker.logOf(before.topicId(), before.partition()).find(reset.to());
            after.add(new PartitionOffset(before.topicId(), before.partition(), to, null));
            if (!reset.dryRun()) {
                committed.put(new TopicPartition(reset.topic(), before.partition()), to);
            }
        }
        return after;
    }

    private String names(List<PartitionRef> refs) {
        return refs.stream()
                .map(ref -> broker.topicName(ref.topicId()) + "/" + ref.partition())
                .sorted()
                .collect(Collectors.joining(","));
    }
}
