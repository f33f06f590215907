package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import dev.millrace.core.wire.Property;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.core.wire.TopicFrames;
import dev.millrace.server.net.ConnectionLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AdminAndGroupsTest {
    private final WireServer server = new WireServer(ConnectionLimits.DEFAULTS);
    private RawClient client;

    @BeforeEach
    void connect() throws IOException {
        client = RawClient.greeted(server.address());
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    @Test
    void createsDescribesAltersListsAndDeletesTopics() throws IOException {
        var create = new TopicFrames.CreateTopic("orders", 2, List.of(new Property("retention", "7d")));
        TopicFrames.TopicInfo created =
                client.ask(2, create, TopicFrames.Topic.class).topic();
        assertThat(created.name()).isEqualTo("orders");
        assertThat(created.settings()).containsExactly(new Property("retention", "7d"));
        assertThat(created.partitions())
                .containsExactly(new TopicFrames.PartitionInfo(0, 0, 0, 0), new TopicFrames.PartitionInfo(1, 0, 0, 0));
        client.send(3, create);
        client.readError(3, Fault.TOPIC_EXISTS);
        var unset = new TopicFrames.AlterTopic("orders", 3, List.of(new Property("retention", null)));
        TopicFrames.TopicInfo altered =
                client.ask(4, unset, TopicFrames.Topic.class).topic();
        assertThat(altered.settings()).isEmpty();
        assertThat(altered.partitions()).hasSize(3);
        assertThat(client.ask(5, new TopicFrames.ListTopics(">"), TopicFrames.Topics.class)
                        .topics())
                .containsExactly(altered);
        assertThat(client.ask(6, new TopicFrames.DescribeTopic("orders"), TopicFrames.Topic.class)
                        .topic())
                .isEqualTo(altered);
        client.ask(7, new TopicFrames.DeleteTopic("orders"), Frames.Done.class);
        client.send(8, new TopicFrames.DescribeTopic("orders"));
        assertThat(client.readError(8, Fault.TOPIC_NOT_FOUND).detail()).contains("orders");
    }

    @Test
    void refusesSettingThatIsGivenTwice() throws IOException {
        client.send(
                2,
                new TopicFrames.CreateTopic(
                        "t", 1, List.of(new Property("retention", "7d"), new Property("retention", "8d"))));
        assertThat(client.readError(2, Fault.INVALID_SETTING).detail()).contains("retention", "twice");
    }

    @Test
    void findsOffsetsAndDeletesBefore() throws IOException {
        TopicPartition partition = filled("t", 5);
        UUID id = partition.topicId();
        assertThat(find(id, StartPosition.EARLIEST)).isZero();
        assertThat(find(id, StartPosition.LATEST)).isEqualTo(5);
        assertThat(find(id, StartPosition.time(3))).isEqualTo(3);
        client.ask(9, new TopicFrames.DeleteBefore(id, 0, 2), Frames.Done.class);
        assertThat(find(id, StartPosition.EARLIEST)).isEqualTo(2);
        client.send(10, new TopicFrames.FindOffset(id, 7, StartPosition.EARLIEST));
        client.readError(10, Fault.PARTITION_NOT_FOUND);
    }

    @Test
    void refusesAnswerThatIsLongerThanAFrame() throws IOException {
        client.close();
        try (WireServer small =
                        new WireServer(new ConnectionLimits(20, 1_000, 500, 10_000, 10_000, 500, 1_000, 60_000, 10));
                RawClient other = RawClient.greeted(small.address())) {
            small.broker.topics().create("wide", 100, java.util.Map.of()).join();
            other.send(2, new TopicFrames.DescribeTopic("wide"));
            assertThat(other.readError(2, Fault.FRAME_TOO_LARGE).detail()).contains("1000");
            other.assertQuiet();
        }
    }

    @Test
    void tellsAboutTheBroker() throws IOException {
        Frames.Broker broker = client.ask(2, new Frames.BrokerInfo(), Frames.Broker.class);
        assertThat(broker.properties()).containsExactly(new Property("version", "test"));
        assertThat(broker.nowMs()).isPositive();
        assertThat(client.ask(3, new Frames.InitProducer(), Frames.ProducerReady.class)
                        .producerId())
                .isEqualTo(7);
    }

    @Test
    void joinsHeartbeatsCommitsFetchesAndLeaves() throws IOException {
        TopicPartition partition = filled("t", 5);
        PartitionRef ref = new PartitionRef(partition.topicId(), 0);
        GroupFrames.GroupJoined joined = join(client, 2, "g");
        assertThat(joined.assignment())
                .containsExactly(new GroupFrames.AssignedPartition("t", partition.topicId(), 0, -1));
        assertThat(joined.heartbeatIntervalMs()).isEqualTo(3000);
        var beat = new GroupFrames.Heartbeat("g", joined.memberId(), joined.memberEpoch(), List.of(ref));
        assertThat(client.ask(3, beat, GroupFrames.HeartbeatOk.class).assignment())
                .isEqualTo(joined.assignment());
        var commit = new GroupFrames.CommitOffsets(
                "g",
                joined.memberId(),
                1,
                List.of(
                        new PartitionOffset(partition.topicId(), 0, 4, "note"),
                        new PartitionOffset(new UUID(5, 5), 0, 4, null)));
        assertThat(client.ask(4, commit, GroupFrames.OffsetsCommitted.class).results())
                .containsExactly(
                        new GroupFrames.PartitionResult(partition.topicId(), 0, 0, null),
                        new GroupFrames.PartitionResult(new UUID(5, 5), 0, Fault.NOT_ASSIGNED.code(), "not yours"));
        var fetch = new GroupFrames.FetchOffsets("g", List.of(ref));
        assertThat(client.ask(5, fetch, GroupFrames.Offsets.class).offsets())
                .containsExactly(new PartitionOffset(partition.topicId(), 0, 4, null));
        client.ask(6, new GroupFrames.LeaveGroup("g", joined.memberId(), false), Frames.Done.class);
        client.send(7, beat);
        client.readError(7, Fault.UNKNOWN_MEMBER);
    }

    @Test
    void listsDescribesAndDeletesGroups() throws IOException {
        TopicPartition partition = filled("t", 1);
        String member = join(client, 2, "g").memberId();
        assertThat(client.ask(3, new GroupFrames.ListGroups(), GroupFrames.Groups.class)
                        .groups())
                .containsExactly(new GroupFrames.GroupSummary("g", "stable", 1, 3, 4));
        GroupFrames.Group group = client.ask(4, new GroupFrames.DescribeGroup("g"), GroupFrames.Group.class);
        assertThat(group.generation()).isEqualTo(9);
        assertThat(group.members())
                .containsExactly(new GroupFrames.GroupMember(
                        member, null, "client", 1, List.of(new GroupFrames.TopicPartition("t", 0))));
        assertThat(group.partitions())
                .containsExactly(new GroupFrames.GroupPartition("t", partition.topicId(), 0, 1, 2, 1, 5, null));
        client.ask(5, new GroupFrames.DeleteGroup("g"), Frames.Done.class);
        client.send(6, new GroupFrames.DescribeGroup("g"));
        client.readError(6, Fault.GROUP_NOT_FOUND);
    }

    @Test
    void resetsAllPartitionsOrNoneAndNothingInADryRun() throws IOException {
        TopicPartition partition = filled("t", 5);
        var dry = new GroupFrames.ResetOffsets("g", "t", List.of(), StartPosition.time(3), true);
        assertThat(client.ask(2, dry, GroupFrames.Offsets.class).offsets())
                .containsExactly(new PartitionOffset(partition.topicId(), 0, 3, null));
        assertThat(server.broker.resets).isEmpty();
        var outOfRange = new GroupFrames.ResetOffsets("g", "t", List.of(), StartPosition.offset(6), false);
        client.send(3, outOfRange);
        client.readError(3, Fault.OFFSET_OUT_OF_RANGE);
        var foreign = new GroupFrames.ResetOffsets(
                "g", "t", List.of(new PartitionRef(new UUID(5, 5), 0)), StartPosition.EARLIEST, false);
        client.send(4, foreign);
        client.readError(4, Fault.INVALID_REQUEST);
        assertThat(server.broker.resets).isEmpty();
        var real = new GroupFrames.ResetOffsets("g", "t", List.of(), StartPosition.LATEST, false);
        client.ask(5, real, GroupFrames.Offsets.class);
        assertThat(server.broker.resets).hasSize(1);
        assertThat(server.broker.resets.get(0).offset()).isEqualTo(5);
    }

    @Test
    void tellsMemberOfANewAssignmentOnTheConnectionThroughWhichItLastSpoke() throws IOException {
        String member = join(client, 2, "g").memberId();
        server.broker.announceAssignment("g", "somebody-else");
        server.broker.announceAssignment("g", member);
        assertThat(client.read(0, GroupFrames.AssignmentPending.class))
                .isEqualTo(new GroupFrames.AssignmentPending("g", member));
        try (RawClient second = RawClient.greeted(server.address())) {
            second.ask(3, new GroupFrames.Heartbeat("g", member, 1, List.of()), GroupFrames.HeartbeatOk.class);
            server.broker.announceAssignment("g", member);
            second.read(0, GroupFrames.AssignmentPending.class);
            client.assertQuiet();
        }
        WireServer.await(() -> server.gate.open() == 1);
        server.broker.announceAssignment("g", member);
        client.assertQuiet();
    }

    @Test
    void forgetsMembersOfConnectionsThatAreGone() throws IOException {
        join(client, 2, "g");
        assertThat(server.protocol.members().size()).isEqualTo(1);
        client.close();
        WireServer.await(() -> server.protocol.members().size() == 0);
    }

    private static GroupFrames.GroupJoined join(RawClient client, int id, String group) throws IOException {
        return client.ask(
                id,
                new GroupFrames.JoinGroup(group, "", null, "client", List.of("t"), 0),
                GroupFrames.GroupJoined.class);
    }

    private long find(UUID topicId, StartPosition position) throws IOException {
        return client.ask(8, new TopicFrames.FindOffset(topicId, 0, position), TopicFrames.OffsetFound.class)
                .offset();
    }

    private TopicPartition filled(String name, int count) {
        TopicPartition partition = server.topic(name);
        for (int i = 0; i < count; i++) {
            server.broker.logs().append(partition, ByteBuffer.allocate(10)).join();
        }
        return partition;
    }
}
