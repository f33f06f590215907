package dev.millrace.core.group;

import static dev.millrace.core.group.GroupWorld.SESSION_MS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A partition moves only after its owner let go of it, and only those that must move do. */
class GroupHandOverTest {
    private final GroupWorld world = new GroupWorld();

    @BeforeEach
    void createTopic() {
        world.topics.add("orders", 4);
        world.join("m1", "orders");
        world.join("m2", "orders");
    }

    @Test
    void theNewMemberWaitsUntilTheOldOneLetGo() {
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m1"));
        assertThat(world.beat("m2", 2).partitions().isEmpty()).isTrue();
        assertThat(world.group().state()).isEqualTo(GroupState.RECONCILING);

        Assignment told = world.beat("m1", 1, 1, 2, 3, 4);
        assertThat(told).isEqualTo(new Assignment("m1", 1, PartitionSet.of(1, 2), true));
        assertThat(world.beat("m2", 2).partitions().isEmpty()).isTrue();
        assertThat(world.groups.drainNudges()).isEmpty();

        Assignment confirmed = world.beat("m1", 1, 1, 2);
        assertThat(confirmed).isEqualTo(new Assignment("m1", 2, PartitionSet.of(1, 2), false));
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m2"));
        assertThat(world.beat("m2", 2)).isEqualTo(new Assignment("m2", 2, PartitionSet.of(3, 4), true));
        assertThat(world.group().state()).isEqualTo(GroupState.STABLE);
    }

    @Test
    void partitionsAreHandedOverOneByOne() {
        world.beat("m1", 1, 1, 2, 3, 4);
        Assignment half = world.beat("m1", 1, 1, 2, 4);
        assertThat(half.memberEpoch()).isEqualTo(1);
        assertThat(world.beat("m2", 2).partitions()).isEqualTo(PartitionSet.of(3));
        assertThat(world.beat("m1", 1, 1, 2).memberEpoch()).isEqualTo(2);
        assertThat(world.beat("m2", 2, 3).partitions()).isEqualTo(PartitionSet.of(3, 4));
    }

    @Test
    void sayingNothingConfirmsNothing() {
        world.beatSilently("m1", 1);
        assertThat(world.beatSilently("m1", 1).memberEpoch()).isEqualTo(1);
        assertThat(world.beat("m2", 2).partitions().isEmpty()).isTrue();
    }

    @Test
    void aMemberThatMissedTheLastAnswerConfirmsNothing() {
        world.beat("m1", 1, 1, 2);
        world.leave("m2", false);
        assertThat(world.beat("m1", 2, 1, 2).partitions()).isEqualTo(PartitionSet.of(1, 2, 3, 4));
        // The answer is still on its way when 3 and 4 are to move again; then a repeated older heartbeat comes in.
        world.join("m3", "orders");
        assertThat(world.beat("m1", 2, 1, 2).memberEpoch()).isEqualTo(3);
        assertThat(world.beat("m3", 4).partitions().isEmpty()).isTrue();
        assertThat(world.beat("m1", 3, 1, 2).memberEpoch()).isEqualTo(4);
        assertThat(world.beat("m3", 4).partitions()).isEqualTo(PartitionSet.of(3, 4));
    }

    @Test
    void claimingForeignPartitionsGivesNothing() {
        Assignment told = world.beat("m2", 2, 1, 2, 3, 4, 99);
        assertThat(told.partitions().isEmpty()).isTrue();
        assertThat(told.changed()).isTrue();
        assertThat(world.group().members().get(0).owned()).isEqualTo(PartitionSet.of(1, 2, 3, 4));
    }

    @Test
    void notOwningWhatItMayIsNoLettingGo() {
        world.beat("m1", 1);
        assertThat(world.group().members().get(0).owned()).isEqualTo(PartitionSet.of(1, 2));
        assertThat(world.beat("m1", 2).changed()).isTrue();
    }

    @Test
    void anEndedSessionHandsOver() {
        world.advanceMs(SESSION_MS - 1);
        world.beat("m2", 2);
        assertThat(world.tick().changed()).isFalse();
        assertThat(world.beat("m2", 2).partitions().isEmpty()).isTrue();
        world.advanceMs(1);
        world.groups.drainNudges();
        assertThat(world.tick().members()).containsExactly(new MemberRef("g", "m1"));
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m2"));
        assertThat(world.beat("m2", 2).partitions()).isEqualTo(PartitionSet.of(1, 2, 3, 4));
        assertThat(world.group().generation()).isEqualTo(3);
    }

    @Test
    void aChangeTakenBackMovesNothing() {
        world.beat("m1", 1, 1, 2, 3, 4);
        world.leave("m2", false);
        Assignment told = world.beat("m1", 1, 1, 2, 3, 4);
        assertThat(told).isEqualTo(new Assignment("m1", 3, PartitionSet.of(1, 2, 3, 4), false));
    }

    @Test
    void whatTheWaitingMemberLeavesBehindGoesBackToItsHolder() {
        // m2 was to get 3 and 4, which m1 still holds; with m3 in its place they could go anywhere.
        world.join("m3", "orders");
        world.leave("m2", false);
        PartitionSet stays = world.group().members().get(0).target();
        assertThat(PartitionSet.of(1, 2, 3, 4).containsAll(stays)).isTrue();
        assertThat(stays.size()).isEqualTo(2);
        assertThat(world.group().members().get(1).target().size()).isEqualTo(2);
    }

    @Test
    void morePartitionsAreSpreadWithoutMovingAny() {
        world.beat("m1", 1, 1, 2);
        world.beat("m2", 2);
        world.groups.drainNudges();
        world.addTopic("orders", 2);
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m1"), new MemberRef("g", "m2"));
        assertThat(world.beat("m1", 2, 1, 2).partitions()).isEqualTo(PartitionSet.of(1, 2, 5));
        assertThat(world.beat("m2", 2, 3, 4).partitions()).isEqualTo(PartitionSet.of(3, 4, 6));
    }

    @Test
    void topicsThatNobodyReadsChangeNothing() {
        world.addTopic("users", 2);
        assertThat(world.group().generation()).isEqualTo(2);
        world.deleteTopic("users");
        assertThat(world.group().generation()).isEqualTo(2);
    }

    @Test
    void aDeletedTopicIsTakenFromItsReaders() {
        world.beat("m1", 1, 1, 2);
        world.beat("m2", 2);
        world.groups.drainNudges();
        world.deleteTopic("orders");
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m1"), new MemberRef("g", "m2"));
        Assignment told = world.beat("m1", 2, 1, 2);
        assertThat(told).isEqualTo(new Assignment("m1", 3, PartitionSet.EMPTY, true));
        world.addTopic("orders", 2);
        assertThat(world.beat("m1", 3).partitions()).isEqualTo(PartitionSet.of(5));
    }

    @Test
    void membersWhoseAssignmentStaysAreNotNudged() {
        world.beat("m1", 1, 1, 2);
        world.beat("m2", 2);
        world.groups.drainNudges();
        world.join("m3", "orders");
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m2"));
    }

    @Test
    void aRestartMovesNothingAndForgetsNoHandOver() {
        world.beat("m1", 1, 1, 2, 3, 4);
        GroupDescription before = world.group();
        world.advanceMs(10 * SESSION_MS);
        world.restart();
        assertThat(world.group()).isEqualTo(before);
        assertThat(world.tick().changed())
                .as("every member gets a full session")
                .isFalse();
        assertThat(world.beat("m2", 2).partitions().isEmpty()).isTrue();
        world.beat("m1", 1, 1, 2);
        assertThat(world.beat("m2", 2).partitions()).isEqualTo(PartitionSet.of(3, 4));
        world.restart();
        assertThat(world.beat("m1", 2, 1, 2).changed()).isFalse();
        assertThat(world.beat("m2", 2, 3, 4).changed()).isFalse();
    }

    @Test
    void manyMembersFindTheirBalance() {
        List<String> names = List.of("m3", "m4", "m5");
        names.forEach(name -> world.join(name, "orders"));
        for (int round = 0; round < 4; round++) {
            for (GroupDescription.MemberDescription m : world.group().members()) {
                world.beat(
                        m.memberId(),
                        m.memberEpoch(),
                        m.owned().intersect(m.target()).toList().toArray(new Integer[0]));
            }
        }
        assertThat(world.group().state()).isEqualTo(GroupState.STABLE);
        assertThat(world.group().members()).extracting(m -> m.owned().size()).containsExactlyInAnyOrder(1, 1, 1, 1, 0);
    }
}
