package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.EventStreams.AsOf;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StoredEvent;
import dev.millrace.testing.Seeds;
import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The history of a large repository as event streams, one a file: the tree of any moment is the latest event of every
 * stream as of that moment, and the history of each file reads back in order.
 */
class RealStreamsIT {
    private static final String TOPIC = "files";
    private static final int MOMENTS = 60;
    private static final int MOMENTS_BY_COMMAND = 4;
    private static final int FILES_READ = 300;
    private static final int WRITERS = 16;
    private static final int WINS_EACH = 60;
    private static final int RACED_STREAMS = 4;

    @TempDir
    Path directory;

    /** An event of the input, with what the checks need. */
    private record Change(String path, long timeMs, String line, boolean deletes) {
        static Change of(String line) {
            JsonNode event = RealEvents.parse(line);
            return new Change(
                    event.get("path").asText(),
                    event.get("time").asLong() * 1000,
                    line,
                    event.get("type").asText().equals("FileDeleted"));
        }
    }

    @Test
    void theTreeOfAnyMomentAndTheHistoryOfEveryFileReadBack() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        RealEvents events = RealEvents.load();
        List<Change> changes = events.lines().stream().map(Change::of).toList();
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            daemon.run("topic", "create", TOPIC, "--partitions", "4", "--set", "stream.index=key")
                    .succeeded();
            publish(daemon, events.lines());
            try (MillraceClient client = client(daemon)) {
                EventStreams files = client.streams(TOPIC);
                proveTrees(daemon, files, changes, random);
                proveHistories(files, changes, random);
                race(daemon, files, byPath(changes));
            }
            daemon.kill();
            daemon.start();
            try (MillraceClient client = client(daemon)) {
                proveTrees(daemon, client.streams(TOPIC), changes, random);
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static MillraceClient client(Daemon daemon) {
        return MillraceClient.builder()
                .server(daemon.server())
                .reconnectBackoff(Duration.ofMillis(20), Duration.ofMillis(200))
                .requestTimeout(Duration.ofSeconds(60))
                .build();
    }

    private static void publish(Daemon daemon, List<String> lines) throws Exception {
        Process publisher = daemon.command(
                        "pub", TOPIC, "--file", "-", "--key-pointer", "/path", "--time-pointer", "/time")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedWriter out =
                new BufferedWriter(new OutputStreamWriter(publisher.getOutputStream(), StandardCharsets.UTF_8))) {
            for (String line : lines) {
                out.write(line);
                out.write('\n');
            }
        }
        assertThat(publisher.waitFor()).isZero();
    }

    // ---- trees

    private static void proveTrees(Daemon daemon, EventStreams files, List<Change> changes, Random random)
            throws Exception {
        for (int i = 0; i < MOMENTS; i++) {
            long moment = changes.get(random.nextInt(changes.size())).timeMs + random.nextInt(2000) - 1000;
            Map<String, String> expected = treeAsOf(changes, moment);
            Map<String, String> found = new TreeMap<>();
            files.latest("", AsOf.timeMs(moment), event -> put(found, event.keyText(), event.valueText()));
            assertThat(found).as("as of " + moment).isEqualTo(expected);
            if (i < MOMENTS_BY_COMMAND) {
                assertThat(printedTree(daemon, moment)).isEqualTo(expected);
            }
        }
        // Not as of now: the race comes after it.
        long end = changes.stream().mapToLong(Change::timeMs).max().orElseThrow();
        Map<String, String> last = new TreeMap<>();
        files.latest("", AsOf.timeMs(end), event -> put(last, event.keyText(), event.valueText()));
        assertThat(last).isEqualTo(treeAsOf(changes, end));
    }

    private static Map<String, String> treeAsOf(List<Change> changes, long momentMs) {
        Map<String, String> tree = new TreeMap<>();
        for (Change change : changes) {
            if (change.timeMs <= momentMs) {
                put(tree, change.path, change.line);
            }
        }
        return tree;
    }

    /** A file that was deleted is not in the tree. */
    private static void put(Map<String, String> tree, String path, String line) {
        if (Change.of(line).deletes) {
            tree.remove(path);
        } else {
            tree.put(path, line);
        }
    }

    private static Map<String, String> printedTree(Daemon daemon, long momentMs) throws Exception {
        Map<String, String> tree = new TreeMap<>();
        String out = daemon.run("stream", "latest", TOPIC, "--as-of", java.time.Instant.ofEpochMilli(momentMs) + "")
                .succeeded()
                .out();
        out.lines().map(RealEvents::parse).forEach(event -> {
            assertThat(event.get("timestamp").asLong()).isLessThanOrEqualTo(momentMs);
            put(tree, event.get("key").asText(), event.get("value").asText());
        });
        return tree;
    }

    // ---- histories

    private static Map<String, List<String>> byPath(List<Change> changes) {
        Map<String, List<String>> histories = new HashMap<>();
        changes.forEach(change -> histories
                .computeIfAbsent(change.path, path -> new ArrayList<>())
                .add(change.line));
        return histories;
    }

    private static List<String> busiest(Map<String, List<String>> histories) {
        return histories.keySet().stream()
                .sorted((a, b) -> histories.get(b).size() - histories.get(a).size())
                .toList();
    }

    private static void proveHistories(EventStreams files, List<Change> changes, Random random) {
        Map<String, List<String>> histories = byPath(changes);
        List<String> paths = new ArrayList<>(histories.keySet());
        Collections.shuffle(paths, random);
        List<String> chosen = new ArrayList<>(busiest(histories).subList(0, 20));
        chosen.addAll(paths.subList(0, Math.min(FILES_READ, paths.size())));
        for (String path : chosen) {
            List<StoredEvent> read = files.read(path).events();
            List<String> expected = histories.get(path);
            assertThat(read.stream().map(StoredEvent::valueText).toList())
                    .as(path)
                    .isEqualTo(expected);
            assertThat(read.stream().map(StoredEvent::version).toList())
                    .isEqualTo(LongStream.range(0, expected.size()).boxed().toList());
        }
    }

    // ---- a race

    /** Writers race for every further version of the busiest streams, through a kill of the daemon. */
    private static void race(Daemon daemon, EventStreams files, Map<String, List<String>> histories) throws Exception {
        List<String> busiest = busiest(histories).subList(0, RACED_STREAMS);
        Map<String, String> winners = new ConcurrentHashMap<>();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch warm = new CountDownLatch(WRITERS * WINS_EACH / 3);
        List<Thread> threads = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            String name = "writer-" + w;
            Thread thread = new Thread(() -> {
                try {
                    write(files, busiest, name, winners, warm);
                } catch (Throwable broken) {
                    failure.compareAndSet(null, broken);
                }
            });
            threads.add(thread);
            thread.start();
        }
        warm.await();
        daemon.kill();
        daemon.start();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
        int found = 0;
        for (String path : busiest) {
            List<StoredEvent> read = files.read(path).events();
            assertThat(read.stream().map(StoredEvent::version).toList())
                    .isEqualTo(LongStream.range(0, read.size()).boxed().toList());
            List<String> history = histories.get(path);
            assertThat(read.stream()
                            .limit(history.size())
                            .map(StoredEvent::valueText)
                            .toList())
                    .isEqualTo(history);
            for (StoredEvent event : read.subList(history.size(), read.size())) {
                assertThat(event.valueText()).isEqualTo(winners.get(path + "@" + event.version()));
                found++;
            }
        }
        assertThat(found).isEqualTo(WRITERS * WINS_EACH);
    }

    private static void write(
            EventStreams files, List<String> busiest, String name, Map<String, String> winners, CountDownLatch warm) {
        Map<String, Long> believed = new HashMap<>();
        for (int won = 0; won < WINS_EACH; ) {
            String path = busiest.get(won % busiest.size());
            long last = believed.getOrDefault(path, -1L);
            String value = name + "-" + won;
            AppendResult result = files.tryAppend(path, Expected.version(last), Event.of("Raced", value));
            if (result.written()) {
                String other = winners.put(path + "@" + result.lastVersion(), value);
                assertThat(other).as("one winner").isNull();
                believed.put(path, result.lastVersion());
                won++;
                warm.countDown();
            } else {
                believed.put(path, result.conflicts().get(0).actualVersion());
            }
        }
    }
}
