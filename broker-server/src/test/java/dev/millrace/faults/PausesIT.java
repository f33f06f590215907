package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Admin;
import dev.millrace.client.GroupInfo;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.history.LogHygiene;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes stand still for longer than a session: a member that comes back is a zombie and is refused, a broker that
 * comes back ends nobody's session. More rounds with {@code -Dfault.pauses}; some 8 s each.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class PausesIT {
    private static final int ROUNDS = Integer.getInteger("fault.pauses", 5);
    private static final int SESSION_MS = 2_000;
    private static final String GROUP = "stopped";
    private static final Duration OUTAGE_MAX = Duration.ofSeconds(60);
    private static final Duration PROGRESS_MAX = Duration.ofSeconds(10);
    private static final long SETTLE_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);
    private static final Load LOAD = new Load(4, 2, 0, 300, 300, 0);

    @TempDir
    Path directory;

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);
    private int refusedCount;
    private final Map<TopicPartition, Long> highestCommitted = new HashMap<>();

    private Daemon daemon() {
        return new Daemon(Distribution.underTest(), directory, "groups.sessionTimeout=" + SESSION_MS + "ms")
                .watchingLeaks();
    }

    private long pauseMs() {
        return SESSION_MS + SESSION_MS / 2 + random.nextInt(SESSION_MS);
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private void await(Daemon daemon, String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + SETTLE_NANOS_MAX;
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("waiting for %s", what).isLessThan(deadline);
            assertThat(daemon.process().waitFor(50, TimeUnit.MILLISECONDS)).isFalse();
        }
    }

    // ---- stopped members

    @Test
    void aMemberThatStoodStillIsRefusedAndRejoins() throws Exception {
        try (Daemon daemon = daemon();
                Workload workload = new Workload(LOAD, seed, OUTAGE_MAX)) {
            daemon.start();
            workload.start(daemon, Map.of());
            Admin admin = workload.client().admin();
            try (MemberProcess a =
                            new MemberProcess(new MemberProcess.Job(daemon.server(), GROUP, Workload.TOPIC, "a"));
                    MemberProcess b =
                            new MemberProcess(new MemberProcess.Job(daemon.server(), GROUP, Workload.TOPIC, "b"))) {
                for (int round = 0; round < ROUNDS; round++) {
                    await(
                            daemon,
                            "both to have two partitions",
                            () -> shares(admin).equals(Map.of("a", 2, "b", 2)));
                    boolean first = random.nextBoolean();
                    stopAndRevive(daemon, admin, first ? a : b, first ? "b" : "a");
                }
            }
            long acknowledged = workload.stopAndDemandEverything(daemon, new LogHygiene());
            assertThat(refusedCount)
                    .as("rounds in which the revived process was refused")
                    .isPositive();
            Figures.print(
                    "stopped members", "rounds=%d refused=%d acknowledged=%d", ROUNDS, refusedCount, acknowledged);
        }
    }

    private void stopAndRevive(Daemon daemon, Admin admin, MemberProcess victim, String other) throws Exception {
        victim.tell("hold");
        String[] held = victim.hear("holding").split(" ");
        TopicPartition partition = new TopicPartition(Workload.TOPIC, Integer.parseInt(held[1]));
        long heldOffset = Long.parseLong(held[2]);
        GroupInfo.Member zombie = admin.describeGroup(GROUP).members().stream()
                .filter(member -> member.memberId().equals(held[0]))
                .findFirst()
                .orElseThrow();
        assertThat(zombie.partitions()).contains(partition);
        victim.signal("STOP");
        victim.tell("commit");
        assertThat(daemon.process().waitFor(pauseMs(), TimeUnit.MILLISECONDS)).isFalse();
        await(daemon, "the other one to have all", () -> shares(admin).equals(Map.of(other, 4)));
        await(daemon, "it to go further", () -> committed(admin).getOrDefault(partition, 0L) > heldOffset);
        assertThat(rawCommit(daemon, admin, zombie, partition, heldOffset - 1))
                .isIn(Fault.UNKNOWN_MEMBER, Fault.FENCED_MEMBER);
        assertThat(rawCommit(daemon, admin, zombie, partition, heldOffset + 1_000_000))
                .isIn(Fault.UNKNOWN_MEMBER, Fault.FENCED_MEMBER);
        long before = committed(admin).get(partition);
        victim.signal("CONT");
        String answer = victim.hear("");
        if (answer.equals("committed")) {
            // Legal only where its client was quicker to join anew and own the partition than it was to commit. Whether
            // the
            // other one is there is another matter: on a machine that stands still for two seconds its session ends,
            // too.
            assertThat(members(admin, GROUP))
                    .extracting(GroupInfo.Member::memberId)
                    .as("members after a commit was accepted")
                    .isNotEmpty()
                    .doesNotContain(zombie.memberId());
        } else {
            assertThat(answer)
                    .isIn(
                            "refused " + Fault.UNKNOWN_MEMBER,
                            "refused " + Fault.FENCED_MEMBER,
                            "refused " + Fault.NOT_ASSIGNED);
            refusedCount++;
        }
        long after = committed(admin).get(partition);
        long end = admin.describeTopic(Workload.TOPIC)
                .partitions()
                .get(partition.partition())
                .endOffset();
        assertThat(after).as("committed after the zombie came back").isBetween(before, end);
    }

    private static List<GroupInfo.Member> members(Admin admin, String group) {
        boolean exists =
                admin.listGroups().stream().anyMatch(summary -> summary.group().equals(group));
        return exists ? admin.describeGroup(group).members() : List.of();
    }

    private static Map<String, Integer> shares(Admin admin) {
        Map<String, Integer> shares = new HashMap<>();
        for (GroupInfo.Member member : members(admin, GROUP)) {
            shares.merge(member.clientId(), member.partitions().size(), Integer::sum);
        }
        return shares;
    }

    /** What the group has committed; at each look it must be no less than before. */
    private Map<TopicPartition, Long> committed(Admin admin) {
        Map<TopicPartition, Long> committed = admin.committedOffsets(GROUP);
        highestCommitted.forEach((partition, offset) -> assertThat(committed.get(partition))
                .as("committed of %s", partition)
                .isGreaterThanOrEqualTo(offset));
        highestCommitted.putAll(committed);
        return committed;
    }

    /** The commit that the network may have delayed: by the zombie's id and epoch. */
    private static Fault rawCommit(
            Daemon daemon, Admin admin, GroupInfo.Member zombie, TopicPartition partition, long offset)
            throws IOException {
        String[] address = daemon.server().split(":");
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            socket.setSoTimeout(10_000);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            ask(socket, in, 1, new Frames.Hello(1, 1, 0, "zombie", "test"));
            Frame answer = ask(
                    socket,
                    in,
                    2,
                    new GroupFrames.CommitOffsets(
                            GROUP,
                            zombie.memberId(),
                            zombie.memberEpoch(),
                            List.of(new GroupFrames.PartitionOffset(
                                    admin.describeTopic(partition.topic()).id(), partition.partition(), offset, ""))));
            if (answer instanceof Frames.Error error) {
                return Fault.ofCode(error.code());
            }
            int code = ((GroupFrames.OffsetsCommitted) answer).results().get(0).code();
            return code == 0 ? null : Fault.ofCode(code);
        }
    }

    private static Frame ask(Socket socket, DataInputStream in, int requestId, Frame request) throws IOException {
        socket.getOutputStream().write(Crowd.bytes(FrameCodec.encode(requestId, request)));
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return FrameCodec.decode(ByteBuffer.wrap(body)).frame();
    }

    // ---- a stopped broker

    @Test
    void aBrokerThatStoodStillEndsNobodysSession() throws Exception {
        try (Daemon daemon = daemon();
                Workload workload = new Workload(LOAD.withMembers(3), seed, OUTAGE_MAX)) {
            daemon.start();
            workload.start(daemon, Map.of());
            Admin admin = workload.client().admin();
            await(
                    daemon,
                    "three members",
                    () -> members(admin, Workload.GROUP).size() == 3
                            && admin.describeGroup(Workload.GROUP).state().equals("stable"));
            workload.awaitProgress(PROGRESS_MAX);
            GroupInfo before = admin.describeGroup(Workload.GROUP);
            for (int round = 0; round < ROUNDS; round++) {
                MemberProcess.signal(daemon.process(), "STOP");
                assertThat(daemon.process().waitFor(pauseMs(), TimeUnit.MILLISECONDS))
                        .isFalse();
                MemberProcess.signal(daemon.process(), "CONT");
                workload.awaitProgress(PROGRESS_MAX);
                // Whoever was to lose his session has lost it after two more of them.
                assertThat(daemon.process().waitFor(2 * SESSION_MS, TimeUnit.MILLISECONDS))
                        .isFalse();
                GroupInfo after = admin.describeGroup(Workload.GROUP);
                assertThat(ids(after)).as("members after round %d", round).isEqualTo(ids(before));
                assertThat(after.generation())
                        .as("generation after round %d", round)
                        .isEqualTo(before.generation());
            }
            long acknowledged = workload.stopAndDemandEverything(daemon, new LogHygiene());
            Figures.print("stopped broker", "rounds=%d acknowledged=%d", ROUNDS, acknowledged);
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static TreeSet<String> ids(GroupInfo group) {
        TreeSet<String> ids = new TreeSet<>();
        group.members().forEach(member -> ids.add(member.memberId()));
        return ids;
    }
}
