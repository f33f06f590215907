package dev.millrace.system;

import dev.millrace.client.DeadLetter;
import dev.millrace.client.DeadLetters;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.history.History;
import dev.millrace.history.Property;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A group that keeps dead letters, at work while a test harms the broker: a publisher, two consumers whose handlers fail by
 * chance, and an operator who replays what is parked. Knows nothing of the faults.
 *
 * <pre>
 *  new ─▶ (fault, heal)* ─▶ stop: all works again, until every message was handled ─▶ check
 * </pre>
 */
public final class DeadLetterLoad implements AutoCloseable {
    public static final String TOPIC = "orders";
    public static final String GROUP = "billing";

    private static final int KEYS = 20;
    private static final int PARTITIONS = 4;
    private static final int PUBLISH_PAUSE_MS = 10;
    private static final int REPLAY_PAUSE_MS = 400;
    private static final int ATTEMPTS = 2;
    private static final long HANDLED_MAX_SECONDS = 120;
    private static final int PAGE_COUNT = 1000;

    private final MillraceClient client;
    private final History history;
    private final Random random;
    private final List<RunningConsumer> consumers = new ArrayList<>();
    private final Thread publisher = new Thread(this::publishUntilStopped, "orders-publisher");
    private final Thread operator = new Thread(this::replayUntilStopped, "orders-operator");
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch never = new CountDownLatch(1);

    /** How many messages of each key were acknowledged; they are numbered from 0. Owner: the publisher, until it ends. */
    private final Map<String, Integer> published = new TreeMap<>();
    /** The numbers of each key that a handler finished. */
    private final Map<String, Set<Integer>> handled = new ConcurrentHashMap<>();

    private volatile boolean handlersFail = true;
    private int copyCount;

    /** Creates the topic and begins. What goes wrong is reported to the history. */
    public DeadLetterLoad(MillraceClient client, History history, long seed) {
        this.client = client;
        this.history = history;
        this.random = new Random(seed);
        client.admin().createTopic(TOPIC, PARTITIONS);
        publisher.start();
        operator.start();
        for (int i = 0; i < 2; i++) {
            consumers.add(client.group(GROUP)
                    .topics(TOPIC)
                    .concurrency(3)
                    .onFailure(FailurePolicy.retryThenDeadLetter(ATTEMPTS, Duration.ofMillis(5)))
                    .start(this::handle));
        }
    }

    private void publishUntilStopped() {
        try (Producer producer = client.producer().build()) {
            for (int i = 0; !stopped.await(PUBLISH_PAUSE_MS, TimeUnit.MILLISECONDS); i++) {
                String key = "k" + i % KEYS;
                producer.publish(Message.to(TOPIC).key(key).value("" + i / KEYS));
                published.put(key, i / KEYS + 1);
            }
        } catch (MillraceException e) {
            history.report(Property.PROGRESS, "the publisher of " + TOPIC + " could not go on: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void replayUntilStopped() {
        try {
            while (!stopped.await(REPLAY_PAUSE_MS, TimeUnit.MILLISECONDS)) {
                replayAll();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A replay that fails is no harm: what it did not reach stays parked, and the next one takes it. */
    private void replayAll() {
        try {
            client.admin().deadLetters(GROUP).replay();
        } catch (MillraceException e) {
            System.out.println("replay: " + e.getMessage());
        }
    }

    private void handle(ReceivedMessage message) {
        boolean fails;
        synchronized (random) {
            fails = handlersFail && random.nextInt(4) == 0;
        }
        if (fails) {
            throw new IllegalStateException("by chance");
        }
        int number = Integer.parseInt(message.valueText());
        Set<Integer> done = handled.computeIfAbsent(message.keyText(), key -> ConcurrentHashMap.newKeySet());
        for (int earlier = number - 1; earlier >= 0; earlier--) {
            if (!done.contains(earlier)) {
                history.report(
                        Property.DEAD_LETTER_ORDER,
                        message + ", number " + number + " of " + message.keyText() + ", came before number "
                                + earlier);
            }
        }
        done.add(number);
    }

    /** Ends the publisher, lets all handlers succeed, and waits until every message was handled. Safe twice. */
    public void stop() throws InterruptedException {
        stopped.countDown();
        LoadEnd.await(publisher, history);
        LoadEnd.await(operator, history);
        handlersFail = false;
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(HANDLED_MAX_SECONDS);
        while (unfinished() != null && System.nanoTime() < deadlineNanos) {
            replayAll();
            never.await(100, TimeUnit.MILLISECONDS);
        }
    }

    /** What is left to do, or null. */
    private String unfinished() {
        for (Map.Entry<String, Integer> key : published.entrySet()) {
            int done = handled.getOrDefault(key.getKey(), Set.of()).size();
            if (done < key.getValue()) {
                return done + " of " + key.getValue() + " messages of " + key.getKey() + " were handled";
            }
        }
        List<DeadLetter> open = client.admin().deadLetters(GROUP).list(0, 3);
        return open.isEmpty() ? null : "dead letters are left, such as " + open;
    }

    /** Reports what is not as it must be once all has stopped; answers how many dead letters there were. */
    public int check() {
        String left = unfinished();
        if (left != null) {
            history.report(Property.PROGRESS, "group " + GROUP + ": " + left);
        }
        if (consumers.stream().anyMatch(consumer -> consumer.finished().isDone())) {
            history.report(Property.PROGRESS, "a consumer of group " + GROUP + " has ended");
        }
        Set<String> copies = copies();
        Map<String, DeadLetter> letters = letters();
        copies.stream()
                .filter(copy -> !letters.containsKey(copy))
                .forEach(copy -> history.report(Property.DEAD_LETTER_ONCE, copy + " is copied but not removed"));
        letters.forEach((id, letter) -> {
            if (letter.copyPartition() != null && !copies.contains(id)) {
                history.report(Property.DEAD_LETTER_ONCE, id + " is removed but not copied");
            }
        });
        return copyCount;
    }

    /** The ids in the dead-letter topic. */
    private Set<String> copies() {
        Set<String> copies = new HashSet<>();
        String topic = TOPIC + ".dlq";
        copyCount = (int) client.admin().describeTopic(topic).messages();
        try (var consumer =
                client.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            for (long read = 0; read < copyCount; ) {
                List<ReceivedMessage> messages = consumer.poll(Duration.ofSeconds(30));
                if (messages.isEmpty()) {
                    history.report(Property.DEAD_LETTER_ONCE, read + " of " + copyCount + " copies can be read");
                    return copies;
                }
                for (ReceivedMessage copy : messages) {
                    copies.add(copy.header("$dl-topic") + "/" + copy.header("$dl-partition") + "@"
                            + copy.header("$dl-offset"));
                    read++;
                }
            }
        }
        return copies;
    }

    private Map<String, DeadLetter> letters() {
        DeadLetters all = client.admin().deadLetters(GROUP);
        Map<String, DeadLetter> letters = new TreeMap<>();
        List<DeadLetter> page;
        int read = 0;
        do {
            page = all.listAll(read, PAGE_COUNT);
            page.forEach(letter -> letters.put(letter.id().toString(), letter));
            read += page.size();
        } while (page.size() == PAGE_COUNT);
        return letters;
    }

    /** Leaves all as it is. */
    @Override
    public void close() {
        stopped.countDown();
        publisher.interrupt();
        operator.interrupt();
        consumers.forEach(RunningConsumer::close);
    }
}
