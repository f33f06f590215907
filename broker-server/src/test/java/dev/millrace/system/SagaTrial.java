package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Codec;
import dev.millrace.client.Consumer;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Saga.Status;
import dev.millrace.client.SagaInstances;
import dev.millrace.client.SagaInstances.Instance;
import dev.millrace.client.StartFrom;
import dev.millrace.client.Transactions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Orders for the {@link SagaProcess}, a bank and a depot that answer each command exactly once, or never, and kills of the
 * broker and of the saga at random. At the end every order must be completed or undone, and the books of bank and depot
 * must say the same.
 */
public final class SagaTrial implements AutoCloseable {
    private static final Duration SETTLED_MAX = Duration.ofSeconds(120);
    private static final Duration STEP_MAX = Duration.ofSeconds(60);
    private static final List<String> TOPICS = List.of("orders", "bank", "bank.answers", "depot", "depot.answers");

    private final Daemon daemon;
    private final SagaProcess saga;
    private final MillraceClient client;
    private final Random random;
    private final long seed;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private int ordered;

    /** @param daemon running */
    public SagaTrial(Daemon daemon, Path directory, long seed) {
        this.daemon = daemon;
        this.seed = seed;
        this.random = new Random(seed);
        this.saga = new SagaProcess(daemon.server(), directory.resolve("saga.log"));
        this.client = MillraceClient.builder()
                .server(daemon.server())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .requestTimeout(Duration.ofSeconds(60))
                .build();
        TOPICS.forEach(topic -> client.admin().createTopic(topic, 2));
    }

    /** Kills broker and saga so often each, while orders come in, when the saga has taken a step since the last kill. */
    public void run(int kills, int ordersPerKill) throws Exception {
        saga.start();
        serve("bank", this::bank);
        serve("depot", this::depot);
        try (Producer producer = client.producer().build()) {
            for (int kill = 0; kill < 2 * kills; kill++) {
                long before = commands();
                for (int i = 0; i < ordersPerKill; i++) {
                    producer.publish(Message.to("orders").key("o-" + ordered++).value("a book"));
                }
                awaitStep(before);
                stop.await(random.nextInt(400), TimeUnit.MILLISECONDS);
                if (kill % 2 == 0) {
                    saga.kill();
                    saga.start();
                } else {
                    daemon.kill();
                    daemon.start();
                }
            }
        }
    }

    private long commands() {
        return client.admin().describeTopic("bank").messages();
    }

    private void awaitStep(long before) throws Exception {
        long deadlineNanos = System.nanoTime() + STEP_MAX.toNanos();
        while (commands() == before) {
            assertThat(System.nanoTime())
                    .as("seed %d: no step in %s", seed, STEP_MAX)
                    .isLessThan(deadlineNanos);
            if (!saga.isAlive()) {
                saga.start(); // a kill of the broker may have ended it before it had begun
            }
            stop.await(5, TimeUnit.MILLISECONDS);
        }
    }

    // ---- the services

    private void serve(String topic, Function<ReceivedMessage, String> answers) {
        Thread thread = new Thread(
                () -> {
                    try {
                        answerUntilStopped(topic, answers);
                    } catch (RuntimeException e) {
                        failures.add(e);
                    }
                },
                topic);
        thread.start();
        threads.add(thread);
    }

    private void answerUntilStopped(String topic, Function<ReceivedMessage, String> answers) {
        try (Transactions transactions = client.transactional(topic);
                GroupConsumer commands =
                        client.group(topic).topics(topic).autoCommit(false).open()) {
            while (stop.getCount() > 0) {
                transactions.process(commands, Duration.ofMillis(100), (messages, transaction) -> {
                    for (ReceivedMessage command : messages) {
                        String answer = answers.apply(command);
                        if (answer != null) {
                            transaction.publish(Message.to(topic + ".answers")
                                    .key(command.key())
                                    .value(answer));
                        }
                    }
                });
            }
        }
    }

    /** The same for an order whenever it is asked: it may be asked again after a crash. */
    private int fate(String order, String what, int of) {
        return new Random(seed ^ (order + what).hashCode() * 0x9e3779b97f4a7c15L).nextInt(of);
    }

    private String bank(ReceivedMessage command) {
        String order = command.keyText();
        if (command.valueText().equals("charge")) {
            return switch (fate(order, "charge", 6)) {
                case 0 -> "declined";
                case 1 -> null;
                default -> "charged";
            };
        }
        // By the command, so that one that is tried again may succeed.
        return fate(order, command.id(), 3) == 0 ? "closed" : "refunded";
    }

    private String depot(ReceivedMessage command) {
        if (!command.valueText().equals("ship")) {
            return "recalled";
        }
        return switch (fate(command.keyText(), "ship", 5)) {
            case 0 -> "out of stock";
            case 1 -> null;
            default -> "shipped";
        };
    }

    // ---- the judge

    /** Lets everything end, with an operator who replays what was parked; returns how many instances ended how. */
    public Map<Status, Integer> judge() throws Exception {
        Map<String, Instance<String>> instances = awaitAllEnded();
        stop.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        saga.kill();
        List<ReceivedMessage> bank = readAll("bank");
        List<ReceivedMessage> depot = readAll("depot");
        Books books = new Books(bank, readAll("bank.answers"), depot, readAll("depot.answers"));
        List<String> half = new ArrayList<>();
        Map<Status, Integer> counts = new HashMap<>();
        for (int i = 0; i < ordered; i++) {
            Instance<String> instance = instances.get("o-" + i);
            counts.merge(instance.status(), 1, Integer::sum);
            String problem = books.problemWith(instance.key(), instance.status());
            if (problem != null) {
                half.add(instance + ": " + problem + " " + books.of(instance.key()));
            }
        }
        assertThat(half).as("seed %d, instances that ended half", seed).isEmpty();
        assertReverseOrder();
        assertThat(ids(bank)).as("commands to the bank").doesNotHaveDuplicates();
        assertThat(ids(depot)).as("commands to the depot").doesNotHaveDuplicates();
        return counts;
    }

    private static List<String> ids(List<ReceivedMessage> messages) {
        return messages.stream().map(ReceivedMessage::id).toList();
    }

    private Map<String, Instance<String>> awaitAllEnded() throws Exception {
        SagaInstances<String> reader = client.sagaInstances(SagaProcess.NAME, Codec.string());
        Map<String, Instance<String>> instances = new HashMap<>();
        long deadlineNanos = System.nanoTime() + SETTLED_MAX.toNanos();
        while (true) {
            instances.clear();
            reader.list("", instance -> instances.put(instance.key(), instance));
            List<Instance<String>> open = instances.values().stream()
                    .filter(instance -> !instance.status().ended())
                    .toList();
            if (instances.size() == ordered && open.isEmpty()) {
                return instances;
            }
            assertThat(System.nanoTime())
                    .as(
                            "seed %d: %d of %d orders begun, these have not ended: %s",
                            seed, instances.size(), ordered, open)
                    .isLessThan(deadlineNanos);
            if (!saga.isAlive()) {
                saga.start();
            }
            replayDeadLetters();
            stop.await(50, TimeUnit.MILLISECONDS);
        }
    }

    private void replayDeadLetters() {
        try {
            client.admin().deadLetters("saga." + SagaProcess.NAME).replay();
        } catch (MillraceException notNow) {
            System.out.println("replay: " + notNow.getMessage());
        }
    }

    private List<ReceivedMessage> readAll(String topic) {
        List<ReceivedMessage> messages = new ArrayList<>();
        long count = client.admin().describeTopic(topic).messages();
        try (Consumer consumer =
                client.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            while (messages.size() < count) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofSeconds(20));
                assertThat(polled)
                        .as("read %d of %d of %s", messages.size(), count, topic)
                        .isNotEmpty();
                messages.addAll(polled);
            }
        }
        return messages;
    }

    /** What was shipped later is called back first. */
    private void assertReverseOrder() {
        SagaInstances<String> reader = client.sagaInstances(SagaProcess.NAME, Codec.string());
        for (int i = 0; i < ordered; i++) {
            List<String> causes = reader.history("o-" + i).stream()
                    .map(SagaInstances.TakenStep::cause)
                    .toList();
            int recalled = causes.lastIndexOf("compensation recall");
            int refunding = causes.indexOf("compensation refund");
            assertThat(recalled).as("seed %d, o-%d: %s", seed, i, causes).isLessThanOrEqualTo(Math.max(-1, refunding));
        }
    }

    /** What was asked of bank and depot, and what they did, by order. */
    private static final class Books {
        private final Map<String, Map<String, Integer>> entries = new HashMap<>();

        @SafeVarargs
        Books(List<ReceivedMessage>... topics) {
            for (List<ReceivedMessage> topic : topics) {
                for (ReceivedMessage message : topic) {
                    entries.computeIfAbsent(message.keyText(), order -> new HashMap<>())
                            .merge(message.valueText(), 1, Integer::sum);
                }
            }
        }

        Map<String, Integer> of(String order) {
            return entries.getOrDefault(order, Map.of());
        }

        /** Null where it ended as it must. */
        String problemWith(String order, Status status) {
            Map<String, Integer> book = of(order);
            int shipped = book.getOrDefault("ship", 0);
            int recalled = book.getOrDefault("recall", 0);
            int refunded = book.getOrDefault("refunded", 0);
            if (book.getOrDefault("charge", 0) != 1) {
                return "was not charged once";
            } else if (status == Status.COMPLETED) {
                boolean whole =
                        shipped == 1 && book.containsKey("shipped") && recalled == 0 && !book.containsKey("refund");
                return whole ? null : "is completed, but not shipped, or undone as well";
            } else if (shipped != recalled || shipped > 1) {
                return "was undone, but what was shipped was not called back once";
            }
            return refunded >= 1 && book.getOrDefault("charged", 0) <= 1 ? null : "was undone, but not refunded";
        }
    }

    @Override
    public void close() throws InterruptedException {
        stop.countDown();
        saga.close();
        client.close();
    }
}
