package dev.millrace.core.group;

import static dev.millrace.core.group.GroupWorld.SESSION_MS;
import static dev.millrace.core.group.GroupWorld.done;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.JoinGroup;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GroupSessionsTest {
    private final GroupWorld world = new GroupWorld();

    @BeforeEach
    void createTopic() {
        world.topics.add("orders", 4);
    }

    @Test
    void aSessionEndsExactlyAtItsTimeout() {
        world.join("m1", "orders");
        assertThat(world.groups.nextDeadlineMs()).isEqualTo(world.nowMs + SESSION_MS);
        world.advanceMs(SESSION_MS - 1);
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(1);
        GroupsExpired expired = world.tick();
        assertThat(expired.members()).containsExactly(new MemberRef("g", "m1"));
        assertThat(world.group().state()).isEqualTo(GroupState.EMPTY);
        assertThat(world.groups.nextDeadlineMs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aHeartbeatStartsTheSessionAnew() {
        world.join("m1", "orders");
        world.advanceMs(SESSION_MS - 1);
        world.beat("m1", 1);
        world.advanceMs(1);
        assertThat(world.tick().changed()).isFalse();
        assertThat(world.groups.nextDeadlineMs()).isEqualTo(world.nowMs - 1 + SESSION_MS);
        world.advanceMs(SESSION_MS - 2);
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(1);
        assertThat(world.tick().changed()).isTrue();
    }

    @Test
    void aLateHeartbeatBeforeTheTickSavesTheSession() {
        world.join("m1", "orders");
        world.advanceMs(SESSION_MS + 500);
        world.beat("m1", 1);
        assertThat(world.tick().changed()).isFalse();
    }

    @Test
    void aClockThatGoesBackEndsNoSessionEarly() {
        world.join("m1", "orders");
        long joinedMs = world.nowMs;
        world.nowMs = joinedMs - 5_000;
        world.beat("m1", 1);
        world.nowMs = joinedMs + SESSION_MS - 1;
        assertThat(world.tick().changed()).isFalse();
    }

    @Test
    void aClockThatIsSetForwardEndsNoSessionEarly() {
        world.join("m1", "orders");
        world.nowMs += 3_600_000;
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(SESSION_MS - SessionTimers.STEP_MS_MAX - 1);
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(1);
        assertThat(world.tick().members()).containsExactly(new MemberRef("g", "m1"));
    }

    @Test
    void aClockThatIsSetBackKeepsNoDeadMember() {
        world.join("m1", "orders");
        world.nowMs -= 3_600_000;
        world.advanceMs(SESSION_MS - 1);
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(1);
        // The step back itself counts for nothing, nor does it bring anything back.
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(200);
        assertThat(world.tick().members()).containsExactly(new MemberRef("g", "m1"));
    }

    @Test
    void aBrokerThatStoodStillEndsNoSession() {
        world.join("m1", "orders");
        world.advanceMs(SESSION_MS / 2);
        world.nowMs += 60_000;
        assertThat(world.tick().changed()).isFalse();
        world.beat("m1", 1);
        assertThat(world.tick().members()).isEmpty();
    }

    @Test
    void aShorterSessionCountsFromTheJoinThatAsksForIt() {
        world.join("m1", "orders");
        done(world.tryJoin(new JoinGroup("g", "m1", null, "client", List.of("orders"), 1_000)));
        assertThat(world.groups.nextDeadlineMs()).isEqualTo(world.nowMs + 1_000);
        world.advanceMs(1_000);
        assertThat(world.tick().changed()).isTrue();
    }

    @Test
    void sessionsThatEndTogetherCostOneGeneration() {
        world.join("m1", "orders");
        world.join("m2", "orders");
        world.join("m3", "orders");
        done(world.tryJoin("other", "m1", null, "orders"));
        world.advanceMs(SESSION_MS / 2);
        world.beat("m3", 3);
        world.advanceMs(SESSION_MS / 2);
        assertThat(world.tick().members())
                .containsExactly(new MemberRef("g", "m1"), new MemberRef("g", "m2"), new MemberRef("other", "m1"));
        assertThat(world.group().generation()).isEqualTo(4);
        assertThat(world.beat("m3", 3).partitions()).isEqualTo(PartitionSet.of(1, 2, 3, 4));
    }

    @Test
    void theSessionOfAReplacedIdDoesNotEndItsPlace() {
        world.joinStatic("m1", "host-1", "orders");
        world.advanceMs(SESSION_MS - 1);
        world.joinStatic("m2", "host-1", "orders");
        world.advanceMs(1);
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(SESSION_MS - 1);
        assertThat(world.tick().members()).containsExactly(new MemberRef("g", "m2"));
    }

    @Test
    void aRestartGivesFullSessions() {
        world.join("m1", "orders");
        world.advanceMs(100 * SESSION_MS);
        world.restart();
        assertThat(world.groups.nextDeadlineMs()).isEqualTo(world.nowMs + SESSION_MS);
        world.advanceMs(SESSION_MS - 1);
        assertThat(world.tick().changed()).isFalse();
        world.advanceMs(1);
        assertThat(world.tick().changed()).isTrue();
    }
}
