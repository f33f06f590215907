package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.Audited;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicSettings;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNames;
import dev.millrace.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Administrative changes on a disk that loses what was not synced: whatever survives a crash, the audit log tells how the
 * topics became what they are, has every change that was acknowledged, and no other than was asked for.
 */
@Timeout(120)
class AuditCrashTest {
    private static final int RUNS = 20;
    private static final int STEPS = 150;
    private static final Actor ANNA = new Actor("native", "anna", "10.0.0.1:5555");
    private static final Pattern EVENT =
            Pattern.compile("\\{\"action\":\"(.*)\",\"target\":\"(.*)\",\"who\":.*,\"before\":(.*),\"after\":(.*)}");
    private static final Pattern RETENTION = Pattern.compile("\"retention\":\"(\\d+d)\"");

    private record Asked(String change, CompletableFuture<Object> answer) {}

    private final SimulatedShard shard = new SimulatedShard();
    private final List<Asked> asked = new ArrayList<>();
    private Random random = new Random(1);
    private int number;

    @Test
    void theAuditLogTellsWhatTheTopicsAreAfterEveryCrash() {
        long first = Seeds.first();
        for (long seed = first; seed < first + Seeds.count(RUNS); seed++) {
            try {
                AuditCrashTest world = new AuditCrashTest();
                world.random = new Random(seed);
                world.live();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("repeat with -Dseed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private void live() {
        shard.runtime.submit(new CreateTopic(new UUID(8, 0), AuditNames.TOPIC, 1, new TreeMap<>(), 1000));
        shard.runAndSync();
        for (int step = 0; step < STEPS; step++) {
            ask();
            if (random.nextInt(3) > 0) {
                shard.run();
            }
            if (random.nextInt(4) == 0) {
                shard.runAndSync();
                check();
            }
            if (random.nextInt(12) == 0) {
                shard.crash(random);
                check();
            }
        }
    }

    /** No two changes that are done have the same words; a topic that is there, or is not, has some of them refused. */
    private void ask() {
        number++;
        List<Topic> topics = topics();
        String old = topics.isEmpty() || random.nextInt(8) == 0
                ? "missing"
                : topics.get(random.nextInt(topics.size())).name();
        String fresh = random.nextInt(8) == 0 ? AuditNames.TOPIC : "t" + number;
        String days = number + "d";
        switch (random.nextInt(6)) {
            case 0, 1 -> ask("topic.create " + fresh + " " + days, create(fresh, days));
            case 2 -> ask("topic.delete " + old, new DeleteTopic(old));
            default -> {
                for (int times = random.nextInt(4); times < 4; times += 3) { // sometimes twice
                    ask("topic.alter " + old + " " + days, new AlterTopic(old, 0, retention(days), 1000));
                }
            }
        }
    }

    private void ask(String change, Command command) {
        asked.add(new Asked(change, shard.runtime.submit(new Audited(ANNA, command))));
    }

    private CreateTopic create(String name, String days) {
        return new CreateTopic(new UUID(9, number), name, 1 + random.nextInt(3), retention(days), 1000);
    }

    private static SortedMap<String, String> retention(String days) {
        return new TreeMap<>(Map.of(TopicSettings.RETENTION, days));
    }

    private List<Topic> topics() {
        return shard.machine.directory().all().stream()
                .filter(topic -> !topic.name().equals(AuditNames.TOPIC))
                .toList();
    }

    // ---- the judge

    private void check() {
        Map<String, String> told = new TreeMap<>();
        List<String> changes = new ArrayList<>();
        for (String event : events()) {
            Matcher parts = EVENT.matcher(event);
            assertThat(parts.matches()).as(event).isTrue();
            String target = parts.group(2);
            String before = parts.group(3).replaceFirst(",\"records\":0}$", "}");
            String after = parts.group(4);
            assertThat(before)
                    .as("was what the event before left of %s", target)
                    .isEqualTo(told.getOrDefault(target, "null"));
            if (after.equals("null")) {
                told.remove(target);
            } else {
                told.put(target, after);
            }
            Matcher days = RETENTION.matcher(after);
            changes.add(parts.group(1) + " " + target + (days.find() ? " " + days.group(1) : ""));
        }
        Map<String, String> there = new TreeMap<>();
        topics().forEach(topic -> there.put(topic.name(), state(topic)));
        assertThat(told).as("what the audit log tells of the topics").isEqualTo(there);
        assertToldOf(changes);
    }

    private static String state(Topic topic) {
        return "{\"topicId\":\"" + topic.topicId() + "\",\"partitions\":" + topic.partitionCount()
                + ",\"settings\":{\"retention\":\"" + topic.settings().texts().get(TopicSettings.RETENTION) + "\"}}";
    }

    private void assertToldOf(List<String> changes) {
        assertThat(changes).as("was asked for, once, and not refused").doesNotHaveDuplicates();
        Set<String> possible = changes(false);
        assertThat(changes.stream().filter(change -> !possible.contains(change)))
                .as("was asked for, once, and not refused")
                .isEmpty();
        Set<String> acknowledged = changes(true);
        assertThat(changes.stream().filter(acknowledged::contains).toList())
                .as("what was acknowledged, in its order")
                .isEqualTo(List.copyOf(acknowledged));
    }

    /** Those that were acknowledged, or those that were not refused; in the order in which they were asked for. */
    private Set<String> changes(boolean acknowledged) {
        Set<String> changes = new LinkedHashSet<>();
        for (Asked each : asked) {
            if (!each.answer.isCompletedExceptionally() && (each.answer.isDone() || !acknowledged)) {
                changes.add(each.change);
            }
        }
        return changes;
    }

    private List<String> events() {
        Topic topic = shard.machine.directory().find(AuditNames.TOPIC);
        PartitionLog log = shard.machine.logs().find(topic.partitionIds()[0]);
        List<String> events = new ArrayList<>();
        long next = log.logStartOffset();
        while (next < log.durableEndOffset()) {
            LogRead.Batches read = (LogRead.Batches) shard.reader.readStored(log, next, 1 << 20);
            for (RecordBatch batch : RecordBatch.in(read.batches())) {
                for (Record record : batch.records(1 << 20)) {
                    if (record.offset() >= next && record.offset() < log.durableEndOffset()) {
                        events.add(new String(record.value(), StandardCharsets.UTF_8));
                    }
                }
            }
            next = read.nextOffset();
            read.releaser().run();
        }
        return events;
    }
}
