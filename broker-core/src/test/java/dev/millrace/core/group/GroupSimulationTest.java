package dev.millrace.core.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.LeaveGroup;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.testing.Seeds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Clients that join, work, stall, vanish and come back, a broker that crashes, answers that get lost: from a seed.
 *
 * <p>What must hold at every step: no partition is worked on by two members, the rows equal the state in memory,
 * generations never fall, offsets never fall, and who was fenced or forgotten changes nothing. What must hold once it
 * grows quiet: everything is assigned, evenly.
 */
class GroupSimulationTest {
    private static final int ROUNDS = 40;
    private static final int STEPS = 250;
    private static final String[] PATTERNS = {"orders", "orders.*", "orders.>", "users", ">"};

    private Random random;
    private GroupWorld world;
    private final List<Client> clients = new ArrayList<>();
    private final Map<Integer, Long> committed = new HashMap<>();
    private int generation;
    private int nextClient;

    /** A consumer process as it sees itself. */
    private static final class Client {
        final String memberId;
        final String instanceId;
        String[] patterns;
        int epoch;
        boolean joined;
        final Set<Integer> working = new TreeSet<>();
        Set<Integer> told = new TreeSet<>();

        Client(String memberId, String instanceId, String... patterns) {
            this.memberId = memberId;
            this.instanceId = instanceId;
            this.patterns = patterns;
        }

        void take(Assignment answer) {
            joined = true;
            epoch = answer.memberEpoch();
            told = new TreeSet<>(answer.partitions().toList());
            working.addAll(told);
        }

        /** What a client does before it reports to have let go. */
        void letGo() {
            working.retainAll(told);
        }

        void fail() {
            joined = false;
            working.clear();
            told.clear();
        }
    }

    @Test
    void holdsItsPromisesWhateverHappens() {
        long seed = Seeds.next();
        for (int round = 0; round < ROUNDS; round++) {
            play(seed + round);
        }
    }

    private void play(long seed) {
        random = new Random(seed);
        world = new GroupWorld();
        clients.clear();
        committed.clear();
        generation = 0;
        nextClient = 0;
        world.addTopic("orders", 1 + random.nextInt(6));
        try {
            for (int step = 0; step < STEPS; step++) {
                step();
                check();
            }
            growQuiet();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("fails with -Dseed=" + seed, e);
        }
    }

    private void step() {
        int dice = random.nextInt(100);
        if (dice < 10) {
            start();
        } else if (dice < 60 && !clients.isEmpty()) {
            heartbeat(pick(), random.nextInt(10) == 0);
        } else if (dice < 75 && !clients.isEmpty()) {
            commit(pick());
        } else if (dice < 79 && !clients.isEmpty()) {
            leave(pick());
        } else if (dice < 81 && !clients.isEmpty()) {
            clients.remove(pick());
        } else if (dice < 83) {
            changeTopics();
        } else if (dice < 86) {
            crash();
        } else if (dice < 88 && !clients.isEmpty()) {
            resubscribe(pick());
        } else {
            world.advanceMs(random.nextInt(GroupWorld.SESSION_MS / 3));
            world.tick();
        }
    }

    private Client pick() {
        return clients.get(random.nextInt(clients.size()));
    }

    private void start() {
        String instanceId = random.nextInt(3) == 0 ? "host-" + random.nextInt(3) : null;
        Client client = new Client("m" + nextClient++, instanceId, randomPatterns());
        clients.add(client);
        join(client);
    }

    private String[] randomPatterns() {
        return random.nextBoolean() ? new String[] {">"} : new String[] {PATTERNS[random.nextInt(5)], "orders"};
    }

    private void join(Client client) {
        JoinGroup join = new JoinGroup(
                "g", client.memberId, client.instanceId, "c", List.of(client.patterns), GroupWorld.SESSION_MS);
        GroupOutcome<Assignment> answer = world.change(sink -> world.groups.applyJoin(join, world.nowMs, sink));
        if (answer instanceof GroupOutcome.Done<Assignment> done) {
            // Its session may have ended without its knowledge: what it worked on before may be somebody else's now.
            client.working.clear();
            client.take(done.value());
        } else {
            client.fail();
        }
    }

    private void resubscribe(Client client) {
        client.patterns = randomPatterns();
        join(client);
    }

    private void heartbeat(Client client, boolean answerLost) {
        if (!client.joined) {
            join(client);
            return;
        }
        if (random.nextInt(3) > 0) {
            client.letGo();
        }
        List<Integer> owned = random.nextInt(5) == 0 ? null : List.copyOf(client.working);
        HeartbeatGroup heartbeat = new HeartbeatGroup("g", client.memberId, client.epoch, owned);
        GroupOutcome<Assignment> answer =
                world.change(sink -> world.groups.applyHeartbeat(heartbeat, world.nowMs, sink));
        if (answerLost) {
            return;
        }
        if (answer instanceof GroupOutcome.Done<Assignment> done) {
            client.take(done.value());
        } else {
            client.fail();
        }
    }

    private void commit(Client client) {
        List<CommitOffsets.Entry> entries = new ArrayList<>();
        Set<Integer> partitions = new TreeSet<>(client.working);
        partitions.add(1 + random.nextInt(8));
        for (int partition : partitions) {
            entries.add(new CommitOffsets.Entry(partition, random.nextInt(1_000), -1, ""));
        }
        boolean known = isKnown(client);
        Map<String, String> rows = world.rows();
        GroupOutcome<List<PartitionResult>> answer =
                world.tryCommit("g", client.memberId, client.epoch, entries.toArray(new CommitOffsets.Entry[0]));
        if (!known) {
            assertThat(answer.answer()).isInstanceOf(Refusal.class);
            assertThat(world.rows()).isEqualTo(rows);
        } else if (answer instanceof GroupOutcome.Done<List<PartitionResult>> done) {
            for (PartitionResult result : done.value()) {
                assertThat(result.accepted()).isEqualTo(memberOf(client).owned().contains(result.partitionId()));
            }
        }
    }

    private void leave(Client client) {
        boolean known = isKnown(client);
        Map<String, String> rows = world.rows();
        boolean keep = random.nextBoolean();
        LeaveGroup leave = new LeaveGroup("g", client.memberId, keep);
        GroupOutcome<LeaveResult> answer = world.change(sink -> world.groups.applyLeave(leave, world.nowMs, sink));
        if (!known && answer instanceof GroupOutcome.Refused) {
            assertThat(world.rows()).isEqualTo(rows);
        }
        client.fail();
        clients.remove(client);
    }

    private void changeTopics() {
        List<GroupTopic> topics = world.topics.all();
        if (topics.size() > 1 && random.nextInt(4) == 0) {
            GroupTopic victim = topics.get(random.nextInt(topics.size()));
            world.deleteTopic(victim.name());
            for (int id : victim.partitionIds()) {
                committed.remove(id);
                clients.forEach(client -> client.working.remove(id));
            }
        } else {
            String[] names = {"orders", "orders.eu", "orders.eu.new", "users"};
            world.addTopic(names[random.nextInt(names.length)], 1 + random.nextInt(3));
        }
    }

    /** Applies something that is lost with the power; nobody got an answer to it. */
    private void crash() {
        if (!clients.isEmpty()) {
            Client client = pick();
            lose(sink -> random.nextBoolean()
                    ? world.groups.applyLeave(new LeaveGroup("g", client.memberId, false), world.nowMs, sink)
                    : world.groups.applyHeartbeat(
                            new HeartbeatGroup("g", client.memberId, client.epoch, List.of()), world.nowMs, sink));
        }
        world.restart();
    }

    private void lose(Function<WriteSink, Object> change) {
        WriteSink sink = world.store.begin();
        change.apply(sink);
        world.store.commit(sink);
    }

    // ---- what must hold

    private GroupDescription.MemberDescription memberOf(Client client) {
        return world.groups.describe("g").stream()
                .flatMap(group -> group.members().stream())
                .filter(member -> member.memberId().equals(client.memberId))
                .findFirst()
                .orElse(null);
    }

    private boolean isKnown(Client client) {
        GroupDescription.MemberDescription member = memberOf(client);
        return member != null && !member.away();
    }

    private void check() {
        assertThat(world.rowsOfMemory()).isEqualTo(world.rows());
        Map<Integer, String> workers = new TreeMap<>();
        for (Client client : clients) {
            if (!isKnown(client)) {
                continue;
            }
            for (int partition : client.working) {
                assertThat(workers.put(partition, client.memberId))
                        .as("partition %s is worked on by %s and", partition, client.memberId)
                        .isNull();
            }
        }
        world.groups.describe("g").ifPresentOrElse(this::check, () -> generation = 0);
    }

    private void check(GroupDescription group) {
        assertThat(group.generation()).isGreaterThanOrEqualTo(generation);
        generation = group.generation();
        List<Integer> owned = new ArrayList<>();
        group.members().forEach(member -> owned.addAll(member.owned().toList()));
        assertThat(owned).doesNotHaveDuplicates();
        assertThat(owned).allMatch(world.topics::hasPartition);
        group.members().forEach(member -> assertThat(member.memberEpoch()).isLessThanOrEqualTo(group.generation()));
        committed.forEach(
                (partition, offset) -> assertThat(world.committed(partition)).isGreaterThanOrEqualTo(offset));
        group.offsets().forEach((partition, offset) -> committed.put(partition, offset.offset()));
        assertThat(group.offsets().keySet()).allMatch(world.topics::hasPartition);
    }

    /** Nothing new happens, members beat: in the end everything has an owner and the load is even. */
    private void growQuiet() {
        world.advanceMs(GroupWorld.SESSION_MS - 1);
        clients.forEach(client -> heartbeat(client, false));
        clients.forEach(client -> heartbeat(client, false));
        world.advanceMs(1);
        world.change(sink -> world.groups.applyExpire(new ExpireGroups(-1), world.nowMs, sink));
        clients.removeIf(client -> !isKnown(client));
        for (int i = 0; i < 3; i++) {
            for (Client client : clients) {
                client.letGo();
                HeartbeatGroup beat =
                        new HeartbeatGroup("g", client.memberId, client.epoch, List.copyOf(client.working));
                client.take(GroupWorld.done(world.change(s -> world.groups.applyHeartbeat(beat, world.nowMs, s))));
            }
            check();
        }
        if (clients.isEmpty()) {
            return;
        }
        GroupDescription group = world.group();
        assertThat(group.members()).hasSameSizeAs(clients);
        assertThat(group.state()).isEqualTo(GroupState.STABLE);
        Set<Integer> worked = new TreeSet<>();
        Map<List<String>, List<Integer>> loads = new HashMap<>();
        for (Client client : clients) {
            worked.addAll(client.working);
            assertThat(client.working)
                    .containsExactlyElementsOf(memberOf(client).owned().toList());
            loads.computeIfAbsent(memberOf(client).patterns(), p -> new ArrayList<>())
                    .add(client.working.size());
        }
        assertThat(worked).isEqualTo(subscribed(group));
        loads.values().forEach(sizes -> {
            int most = sizes.stream().max(Integer::compare).orElseThrow();
            assertThat(sizes).allMatch(size -> most - size <= 1);
        });
    }

    private Set<Integer> subscribed(GroupDescription group) {
        Set<Integer> ids = new TreeSet<>();
        for (GroupDescription.MemberDescription member : group.members()) {
            for (String pattern : member.patterns()) {
                world.topics.matching(TopicPattern.of(pattern)).forEach(topic -> {
                    for (int id : topic.partitionIds()) {
                        ids.add(id);
                    }
                });
            }
        }
        return ids;
    }
}
