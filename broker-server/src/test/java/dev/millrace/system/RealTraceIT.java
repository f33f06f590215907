package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.EventStreams.Addressed;
import dev.millrace.client.MillraceClient;
import dev.millrace.core.record.Murmur2;
import dev.millrace.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The history of a large repository, each event correlated by its commit: a trace of a commit lists the events of that commit
 * and no others, also after the daemon was killed.
 */
@Timeout(300)
class RealTraceIT {
    private static final String TOPIC = "files";
    private static final int PARTITIONS = 4;
    private static final int BATCH_EVENTS = 500;
    private static final int COMMITS = 40;
    private static final int COMMITS_BY_COMMAND = 4;

    @TempDir
    Path directory;

    @Test
    void aTraceOfACommitListsExactlyItsEvents() throws Exception {
        long seed = Seeds.next();
        List<String> lines = RealEvents.load().lines();
        Map<String, List<String>> commits = new LinkedHashMap<>();
        for (String line : lines) {
            JsonNode event = RealEvents.parse(line);
            commits.computeIfAbsent(event.get("commit").asText(), key -> new ArrayList<>())
                    .add(event.get("id").asText());
        }
        List<String> asked = asked(commits, new Random(seed));
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            try (MillraceClient client = client(daemon)) {
                client.admin().createTopic(TOPIC, PARTITIONS, Map.of("stream.index", "key", "correlation.index", "on"));
                append(client.streams(TOPIC), lines);
                prove(client, asked, commits);
            }
            for (String commit : asked.subList(0, COMMITS_BY_COMMAND)) {
                JsonNode nodes = RealEvents.parse(daemon.run("trace", commit, "--max", "1000000", "-o", "json")
                        .succeeded()
                        .out());
                List<String> ids = new ArrayList<>();
                nodes.forEach(node -> ids.add(node.get("id").asText()));
                assertThat(new TreeSet<>(ids)).isEqualTo(idsOf(commits.get(commit)));
                assertThat(ids).doesNotHaveDuplicates();
            }
            daemon.kill();
            daemon.start();
            try (MillraceClient client = client(daemon)) {
                prove(client, asked, commits);
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

    /** The largest commit, one of a single event where there is one, and others at random. */
    private static List<String> asked(Map<String, List<String>> commits, Random random) {
        List<String> all = new ArrayList<>(commits.keySet());
        List<String> bySize = new ArrayList<>(all);
        bySize.sort(
                (a, b) -> Integer.compare(commits.get(b).size(), commits.get(a).size()));
        List<String> asked = new ArrayList<>();
        asked.add(bySize.get(0));
        asked.add(bySize.get(bySize.size() - 1));
        while (asked.size() < COMMITS) {
            asked.add(all.get(random.nextInt(all.size())));
        }
        return asked;
    }

    /** Many to an append, which goes to one partition. */
    private static void append(EventStreams files, List<String> lines) {
        Map<Integer, List<Addressed>> waiting = new HashMap<>();
        for (String line : lines) {
            JsonNode json = RealEvents.parse(line);
            byte[] key = json.get("path").asText().getBytes(StandardCharsets.UTF_8);
            Event event = Event.of(json.get("type").asText(), line)
                    .id(json.get("id").asText())
                    .timestampMs(json.get("time").asLong() * 1000)
                    .correlation(json.get("commit").asText());
            List<Addressed> batch =
                    waiting.computeIfAbsent(Murmur2.partition(key, PARTITIONS), partition -> new ArrayList<>());
            batch.add(new Addressed(key, event));
            if (batch.size() == BATCH_EVENTS) {
                assertThat(files.tryAppend(batch, List.of()).written()).isTrue();
                batch.clear();
            }
        }
        for (List<Addressed> batch : waiting.values()) {
            if (!batch.isEmpty()) {
                assertThat(files.tryAppend(batch, List.of()).written()).isTrue();
            }
        }
    }

    private static void prove(MillraceClient client, List<String> asked, Map<String, List<String>> commits) {
        for (String commit : asked) {
            List<String> found = client.admin().trace(commit, 1_000_000).messages().stream()
                    .map(message -> {
                        assertThat(message.correlation()).isEqualTo(commit);
                        return message.id();
                    })
                    .toList();
            assertThat(found).as("ids of " + commit).doesNotHaveDuplicates();
            assertThat(new TreeSet<>(found)).as("events of " + commit).isEqualTo(idsOf(commits.get(commit)));
        }
    }

    /** The client makes a UUID of an event's id. */
    private static TreeSet<String> idsOf(List<String> ids) {
        TreeSet<String> uuids = new TreeSet<>();
        ids.forEach(id -> uuids.add(Event.idOf(id).toString()));
        return uuids;
    }
}
