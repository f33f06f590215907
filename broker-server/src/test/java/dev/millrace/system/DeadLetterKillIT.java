package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.DeadLetter;
import dev.millrace.client.DeadLetters;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.Message;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Dead letters where the broker, or the consumer's process, dies by SIGKILL. */
@Timeout(300)
class DeadLetterKillIT {
    private static final String GROUP = "billing";
    private static final int KEYS = 20;
    private static final int MESSAGES = 600;
    private static final int KILLS = Integer.getInteger("deadletter.kills", 6);

    @TempDir
    Path directory;

    private final CountDownLatch never = new CountDownLatch(1);

    private MillraceClient connect(Daemon daemon) {
        return MillraceClient.builder()
                .server(daemon.server())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .requestTimeout(Duration.ofSeconds(60))
                .build();
    }

    /** Notes which number of each key was handled, and that none was handled before an earlier one. */
    private static final class Ledger implements MessageHandler {
        final Map<String, Set<Integer>> handled = new ConcurrentHashMap<>();
        final Set<String> outOfOrder = ConcurrentHashMap.newKeySet();
        final AtomicBoolean failing = new AtomicBoolean(true);
        final Random random;

        Ledger(long seed) {
            random = new Random(seed);
        }

        @Override
        public void handle(ReceivedMessage message) {
            boolean fails;
            synchronized (random) {
                fails = failing.get() && random.nextInt(4) == 0;
            }
            if (fails) {
                throw new IllegalStateException("by chance");
            }
            int number = Integer.parseInt(message.valueText());
            Set<Integer> done = handled.computeIfAbsent(message.keyText(), key -> ConcurrentHashMap.newKeySet());
            for (int earlier = 0; earlier < number; earlier++) {
                if (!done.contains(earlier)) {
                    outOfOrder.add(message.keyText() + " " + number + " before " + earlier);
                }
            }
            done.add(number);
        }

        int count() {
            return handled.values().stream().mapToInt(Set::size).sum();
        }
    }

    @Test
    void nothingIsLostAndKeysKeepTheirOrderThroughKillsOfTheBroker() throws Exception {
        String given = System.getProperty("seed", "");
        long seed = given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
        System.out.println("seed=" + seed);
        Random random = new Random(seed);
        Ledger ledger = new Ledger(seed);
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            try (MillraceClient client = connect(daemon)) {
                client.admin().createTopic("orders", 4);
                Thread publisher = new Thread(() -> publish(client), "publisher");
                publisher.start();
                try (RunningConsumer one = start(client, ledger);
                        RunningConsumer two = start(client, ledger)) {
                    for (int kill = 0; kill < KILLS; kill++) {
                        never.await(300 + random.nextInt(700), TimeUnit.MILLISECONDS);
                        replayAll(client);
                        never.await(random.nextInt(200), TimeUnit.MILLISECONDS);
                        daemon.kill();
                        daemon.start();
                    }
                    publisher.join();
                    ledger.failing.set(false);
                    awaitAllHandled(client, ledger);
                    assertThat(one.finished()).isNotDone();
                    assertThat(two.finished()).isNotDone();
                }
                assertThat(ledger.outOfOrder).isEmpty();
                checkCopies(client);
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static RunningConsumer start(MillraceClient client, Ledger ledger) {
        return client.group(GROUP)
                .topics("orders")
                .concurrency(3)
                .onFailure(FailurePolicy.retryThenDeadLetter(2, Duration.ofMillis(5)))
                .start(ledger);
    }

    private void publish(MillraceClient client) {
        try (Producer producer = client.producer().build()) {
            for (int i = 0; i < MESSAGES; i++) {
                producer.publish(Message.to("orders").key("k" + i % KEYS).value("" + i / KEYS));
                never.await(5, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void replayAll(MillraceClient client) {
        try {
            client.admin().deadLetters(GROUP).replay();
        } catch (MillraceException e) {
            System.out.println("replay: " + e.getMessage());
        }
    }

    private void awaitAllHandled(MillraceClient client, Ledger ledger) throws InterruptedException {
        DeadLetters letters = client.admin().deadLetters(GROUP);
        for (int i = 0; i < 600 && (ledger.count() < MESSAGES || letters.count() > 0); i++) {
            replayAll(client);
            never.await(100, TimeUnit.MILLISECONDS);
        }
        assertThat(letters.list(0, 10)).isEmpty();
        assertThat(ledger.count()).isEqualTo(MESSAGES);
    }

    /** Every dead letter has a copy, and every copy a dead letter. */
    private static void checkCopies(MillraceClient client) {
        Set<String> copied = new HashSet<>();
        long copies = client.admin().describeTopic("orders.dlq").messages();
        try (var consumer = client.consumer()
                .topics("orders.dlq")
                .from(StartFrom.earliest())
                .open()) {
            for (long read = 0; read < copies; ) {
                for (var copy : consumer.poll(Duration.ofSeconds(30))) {
                    copied.add(new DeadLetter.Id(
                                    copy.header("$dl-topic"),
                                    Integer.parseInt(copy.header("$dl-partition")),
                                    Long.parseLong(copy.header("$dl-offset")))
                            .toString());
                    read++;
                }
            }
        }
        List<DeadLetter> letters = client.admin().deadLetters(GROUP).listAll(0, 1000);
        Set<String> known = new HashSet<>();
        letters.forEach(letter -> known.add(letter.id().toString()));
        assertThat(known).containsAll(copied);
        assertThat(letters)
                .filteredOn(letter -> letter.copyPartition() != null)
                .allSatisfy(letter -> assertThat(copied).contains(letter.id().toString()));
        assertThat(copied).isNotEmpty();
    }

    // ---- a process that its handler ends

    @Test
    void aHandlerThatEndsItsProcessIsParkedAfterItsAttempts() throws Exception {
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            try (MillraceClient client = connect(daemon);
                    Producer producer = client.producer().build()) {
                client.admin().createTopic("orders", 1);
                for (String value : List.of("fine", "deadly", "after")) {
                    producer.publish(Message.to("orders").key(value).value(value));
                }
                int deaths = 0;
                int exit = DIED;
                while (exit == DIED && deaths < 10) {
                    exit = runMember(daemon.server());
                    deaths += exit == DIED ? 1 : 0;
                }
                assertThat(exit).isZero();
                // The first death is not known to be one; from then on attempts are counted.
                assertThat(deaths).isEqualTo(1 + ATTEMPTS);
                List<DeadLetter> letters = client.admin().deadLetters(GROUP).list(0, 10);
                assertThat(letters).hasSize(1);
                assertThat(letters.get(0).reason()).isEqualTo("max-deliveries");
                assertThat(letters.get(0).attempts()).isEqualTo(ATTEMPTS);
                assertThat(letters.get(0).id().toString()).isEqualTo("orders/0@1");
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static final int ATTEMPTS = 2;
    private static final int DIED = 77;

    private static int runMember(String server) throws Exception {
        Process member = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DeadLetterKillIT.class.getName(),
                        server)
                .inheritIO()
                .start();
        try {
            assertThat(member.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return member.exitValue();
        } finally {
            member.destroyForcibly();
        }
    }

    /** A member that ends at once where it is given what is deadly, and in order once it has handled what comes after. */
    public static void main(String[] args) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (MillraceClient client = MillraceClient.connect(args[0]);
                RunningConsumer consumer = client.group(GROUP)
                        .topics("orders")
                        .sessionTimeout(Duration.ofSeconds(1))
                        .onFailure(FailurePolicy.retryThenDeadLetter(ATTEMPTS, Duration.ofMillis(5)))
                        .start(message -> {
                            if (message.valueText().equals("deadly")) {
                                Runtime.getRuntime().halt(DIED);
                            } else if (message.valueText().equals("after")) {
                                done.countDown();
                            }
                        })) {
            done.await();
        }
    }
}
