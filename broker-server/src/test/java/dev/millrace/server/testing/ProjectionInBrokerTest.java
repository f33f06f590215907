package dev.millrace.server.testing;

import static dev.millrace.server.testing.ProjectionWorld.LONG;
import static dev.millrace.server.testing.ProjectionWorld.TOPIC;
import static dev.millrace.server.testing.ProjectionWorld.awaitCaughtUp;
import static dev.millrace.server.testing.ProjectionWorld.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Event;
import dev.millrace.client.EventFilter;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.Projection.State;
import dev.millrace.client.ProjectionBuilder.OutputHandler;
import dev.millrace.client.ProjectionStoppedException;
import dev.millrace.client.StartFrom;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Projections whose checkpoints are in the broker: with their outputs in one transaction, or by version. */
@Timeout(120)
class ProjectionInBrokerTest {
    private static final OutputHandler COPY = (event, outputs) ->
            outputs.publish(Message.to("out").key(event.keyText()).value(event.keyText() + "@" + event.version()));

    @TempDir
    private Path directory;

    private ProjectionWorld world;

    @BeforeEach
    void open() throws SQLException {
        world = new ProjectionWorld(directory);
        world.client.admin().createTopic("out", 2);
    }

    @AfterEach
    void close() {
        world.close();
    }

    /** The versions that were published of each stream, in order. */
    private Map<String, List<Long>> published() {
        Map<String, List<Long>> published = new ConcurrentHashMap<>();
        world.values("out").forEach(value -> {
            String[] parts = value.split("@");
            published.computeIfAbsent(parts[0], key -> new ArrayList<>()).add(Long.parseLong(parts[1]));
        });
        return published;
    }

    private static List<Long> versions(int count) {
        return LongStream.range(0, count).boxed().toList();
    }

    // ---- with outputs, in one transaction

    @Test
    void outputsAreThereOnceAndInTheOrderOfTheirKeyThoughTheProjectionRestarts() throws Exception {
        for (int round = 1; round <= 3; round++) {
            world.appendMany(10, 4);
            try (Projection projection = world.projection().concurrency(4).startAtomic(COPY)) {
                awaitCaughtUp(projection);
            }
        }
        Map<String, List<Long>> published = published();
        assertThat(published).hasSize(10);
        published.forEach((stream, versions) -> assertThat(versions).as(stream).isEqualTo(versions(12)));
    }

    /** What was finished behind it is not committed, for the checkpoint cannot pass the event that failed. */
    @Test
    void outputsBehindAnEventThatFailedAreNotThereUntilItIsHandled() throws Exception {
        world.append("poison");
        for (int i = 0; i < 50; i++) {
            world.append("order-" + i);
        }
        AtomicInteger others = new AtomicInteger();
        try (Projection projection = world.projection().concurrency(16).startAtomic((event, outputs) -> {
            if (event.keyText().equals("poison")) {
                awaitThat(() -> others.get() >= 30);
                throw new IllegalStateException("cannot");
            }
            COPY.handle(event, outputs);
            others.incrementAndGet();
        })) {
            assertThatThrownBy(() -> projection.finished().get(60, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(ProjectionStoppedException.class)
                    .hasMessageContaining("cannot");
        }
        try (Projection projection = world.projection().concurrency(2).startAtomic(COPY)) {
            awaitCaughtUp(projection);
        }
        assertThat(published()).hasSize(51);
        assertThat(world.values("out")).doesNotHaveDuplicates();
    }

    @Test
    void anInstanceThatIsFencedCommitsNothing() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch takenOver = new CountDownLatch(1);
        try (MillraceClient elsewhere = world.connect();
                Projection slow = elsewhere
                        .projections()
                        .named("totals")
                        .topics(TOPIC)
                        .startAtomic((event, outputs) -> {
                            inHandler.countDown();
                            awaitThat(() -> takenOver.getCount() == 0);
                            outputs.publish(Message.to("out").key("a").value("slow@0"));
                        })) {
            Position position = world.append("a");
            assertThat(inHandler.await(60, TimeUnit.SECONDS)).isTrue();
            try (Projection second = world.projection().startAtomic(COPY)) {
                assertThat(second.await(position, LONG)).isTrue();
                takenOver.countDown();
                assertThatThrownBy(() -> slow.finished().get(60, TimeUnit.SECONDS))
                        .cause()
                        .isInstanceOf(MillraceException.class)
                        .hasMessageContaining("taken over");
                assertThat(published()).isEqualTo(Map.of("a", List.of(0L)));
                assertThat(second.await(world.append("a"), LONG)).isTrue();
            }
        }
        assertThat(published()).isEqualTo(Map.of("a", List.of(0L, 1L)));
    }

    @Test
    void eventsThatTheBrokerRefusesParkTheirKeyAndTheLaterOnesOfIt() throws Exception {
        world.client.admin().createTopic("totals", 1, Map.of("stream.index", "key"));
        world.client.streams("totals").append("b", Expected.none(), Event.of("Taken", "before"));
        OutputHandler handler = (event, outputs) -> outputs.append(
                "totals", event.keyText(), Expected.version(event.version() - 1), Event.of("Total", event.valueText()));
        for (int i = 0; i < 3; i++) {
            world.append("a");
            world.append("b");
        }
        try (Projection projection =
                world.projection().concurrency(2).parkKeys().startAtomic(handler)) {
            awaitCaughtUp(projection);
            assertThat(world.client.streams("totals").read("a").events()).hasSize(3);
            assertThat(world.client.streams("totals").read("b").events()).hasSize(1);
            assertThat(projection.parked()).extracting(ParkedEvent::keyText).containsExactly("b", "b", "b");
            assertThat(projection.parked().get(0).error()).contains("WRONG_EXPECTED_VERSION");
        }
        world.client.streams("totals").delete("b", Expected.any());
        try (Projection projection = world.projection()
                .parkKeys()
                .startAtomic((event, outputs) -> outputs.append(
                        "totals", event.keyText(), Expected.any(), Event.of("Total", event.valueText())))) {
            assertThat(projection.parked()).hasSize(3);
            assertThat(projection.retryParked("b")).isEqualTo(new Projection.Retried(3, null));
            assertThat(projection.await(world.append("b"), LONG)).isTrue();
        }
        assertThat(world.client.streams("totals").read("b").events()).hasSize(4);
    }

    @Test
    void aVersionThatIsBuiltTakesTheLiveOnesPlaceAndItsIdWithIt() throws Exception {
        world.client.admin().createTopic("out2", 1);
        world.appendMany(5, 3);
        Projection old = world.projection().startAtomic(COPY);
        awaitCaughtUp(old);
        assertThat(world.client.projections().liveVersion("totals")).hasValue(1);
        assertThat(world.client.projections().liveVersion("unknown")).isEmpty();
        try (Projection fresh = world.projection()
                .version(2)
                .startAtomic((event, outputs) ->
                        outputs.publish(Message.to("out2").key(event.keyText()).value("x")))) {
            assertThat(fresh.state()).isEqualTo(State.BUILDING);
            assertThat(fresh.swap(LONG)).isTrue();
            assertThat(world.client.projections().liveVersion("totals")).hasValue(2);
            old.finished().get(60, TimeUnit.SECONDS);
            assertThat(old.state()).isEqualTo(State.REPLACED);
            assertThat(fresh.await(world.append("order-0"), LONG)).isTrue();
        }
        assertThat(world.values("out")).hasSize(15);
        assertThat(world.values("out2")).hasSize(16);
        assertThatThrownBy(() -> world.projection().startAtomic(COPY))
                .hasMessageContaining("version 1 of projection totals was replaced by version 2");
    }

    @Test
    void aFilterLetsTheCheckpointPassWhatItLeavesOut() throws Exception {
        world.appendMany(3, 3);
        world.client.streams(TOPIC).append("a", Expected.any(), Event.of("Paid", "x"));
        List<String> handled = new CopyOnWriteArrayList<>();
        try (Projection projection = world.projection()
                .filter(EventFilter.ofTypes("Paid"))
                .startAtomic((event, outputs) -> handled.add(event.type()))) {
            awaitCaughtUp(projection);
            awaitThat(() -> projection.lag().events() == 0);
        }
        assertThat(handled).containsExactly("Paid");
        Map<TopicPartition, Long> committed = world.client.admin().committedOffsets("totals.v1");
        assertThat(committed.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(10);
    }

    // ---- by version

    @Test
    void eventsSinceTheLastCheckpointComeAgainAndTheirVersionTells() throws Exception {
        Map<String, List<Long>> rows = new ConcurrentHashMap<>();
        AtomicInteger calls = new AtomicInteger();
        world.appendMany(5, 4);
        try (Projection projection = world.projection().concurrency(3).start(event -> keep(rows, calls, event))) {
            awaitCaughtUp(projection);
        }
        // As if the process had died before it made a checkpoint.
        world.client.admin().resetOffsets("totals.v1", TOPIC, StartFrom.earliest(), false);
        try (Projection projection = world.projection().start(event -> keep(rows, calls, event))) {
            awaitCaughtUp(projection);
            assertThat(projection.await(world.append("order-0"), LONG)).isTrue();
        }
        assertThat(calls).hasValue(41);
        assertThat(rows.remove("order-0")).as("each had its effect once").isEqualTo(versions(5));
        assertThat(rows).hasSize(4);
        rows.forEach((stream, versions) -> assertThat(versions).as(stream).isEqualTo(versions(4)));
    }

    /** A row has all versions that changed it. */
    private static void keep(Map<String, List<Long>> rows, AtomicInteger calls, StoredEvent event) {
        calls.incrementAndGet();
        List<Long> row = rows.computeIfAbsent(event.keyText(), key -> new CopyOnWriteArrayList<>());
        if (event.isAfter(row.isEmpty() ? -1 : row.get(row.size() - 1))) {
            row.add(event.version());
        }
    }

    @Test
    void aCheckpointIsMadeWithinASecondWhileHandlersGoOn() throws Exception {
        CountDownLatch mayEnd = new CountDownLatch(1);
        world.append("slow");
        try (Projection projection = world.client
                .projections()
                .named("totals")
                .topics(TOPIC)
                .concurrency(16)
                .start(event -> {
                    if (event.keyText().equals("slow")) awaitThat(() -> mayEnd.getCount() == 0);
                })) {
            Position last = world.append("slow");
            int other = 0;
            Position elsewhere = world.append("order-" + other);
            while (elsewhere.partition() == last.partition()) {
                elsewhere = world.append("order-" + ++other);
            }
            long begunNanos = System.nanoTime();
            assertThat(world.client.projections().await("totals.v1", elsewhere, LONG))
                    .isTrue();
            System.out.println("checkpoint after " + (System.nanoTime() - begunNanos) / 1_000_000 + " ms");
            assertThat(world.client.projections().await("totals.v1", last, Duration.ZERO))
                    .isFalse();
            mayEnd.countDown();
            assertThat(world.client.projections().await("totals.v1", last, LONG))
                    .isTrue();
        }
    }

    @Test
    void parkedEventsOutliveARestartAndAreHandledWhenAsked() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        List<String> handled = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 3; i++) {
            world.append("poison");
            world.append("fine");
        }
        for (int start = 0; start < 2; start++) {
            try (Projection projection = world.projection().parkKeys().start(event -> {
                if (event.keyText().equals("poison") && broken.get()) throw new IllegalStateException("cannot");
                handled.add(event.keyText() + event.version());
            })) {
                awaitCaughtUp(projection);
                awaitThat(() -> projection.parked().size() == 3);
                if (start == 1) {
                    broken.set(false);
                    assertThat(projection.retryParked("poison")).isEqualTo(new Projection.Retried(3, null));
                    assertThat(projection.await(world.append("poison"), LONG)).isTrue();
                }
            }
        }
        try (Projection projection = world.projection().parkKeys().start(event -> {})) {
            assertThat(projection.parked()).isEmpty();
        }
        assertThat(handled)
                .containsExactlyInAnyOrder("fine0", "fine1", "fine2", "poison0", "poison1", "poison2", "poison3");
        assertThat(handled.stream().filter(event -> event.startsWith("poison")))
                .containsExactly("poison0", "poison1", "poison2", "poison3");
    }

    @Test
    void checkpointsThatAreGoneAreNotTakenForABeginning() throws Exception {
        world.append("a");
        try (Projection projection = world.projection().startAtomic(COPY)) {
            awaitCaughtUp(projection);
        }
        world.client.admin().deleteGroup("totals.v1");
        assertThatThrownBy(() -> world.projection().startAtomic(COPY))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("the checkpoints of projection totals.v1")
                .hasMessageContaining("Build version 2");
        assertThat(new HashSet<>(world.values("out"))).hasSize(1);
    }

    @Test
    void itOutlivesARestartOfTheBroker() throws Exception {
        world.appendMany(5, 2);
        try (Projection projection = world.projection().concurrency(2).startAtomic(COPY)) {
            awaitCaughtUp(projection);
            world.millrace.restart();
            world.appendMany(5, 2);
            awaitThat(() -> projection.lag().events() == 0);
        }
        Map<String, List<Long>> published = published();
        assertThat(published).hasSize(5);
        published.forEach((stream, versions) -> assertThat(versions).isEqualTo(versions(4)));
    }
}
