package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon dies by SIGKILL again and again under full load; producers that know nothing of it lose no acknowledged
 * message, and none is there twice. More rounds: {@code -Dkill.cycles=30 -Dtest.jvm.args=-Xmx4g}; the messages are kept in memory.
 */
class KillLoopIT {
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 8;
    private static final int PRODUCERS = 2;
    private static final int IN_FLIGHT_MAX = 2000;

    @TempDir
    Path directory;

    /** Where a message lies. */
    private record Place(int partition, long offset) {}

    private final Map<Place, String> acknowledged = new ConcurrentHashMap<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stop = new CountDownLatch(1);

    @Test
    void nothingAcknowledgedIsLostOrDoubledThroughKills() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        // Small generations, so that kills hit flushes and rotations too.
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory, "storage.generationSize=4MiB")) {
            daemon.start();
            try (MillraceClient client = MillraceClient.builder()
                    .server(daemon.server())
                    .requestTimeout(Duration.ofSeconds(60))
                    .build()) {
                client.admin().createTopic(TOPIC, PARTITIONS, Map.of());
                List<Thread> producers = startProducers(client, random);
                for (int cycle = 0; cycle < Integer.getInteger("kill.cycles", 5); cycle++) {
                    stop.await(200 + random.nextInt(1500), TimeUnit.MILLISECONDS);
                    daemon.kill();
                    daemon.start();
                }
                stop.countDown();
                for (Thread producer : producers) {
                    producer.join();
                }
                assertThat(failures).isEmpty();
                assertThat(acknowledged).isNotEmpty();
                check(readAll(client));
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    private List<Thread> startProducers(MillraceClient client, Random random) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            String name = "producer-" + i;
            Random own = new Random(random.nextLong());
            Thread thread = new Thread(() -> publishUntilStopped(client, name, own), name);
            thread.start();
            threads.add(thread);
        }
        return threads;
    }

    private void publishUntilStopped(MillraceClient client, String name, Random random) {
        Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
        try (Producer producer = client.producer().build()) {
            for (int n = 0; stop.getCount() > 0; n++) {
                inFlight.acquire();
                String value = name + ":" + n + ":" + "x".repeat(random.nextInt(600));
                Message message =
                        Message.to(TOPIC).key("key-" + random.nextInt(500)).value(value);
                producer.publishAsync(message).whenComplete((receipt, error) -> {
                    inFlight.release();
                    note(value, receipt, error);
                });
            }
        } catch (InterruptedException | RuntimeException e) {
            failures.add(e);
        }
    }

    private void note(String value, Receipt receipt, Throwable error) {
        if (error != null) {
            failures.add(error);
            return;
        }
        String before = acknowledged.put(new Place(receipt.partition(), receipt.offset()), value);
        if (before != null) {
            failures.add(new AssertionError("two messages acknowledged at " + receipt));
        }
    }

    private Map<Place, String> readAll(MillraceClient client) {
        long expected = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            expected += client.admin()
                    .describeTopic(TOPIC)
                    .partitions()
                    .get(partition)
                    .endOffset();
        }
        Map<Place, String> read = new HashMap<>();
        try (Consumer consumer =
                client.consumer().topics(TOPIC).from(StartFrom.earliest()).open()) {
            while (read.size() < expected) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofSeconds(20));
                assertThat(polled).as("read %d of %d", read.size(), expected).isNotEmpty();
                for (ReceivedMessage message : polled) {
                    read.put(
                            new Place(message.partition(), message.offset()),
                            new String(message.value(), StandardCharsets.UTF_8));
                }
            }
        }
        return read;
    }

    private void check(Map<Place, String> read) {
        assertThat(read).containsAllEntriesOf(acknowledged);
        Set<String> values = new HashSet<>(read.values());
        assertThat(values).as("no message is there twice").hasSize(read.size());
        assertThat(read).as("all were acknowledged in the end").hasSameSizeAs(acknowledged);
    }
}
