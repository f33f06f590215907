package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.Admin;
import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.client.schema.SchemaRegistryException;
import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Administrators at work while the daemon is killed. Afterwards the audit log has every change that was acknowledged,
 * once; none that nobody asked for; and tells how topics, offsets and schemas became what they are.
 */
@Timeout(120)
class AuditKillIT {
    private static final int KILLS = Integer.getInteger("audit.kills", 3);
    private static final int ADMINISTRATORS = 3;
    private static final int RECORDS = 2_000;
    private static final String OWN = "$";

    @TempDir
    Path directory;

    /** What was asked for, in words of its own, and whether it was acknowledged. */
    private final Map<String, Boolean> asked = new ConcurrentHashMap<>();

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stop = new CountDownLatch(1);

    /** A change that never was, or may have been, ends with an exception. */
    private interface Change {
        void make();
    }

    @Test
    void everyAcknowledgedChangeIsInTheAuditLogOnceAndNoneThatWasNot() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            try (MillraceClient client = MillraceClient.builder()
                    .server(daemon.server())
                    .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                    .requestTimeout(Duration.ofSeconds(60))
                    .build()) {
                List<Thread> threads = startWork(client, daemon);
                for (int kill = 0; kill < KILLS; kill++) {
                    daemon.process().waitFor(300 + random.nextInt(700), TimeUnit.MILLISECONDS);
                    daemon.kill();
                    daemon.start();
                }
                stop.countDown();
                for (Thread thread : threads) {
                    thread.join();
                }
                assertThat(failures).isEmpty();
                prove(client, SchemaRegistryClient.of(daemon.httpUrl()));
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    // ---- the work

    private List<Thread> startWork(MillraceClient client, Daemon daemon) {
        List<Thread> threads = new ArrayList<>();
        try (Producer producer = client.producer().build()) {
            for (int i = 0; i < ADMINISTRATORS; i++) {
                String name = "a" + i;
                ask("topic.create " + name, () -> client.admin().createTopic(name, 1));
                for (int record = 0; record < RECORDS; record++) {
                    producer.publishAsync(Message.to(name).value("x"));
                }
                threads.add(new Thread(() -> administer(client.admin(), name), name));
            }
            producer.flush();
        }
        threads.add(new Thread(() -> register(SchemaRegistryClient.of(daemon.httpUrl())), "schemas"));
        threads.forEach(Thread::start);
        return threads;
    }

    /** Offsets move forwards, and names and settings are used once: no change has the words of another. */
    private void administer(Admin admin, String name) {
        try {
            for (int n = 1; stop.getCount() > 0 && n < RECORDS; n++) {
                String topic = name + "." + n;
                int number = n;
                ask("group.reset " + name + " " + n, () -> reset(admin, name, number));
                if (ask("topic.create " + topic, () -> admin.createTopic(topic, 1))) {
                    Map<String, String> settings = Map.of("retention", n + "d");
                    ask("topic.alter " + topic + " " + n + "d", () -> admin.alterTopic(topic, 0, settings));
                    if (n % 4 > 0) {
                        ask("topic.delete " + topic, () -> admin.deleteTopic(topic));
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            failures.add(e);
        }
    }

    /** Of the group with the topic's name. */
    private static void reset(Admin admin, String topic, long offset) {
        admin.resetOffsets(topic, topic, StartFrom.offset(offset), false);
    }

    private void register(SchemaRegistryClient registry) {
        try {
            for (int n = 1; stop.getCount() > 0; n++) {
                String subject = "s" + n;
                RegistrySchema schema = RegistrySchema.json("{\"title\":\"" + n + "\"}");
                boolean done = ask("schema.register " + subject + "/1", () -> registry.register(subject, schema));
                if (!done) {
                    stop.await(50, TimeUnit.MILLISECONDS); // the daemon is away
                }
            }
        } catch (RuntimeException | Error | InterruptedException e) {
            failures.add(e);
        }
    }

    /** Whether it was acknowledged; else it may have happened. Fails: where it was refused. */
    private boolean ask(String words, Change change) {
        asked.put(words, false);
        try {
            change.make();
            asked.put(words, true);
            return true;
        } catch (MillraceException e) {
            if (!e.outcomeUnknown()) {
                throw new AssertionError(words, e);
            }
        } catch (SchemaRegistryException e) {
            boolean away = e.code() == SchemaRegistryException.UNREACHABLE || e.code() / 100 == 5;
            if (!away) {
                throw new AssertionError(words, e);
            }
        }
        return false;
    }

    // ---- the judge

    private void prove(MillraceClient client, SchemaRegistryClient registry) {
        Told told = new Told();
        read(client).forEach(told::add);
        System.out.println(asked.size() + " changes asked for, " + told.changes.size() + " made");
        assertThat(told.changes).as("no change is there twice").doesNotHaveDuplicates();
        assertThat(asked.keySet()).as("each was asked for").containsAll(told.changes);
        Set<String> acknowledged = new TreeSet<>();
        asked.forEach((words, done) -> {
            if (done) {
                acknowledged.add(words);
            }
        });
        assertThat(acknowledged).hasSizeGreaterThan(100);
        assertThat(new TreeSet<>(told.changes))
                .as("what was acknowledged is there")
                .containsAll(acknowledged);

        Map<String, String> topics = new TreeMap<>();
        for (TopicInfo topic : client.admin().listTopics(">")) {
            if (!topic.name().startsWith(OWN)) {
                topics.put(topic.name(), topic.partitions().size() + " " + topic.settings());
            }
        }
        assertThat(told.topics()).as("topics as the audit log tells them").isEqualTo(topics);
        told.offsets.forEach((group, offset) ->
                assertThat(client.admin().committedOffsets(group)).as(group).containsValue(offset));
        Set<String> subjects = new TreeSet<>();
        registry.get("/subjects").forEach(subject -> subjects.add(subject.asText()));
        assertThat(told.subjects).as("subjects as the audit log tells them").isEqualTo(subjects);
    }

    private static List<JsonNode> read(MillraceClient client) {
        List<JsonNode> events = new ArrayList<>();
        try (Consumer consumer = client.consumer()
                .topics("$audit.log")
                .from(StartFrom.earliest())
                .open()) {
            do {
                consumer.poll(Duration.ofMillis(200))
                        .forEach(message -> events.add(RealEvents.parse(message.valueText())));
            } while (!consumer.caughtUp());
        }
        return events;
    }

    /** The events of the audit log, taken as the history of all that they are about. */
    private static final class Told {
        final List<String> changes = new ArrayList<>();
        final Map<String, JsonNode> topicStates = new TreeMap<>();
        final Map<String, Long> offsets = new TreeMap<>();
        final Set<String> subjects = new TreeSet<>();

        void add(JsonNode event) {
            String action = event.path("action").asText();
            String target = event.path("target").asText();
            JsonNode after = event.path("after");
            if (target.startsWith(OWN)) {
                return;
            }
            String words = action + " " + target;
            switch (action) {
                case "topic.create", "topic.alter", "topic.delete" -> {
                    String days = after.at("/settings/retention").asText();
                    words += action.equals("topic.alter") ? " " + days : "";
                    follow(target, event.path("before"), after);
                }
                case "group.reset" -> {
                    long offset = after.at("/offsets/" + target + "~10").asLong();
                    assertThat(offset).as(event.toString()).isGreaterThan(offsets.getOrDefault(target, 0L));
                    offsets.put(target, offset);
                    words += " " + offset;
                }
                case "schema.register" -> subjects.add(target.substring(0, target.indexOf('/')));
                default -> throw new AssertionError("nobody did " + event);
            }
            changes.add(words);
        }

        private void follow(String topic, JsonNode before, JsonNode after) {
            JsonNode known = before instanceof ObjectNode object ? object.without("records") : null;
            assertThat(known).as("%s before its change", topic).isEqualTo(topicStates.get(topic));
            if (after.isNull()) {
                topicStates.remove(topic);
            } else {
                topicStates.put(topic, after);
            }
        }

        /** Partitions and settings by name. */
        Map<String, String> topics() {
            Map<String, String> topics = new TreeMap<>();
            topicStates.forEach((name, state) -> {
                Map<String, String> settings = new TreeMap<>();
                state.path("settings")
                        .properties()
                        .forEach(
                                set -> settings.put(set.getKey(), set.getValue().asText()));
                topics.put(name, state.path("partitions").asInt() + " " + settings);
            });
            return topics;
        }
    }
}
