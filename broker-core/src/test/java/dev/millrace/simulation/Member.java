package dev.millrace.simulation;

import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.LeaveGroup;
import dev.millrace.core.error.Fault;
import dev.millrace.core.group.PartitionResult;
import dev.millrace.core.group.TopicPattern;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.machine.MemberAssignment;
import dev.millrace.core.record.Record;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Property;
import dev.millrace.history.Reader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A member of a group as a client's process sees itself: joins, beats, reads what it was given, commits. It may go silent
 * for longer than its session and come back as a zombie: it then commits first, which must be refused where another
 * member has the partition by now.
 */
final class Member implements Client {
    private static final int HEARTBEATS_PER_SESSION = 4;

    private final World world;
    private final Team team;
    private final Role role;
    private final int sessionMs;
    private final Reader reader;
    /** The next offset of each partition that it works on. */
    private final Map<Integer, Long> working = new TreeMap<>();

    private final Set<Integer> told = new HashSet<>();
    private Connection connection;
    private int epoch;
    /** The epochs that it was given since it was made, the newest last, each once. */
    private final List<Integer> epochs = new ArrayList<>();

    private boolean joined;
    private boolean asking;
    /** Every join and heartbeat was answered: the broker has given it nothing that it does not know of. */
    private boolean certain;

    private boolean ended;
    private boolean returns;
    private long silentUntilMicros;
    private long aliveMicros = -1;

    /** Who it is and what it subscribes to; the instance is null for a dynamic member. */
    record Role(String memberId, String instanceId, List<String> patterns) {}

    Member(World world, Team team, Role role) {
        this.world = world;
        this.team = team;
        this.role = role;
        this.sessionMs = 1000 + world.random.nextInt(2000);
        this.reader = world.history.reader(role.memberId);
    }

    String memberId() {
        return role.memberId;
    }

    boolean worksOn(int partitionId) {
        return working.containsKey(partitionId);
    }

    @Override
    public void start() {
        world.agenda.in(world.random.nextInt(50_000), this::beat);
        world.agenda.in(60_000, this::poll);
    }

    /** Stops taking part for a while; the process is stopped, or its network. */
    void fallSilent(long micros) {
        world.trace.add(role.memberId + " falls silent for " + micros / 1000 + " ms of a session of " + sessionMs);
        silentUntilMicros = world.agenda.nowMicros() + micros;
        returns = true;
    }

    int sessionMs() {
        return sessionMs;
    }

    /** Ends without a word. */
    void die() {
        world.trace.add(role.memberId + " dies");
        end();
    }

    private void end() {
        ended = true;
        stopWork();
        team.remove(this);
    }

    private boolean isSilent() {
        return world.agenda.nowMicros() < silentUntilMicros;
    }

    private boolean isConnected() {
        if (connection == null || connection.isCut()) {
            connection = world.server.isUp() ? new Connection(world, false) : null;
            asking = false;
        }
        return connection != null;
    }

    private void stopWork() {
        working.keySet().forEach(reader::revoked);
        working.clear();
        told.clear();
        joined = false;
    }

    // ---- membership

    private void beat() {
        if (ended) {
            return;
        }
        if (!isSilent() && isConnected() && !asking) {
            if (returns && joined && !working.isEmpty()) {
                commit();
            }
            returns = false;
            if (joined) {
                heartbeat();
            } else if (!team.isClosed()) {
                join();
            }
        }
        int gapMs = joined ? sessionMs / HEARTBEATS_PER_SESSION : 100;
        world.agenda.in(1000L * (gapMs / 2 + world.random.nextInt(gapMs / 2)), this::beat);
    }

    /** Joins, or joins again: from now on it works only on what the answer lists. */
    private void join() {
        stopWork();
        asking = true;
        certain = false;
        Connection through = connection;
        long askedMicros = world.agenda.nowMicros();
        JoinGroup join =
                new JoinGroup(team.group, role.memberId, role.instanceId, "simulated", role.patterns, sessionMs);
        connection.<MemberAssignment>call(() -> world.server.submit(join), (assignment, fault) -> {
            asking &= through != connection;
            if (ended) {
                return;
            }
            world.trace.add(role.memberId + " joins " + (fault == null ? assignment.partitions() : fault));
            if (fault == null) {
                joined = true;
                aliveMicros = askedMicros;
                take(assignment);
            } else {
                refused(fault);
            }
        });
    }

    private void heartbeat() {
        asking = true;
        certain = false;
        letGo();
        Connection through = connection;
        long askedMicros = world.agenda.nowMicros();
        HeartbeatGroup heartbeat =
                new HeartbeatGroup(team.group, role.memberId, epoch, new ArrayList<>(working.keySet()));
        connection.<MemberAssignment>call(() -> world.server.submit(heartbeat), (assignment, fault) -> {
            asking &= through != connection;
            if (ended || !joined) {
                return;
            }
            if (fault == null) {
                aliveMicros = askedMicros;
                take(assignment);
            } else {
                checkSession(fault);
                refused(fault);
            }
        });
    }

    /** Within a session of its last heartbeat nobody may forget a member. */
    private void checkSession(Fault fault) {
        long silentMicros = world.agenda.nowMicros() - aliveMicros;
        if (fault == Fault.UNKNOWN_MEMBER && silentMicros < sessionMs * 1000L) {
            world.history.report(
                    Property.PROGRESS,
                    role.memberId + " lost its session of " + sessionMs + " ms after " + silentMicros / 1000 + " ms");
        }
    }

    private void refused(Fault fault) {
        if (fault.retriable()) {
            return;
        }
        world.trace.add(role.memberId + " is refused " + fault);
        if (fault == Fault.FENCED_MEMBER && role.instanceId != null) {
            end();
        } else {
            stopWork();
        }
    }

    private void letGo() {
        working.keySet().removeIf(partitionId -> {
            boolean lost = !told.contains(partitionId);
            if (lost) {
                reader.revoked(partitionId);
            }
            return lost;
        });
    }

    private void take(MemberAssignment assignment) {
        epoch = assignment.memberEpoch();
        if (epochs.isEmpty() || epochs.get(epochs.size() - 1) < epoch) {
            epochs.add(epoch);
        }
        certain = true;
        told.clear();
        for (MemberAssignment.Partition partition : assignment.partitions()) {
            told.add(partition.partitionId());
            if (!working.containsKey(partition.partitionId())) {
                begin(partition.partitionId(), partition.committedOffset());
            }
        }
        if (world.random.nextBoolean()) {
            letGo();
        }
    }

    private void begin(int partitionId, long committedOffset) {
        world.trace.add(role.memberId + " begins partition " + partitionId + " at " + committedOffset);
        team.granted(partitionId, this);
        reader.assignedBy(team.group, partitionId);
        working.put(partitionId, Math.max(0, committedOffset));
    }

    /** Leaves in good order; a static member may leave its place to its successor. */
    void leave() {
        if (!isConnected() || !joined) {
            die();
            return;
        }
        commit();
        boolean keep = role.instanceId != null && world.random.nextBoolean();
        world.trace.add(role.memberId + " leaves" + (keep ? ", keeping its place" : ""));
        end();
        connection.<Object>call(
                () -> world.server.submit(new LeaveGroup(team.group, role.memberId, keep)), (result, fault) -> {});
    }

    // ---- work

    private void poll() {
        if (ended) {
            return;
        }
        if (!isSilent() && world.server.isUp() && !working.isEmpty()) {
            List<Integer> partitionIds = new ArrayList<>(working.keySet());
            if (world.isQuiet()) {
                partitionIds.forEach(this::read);
                commit();
            } else {
                read(partitionIds.get(world.random.nextInt(partitionIds.size())));
                int dice = world.random.nextInt(40);
                if (dice < 10) {
                    commit();
                } else if (dice < 13) {
                    commitWrongly();
                }
            }
        }
        world.agenda.in(20_000 + world.random.nextInt(100_000), this::poll);
    }

    private void read(int partitionId) {
        long from = working.get(partitionId);
        int bytesMax = world.isQuiet() ? 64 << 10 : 500 + world.random.nextInt(16_000);
        Reads.Outcome outcome = world.reads.read(new Reads.Request(partitionId, from, bytesMax));
        if (outcome instanceof Reads.Outcome.Found found) {
            for (Record record : found.records()) {
                reader.read(partitionId, record.offset(), record.key(), record.value());
                working.put(partitionId, record.offset() + 1);
            }
            world.trace.add(role.memberId + " read " + partitionId + "/" + from + " to " + working.get(partitionId));
        } else if (outcome instanceof Reads.Outcome.Refused refused && refused.fault() == Fault.OFFSET_OUT_OF_RANGE) {
            PartitionLog log = world.server.log(partitionId);
            if (from > log.durableEndOffset()) {
                world.history.report(
                        Property.END_NEVER_FALLS,
                        role.memberId + " is at " + partitionId + "/" + from + ", past the end "
                                + log.durableEndOffset());
            }
            working.put(partitionId, log.logStartOffset());
        }
    }

    private void commit() {
        if (!isConnected() || !joined) {
            return;
        }
        List<CommitOffsets.Entry> entries = new ArrayList<>();
        Set<Integer> lost = new HashSet<>();
        working.forEach((partitionId, next) -> {
            // Now and then a late repetition: it must not take the group back.
            long offset = world.random.nextInt(10) == 0 ? next / 2 : next;
            entries.add(new CommitOffsets.Entry(partitionId, offset, -1, ""));
            world.history.commitInvoked(team.group, partitionId, offset);
            if (team.isLost(partitionId, this)) {
                lost.add(partitionId);
            }
        });
        CommitOffsets commit = new CommitOffsets(team.group, role.memberId, epoch, entries);
        connection.<List<PartitionResult>>call(() -> world.server.submit(commit), (results, fault) -> {
            if (fault != null) {
                world.trace.add(role.memberId + " commits and is refused " + fault);
            } else {
                committed(entries, results, lost);
            }
        });
    }

    private void committed(List<CommitOffsets.Entry> entries, List<PartitionResult> results, Set<Integer> lost) {
        for (int i = 0; i < results.size(); i++) {
            CommitOffsets.Entry entry = entries.get(i);
            PartitionResult result = results.get(i);
            world.trace.add(role.memberId + " commits " + entry.partitionId() + "/" + entry.offset() + " "
                    + (result.accepted() ? "" : result.fault()));
            if (!result.accepted()) {
                continue;
            }
            if (lost.contains(entry.partitionId())) {
                world.history.zombieCommitAccepted(role.memberId, team.group, entry.partitionId(), entry.offset());
            } else {
                world.history.commitAccepted(team.group, entry.partitionId(), entry.offset());
            }
        }
    }

    /** Commits what another member owns, or with an epoch from before: it must be refused. */
    private void commitWrongly() {
        if (!certain || !joined || !isConnected()) {
            return;
        }
        int partitionId = team.somebodyElses(this);
        if (partitionId >= 0 && !working.containsKey(partitionId)) {
            mustBeRefused(epoch, partitionId, world.committed(team.group, partitionId) + 1);
        } else if (epochs.size() > 2 && !working.isEmpty()) {
            int own = working.keySet().iterator().next();
            mustBeRefused(epochs.get(epochs.size() - 3), own, working.get(own) + 1);
        }
    }

    private void mustBeRefused(int claimedEpoch, int partitionId, long offset) {
        CommitOffsets commit = new CommitOffsets(
                team.group, role.memberId, claimedEpoch, List.of(new CommitOffsets.Entry(partitionId, offset, -1, "")));
        connection.<List<PartitionResult>>call(() -> world.server.submit(commit), (results, fault) -> {
            Object outcome = fault == null ? results : fault;
            world.trace.add(role.memberId + " commits wrongly " + partitionId + " in epoch " + claimedEpoch + " of "
                    + epoch + ": " + outcome);
            if (fault == null && results.get(0).accepted()) {
                world.history.zombieCommitAccepted(role.memberId, team.group, partitionId, offset);
            }
        });
    }

    // ---- the end

    /** Done once its group has committed the end of every partition that it subscribes to, whoever owns it. */
    @Override
    public String unfinished() {
        if (ended) {
            return null;
        }
        for (Topic topic : world.server.topics()) {
            if (role.patterns.stream()
                    .noneMatch(pattern -> TopicPattern.of(pattern).matches(topic.name()))) {
                continue;
            }
            for (int partitionId : topic.partitionIds()) {
                long committed = world.committed(team.group, partitionId);
                long end = world.server.log(partitionId).durableEndOffset();
                if (committed < end) {
                    return team.group + " of " + role.memberId + " stands at " + committed + " of partition "
                            + partitionId + ", which ends at " + end;
                }
            }
        }
        return null;
    }
}
