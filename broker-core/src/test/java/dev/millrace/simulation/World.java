package dev.millrace.simulation;

import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.History;
import dev.millrace.history.Property;
import dev.millrace.history.Violation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One run from one seed: a broker, its clients, faults, and the history that they write.
 *
 * <pre>
 * busy, with faults ─▶ faults end, clients finish what they began ─▶ the broker is killed once more ─▶ all is read
 * </pre>
 */
final class World {
    /** Within this time of the last fault every client must have got to its end: virtual. */
    private static final long HEAL_MICROS_MAX = 60_000_000;

    private static final long RESTART_MICROS_MAX = 10_000_000;
    /** Asking all after each event took an eighth of a run. */
    private static final long ASK_MICROS = 2_000;

    private static final long EVENTS_MAX = 2_000_000;

    final Agenda agenda = new Agenda();
    final Random random;
    final Profile profile;
    final Trace trace;
    final History history;
    final Ledger ledger;
    final Server server;
    final Reads reads;
    final Faults faults;
    final Operator operator;
    final Transactor transactor;
    final Timekeeper timekeeper;
    final StreamHistory streams;
    private final List<Client> clients = new ArrayList<>();
    private final List<Team> teams = new ArrayList<>();
    private final List<Producer> producers = new ArrayList<>();
    private final Map<Long, String> producerIds = new HashMap<>();
    private long eventCount;
    private long historyNanos;
    private long nextAskMicros;
    private boolean quiet;

    World(long seed, boolean print) {
        this(seed, print, false);
    }

    /** @param ofStreams with writers of event streams instead of all others */
    World(long seed, boolean print, boolean ofStreams) {
        random = new Random(mix(seed));
        profile = Profile.draw(random);
        trace = new Trace(agenda, print);
        history = new History(() -> ++historyNanos);
        ledger = new Ledger(history, agenda, profile.gaps().clockMs() == 0);
        server = new Server(this);
        reads = new Reads(this);
        faults = new Faults(this);
        operator = new Operator(this);
        trace.add(profile.toString());
        streams = new StreamHistory(this);
        transactor = new Transactor(this);
        timekeeper = new Timekeeper(this);
        clients.add(operator);
        if (ofStreams) {
            for (int i = 0; i < 1 + profile.producers(); i++) {
                clients.add(new StreamWriter(this, "writer-" + i));
            }
            return;
        }
        for (int i = 0; i < profile.producers(); i++) {
            Producer producer = new Producer(this, "producer-" + i);
            producers.add(producer);
            clients.add(producer);
        }
        clients.add(transactor);
        clients.add(timekeeper);
        for (int i = 0; i < profile.plainProducers(); i++) {
            clients.add(new PlainProducer(this, "plain-" + i));
        }
        for (int i = 0; i < profile.tailers(); i++) {
            clients.add(new Tailer(this, "tailer-" + i));
        }
        Parker.Yard yard = new Parker.Yard();
        int parkers = random.nextInt(3);
        for (int i = 0; i < parkers; i++) {
            clients.add(new Parker(this, "parker-" + i, yard));
        }
        for (int i = 0; i < profile.groups(); i++) {
            teams.add(new Team(this, "g-" + i));
        }
    }

    /** Seeds in a row must not begin alike. */
    private static long mix(long seed) {
        long z = (seed + 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
        return z ^ (z >>> 31);
    }

    /** True once clients begin nothing new. */
    boolean isQuiet() {
        return quiet;
    }

    /** Lives the whole run; answers what was found. */
    List<Violation> live() {
        server.start();
        server.keepHouse();
        clients.forEach(Client::start);
        for (Team team : teams) {
            for (int i = 0; i < profile.membersPerGroup(); i++) {
                team.hireAnyone();
            }
            agenda.in(100_000, () -> look(team));
        }
        faults.start();
        runUntil(profile.busyMs() * 1000);
        faults.end();
        quiet = true;
        teams.forEach(Team::heal);
        trace.add("faults end");
        awaitClients();
        producers.forEach(Producer::repeatAll);
        awaitClients();
        if (!runWhile(() -> !server.isSettled(), RESTART_MICROS_MAX)) {
            history.report(Property.PROGRESS, "the broker does not come to rest");
            return history.violations();
        }
        List<String> before = Picture.of(server.shard());
        server.crash("the end");
        runWhile(() -> !server.isUp(), RESTART_MICROS_MAX);
        checkSame(before, Picture.of(server.shard()));
        operator.check();
        teams.forEach(team -> server.topics().forEach(topic -> fetchAllCommitted(team, topic)));
        streams.check();
        new FullRead(this).judge();
        Map<Long, Integer> found = timekeeper.countRecords();
        transactor.judge(found);
        timekeeper.judge(found);
        return history.violations();
    }

    /** What is in memory must be what is on the disk, no more and no less. */
    private void checkSame(List<String> before, List<String> after) {
        List<String> lost = new ArrayList<>(before);
        lost.removeAll(after);
        List<String> gained = new ArrayList<>(after);
        gained.removeAll(before);
        if (!lost.isEmpty() || !gained.isEmpty()) {
            String first = lost.isEmpty() ? gained.get(0) : lost.get(0);
            history.report(Picture.promiseOf(first), "a restart turned " + lost + " into " + gained);
        }
    }

    private void runUntil(long micros) {
        while (agenda.nowMicros() < micros) {
            next();
        }
    }

    private void next() {
        if (++eventCount > EVENTS_MAX) {
            throw new AssertionError("more than " + EVENTS_MAX + " events: the simulation does not come to an end");
        }
        agenda.runNext();
    }

    private interface Condition {
        boolean holds();
    }

    private boolean runWhile(Condition condition, long microsMax) {
        long limit = agenda.nowMicros() + microsMax;
        while (condition.holds()) {
            if (agenda.nowMicros() > limit) {
                return false;
            }
            next();
        }
        return true;
    }

    private void awaitClients() {
        if (!runWhile(this::isAnyoneUnfinished, HEAL_MICROS_MAX)) {
            history.report(Property.PROGRESS, "a minute after the last fault " + unfinished());
        }
    }

    private boolean isAnyoneUnfinished() {
        if (agenda.nowMicros() < nextAskMicros) {
            return true;
        }
        nextAskMicros = agenda.nowMicros() + ASK_MICROS;
        return unfinished() != null;
    }

    private String unfinished() {
        if (!server.isUp()) {
            return "the broker is down";
        }
        for (Client client : clients) {
            String what = client.unfinished();
            if (what != null) {
                return what;
            }
        }
        for (Team team : teams) {
            String what = team.unfinished();
            if (what != null) {
                return what;
            }
        }
        return null;
    }

    private void look(Team team) {
        if (!team.isClosed()) {
            server.topics().forEach(topic -> fetchAllCommitted(team, topic));
        }
        agenda.in(100_000 + random.nextInt(300_000), () -> look(team));
    }

    private void fetchAllCommitted(Team team, Topic topic) {
        for (int partitionId : topic.partitionIds()) {
            fetchCommitted(team.group, partitionId);
        }
    }

    /** All groups that have members. */
    List<Team> teams() {
        return teams;
    }

    /** Notes where a group stands, if what is in memory is what is on disk. */
    void fetchCommitted(String group, int partitionId) {
        if (server.isSettled()) {
            history.commitFetched(group, partitionId, committed(group, partitionId));
        }
    }

    /** Where a group stands in memory. */
    long committed(String group, int partitionId) {
        return server.shard()
                .machine
                .groups()
                .committed(group, partitionId)
                .map(CommittedOffset::offset)
                .orElse(0L);
    }

    /** A producer was given this id; nobody else may have it. */
    void uniqueProducerId(long id, String name) {
        String other = producerIds.put(id, name);
        if (other != null) {
            history.report(Property.NO_DUPLICATE_AFTER_RESTART, name + " and " + other + " are both producer " + id);
        }
    }
}
