package dev.millrace.core.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.LeaveGroup;
import dev.millrace.core.command.ResetOffsets;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** A coordinator with a store, topics and a clock that the test moves. Every change is durable at once. */
final class GroupWorld {
    static final int SESSION_MS = 10_000;
    static final long RETENTION_MS = 1_000_000;

    /** How often a broker's upkeep comes; past {@link #TICKS_MAX} the rest of an advance is one step. */
    private static final long TICK_MS = 200;

    private static final int TICKS_MAX = 10_000;

    final TestTopics topics = new TestTopics();
    final GroupLimits limits;
    MemoryStore store = new MemoryStore();
    GroupCoordinator groups;
    long nowMs = 5_000_000;

    GroupWorld() {
        this(GroupLimits.DEFAULT);
    }

    GroupWorld(GroupLimits limits) {
        this.limits = limits;
        this.groups = new GroupCoordinator(limits, topics);
    }

    // ---- requests that succeed

    Assignment join(String memberId, String... patterns) {
        return done(tryJoin("g", memberId, null, patterns));
    }

    Assignment joinStatic(String memberId, String instanceId, String... patterns) {
        return done(tryJoin("g", memberId, instanceId, patterns));
    }

    Assignment beat(String memberId, int epoch, Integer... owned) {
        return done(tryBeat(memberId, epoch, owned));
    }

    /** A heartbeat that says nothing about what the member owns. */
    Assignment beatSilently(String memberId, int epoch) {
        return done(change(sink -> groups.applyHeartbeat(new HeartbeatGroup("g", memberId, epoch, null), nowMs, sink)));
    }

    /** Beats until the member knows its newest epoch and owns just what it was told. */
    Assignment settle(Assignment known) {
        Assignment told = beat(known.memberId(), known.memberEpoch(), owned(known));
        return beat(told.memberId(), told.memberEpoch(), owned(told));
    }

    LeaveResult leave(String memberId, boolean keepStatic) {
        return done(tryLeave(memberId, keepStatic));
    }

    PartitionResult commit(Assignment member, int partitionId, long offset) {
        return done(tryCommit(member.memberId(), member.memberEpoch(), partitionId, offset))
                .get(0);
    }

    PartitionResult commitFromOutside(int partitionId, long offset) {
        return done(tryCommit("", 0, partitionId, offset)).get(0);
    }

    GroupsExpired tick() {
        return change(sink -> groups.applyExpire(new ExpireGroups(RETENTION_MS), nowMs, sink));
    }

    // ---- requests as they are

    GroupOutcome<Assignment> tryJoin(String group, String memberId, String instanceId, String... patterns) {
        return tryJoin(new JoinGroup(group, memberId, instanceId, "client", List.of(patterns), SESSION_MS));
    }

    GroupOutcome<Assignment> tryJoin(JoinGroup join) {
        return change(sink -> groups.applyJoin(join, nowMs, sink));
    }

    GroupOutcome<Assignment> tryBeat(String memberId, int epoch, Integer... owned) {
        HeartbeatGroup heartbeat = new HeartbeatGroup("g", memberId, epoch, List.of(owned));
        return change(sink -> groups.applyHeartbeat(heartbeat, nowMs, sink));
    }

    GroupOutcome<LeaveResult> tryLeave(String memberId, boolean keepStatic) {
        return change(sink -> groups.applyLeave(new LeaveGroup("g", memberId, keepStatic), nowMs, sink));
    }

    GroupOutcome<List<PartitionResult>> tryCommit(String memberId, int epoch, int partitionId, long offset) {
        return tryCommit("g", memberId, epoch, new CommitOffsets.Entry(partitionId, offset, 3, "note"));
    }

    GroupOutcome<List<PartitionResult>> tryCommit(
            String group, String memberId, int epoch, CommitOffsets.Entry... entries) {
        CommitOffsets commit = new CommitOffsets(group, memberId, epoch, List.of(entries));
        return change(sink -> groups.applyCommit(commit, nowMs, sink));
    }

    GroupOutcome<List<PartitionResult>> tryReset(String group, int partitionId, long offset) {
        ResetOffsets reset = new ResetOffsets(group, List.of(new ResetOffsets.Entry(partitionId, offset)));
        return change(sink -> groups.applyReset(reset, nowMs, sink));
    }

    GroupOutcome<Integer> tryDelete(String group) {
        return change(sink -> groups.applyDelete(new DeleteGroup(group), nowMs, sink));
    }

    void addTopic(String name, int partitionCount) {
        topics.add(name, partitionCount);
        change(sink -> {
            groups.onTopicsChanged(List.of(name), sink);
            return null;
        });
    }

    void deleteTopic(String name) {
        int[] partitionIds = topics.remove(name);
        change(sink -> {
            groups.onTopicDeleted(name, partitionIds, sink);
            return null;
        });
    }

    <T> T change(Function<WriteSink, T> apply) {
        WriteSink sink = store.begin();
        T result = apply.apply(sink);
        store.commit(sink);
        store.sync();
        return result;
    }

    // ---- the world

    void advanceMs(long ms) {
        long endMs = nowMs + ms;
        for (int ticks = 0; nowMs < endMs && ticks < TICKS_MAX; ticks++) {
            nowMs = Math.min(endMs, nowMs + TICK_MS);
            groups.passTime(nowMs);
        }
        nowMs = endMs;
    }

    /** Power loss and a new start. */
    void restart() {
        store = store.crash();
        groups = new GroupCoordinator(limits, topics);
        groups.load(store, nowMs);
    }

    GroupDescription group() {
        return groups.describe("g").orElseThrow();
    }

    long committed(int partitionId) {
        return groups.committed("g", partitionId).map(CommittedOffset::offset).orElse(-1L);
    }

    /** All rows, as hex. */
    Map<String, String> rows() {
        Map<String, String> rows = new TreeMap<>();
        store.scan(Table.GROUP, new byte[] {0}, new byte[] {127}, (key, value) -> {
            rows.put(HexFormat.of().formatHex(key), HexFormat.of().formatHex(value));
            return true;
        });
        return rows;
    }

    /** The rows that the state in memory would give. */
    Map<String, String> rowsOfMemory() {
        Map<String, String> rows = new TreeMap<>();
        HexFormat hex = HexFormat.of();
        for (GroupSummary summary : groups.list()) {
            Group group = groups.group(summary.group());
            String name = group.name();
            rows.put(hex.formatHex(GroupRows.groupKey(name)), hex.formatHex(GroupRows.groupValue(group)));
            group.members()
                    .forEach(member -> rows.put(
                            hex.formatHex(GroupRows.memberKey(name, member.memberId)),
                            hex.formatHex(GroupRows.memberValue(member))));
            group.offsets()
                    .forEach((id, offset) -> rows.put(
                            hex.formatHex(GroupRows.offsetKey(name, id)),
                            hex.formatHex(GroupRows.offsetValue(offset))));
        }
        return rows;
    }

    static Integer[] owned(Assignment assignment) {
        return assignment.partitions().toList().toArray(new Integer[0]);
    }

    static <T> T done(GroupOutcome<T> outcome) {
        assertThat(outcome).isInstanceOf(GroupOutcome.Done.class);
        return ((GroupOutcome.Done<T>) outcome).value();
    }

    static void assertRefused(GroupOutcome<?> outcome, Fault fault) {
        assertThat(outcome.answer()).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.fault()).isEqualTo(fault);
            assertThat(refusal.detail()).isNotBlank();
        });
    }
}
