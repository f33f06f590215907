package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.system.PacedReader.Printed;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Years of real events go through the daemon and the command line as a user would send them; the daemon is killed while
 * publishing and while consuming, members of the group come and go; and nothing is lost, reordered or invented.
 */
class RealEventsIT {
    private static final int PARTITIONS = 8;
    private static final String TOPIC = "history";

    @TempDir
    Path directory;

    @Test
    void everyEventArrivesInOrderThroughKillsAndRebalances() throws Exception {
        arrives(Distribution.underTest());
    }

    @Test
    void everyEventArrivesInOrderOnJdk25() throws Exception {
        Path jdk = Distribution.jdk(25).orElse(null);
        Assumptions.assumeTrue(jdk != null, "skipped: no JDK 25 here; name one in MILLRACE_TEST_JDK25");
        arrives(Distribution.underTest().on(jdk));
    }

    private void arrives(Distribution distribution) throws Exception {
        RealEvents events = RealEvents.load();
        try (Daemon daemon = new Daemon(distribution, directory)) {
            daemon.start();
            daemon.run("topic", "create", TOPIC, "--partitions", "" + PARTITIONS)
                    .succeeded();
            Map<Place, Integer> lineOf = publishThroughAKill(daemon, events);
            List<Printed> consumed = consumeThroughAKill(daemon, events);
            proveOrderAndState(events, lineOf, consumed);
            proveNothingIsLeft(daemon);
            assertThat(daemon.terminate()).isZero();
        }
    }

    /** Where a record lies. */
    private record Place(int partition, long offset) {}

    // ---- publishing

    /** Feeds the events to {@code millrace pub}; the daemon dies once between them. Returns the line at each place. */
    private Map<Place, Integer> publishThroughAKill(Daemon daemon, RealEvents events) throws Exception {
        Process publisher = daemon.command(
                        "pub", TOPIC, "--file", "-", "--key-pointer", "/path", "--time-pointer", "/time", "-o", "json")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Map<Place, Integer> lineOf = new HashMap<>();
        AtomicInteger acknowledged = new AtomicInteger();
        CountDownLatch third = new CountDownLatch(events.lines().size() / 3);
        Thread acks = new Thread(() -> readAcks(publisher, lineOf, acknowledged, third));
        acks.start();
        CountDownLatch killed = new CountDownLatch(1);
        Thread feed = new Thread(() -> feed(publisher, events, killed));
        feed.start();
        assertThat(third.await(60, TimeUnit.SECONDS)).isTrue();
        daemon.kill();
        killed.countDown();
        assertThat(acknowledged.get())
                .as("killed while publishing")
                .isLessThan(events.lines().size());
        daemon.start();
        feed.join();
        assertThat(publisher.waitFor(120, TimeUnit.SECONDS)).isTrue();
        acks.join();
        assertThat(publisher.exitValue()).isZero();
        proveDense(lineOf, events);
        return lineOf;
    }

    /** Writes all lines; the last third only after the kill, so that the kill always comes in the middle. */
    private static void feed(Process publisher, RealEvents events, CountDownLatch killed) {
        try (BufferedWriter out =
                new BufferedWriter(new OutputStreamWriter(publisher.getOutputStream(), StandardCharsets.UTF_8))) {
            List<String> lines = events.lines();
            writeLines(out, lines.subList(0, lines.size() * 2 / 3));
            killed.await();
            writeLines(out, lines.subList(lines.size() * 2 / 3, lines.size()));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("the publisher stopped reading", e);
        }
    }

    private static void writeLines(BufferedWriter out, List<String> lines) throws IOException {
        for (String line : lines) {
            out.write(line);
            out.write('\n');
        }
        out.flush();
    }

    private static void readAcks(
            Process publisher, Map<Place, Integer> lineOf, AtomicInteger acknowledged, CountDownLatch third) {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(publisher.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                JsonNode ack = RealEvents.parse(line);
                Place place = new Place(
                        ack.get("partition").asInt(), ack.get("offset").asLong());
                Integer before = lineOf.put(place, ack.get("line").asInt());
                assertThat(before).as("two events acknowledged at %s", place).isNull();
                acknowledged.incrementAndGet();
                third.countDown();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Every line acknowledged once, offsets 0 to n-1 in each partition, lines in their order within it. */
    private static void proveDense(Map<Place, Integer> lineOf, RealEvents events) {
        assertThat(new HashSet<>(lineOf.values())).hasSize(events.lines().size());
        assertThat(lineOf).hasSize(events.lines().size());
        for (int partition = 0; partition < PARTITIONS; partition++) {
            TreeMap<Long, Integer> lines = new TreeMap<>();
            for (Map.Entry<Place, Integer> entry : lineOf.entrySet()) {
                if (entry.getKey().partition == partition) {
                    lines.put(entry.getKey().offset, entry.getValue());
                }
            }
            assertThat(lines.firstKey()).isZero();
            assertThat(lines.lastKey()).as("dense").isEqualTo(lines.size() - 1L);
            assertThat(List.copyOf(lines.values()))
                    .as("order of partition %d", partition)
                    .isSorted();
        }
    }

    // ---- consuming

    private final AtomicInteger consumedCount = new AtomicInteger();
    private final List<PacedReader> members = Collections.synchronizedList(new ArrayList<>());

    /** Opens in steps, so that join, leave and kill happen while records are still to come. */
    private static final class Gate {
        private int limit;

        synchronized void open(int upTo) {
            limit = upTo;
            notifyAll();
        }

        synchronized void pass(AtomicInteger count) {
            while (count.get() >= limit) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    private List<Printed> consumeThroughAKill(Daemon daemon, RealEvents events) throws Exception {
        int all = events.lines().size();
        Gate gate = new Gate();
        PacedReader first = join(daemon, "first", gate);
        PacedReader second = join(daemon, "second", gate);
        consumeUpTo(gate, all / 4);
        PacedReader third = join(daemon, "third", gate);
        // The others go on meanwhile, because they hand a partition over only between two polls.
        consumeSlowlyUntil(() -> third.count() > 0, gate, all * 3 / 4);
        second.terminate();
        consumeSlowlyUntil(() -> !second.isAlive(), gate, all * 9 / 10);
        assertThat(second.await()).isZero();
        gate.open(consumedCount.get() + all / 20);
        Map<Integer, Long> committedBefore = committed(daemon);
        daemon.kill();
        daemon.start();
        gate.open(Integer.MAX_VALUE);
        assertThat(first.await()).isZero();
        assertThat(third.await()).isZero();
        assertThat(third.printed())
                .as("the member that joined half-way has work")
                .isNotEmpty();
        List<Printed> consumed = new ArrayList<>();
        members.forEach(member -> proveOrderWithin(member, committedBefore));
        members.forEach(member -> consumed.addAll(member.printed()));
        proveDuplicatesWereUncommitted(consumed, committedBefore);
        return consumed;
    }

    private PacedReader join(Daemon daemon, String name, Gate gate) throws IOException {
        Process process = daemon.command(
                        "sub",
                        TOPIC,
                        "--group",
                        "readers",
                        "--from",
                        "earliest",
                        "--format",
                        "json",
                        "--idle-exit",
                        "8s")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        PacedReader member = new PacedReader(name, process, reader -> {
            gate.pass(consumedCount);
            consumedCount.incrementAndGet();
        });
        members.add(member);
        return member;
    }

    private void consumeUpTo(Gate gate, int count) throws InterruptedException {
        gate.open(count);
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        CountDownLatch never = new CountDownLatch(1);
        while (consumedCount.get() < count) {
            assertThat(System.nanoTime())
                    .as("consumed %d of %d", consumedCount.get(), count)
                    .isLessThan(deadlineNanos);
            never.await(10, TimeUnit.MILLISECONDS);
        }
    }

    private void consumeSlowlyUntil(BooleanSupplier done, Gate gate, int upTo) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        int pace = Math.max(1, upTo / 1500);
        for (int limit = consumedCount.get(); !done.getAsBoolean(); limit += pace) {
            assertThat(limit).as("happens while records are still to come").isLessThan(upTo);
            gate.open(limit);
            never.await(20, TimeUnit.MILLISECONDS);
        }
    }

    private static Map<Integer, Long> committed(Daemon daemon) throws Exception {
        JsonNode group = RealEvents.parse(daemon.run("group", "describe", "readers", "-o", "json")
                .succeeded()
                .out());
        Map<Integer, Long> committed = new HashMap<>();
        for (JsonNode partition : group.get("partitions")) {
            committed.put(
                    partition.get("partition").asInt(),
                    partition.get("committedOffset").asLong());
        }
        assertThat(committed).hasSize(PARTITIONS);
        return committed;
    }

    /** Offsets of a partition rise by one within a member, except where it starts again at what was not committed. */
    private static void proveOrderWithin(PacedReader member, Map<Integer, Long> committedBefore) {
        Map<Integer, Long> next = new HashMap<>();
        for (Printed record : member.printed()) {
            Long expected = next.put(record.partition(), record.offset() + 1);
            if (expected != null && record.offset() < expected) {
                assertThat(record.offset()).isGreaterThanOrEqualTo(committedBefore.get(record.partition()));
            }
        }
    }

    private static void proveDuplicatesWereUncommitted(List<Printed> consumed, Map<Integer, Long> committedBefore) {
        Set<Place> seen = new HashSet<>();
        for (Printed record : consumed) {
            if (!seen.add(new Place(record.partition(), record.offset()))) {
                assertThat(record.offset())
                        .as("partition %d delivered again although committed", record.partition())
                        .isGreaterThanOrEqualTo(Math.max(0, committedBefore.get(record.partition())));
            }
        }
    }

    // ---- proof

    private static void proveOrderAndState(RealEvents events, Map<Place, Integer> lineOf, List<Printed> consumed) {
        TreeMap<Integer, TreeMap<Long, String>> byPartition = new TreeMap<>();
        for (Printed record : consumed) {
            int line = lineOf.get(new Place(record.partition(), record.offset()));
            assertThat(record.value()).isEqualTo(events.lines().get(line - 1));
            assertThat(record.key())
                    .isEqualTo(RealEvents.parse(record.value()).get("path").asText());
            byPartition
                    .computeIfAbsent(record.partition(), partition -> new TreeMap<>())
                    .put(record.offset(), record.value());
        }
        int distinct = byPartition.values().stream().mapToInt(TreeMap::size).sum();
        assertThat(distinct).as("every event arrived").isEqualTo(events.lines().size());
        Map<String, String> state = new TreeMap<>();
        byPartition.values().forEach(records -> state.putAll(RealEvents.fold(records.values())));
        assertThat(state).isEqualTo(events.stateAtEnd());
    }

    private static void proveNothingIsLeft(Daemon daemon) throws Exception {
        JsonNode group = RealEvents.parse(daemon.run("group", "describe", "readers", "-o", "json")
                .succeeded()
                .out());
        for (JsonNode partition : group.get("partitions")) {
            assertThat(partition.get("lagMessages").asLong())
                    .as("lag of %s", partition)
                    .isZero();
        }
        assertThat(group.get("members")).isEmpty();
    }
}
