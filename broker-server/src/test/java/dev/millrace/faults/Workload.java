package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.TopicPartition;
import dev.millrace.history.GroupStand;
import dev.millrace.history.History;
import dev.millrace.history.LogHygiene;
import dev.millrace.history.Property;
import dev.millrace.history.Violation;
import dev.millrace.system.Daemon;
import dev.millrace.system.DeadLetterLoad;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Well-behaved clients at work while a fault test harms the broker: idempotent producers, the members of a group that
 * come and go, and one that asks for the ends of the partitions. They reconnect, resume and know nothing of the faults; what they were told goes into a {@link History}.
 *
 * <pre>
 *  start ─▶ (fault, heal, awaitProgress)* ─▶ stop ─▶ check
 * </pre>
 */
final class Workload implements AutoCloseable {
    static final String TOPIC = "load";
    static final String GROUP = "workers";
    /** How long the group may take to commit everything once nobody publishes any more. */
    private static final Duration AT_END_MAX = Duration.ofSeconds(60);

    private final History history = new History();
    private final Load load;
    private final Random random;
    private final Duration requestTimeout;
    private final List<ProducerLoad> producers = new ArrayList<>();
    private final List<MemberLoad> members = new ArrayList<>();
    /** Whoever is at work beside them. */
    private final List<EventLoad.Client> others = new ArrayList<>();

    private MillraceClient client;
    private EndsLoad ends;
    private boolean stopped;
    /** Null where there is none. */
    private EventLoad events;

    private DeadLetterLoad deadLetters;
    private int deadLetterCount;

    /** @param requestTimeout the total deadline of the clients' calls: longer than any outage of the test */
    Workload(Load load, long seed, Duration requestTimeout) {
        this.load = load;
        this.random = new Random(seed);
        this.requestTimeout = requestTimeout;
    }

    /** Connects, creates the topic and lets the clients loose. */
    void start(Daemon daemon, Map<String, String> topicSettings) {
        client = MillraceClient.builder()
                .server(daemon.server())
                .requestTimeout(requestTimeout)
                .reconnectBackoff(Duration.ofMillis(20), Duration.ofMillis(200))
                .build();
        client.admin().createTopic(TOPIC, load.partitions(), topicSettings);
        history.topicCreated(TOPIC);
        for (int i = 0; i < load.producers(); i++) {
            producers.add(new ProducerLoad(client, history, "producer-" + i, load, random.nextLong()));
        }
        for (int i = 0; i < load.members(); i++) {
            members.add(new MemberLoad(client, history, "member-" + i, load.memberLifeMs(), random.nextLong()));
        }
        ends = new EndsLoad(client, history, load.partitions());
        others.add(ends);
    }

    /** Lets writers of event streams, transactions and timers loose, too, on topics of their own. */
    void startEvents() {
        events = new EventLoad(client, history, random);
        others.addAll(events.clients());
    }

    /** Lets a group with dead letters loose, too, on a topic of its own. */
    void startDeadLetters() {
        deadLetters = new DeadLetterLoad(client, history, random.nextLong());
    }

    /** Known after the check. */
    int deadLetterCount() {
        return deadLetterCount;
    }

    History history() {
        return history;
    }

    MillraceClient client() {
        return client;
    }

    long acknowledgedCount() {
        return history.acknowledgedCount();
    }

    /** Demands that every producer is acknowledged anew, and the group given something, within {@code limit} from now. */
    void awaitProgress(Duration limit) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + limit.toNanos();
        List<ProducerLoad> waiting = new ArrayList<>(producers);
        long[] before = producers.stream().mapToLong(ProducerLoad::okCount).toArray();
        long readBefore = readCount();
        long[] othersBefore =
                others.stream().mapToLong(EventLoad.Client::okCount).toArray();
        List<EventLoad.Client> waitingToo = new ArrayList<>(others);
        while (true) {
            waiting.removeIf(producer -> producer.okCount() > before[producers.indexOf(producer)]);
            boolean groupGoesOn = members.isEmpty() || readCount() > readBefore;
            waitingToo.removeIf(one -> one.okCount() > othersBefore[others.indexOf(one)]);
            if (waiting.isEmpty() && waitingToo.isEmpty() && groupGoesOn) {
                return;
            }
            if (System.nanoTime() > deadlineNanos) {
                history.report(
                        Property.PROGRESS,
                        "after " + limit + ": " + waiting + waitingToo + " got no acknowledgement"
                                + (groupGoesOn ? "" : "; the group was given nothing"));
                return;
            }
            pause();
        }
    }

    private long readCount() {
        return members.stream().mapToLong(MemberLoad::readCount).sum();
    }

    private synchronized void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.timedWait(this, 20);
    }

    /** Nobody publishes to the topic until {@link #resumeProducers}; all that was sent is answered. */
    void pauseProducers(Duration limit) throws InterruptedException {
        for (ProducerLoad producer : producers) {
            assertThat(producer.pause(limit)).as("%s got its answers", producer).isTrue();
        }
    }

    /** Where they were paused. */
    void resumeProducers() {
        producers.forEach(ProducerLoad::resume);
    }

    /** Ends the producers once all they sent is answered, and the members once they have committed all of that. Safe twice. */
    void stop() throws InterruptedException {
        if (!stopped) {
            stopProducers();
            stopOthers();
        }
    }

    /** As {@link #stop}, for a topic with a retention: when the producers have ended what is left stays, and is demanded. */
    void stopAndKeep(Duration retention) throws InterruptedException {
        stopProducers();
        client.admin().alterTopic(TOPIC, 0, Map.of("retention", "unlimited"));
        history.allowExpired(retention);
        stopOthers();
    }

    private void stopProducers() throws InterruptedException {
        for (ProducerLoad producer : producers) {
            producer.stop();
        }
    }

    private void stopOthers() throws InterruptedException {
        stopped = true;
        if (!members.isEmpty()) {
            demandGroupAtEnd();
        }
        for (MemberLoad member : members) {
            member.stop();
        }
        if (deadLetters != null) {
            deadLetters.stop();
        }
        for (EventLoad.Client other : others) {
            other.stop();
        }
    }

    private void demandGroupAtEnd() throws InterruptedException {
        long deadlineNanos = System.nanoTime() + AT_END_MAX.toNanos();
        List<GroupStand> stands = groupStands();
        while (!stands.stream().allMatch(GroupStand::isAtEnd) && System.nanoTime() < deadlineNanos) {
            pause();
            stands = groupStands();
        }
        stands.forEach(history::demandAtEnd);
    }

    private List<GroupStand> groupStands() {
        Map<TopicPartition, Long> committed = client.admin().committedOffsets(GROUP);
        return ends.ask().partitions().stream()
                .map(one -> new GroupStand(
                        GROUP,
                        one.partition(),
                        committed.getOrDefault(new TopicPartition(TOPIC, one.partition()), 0L),
                        one.startOffset(),
                        one.endOffset()))
                .toList();
    }

    /** How much the writers of event streams, transactions and timers did. */
    String eventFigures() {
        return events == null ? "" : events.figures();
    }

    /** Demands everything: reads all partitions, and the group's offsets, and judges the history. */
    List<Violation> check(Daemon daemon, LogHygiene hygiene) throws InterruptedException {
        history.topicsSeen(topics());
        new FullRead(client, TOPIC).into(history);
        if (load.members() > 0) {
            client.admin()
                    .committedOffsets(GROUP)
                    .forEach((partition, offset) -> history.commitFetched(GROUP, partition.partition(), offset));
        }
        if (events != null) {
            events.judge();
        }
        if (deadLetters != null) {
            deadLetterCount = deadLetters.check();
        }
        hygiene.check(daemon.log(), history);
        return history.violations();
    }

    private Set<String> topics() {
        return client.admin().listTopics().stream().map(topic -> topic.name()).collect(Collectors.toSet());
    }

    /** Stops, checks, and fails with every violation found; answers the number of acknowledged records. */
    long stopAndDemandEverything(Daemon daemon, LogHygiene hygiene) throws InterruptedException {
        stop();
        assertThat(check(daemon, hygiene)).as("violations").isEmpty();
        assertThat(acknowledgedCount()).as("acknowledged records").isPositive();
        return acknowledgedCount();
    }

    @Override
    public void close() throws InterruptedException {
        if (client != null) {
            producers.forEach(ProducerLoad::abandon);
            members.forEach(MemberLoad::abandon);
            others.forEach(EventLoad.Client::abandon);
            if (deadLetters != null) {
                deadLetters.close();
            }
            client.close();
        }
    }
}
