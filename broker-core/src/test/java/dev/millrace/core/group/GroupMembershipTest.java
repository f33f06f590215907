package dev.millrace.core.group;

import static dev.millrace.core.group.GroupWorld.SESSION_MS;
import static dev.millrace.core.group.GroupWorld.assertRefused;
import static dev.millrace.core.group.GroupWorld.done;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GroupMembershipTest {
    private final GroupWorld world = new GroupWorld();

    @BeforeEach
    void createTopics() {
        world.topics.add("orders", 4);
        world.topics.add("orders.eu", 2);
        world.topics.add("users", 2);
    }

    @Test
    void firstMemberGetsEverythingAtOnce() {
        Assignment joined = world.join("m1", "orders");
        assertThat(joined).isEqualTo(new Assignment("m1", 1, PartitionSet.of(1, 2, 3, 4), true));
        assertThat(world.group().state()).isEqualTo(GroupState.STABLE);
        assertThat(world.group().generation()).isEqualTo(1);
    }

    @Test
    void patternsSelectTopics() {
        assertThat(world.join("m1", "orders.>", "users").partitions()).isEqualTo(PartitionSet.of(5, 6, 7, 8));
    }

    @Test
    void joiningForAMissingTopicWaitsForIt() {
        assertThat(world.join("m1", "later").partitions().isEmpty()).isTrue();
        world.addTopic("later", 2);
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m1"));
        assertThat(world.beat("m1", 1).partitions()).isEqualTo(PartitionSet.of(9, 10));
    }

    @Test
    void joiningTwiceChangesNothing() {
        Assignment first = world.join("m1", "orders");
        Map<String, String> rows = world.rows();
        Assignment second = world.join("m1", "orders");
        assertThat(second).isEqualTo(first);
        assertThat(world.rows()).isEqualTo(rows);
        assertThat(world.groups.rebalancesTotal()).isEqualTo(1);
    }

    @Test
    void joiningAgainWithOtherTopicsChangesTheSubscription() {
        world.join("m1", "orders");
        Assignment second = world.join("m1", "users", "users");
        assertThat(world.group().generation()).isEqualTo(2);
        assertThat(world.group().members().get(0).patterns()).containsExactly("users");
        assertThat(second.partitions()).isEqualTo(PartitionSet.of(7, 8));
        assertThat(second.memberEpoch())
                .as("it has not confirmed to have let go of orders")
                .isEqualTo(1);
        assertThat(world.beat("m1", 1, 7, 8).memberEpoch()).isEqualTo(2);
    }

    @Test
    void theOrderOfPatternsDoesNotMatter() {
        world.join("m1", "orders", "users");
        world.join("m1", "users", "orders");
        assertThat(world.group().generation()).isEqualTo(1);
    }

    @Test
    void heartbeatsOfSettledMembersWriteNothing() {
        Assignment joined = world.join("m1", "orders");
        Map<String, String> rows = world.rows();
        world.advanceMs(100);
        int commitsBefore = world.store.unsyncedCommitCount();
        Assignment told = world.beat("m1", 1, 1, 2, 3, 4);
        assertThat(told.changed()).isFalse();
        assertThat(told.partitions()).isEqualTo(joined.partitions());
        assertThat(world.rows()).isEqualTo(rows);
        assertThat(world.store.unsyncedCommitCount()).isEqualTo(commitsBefore);
    }

    @Test
    void heartbeatsSayWhetherTheMemberMissedSomething() {
        world.join("m1", "orders");
        assertThat(world.beatSilently("m1", 1).changed()).isFalse();
        assertThat(world.beat("m1", 1).changed())
                .as("it reports to own nothing")
                .isTrue();
        world.restart();
        assertThat(world.beatSilently("m1", 1).changed())
                .as("nobody knows what it was told")
                .isTrue();
    }

    @Test
    void unknownMembersAreTold() {
        assertRefused(world.tryBeat("nobody", 1), Fault.UNKNOWN_MEMBER);
        world.join("m1", "orders");
        assertRefused(world.tryBeat("nobody", 1), Fault.UNKNOWN_MEMBER);
        assertRefused(world.tryLeave("nobody", false), Fault.UNKNOWN_MEMBER);
        assertRefused(world.tryCommit("nobody", 1, 1, 10), Fault.UNKNOWN_MEMBER);
    }

    @Test
    void epochsOlderThanTheOneBeforeAreFenced() {
        world.join("m1", "orders");
        for (int generation = 2; generation <= 3; generation++) {
            world.addTopic("orders", 1);
            Assignment told = world.beatSilently("m1", generation - 1);
            assertThat(told.memberEpoch()).isEqualTo(generation);
        }
        assertRefused(world.tryBeat("m1", 1), Fault.FENCED_MEMBER);
        assertRefused(world.tryBeat("m1", 4), Fault.FENCED_MEMBER);
        assertThat(world.beatSilently("m1", 2).memberEpoch()).isEqualTo(3);
        assertThat(world.beatSilently("m1", 3).memberEpoch()).isEqualTo(3);
    }

    @Test
    void aFencedHeartbeatKeepsNoSessionAlive() {
        world.join("m1", "orders");
        world.advanceMs(SESSION_MS - 1);
        assertRefused(world.tryBeat("m1", 99), Fault.FENCED_MEMBER);
        world.advanceMs(1);
        assertThat(world.tick().members()).containsExactly(new MemberRef("g", "m1"));
    }

    @Test
    void leavingFreesPartitionsAtOnce() {
        world.join("m1", "orders");
        world.join("m2", "orders");
        world.groups.drainNudges();
        assertThat(world.leave("m1", false)).isEqualTo(LeaveResult.LEFT);
        assertThat(world.groups.drainNudges()).containsExactly(new MemberRef("g", "m2"));
        assertThat(world.beat("m2", 2).partitions()).isEqualTo(PartitionSet.of(1, 2, 3, 4));
        assertRefused(world.tryBeat("m1", 1), Fault.UNKNOWN_MEMBER);
    }

    @Test
    void aStaticMemberTakesItsPlaceBack() {
        world.joinStatic("m1", "host-1", "orders");
        Assignment other = world.join("m2", "orders");
        world.beat("m1", 1, 1, 2);
        world.settle(other);
        GroupDescription before = world.group();
        world.groups.drainNudges();

        Assignment back = world.joinStatic("m1-again", "host-1", "orders");

        assertThat(back).isEqualTo(new Assignment("m1-again", 2, PartitionSet.of(1, 2), true));
        assertThat(world.group().generation()).isEqualTo(before.generation());
        assertThat(world.groups.drainNudges()).isEmpty();
        assertThat(world.beat("m2", 2, 3, 4).changed()).isFalse();
        assertThat(world.commit(back, 1, 10).accepted()).isTrue();
    }

    @Test
    void theIdBeforeIsFencedWhateverItDoes() {
        world.joinStatic("m1", "host-1", "orders");
        world.joinStatic("m2", "host-1", "orders");
        world.joinStatic("m3", "host-1", "orders");
        for (int restart = 0; restart < 2; restart++) {
            for (String old : List.of("m1", "m2")) {
                assertRefused(world.tryBeat(old, 1), Fault.FENCED_MEMBER);
                assertRefused(world.tryCommit(old, 1, 1, 10), Fault.FENCED_MEMBER);
                assertRefused(world.tryLeave(old, false), Fault.FENCED_MEMBER);
                assertRefused(world.tryJoin("g", old, "host-1", "orders"), Fault.FENCED_MEMBER);
                assertRefused(world.tryJoin("g", old, null, "orders"), Fault.FENCED_MEMBER);
            }
            world.restart();
        }
        assertThat(world.committed(1)).isEqualTo(-1);
        assertThat(world.group().members()).hasSize(1);
    }

    @Test
    void remembersABoundedNumberOfFencedIds() {
        for (int i = 0; i <= Member.FENCED_ID_COUNT_MAX + 1; i++) {
            world.joinStatic("m" + i, "host-1", "orders");
        }
        assertRefused(world.tryBeat("m0", 1), Fault.UNKNOWN_MEMBER);
        assertRefused(world.tryBeat("m1", 1), Fault.FENCED_MEMBER);
    }

    @Test
    void takingAPlaceOverLetsGoOfWhatWasToMove() {
        world.joinStatic("m1", "host-1", "orders");
        Assignment other = world.join("m2", "orders");
        assertThat(other.partitions().isEmpty()).isTrue();
        world.joinStatic("m1-again", "host-1", "orders");
        assertThat(world.groups.drainNudges()).contains(new MemberRef("g", "m2"));
        assertThat(world.beat("m2", 2).partitions()).isEqualTo(PartitionSet.of(3, 4));
    }

    @Test
    void aStaticMemberThatLeftKeepsItsPlaceUntilItsSessionEnds() {
        world.joinStatic("m1", "host-1", "orders");
        Assignment other = world.join("m2", "orders");
        world.beat("m1", 1, 1, 2);
        other = world.settle(other);
        world.advanceMs(SESSION_MS / 2);
        world.beat("m2", 2, 3, 4);

        assertThat(world.leave("m1", true)).isEqualTo(LeaveResult.PLACE_KEPT);
        assertRefused(world.tryBeat("m1", 2), Fault.UNKNOWN_MEMBER);
        assertRefused(world.tryCommit("m1", 2, 1, 10), Fault.UNKNOWN_MEMBER);
        world.advanceMs(SESSION_MS - 1);
        world.beat("m2", 2, 3, 4);
        assertThat(world.tick().changed()).isFalse();
        assertThat(world.beat("m2", 2, 3, 4).partitions()).isEqualTo(PartitionSet.of(3, 4));

        world.advanceMs(1);
        assertThat(world.tick().members()).containsExactly(new MemberRef("g", "m1"));
        assertThat(world.beat("m2", 2, 3, 4).partitions()).isEqualTo(PartitionSet.of(1, 2, 3, 4));
    }

    @Test
    void aStaticMemberThatLeftComesBackToTheSamePartitions() {
        world.joinStatic("m1", "host-1", "orders");
        world.join("m2", "orders");
        world.leave("m1", true);
        assertThat(world.group().members().get(0).away()).isTrue();
        assertThat(world.beat("m2", 2).partitions())
                .as("what was to move from it moves at once")
                .isEqualTo(PartitionSet.of(3, 4));
        world.restart();
        Assignment back = world.joinStatic("m1", "host-1", "orders");
        assertThat(back.partitions()).isEqualTo(PartitionSet.of(1, 2));
        assertThat(world.group().generation()).isEqualTo(2);
        assertThat(world.group().members().get(0).away()).isFalse();
    }

    @Test
    void aDynamicMemberCannotKeepAPlace() {
        world.join("m1", "orders");
        assertThat(world.leave("m1", true)).isEqualTo(LeaveResult.LEFT);
        assertThat(world.group().state()).isEqualTo(GroupState.EMPTY);
    }

    @Test
    void aMemberCannotChangeItsInstanceId() {
        world.joinStatic("m1", "host-1", "orders");
        world.joinStatic("m2", "host-2", "orders");
        world.join("m3", "orders");
        assertRefused(world.tryJoin("g", "m1", "host-2", "orders"), Fault.INVALID_REQUEST);
        assertRefused(world.tryJoin("g", "m1", "host-9", "orders"), Fault.INVALID_REQUEST);
        assertRefused(world.tryJoin("g", "m1", null, "orders"), Fault.INVALID_REQUEST);
        assertRefused(world.tryJoin("g", "m3", "host-1", "orders"), Fault.INVALID_REQUEST);
        assertThat(world.group().generation()).isEqualTo(3);
    }

    @Test
    void refusesNamesThatAreEmptyTooLongOrNotPrintable() {
        String longest = "x".repeat(249);
        for (String bad : List.of("", "x".repeat(250), "a\nb", "a\u0000", "\ud800")) {
            assertRefused(world.tryJoin(bad, "m", null, "orders"), Fault.INVALID_REQUEST);
            assertRefused(world.tryJoin("g", bad, null, "orders"), Fault.INVALID_REQUEST);
            assertRefused(world.tryJoin("g", "m", bad, "orders"), Fault.INVALID_REQUEST);
        }
        assertThat(world.groups.groupCount()).isZero();
        done(world.tryJoin(longest, longest, longest, "orders"));
        done(world.tryJoin(new JoinGroup("grüße 🐎", "m", null, null, List.of("orders"), SESSION_MS)));
        world.restart();
        assertThat(world.groups.list()).extracting(GroupSummary::group).containsExactly("grüße 🐎", longest);
    }

    @Test
    void refusesPatternsOverTheLimitOrInvalid() {
        assertRefused(world.tryJoin("g", "m", null), Fault.INVALID_REQUEST);
        assertRefused(world.tryJoin("g", "m", null, "a..b"), Fault.INVALID_REQUEST);
        List<String> many = Collections.nCopies(101, "orders");
        Object answer = world.tryJoin(new JoinGroup("g", "m", null, "", many, SESSION_MS))
                .answer();
        assertThat(((Refusal) answer).detail()).contains("101").contains("100");
        done(world.tryJoin(new JoinGroup("g", "m", null, "", many.subList(0, 100), SESSION_MS)));
    }

    @Test
    void refusesSessionsOutsideOfTheLimits() {
        for (int bad : new int[] {-1, 0, 999, 1_800_001}) {
            assertRefused(
                    world.tryJoin(new JoinGroup("g", "m", null, "", List.of("orders"), bad)), Fault.INVALID_REQUEST);
        }
        done(world.tryJoin(new JoinGroup("g", "m1", null, "", List.of("orders"), 1_000)));
        done(world.tryJoin(new JoinGroup("g", "m2", null, "", List.of("orders"), 1_800_000)));
    }

    @Test
    void limitsMembersAndGroups() {
        GroupWorld small = new GroupWorld(new GroupLimits(2, 2, 100, 1, 100_000, 10));
        small.topics.add("orders", 1);
        small.joinStatic("m1", "host-1", "orders");
        small.join("m2", "orders");
        Object full = small.tryJoin("g", "m3", null, "orders").answer();
        assertThat(full).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.fault()).isEqualTo(Fault.LIMIT_REACHED);
            assertThat(refusal.detail()).contains("2 members").contains("at most 2");
        });
        small.join("m2", "orders");
        small.joinStatic("m1-again", "host-1", "orders");

        done(small.tryJoin("g2", "m", null, "orders"));
        assertRefused(small.tryJoin("g3", "m", null, "orders"), Fault.LIMIT_REACHED);
        assertRefused(small.tryReset("g3", 1, 0), Fault.LIMIT_REACHED);
        small.leave("m2", false);
        done(small.tryJoin("g", "m3", null, "orders"));
    }
}
