package dev.millrace.server.testing;

import static dev.millrace.server.testing.ProjectionWorld.LONG;
import static dev.millrace.server.testing.ProjectionWorld.TOPIC;
import static dev.millrace.server.testing.ProjectionWorld.awaitCaughtUp;
import static dev.millrace.server.testing.ProjectionWorld.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.Projection.State;
import dev.millrace.client.ProjectionStoppedException;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.jdbc.ProjectionTables;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Projections into a real database, with their checkpoints beside the read model. */
@Timeout(120)
class ProjectionDatabaseTest {
    @TempDir
    private Path directory;

    private ProjectionWorld world;

    @BeforeEach
    void open() throws SQLException {
        world = new ProjectionWorld(directory);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static List<Long> versions(int count) {
        return LongStream.range(0, count).boxed().toList();
    }

    private void assertEachOnceAndInOrder(int streams, int events) throws SQLException {
        Map<String, List<Long>> effects = world.effects();
        assertThat(effects).hasSize(streams);
        effects.forEach((stream, versions) -> assertThat(versions).as(stream).isEqualTo(versions(events)));
    }

    @Test
    void eachEventHasItsEffectOnceAndInTheOrderOfItsKey() throws Exception {
        world.appendMany(20, 5);
        try (Projection projection = world.projection().concurrency(8).start(world.tables, ProjectionWorld::note)) {
            awaitCaughtUp(projection);
            assertThat(projection.state()).isEqualTo(State.LIVE);
            world.appendMany(20, 5);
            assertThat(projection.await(world.append("last"), LONG)).isTrue();
            awaitThat(projection::isCaughtUp);
        }
        Map<String, List<Long>> effects = world.effects();
        assertThat(effects.remove("last")).containsExactly(0L);
        assertThat(effects).hasSize(20);
        effects.forEach((stream, versions) -> assertThat(versions).as(stream).isEqualTo(versions(10)));
    }

    @Test
    void aRestartGoesOnWhereItEnded() throws Exception {
        for (int round = 1; round <= 3; round++) {
            world.appendMany(10, 4);
            try (Projection projection =
                    world.projection().concurrency(round).start(world.tables, ProjectionWorld::note)) {
                awaitCaughtUp(projection);
            }
            assertEachOnceAndInOrder(10, 4 * round);
        }
    }

    /** The handlers of the other keys are far ahead when one ends the projection. */
    @Test
    void whatOtherKeysHadDoneIsNotDoneAgainAfterAFailure() throws Exception {
        Position poison = world.append("poison");
        world.appendMany(30, 3);
        AtomicInteger others = new AtomicInteger();
        try (Projection projection = world.projection().concurrency(16).start(world.tables, (connection, event) -> {
            if (event.keyText().equals("poison")) {
                awaitThat(() -> others.get() >= 20);
                throw new IllegalStateException("cannot");
            }
            ProjectionWorld.note(connection, event);
            others.incrementAndGet();
        })) {
            assertThatThrownBy(() -> projection.finished().get(60, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(ProjectionStoppedException.class)
                    .hasMessageContaining("totals.v1 stopped at " + poison)
                    .hasMessageContaining("key \"poison\", version 0, after 1 attempt")
                    .hasMessageContaining("cannot");
            assertThat(projection.state()).isEqualTo(State.FAILED);
        }
        assertThat(world.effects()).hasSizeGreaterThan(5).doesNotContainKey("poison");
        try (Projection projection = world.projection().concurrency(3).start(world.tables, ProjectionWorld::note)) {
            awaitCaughtUp(projection);
        }
        Map<String, List<Long>> effects = world.effects();
        assertThat(effects.remove("poison")).containsExactly(0L);
        assertThat(effects).hasSize(30);
        effects.forEach((stream, versions) -> assertThat(versions).as(stream).isEqualTo(versions(3)));
    }

    @Test
    void whatAHandlerWroteBeforeItFailedIsTakenBack() throws Exception {
        world.append("a");
        AtomicInteger attempts = new AtomicInteger();
        try (Projection projection = world.projection()
                .retries(2, Duration.ofMillis(1))
                .start(world.tables, (connection, event) -> {
                    ProjectionWorld.note(connection, event);
                    if (attempts.incrementAndGet() < 3) {
                        throw new IllegalStateException("not yet");
                    }
                })) {
            awaitCaughtUp(projection);
        }
        assertThat(attempts).hasValue(3);
        assertThat(world.effects()).isEqualTo(Map.of("a", List.of(0L)));
    }

    // ---- parking

    private Projection parking(AtomicBoolean broken) {
        return world.projection().concurrency(4).parkKeys().start(world.tables, (connection, event) -> {
            if (event.keyText().equals("poison") && event.version() == 1 && broken.get()) {
                throw new IllegalStateException("cannot");
            }
            ProjectionWorld.note(connection, event);
        });
    }

    @Test
    void aPoisonEventParksItsKeyInOrderAndTheOthersGoOn() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        world.appendMany(3, 2);
        for (int i = 0; i < 4; i++) {
            world.append("poison");
        }
        try (Projection projection = parking(broken)) {
            awaitCaughtUp(projection);
            assertThat(world.effects().get("poison")).containsExactly(0L);
            assertThat(world.effects()).hasSize(4);
            assertThat(projection.parked()).extracting(ParkedEvent::keyText).containsOnly("poison");
            assertThat(projection.parked()).extracting(ParkedEvent::attempts).containsExactly(1, 0, 0);
            assertThat(projection.parked().get(0).error()).contains("IllegalStateException: cannot");
        }
        try (Projection projection = parking(broken)) {
            assertThat(projection.parked()).hasSize(3);
            assertThat(projection.await(world.append("poison"), LONG)).isTrue();
            assertThat(projection.parked())
                    .as("the key is parked after a restart, too")
                    .hasSize(4);

            Projection.Retried again = projection.retryParked("poison");
            assertThat(again.handled()).isZero();
            assertThat(again.failure()).contains("cannot");
            assertThat(projection.parked()).hasSize(4);

            broken.set(false);
            assertThat(projection.retryParked()).isEqualTo(new Projection.Retried(4, null));
            assertThat(projection.parked()).isEmpty();
            assertThat(projection.await(world.append("poison"), LONG)).isTrue();
            assertThat(world.effects().get("poison")).isEqualTo(versions(6));
        }
        try (Projection projection = parking(broken)) {
            awaitCaughtUp(projection);
            assertThat(projection.parked()).isEmpty();
        }
        assertThat(world.effects().get("poison")).isEqualTo(versions(6));
    }

    @Test
    void aParkedEventThatIsDiscardedIsNeverHandledAndItsKeyGoesOn() throws Exception {
        world.append("poison");
        Position poison = world.append("poison");
        try (Projection projection = parking(new AtomicBoolean(true))) {
            awaitCaughtUp(projection);
            assertThat(projection.discardParked(new Position(TOPIC, poison.partition(), 4711)))
                    .isFalse();
            assertThat(projection.discardParked(poison)).isTrue();
            assertThat(projection.await(world.append("poison"), LONG)).isTrue();
        }
        assertThat(world.effects().get("poison")).containsExactly(0L, 2L);
    }

    // ---- two instances

    @Test
    void anInstanceThatIsTakenOverHasNoMoreEffect() throws Exception {
        AtomicBoolean holds = new AtomicBoolean();
        CountDownLatch held = new CountDownLatch(1);
        // Holds the handler's thread up before its transaction: until the other has taken over.
        ProjectionTables slowTables = ProjectionTables.in(ProjectionWorld.flaky(world.database, () -> {
            if (holds.get() && Thread.currentThread().getName().contains("-handler-")) {
                held.countDown();
                awaitThat(() -> !holds.get());
            }
            return false;
        }));
        try (MillraceClient elsewhere = world.connect();
                Projection slow = elsewhere
                        .projections()
                        .named("totals")
                        .topics(TOPIC)
                        .start(slowTables, ProjectionWorld::note)) {
            awaitCaughtUp(slow);
            holds.set(true);
            Position position = world.append("a");
            assertThat(held.await(60, TimeUnit.SECONDS)).isTrue();
            try (Projection second = world.projection().start(world.tables, (connection, event) -> {
                if (!holds.get()) ProjectionWorld.note(connection, event);
            })) {
                assertThat(second.await(position, LONG)).isTrue();
                holds.set(false);
                assertThatThrownBy(() -> slow.finished().get(60, TimeUnit.SECONDS))
                        .cause()
                        .isInstanceOf(MillraceException.class)
                        .hasMessageContaining("totals.v1 was taken over by another instance");
                assertThat(world.effects()).isEmpty();
                assertThat(second.await(world.append("a"), LONG)).isTrue();
                assertThat(world.effects()).isEqualTo(Map.of("a", List.of(1L)));
            }
        }
    }

    // ---- versions

    @Test
    void aNewVersionIsBuiltBesideTheLiveOneAndTakesItsPlaceInOneStep() throws Exception {
        world.appendMany(5, 3);
        AtomicInteger swapped = new AtomicInteger();
        ProjectionTables tables = world.tables.onSwap(connection -> swapped.incrementAndGet());
        Projection old = world.projection().start(world.tables, ProjectionWorld::note);
        awaitCaughtUp(old);
        assertThat(liveVersion()).isEqualTo(1);

        CountDownLatch mayBuild = new CountDownLatch(1);
        AtomicInteger built = new AtomicInteger();
        try (Projection fresh = world.projection().version(2).start(tables, (connection, event) -> {
            awaitThat(() -> mayBuild.getCount() == 0);
            built.incrementAndGet();
        })) {
            try {
                assertThat(fresh.state()).isEqualTo(State.BUILDING);
                assertThat(fresh.swap(Duration.ofMillis(50)))
                        .as("not caught up")
                        .isFalse();
                assertThat(liveVersion()).isEqualTo(1);
                assertThat(old.await(world.append("order-0"), LONG))
                        .as("the old one serves")
                        .isTrue();
            } finally {
                mayBuild.countDown();
            }
            assertThat(fresh.swap(LONG)).isTrue();
            assertThat(built).hasValue(16);
            assertThat(liveVersion()).isEqualTo(2);
            assertThat(swapped).hasValue(1);
            assertThat(fresh.state()).isEqualTo(State.LIVE);
            old.finished().get(60, TimeUnit.SECONDS);
            assertThat(old.state()).isEqualTo(State.REPLACED);

            int effects = world.effects().get("order-0").size();
            assertThat(fresh.await(world.append("order-0"), LONG)).isTrue();
            assertThat(world.effects().get("order-0"))
                    .as("the old one has ended")
                    .hasSize(effects);
            assertThat(fresh.swap(LONG)).as("swapping twice").isTrue();
        }
        assertThatThrownBy(() -> world.projection().start(world.tables, ProjectionWorld::note))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("version 1 of projection totals was replaced by version 2");
    }

    private int liveVersion() throws SQLException {
        try (Connection connection = world.database.getConnection()) {
            return world.tables.liveVersion(connection, "totals").orElseThrow();
        }
    }

    // ---- waiting and lag

    @Test
    void awaitTellsWhetherTheEventHadItsEffectInTime() throws Exception {
        CountDownLatch mayGo = new CountDownLatch(1);
        try (Projection projection = world.projection().start(world.tables, (connection, event) -> {
            awaitThat(() -> mayGo.getCount() == 0);
            ProjectionWorld.note(connection, event);
        })) {
            awaitCaughtUp(projection);
            Position first = world.append("a");
            Position second = world.append("a");
            assertThat(projection.await(second, Duration.ofMillis(50))).isFalse();
            assertThat(projection.isCaughtUp()).isFalse();
            Projection.Lag lag = projection.lag();
            assertThat(lag.events()).isEqualTo(2);
            awaitThat(() -> projection.lag().time().toMillis() > 0);
            assertThat(world.client.projections().await(projection.id(), second, Duration.ofMillis(50)))
                    .isFalse();

            mayGo.countDown();
            assertThat(projection.await(second, LONG)).isTrue();
            assertThat(world.effects().get("a")).hasSize(2);
            assertThat(projection.await(first, Duration.ZERO)).isTrue();
            assertThat(projection.lag()).isEqualTo(new Projection.Lag(0, Duration.ZERO));
            try (MillraceClient elsewhere = world.connect()) {
                assertThat(elsewhere.projections().await("totals.v1", second, LONG))
                        .isTrue();
            }
            assertThat(world.client.admin().describeGroup("totals.v1").lagMessages())
                    .isZero();
            assertThatThrownBy(() -> projection.await(new Position("payments", 0, 1), LONG))
                    .hasMessageContaining("payments/0@1");
        }
    }

    @Test
    void awaitingAProjectionThatHasStoppedFailsWithTheCause() throws Exception {
        try (Projection projection = world.projection().start(world.tables, (connection, event) -> {
            throw new IllegalStateException("cannot");
        })) {
            CompletableFuture<Boolean> waiting =
                    CompletableFuture.supplyAsync(() -> projection.await(new Position(TOPIC, 0, 100), LONG));
            world.append("a");
            assertThatThrownBy(waiting::get).rootCause().hasMessageContaining("cannot");
        }
    }

    // ---- faults

    @Test
    void aDatabaseThatIsAwayIsWaitedForAndNoEventIsToBlame() throws Exception {
        AtomicBoolean away = new AtomicBoolean();
        ProjectionTables tables = ProjectionTables.in(ProjectionWorld.flaky(world.database, away::get));
        try (Projection projection = world.projection().parkKeys().start(tables, ProjectionWorld::note)) {
            awaitCaughtUp(projection);
            away.set(true);
            Position position = world.append("a");
            assertThat(projection.await(position, Duration.ofMillis(300))).isFalse();
            assertThat(projection.finished()).isNotDone();
            away.set(false);
            assertThat(projection.await(position, LONG)).isTrue();
            assertThat(projection.parked()).isEmpty();
        }
        assertThat(world.effects()).isEqualTo(Map.of("a", List.of(0L)));
    }

    @Test
    void aBrokerThatRestartsIsWaitedFor() throws Exception {
        world.appendMany(5, 2);
        try (Projection projection = world.projection().concurrency(2).start(world.tables, ProjectionWorld::note)) {
            awaitCaughtUp(projection);
            world.millrace.restart();
            world.appendMany(5, 2);
            awaitThat(() -> projection.lag().events() == 0);
        }
        assertEachOnceAndInOrder(5, 4);
    }

    @Test
    void eventsThatAreGoneStopItInsteadOfBeingLeftOut() throws Exception {
        Position last = null;
        for (int i = 0; i < 5; i++) {
            last = world.append("a");
        }
        Position end = last;
        try (Projection projection = world.projection().start(world.tables, (connection, event) -> {
            if (event.version() == 2) throw new IllegalStateException("cannot");
        })) {
            assertThatThrownBy(() -> projection.finished().get(60, TimeUnit.SECONDS))
                    .isNotNull();
        }
        world.client.admin().deleteBefore(end.topicPartition(), end.offset());
        try (Projection projection = world.projection().start(world.tables, ProjectionWorld::note)) {
            assertThatThrownBy(() -> projection.finished().get(60, TimeUnit.SECONDS))
                    .cause()
                    .hasMessageContaining("POSITION_GONE")
                    .hasMessageContaining("build it anew as version 2");
        }
        assertThat(world.effects()).isEmpty();
    }

    @Test
    void theCauseOfAStartThatFailsIsTold() {
        ProjectionTables elsewhere = world.tables.named("not_there");
        assertThatThrownBy(() -> world.projection().start(elsewhere, ProjectionWorld::note))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("NOT_THERE");
        assertThatThrownBy(() -> world.tables.named("x; DROP TABLE effect"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> world.client.projections().named("a b")).hasMessageContaining("name is a b");
        assertThatThrownBy(() -> world.projection().concurrency(17)).hasMessageContaining("1 to 16");
    }

    @Test
    void aForgottenVersionBeginsAnew() throws Exception {
        world.appendMany(2, 2);
        for (int i = 0; i < 2; i++) {
            try (Projection projection = world.projection().start(world.tables, ProjectionWorld::note)) {
                awaitCaughtUp(projection);
            }
            try (Connection connection = world.database.getConnection()) {
                world.tables.forget(connection, "totals", 1);
            }
        }
        assertThat(world.effects().get("order-0")).containsExactly(0L, 1L, 0L, 1L);
    }

    @Test
    void versionsSayWhatIsNewAndWhatIsMissing() {
        StoredEvent event = new StoredEvent(TOPIC, 0, 0, new byte[] {'a'}, 3, 0, null, List.of());
        assertThat(event.isAfter(3)).isFalse();
        assertThat(event.isAfter(2)).isTrue();
        assertThat(event.isAfter(-1)).isTrue();
        assertThatThrownBy(() -> event.isAfter(1)).hasMessageContaining("1 events are missing");
        StoredEvent plain = new StoredEvent(TOPIC, 0, 0, new byte[] {'a'}, -1, 0, null, List.of());
        assertThatThrownBy(() -> plain.isAfter(-1)).hasMessageContaining("has no streams");
    }
}
