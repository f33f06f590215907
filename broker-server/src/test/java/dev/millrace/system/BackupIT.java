package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import dev.millrace.docs.MarkdownPage;
import dev.millrace.docs.MarkdownPage.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/OPERATIONS.md back up a daemon under load and make another of it. */
class BackupIT {
    private static final int IN_FLIGHT_MAX = 20;
    private static final long RECORDS_MIN = 3000;
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    Path directory;

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong committed = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stop;

    @Test
    void theCommandsOfThePageBackUpAndRestoreUnderLoad() throws Exception {
        Distribution distribution = Distribution.underTest();
        String[] settings = {"storage.generationSize=2MiB", "storage.diskReserve=64MiB"};
        Path live = Files.createDirectory(directory.resolve("live"));
        Path fresh = Files.createDirectory(directory.resolve("fresh"));
        try (Daemon daemon = new Daemon(distribution, live, settings);
                Daemon restored = new Daemon(distribution, fresh, settings)) {
            daemon.start();
            List<Thread> load = startLoad(daemon);
            await(RECORDS_MIN);
            long acknowledgedBefore = acknowledged.get();
            long committedBefore = committed.get();
            assertThat(committedBefore).isPositive();
            Daemon.Ran inUse =
                    daemon.run("storage", "verify", "--data", daemon.data().toString());
            assertThat(inUse.exit()).isEqualTo(1);
            assertThat(inUse.err())
                    .contains("is in use by another process (pid "
                            + daemon.process().pid() + ")");
            List<String> commands = commands(daemon, restored);
            assertThat(commands.get(0)).startsWith("backup create ");
            assertThat(commands.get(commands.size() - 1)).startsWith("start ");
            run(daemon, commands.get(0));
            await(acknowledged.get() + IN_FLIGHT_MAX);
            end(load);
            commands.subList(1, commands.size() - 1).forEach(command -> run(daemon, command));
            assertThat(acknowledged.get()).as("published meanwhile").isGreaterThan(acknowledgedBefore);
            restored.start();
            assertHolds(restored, acknowledgedBefore, acknowledged.get(), committedBefore);
            assertHolds(daemon, acknowledged.get(), acknowledged.get(), committed.get());
            assertThat(Files.readString(daemon.data().resolve("FORMAT")))
                    .isEqualTo(Files.readString(restored.data().resolve("FORMAT")));
        }
    }

    private static void run(Daemon daemon, String command) {
        try {
            Daemon.Ran ran = daemon.run(command.split(" ")).succeeded();
            assertThat(ran.err()).isEmpty();
            assertThat(ran.out()).containsAnyOf("before-upgrade", "ok: ");
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void end(List<Thread> load) throws InterruptedException {
        stop = true;
        for (Thread thread : load) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
    }

    /** The page's commands without the program's name, on this test's directories. */
    private static List<String> commands(Daemon live, Daemon restored) {
        List<String> commands = new ArrayList<>();
        for (Block block : MarkdownPage.read("docs/OPERATIONS.md").blocks()) {
            if (block.note().equals("backup")) {
                block.lines()
                        .forEach(line -> commands.add(line.replaceFirst("^millrace ", "")
                                .replace(
                                        "/var/lib/millrace-restored",
                                        restored.data().toString())
                                .replace("/var/lib/millrace", live.data().toString())));
            }
        }
        assertThat(commands).hasSizeGreaterThan(4);
        return commands;
    }

    private List<Thread> startLoad(Daemon daemon) {
        try (MillraceClient client = MillraceClient.connect(daemon.server())) {
            client.admin().createTopic("orders", 1);
        }
        List<Thread> threads = List.of(
                new Thread(() -> attempt(() -> publish(daemon.server())), "publisher"),
                new Thread(() -> attempt(() -> consume(daemon.server())), "consumer"));
        threads.forEach(Thread::start);
        return threads;
    }

    private void attempt(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    private void publish(String server) {
        Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
        try (MillraceClient client = MillraceClient.connect(server);
                Producer producer = client.producer().build()) {
            for (long i = 0; !stop; i++) {
                inFlight.acquireUninterruptibly();
                producer.publishAsync(Message.to("orders").value(i + " " + "x".repeat(1000)))
                        .whenComplete((receipt, error) -> {
                            failure.compareAndSet(null, error);
                            acknowledged.incrementAndGet();
                            inFlight.release();
                        });
            }
            producer.flush();
        }
    }

    private void consume(String server) {
        try (MillraceClient client = MillraceClient.connect(server);
                GroupConsumer consumer = client.group("billing")
                        .topics("orders")
                        .startFrom(StartFrom.earliest())
                        .autoCommit(false)
                        .open()) {
            while (!stop) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofMillis(100));
                if (!polled.isEmpty()) {
                    consumer.commit();
                    committed.set(polled.get(polled.size() - 1).offset() + 1);
                }
            }
        }
    }

    private void await(long records) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while ((acknowledged.get() < records || committed.get() == 0) && failure.get() == null) {
            assertThat(System.nanoTime()).as("%d records", acknowledged.get()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        assertThat(failure.get()).isNull();
    }

    private void assertHolds(Daemon daemon, long recordsMin, long recordsMax, long committedMin) {
        try (MillraceClient client = MillraceClient.connect(daemon.server())) {
            long end =
                    client.admin().describeTopic("orders").partitions().get(0).endOffset();
            assertThat(end).isBetween(recordsMin, recordsMax);
            assertThat(client.admin().committedOffsets("billing").get(ORDERS))
                    .isBetween(committedMin, Math.max(committedMin, end));
            assertReads(client, end);
        }
    }

    private static void assertReads(MillraceClient client, long end) {
        try (Consumer consumer =
                client.consumer().topics("orders").from(StartFrom.earliest()).open()) {
            long next = 0;
            while (next < end) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofSeconds(20));
                assertThat(polled).as("at offset %d of %d", next, end).isNotEmpty();
                for (ReceivedMessage message : polled) {
                    assertThat(message.offset()).isEqualTo(next);
                    assertThat(message.valueText()).startsWith(next + " ");
                    next++;
                }
            }
        }
    }
}
