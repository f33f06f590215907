package dev.millrace.core.group;

import static dev.millrace.core.group.GroupWorld.RETENTION_MS;
import static dev.millrace.core.group.GroupWorld.SESSION_MS;
import static dev.millrace.core.group.GroupWorld.assertRefused;
import static dev.millrace.core.group.GroupWorld.done;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.error.Fault;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GroupOffsetsTest {
    private final GroupWorld world = new GroupWorld();

    @BeforeEach
    void createTopics() {
        world.topics.add("orders", 4);
        world.topics.add("users", 1);
    }

    @Test
    void aCommitIsKeptWithAllItSays() {
        Assignment m1 = world.join("m1", "orders");
        assertThat(world.commit(m1, 2, 42)).isEqualTo(PartitionResult.accepted(2, 42));
        world.restart();
        assertThat(world.group().offsets()).containsOnly(Map.entry(2, new CommittedOffset(42, 3, world.nowMs, "note")));
        assertThat(world.groups.committed("g", 2).orElseThrow().offset()).isEqualTo(42);
        assertThat(world.groups.committed("g", 1)).isEmpty();
        assertThat(world.groups.committed("other", 2)).isEmpty();
    }

    @Test
    void aLateCommitLeavesTheHigherOffset() {
        Assignment m1 = world.join("m1", "orders");
        world.commit(m1, 2, 42);
        assertThat(world.commit(m1, 2, 41)).isEqualTo(PartitionResult.accepted(2, 42));
        assertThat(world.committed(2)).isEqualTo(42);
        assertThat(world.commit(m1, 2, 42).committedOffset()).isEqualTo(42);
        assertThat(world.commit(m1, 2, 43).committedOffset()).isEqualTo(43);
        assertThat(world.groups.commitsTotal()).isEqualTo(4);
    }

    @Test
    void onlyTheHolderCommits() {
        Assignment m1 = world.join("m1", "orders");
        Assignment m2 = world.join("m2", "orders");
        assertThat(world.commit(m2, 3, 10).fault()).as("m1 has not let go yet").isEqualTo(Fault.NOT_ASSIGNED);
        assertThat(world.commit(m1, 3, 7).accepted())
                .as("the last word before letting go")
                .isTrue();

        Assignment moved = world.beat("m1", 1, 1, 2);
        world.beat("m2", 2);
        PartitionResult late = world.commit(moved, 3, 8);
        assertThat(late.fault()).isEqualTo(Fault.NOT_ASSIGNED);
        assertThat(late.detail()).contains("3").contains("m1").contains("'g'");
        assertThat(late.committedOffset()).isEqualTo(7);
        assertThat(world.commit(m2, 3, 8).accepted()).isTrue();
        assertThat(world.committed(3)).isEqualTo(8);
    }

    @Test
    void eachPartitionHasItsOwnResult() {
        Assignment m1 = world.join("m1", "orders");
        List<PartitionResult> results = done(world.tryCommit(
                "g",
                "m1",
                m1.memberEpoch(),
                entry(1, 5, ""),
                entry(5, 5, ""),
                entry(2, -1, ""),
                entry(3, 5, "x".repeat(4096)),
                entry(4, 5, "x".repeat(4097))));
        assertThat(results).extracting(PartitionResult::partitionId).containsExactly(1, 5, 2, 3, 4);
        assertThat(results)
                .extracting(PartitionResult::fault)
                .containsExactly(null, Fault.NOT_ASSIGNED, Fault.INVALID_REQUEST, null, Fault.INVALID_REQUEST);
        assertThat(results.get(4).detail()).contains("4097").contains("4096");
        assertThat(world.group().offsets()).containsOnlyKeys(1, 3);
    }

    @Test
    void commitsMayUseTheEpochBeforeButNoOlderOne() {
        Assignment m1 = world.join("m1", "orders");
        world.addTopic("orders", 1);
        world.beatSilently("m1", 1);
        assertThat(world.commit(m1, 1, 10).accepted()).isTrue();
        world.addTopic("orders", 1);
        world.beatSilently("m1", 2);
        assertRefused(world.tryCommit("m1", 1, 1, 11), Fault.FENCED_MEMBER);
        assertRefused(world.tryCommit("m1", 4, 1, 11), Fault.FENCED_MEMBER);
        assertThat(world.committed(1)).isEqualTo(10);
    }

    @Test
    void anExpiredMemberCommitsNothing() {
        Assignment m1 = world.join("m1", "orders");
        world.advanceMs(SESSION_MS);
        world.tick();
        assertRefused(world.tryCommit("m1", m1.memberEpoch(), 1, 10), Fault.UNKNOWN_MEMBER);
        assertThat(world.committed(1)).isEqualTo(-1);
    }

    @Test
    void commitsFromOutsideNeedAGroupWithoutMembers() {
        assertThat(world.commitFromOutside(1, 10).accepted()).isTrue();
        assertThat(world.group().state()).isEqualTo(GroupState.EMPTY);
        assertThat(world.commitFromOutside(1, 9).committedOffset()).isEqualTo(10);
        assertThat(world.commitFromOutside(99, 9).fault()).isEqualTo(Fault.PARTITION_NOT_FOUND);
        world.join("m1", "orders");
        assertRefused(world.tryCommit("", 0, 1, 11), Fault.GROUP_NOT_EMPTY);
        world.leave("m1", false);
        assertThat(world.commitFromOutside(1, 11).accepted()).isTrue();
    }

    @Test
    void resetMovesBackwardsButOnlyWithoutMembers() {
        Assignment m1 = world.join("m1", "orders");
        world.commit(m1, 1, 10);
        assertRefused(world.tryReset("g", 1, 3), Fault.GROUP_NOT_EMPTY);
        assertThat(world.committed(1)).isEqualTo(10);
        world.leave("m1", false);
        assertThat(done(world.tryReset("g", 1, 3))).containsExactly(PartitionResult.accepted(1, 3));
        world.restart();
        assertThat(world.committed(1)).isEqualTo(3);
    }

    @Test
    void resetWaitsForTheSessionOfAStaticMemberThatLeft() {
        world.joinStatic("m1", "host-1", "orders");
        world.leave("m1", true);
        assertRefused(world.tryReset("g", 1, 3), Fault.GROUP_NOT_EMPTY);
        world.advanceMs(SESSION_MS);
        world.tick();
        done(world.tryReset("g", 1, 3));
    }

    @Test
    void resetCreatesTheGroupOnlyForPartitionsThatExist() {
        assertThat(done(world.tryReset("g", 99, 3)).get(0).fault()).isEqualTo(Fault.PARTITION_NOT_FOUND);
        assertThat(done(world.tryReset("g", 1, -1)).get(0).fault()).isEqualTo(Fault.INVALID_REQUEST);
        assertRefused(world.tryReset("", 1, 3), Fault.INVALID_REQUEST);
        assertThat(world.groups.groupCount()).isZero();
        assertThat(world.rows()).isEmpty();
        done(world.tryReset("g", 1, 0));
        assertThat(world.committed(1)).isZero();
    }

    @Test
    void deletesOnlyGroupsWithoutMembers() {
        assertRefused(world.tryDelete("g"), Fault.GROUP_NOT_FOUND);
        Assignment m1 = world.join("m1", "orders");
        world.commit(m1, 1, 10);
        assertRefused(world.tryDelete("g"), Fault.GROUP_NOT_EMPTY);
        world.leave("m1", false);
        assertThat(done(world.tryDelete("g"))).isEqualTo(1);
        assertThat(world.rows()).isEmpty();
        assertThat(world.groups.describe("g")).isEmpty();
    }

    @Test
    void offsetsGoWithTheirTopic() {
        Assignment m1 = world.join("m1", "orders", "users");
        world.commit(m1, 1, 10);
        world.commit(m1, 5, 20);
        world.deleteTopic("users");
        assertThat(world.commit(m1, 5, 21).fault()).isEqualTo(Fault.NOT_ASSIGNED);
        world.restart();
        assertThat(world.group().offsets()).containsOnlyKeys(1);
    }

    @Test
    void offsetsExpireOnlyAfterTheGroupWasEmptyForTheRetention() {
        Assignment m1 = world.join("m1", "orders");
        world.commit(m1, 1, 10);
        world.advanceMs(SESSION_MS - 1);
        world.leave("m1", false);
        world.advanceMs(RETENTION_MS - 1);
        assertThat(world.tick().changed()).isFalse();
        world.restart();
        assertThat(world.committed(1)).isEqualTo(10);
        world.advanceMs(1);
        assertThat(world.tick().groups()).containsExactly("g");
        assertThat(world.groups.groupCount()).isZero();
        assertThat(world.rows()).isEmpty();
    }

    @Test
    void membersAndCommitsFromOutsideKeepOffsets() {
        world.commitFromOutside(1, 10);
        world.advanceMs(RETENTION_MS - 1);
        world.commitFromOutside(2, 10);
        world.advanceMs(RETENTION_MS - 1);
        assertThat(world.tick().changed()).isFalse();
        Assignment m1 = world.join("m1", "orders");
        for (long ms = 0; ms < 2 * RETENTION_MS; ms += SESSION_MS / 2) {
            world.advanceMs(SESSION_MS / 2);
            m1 = world.beat("m1", m1.memberEpoch(), 1, 2, 3, 4);
            assertThat(world.tick().changed()).isFalse();
        }
        assertThat(world.committed(1)).isEqualTo(10);
    }

    @Test
    void retentionCanBeForEver() {
        world.commitFromOutside(1, 10);
        world.advanceMs(1L << 50);
        assertThat(world.change(sink -> world.groups.applyExpire(new ExpireGroups(-1), world.nowMs, sink))
                        .changed())
                .isFalse();
        assertThat(world.committed(1)).isEqualTo(10);
    }

    private static CommitOffsets.Entry entry(int partitionId, long offset, String metadata) {
        return new CommitOffsets.Entry(partitionId, offset, -1, metadata);
    }
}
