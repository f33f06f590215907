package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon dies by SIGKILL again and again under full load; producers that know nothing of it lose no acknowledged
 * message, and none is there twice. More rounds: {@code -Dkill.cycles=30}; of each message only its number is kept in
 * memory, because a quick machine publishes millions here.
 */
class KillLoopIT {
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 8;
    private static final int PRODUCERS = 2;
    private static final int IN_FLIGHT_MAX = 2000;

    @TempDir
    Path directory;

    /** By partition: the number of the message acknowledged at each offset. */
    private final List<Numbers> acknowledged =
            Stream.generate(Numbers::new).limit(PARTITIONS).toList();

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stop = new CountDownLatch(1);

    /** Eight bytes a message by offset; safe for several threads. */
    private static final class Numbers {
        private static final long NONE = -1;

        private long[] byOffset = new long[0];
        private int count;

        /** Returns whether nothing was at this offset before. */
        synchronized boolean put(long offset, long number) {
            int index = Math.toIntExact(offset);
            int length = byOffset.length;
            if (index >= length) {
                byOffset = Arrays.copyOf(byOffset, Math.max(index + 1, 2 * length));
                Arrays.fill(byOffset, length, byOffset.length, NONE);
            }
            boolean free = byOffset[index] == NONE;
            byOffset[index] = number;
            count += free ? 1 : 0;
            return free;
        }

        synchronized long at(long offset) {
            return offset < byOffset.length ? byOffset[Math.toIntExact(offset)] : NONE;
        }

        synchronized int count() {
            return count;
        }
    }

    /** A message's number: which producer sent it, and as which of its messages. */
    private static long number(int producer, int index) {
        return (long) producer << 32 | index;
    }

    private static String value(long number) {
        return number + ":" + "x".repeat(new SplittableRandom(number).nextInt(600));
    }

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
                readAndCheck(client);
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    private List<Thread> startProducers(MillraceClient client, Random random) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            int index = i;
            Random own = new Random(random.nextLong());
            Thread thread = new Thread(() -> publishUntilStopped(client, index, own), "producer-" + i);
            thread.start();
            threads.add(thread);
        }
        return threads;
    }

    private void publishUntilStopped(MillraceClient client, int index, Random random) {
        Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
        try (Producer producer = client.producer().build()) {
            for (int n = 0; stop.getCount() > 0; n++) {
                inFlight.acquire();
                long number = number(index, n);
                Message message =
                        Message.to(TOPIC).key("key-" + random.nextInt(500)).value(value(number));
                producer.publishAsync(message).whenComplete((receipt, error) -> {
                    inFlight.release();
                    note(number, receipt, error);
                });
            }
        } catch (InterruptedException | RuntimeException e) {
            failures.add(e);
        }
    }

    private void note(long number, Receipt receipt, Throwable error) {
        if (error != null) {
            failures.add(error);
        } else if (!acknowledged.get(receipt.partition()).put(receipt.offset(), number)) {
            failures.add(new AssertionError("two messages acknowledged at " + receipt));
        }
    }

    /**
     * Every offset up to the end holds the very message that was acknowledged there. No message is there twice then, as
     * each has one acknowledgement, and none is missing, as there are as many as were acknowledged.
     */
    private void readAndCheck(MillraceClient client) {
        long ends = client.admin().describeTopic(TOPIC).partitions().stream()
                .mapToLong(partition -> partition.endOffset())
                .sum();
        long[] next = new long[PARTITIONS];
        long read = 0;
        try (Consumer consumer =
                client.consumer().topics(TOPIC).from(StartFrom.earliest()).open()) {
            while (read < ends) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofSeconds(20));
                assertThat(polled).as("read %d of %d", read, ends).isNotEmpty();
                for (ReceivedMessage message : polled) {
                    check(message, next);
                }
                read += polled.size();
            }
        }
        long acknowledgements = acknowledged.stream().mapToLong(Numbers::count).sum();
        assertThat(read).as("messages read").isPositive().isEqualTo(acknowledgements);
    }

    private void check(ReceivedMessage message, long[] next) {
        int partition = message.partition();
        long number = acknowledged.get(partition).at(message.offset());
        // Not by describedAs: it would be built for each of millions of messages.
        String text = new String(message.value(), StandardCharsets.UTF_8);
        if (message.offset() != next[partition]++ || !value(number).equals(text)) {
            fail(
                    "partition %d holds %s at offset %d; expected message %d at offset %d",
                    partition, text, message.offset(), number, next[partition] - 1);
        }
    }
}
