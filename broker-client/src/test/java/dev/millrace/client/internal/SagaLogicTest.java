package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Codec;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RejectedException;
import dev.millrace.client.Saga.Status;
import dev.millrace.client.SagaInstances.Output;
import dev.millrace.core.record.EventHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** An order is reserved, charged and shipped, or all of that is undone. */
class SagaLogicTest {
    private static final int ATTEMPTS = 3;
    private static final long BACKOFF_MS = 100;
    private static final long PATIENCE_MS = 10_000;

    /** How often releasing the stock fails before it works. */
    private int releasesThatFail;

    private final SagaWorld world = new SagaWorld(orderSaga(), null);

    private SagaDefinition<String> orderSaga() {
        List<SagaDefinition.Route<String>> routes = List.of(
                route("orders", SagaDefinition.Kind.STARTS, (step, event) -> {
                    if (event.valueText().equals("test order")) {
                        return;
                    }
                    step.state("reserving")
                            .publish(Message.to("stock").key(step.key()).value("reserve"));
                    step.compensateWith("release", "stock of " + step.key()).timeout("reserved", PATIENCE);
                }),
                route("reserved", SagaDefinition.Kind.RUNNING, (step, event) -> {
                    step.cancelTimeout("reserved").state("charging");
                    step.publish(Message.to("bank").key(step.key()).value("charge"));
                    step.compensateWith("refund", "charge of " + step.key()).timeout("charged", PATIENCE);
                }),
                route("charged", SagaDefinition.Kind.RUNNING, (step, event) -> {
                    if (event.valueText().equals("in beans")) {
                        step.publish(Message.to("bank").key(step.key()).value("count"))
                                .timeout("beans", PATIENCE);
                    } else if (event.valueText().equals("declined")) {
                        step.fail("declined");
                    } else {
                        step.state("shipped")
                                .publish(Message.to("depot").key(step.key()).value("ship"));
                        step.complete();
                    }
                }),
                route("refunds", SagaDefinition.Kind.FAILED, (step, event) -> {
                    if (event.valueText().equals("done")) {
                        step.compensated("refund");
                    } else {
                        step.compensationFailed("refund", event.valueText());
                    }
                }),
                route("gifts", SagaDefinition.Kind.FAILED, (step, event) -> step.compensateWith("takeBack", "gift")));
        return new SagaDefinition<>(
                "order",
                Codec.string(),
                routes,
                Map.of(
                        "reserved", step -> step.fail("no stock in time"),
                        "charged", step -> step.fail("not charged in time")),
                Map.of(
                        "release",
                        step -> {
                            step.publish(Message.to("stock").key(step.key()).value("release " + step.argument()));
                            if (releasesThatFail-- > 0) {
                                throw new IllegalStateException("the warehouse is closed");
                            }
                        },
                        "refund",
                        step -> {
                            step.publish(Message.to("bank").key(step.key()).value("refund " + step.attempt()));
                            step.await(PATIENCE);
                        },
                        "takeBack",
                        step -> step.publish(Message.to("gift").key(step.key()).value("back"))),
                new SagaRetries(ATTEMPTS, Duration.ofMillis(BACKOFF_MS)));
    }

    private static final Duration PATIENCE = Duration.ofMillis(PATIENCE_MS);

    private static SagaDefinition.Route<String> route(
            String topic, SagaDefinition.Kind kind, dev.millrace.client.Saga.Handler<String> handler) {
        return new SagaDefinition.Route<>(topic, kind, ReceivedMessage::keyText, handler);
    }

    // ---- ids, and what comes twice

    @Test
    void theSameInputGivesTheSameIdsInEveryProcess() {
        ReceivedMessage order = world.received(Message.to("orders").key("o-1").value("a book"));
        SagaWorld other = new SagaWorld(orderSaga(), null);
        SagaDecision here = world.decide(world.instance("o-1"), order);
        SagaDecision there = other.decide(other.instance("o-1"), order);
        assertThat(ids(here)).hasSize(2).doesNotHaveDuplicates().isEqualTo(ids(there));
        assertThat(here.after().encode()).isEqualTo(there.after().encode());
        // What was written by an earlier release must be met by a later one.
        assertThat(SagaIds.output("orders/0@0", "order", "o-1", 0))
                .isEqualTo(UUID.fromString("5c0ab8aa-f244-5f9e-9a09-d08a0d761d09"));
        assertThat(SagaIds.output("orders/0@0", "order", "o-1", 0).version()).isEqualTo(5);
        assertThat(SagaIds.output("orders/0@0", "order", "o-1", 0).variant()).isEqualTo(2);
    }

    private static List<UUID> ids(SagaDecision decision) {
        return decision.messages().stream()
                .map(message -> EventHeaders.idOf(EventHeaders.find(message.headers(), EventHeaders.ID)))
                .toList();
    }

    @Test
    void anotherInputInstanceSagaOrOrdinalGivesAnotherId() {
        Set<UUID> ids = new HashSet<>();
        ids.add(SagaIds.output("a", "s", "k", 0));
        ids.add(SagaIds.output("b", "s", "k", 0));
        ids.add(SagaIds.output("a", "t", "k", 0));
        ids.add(SagaIds.output("a", "s", "l", 0));
        ids.add(SagaIds.output("a", "s", "k", 1));
        ids.add(SagaIds.output("as", "", "k", 0));
        ids.add(SagaIds.output("", "as", "k", 0));
        assertThat(ids).hasSize(7);
    }

    @Test
    void anEventThatComesAgainChangesNothing() {
        ReceivedMessage order = world.send("orders", "o-1", "a book");
        world.deliver(order);
        ReceivedMessage reserved = world.send("reserved", "o-1", "yes");
        world.deliver(order);
        world.deliver(reserved);
        assertThat(world.values("stock", "o-1")).containsExactly("reserve");
        assertThat(world.values("bank", "o-1")).containsExactly("charge");
        assertThat(world.instance("o-1").version()).isEqualTo(1);
    }

    @Test
    void ofTwoThatDecideAtOnceOneIsRefusedAsAWhole() {
        world.send("orders", "o-1", "a book");
        SagaInstance<String> seenByBoth = world.instance("o-1");
        ReceivedMessage reserved =
                world.received(Message.to("reserved").key("o-1").value("yes"));
        assertThat(world.commit(world.decide(seenByBoth, reserved))).isTrue();
        assertThat(world.commit(world.decide(seenByBoth, reserved))).isFalse();
        assertThat(world.values("bank", "o-1")).containsExactly("charge");
    }

    @Test
    void whatASagaPublishesTellsWhereItComesFrom() {
        ReceivedMessage order = world.send("orders", "o-1", "a book");
        ReceivedMessage command = world.published.get(0);
        assertThat(command.id())
                .isEqualTo(SagaIds.output(order.id(), "order", "o-1", 0).toString());
        assertThat(command.header(EventHeaders.CORRELATION)).isEqualTo("o-1");
        assertThat(command.header(EventHeaders.CAUSATION)).isEqualTo(order.id());
    }

    // ---- beginning and ending

    @Test
    void endsCompletedAndNothingWaits() {
        world.send("orders", "o-1", "a book");
        world.send("reserved", "o-1", "yes");
        world.send("charged", "o-1", "yes");
        assertThat(world.status("o-1")).isEqualTo(Status.COMPLETED);
        assertThat(world.instance("o-1").state()).isEqualTo("shipped");
        assertThat(world.timersWaiting()).isZero();
        world.advanceMs(10 * PATIENCE_MS);
        world.send("charged", "o-1", "declined");
        assertThat(world.status("o-1")).isEqualTo(Status.COMPLETED);
        assertThat(world.told).isEmpty();
    }

    @Test
    void whatNobodyBeganIsPassedOver() {
        world.send("charged", "o-9", "yes");
        world.send("orders", "o-8", "test order");
        assertThat(world.instances()).isEmpty();
        assertThat(world.published).isEmpty();
    }

    // ---- time-outs

    @Test
    void aTimeoutIsCancelledByTheStepThatItWaitedFor() {
        world.send("orders", "o-1", "a book");
        assertThat(world.instance("o-1").progress().timeouts()).containsOnlyKeys("reserved");
        world.advanceMs(PATIENCE_MS - 1);
        world.send("reserved", "o-1", "yes");
        assertThat(world.instance("o-1").progress().timeouts()).containsOnlyKeys("charged");
        assertThat(world.timersWaiting()).isEqualTo(1);
        world.advanceMs(PATIENCE_MS - 1);
        assertThat(world.status("o-1")).isEqualTo(Status.RUNNING);
    }

    @Test
    void aTimeoutThatWasOnItsWayWhenItWasCancelledChangesNothing() {
        world.send("orders", "o-1", "a book");
        UUID id = world.instance("o-1").progress().timeouts().get("reserved");
        world.send("reserved", "o-1", "yes");
        ReceivedMessage late = world.received(Message.to(world.saga.timeoutTopic())
                .key("o-1")
                .header(EventHeaders.id(id).key(), EventHeaders.id(id).value())
                .header(SagaStep.TIMEOUT_HEADER, "reserved"));
        world.deliver(late);
        assertThat(world.status("o-1")).isEqualTo(Status.RUNNING);
    }

    @Test
    void aTimeoutThatIsOverFailsTheInstanceOnce() {
        world.send("orders", "o-1", "a book");
        world.advanceMs(PATIENCE_MS);
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
        assertThat(world.instance("o-1").progress().reason()).isEqualTo("no stock in time");
        world.deliver(world.told.get(0));
        assertThat(world.values("stock", "o-1")).containsExactly("reserve", "release stock of o-1");
    }

    // ---- undoing

    private void failAfterTheCharge() {
        world.send("orders", "o-1", "a book");
        world.send("reserved", "o-1", "yes");
        world.send("charged", "o-1", "declined");
    }

    @Test
    void undoesInReverseOrderAndTheNextOnlyWhenTheOneBeforeIsDone() {
        failAfterTheCharge();
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATING);
        assertThat(world.values("bank", "o-1")).containsExactly("charge", "refund 0");
        assertThat(world.values("stock", "o-1")).containsExactly("reserve");
        world.send("refunds", "o-1", "done");
        assertThat(world.values("stock", "o-1")).containsExactly("reserve", "release stock of o-1");
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
        assertThat(world.timersWaiting()).isZero();
        world.told.forEach(world::deliver);
        assertThat(world.published).hasSize(4);
    }

    @Test
    void anAnswerThatComesLateOrTwiceChangesNothing() {
        failAfterTheCharge();
        world.send("refunds", "o-1", "the bank is closed");
        world.send("refunds", "o-1", "done");
        assertThat(world.instance("o-1").progress().attempt()).isEqualTo(1);
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATING);
        world.advanceMs(BACKOFF_MS);
        world.send("refunds", "o-1", "done");
        world.send("refunds", "o-1", "done");
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
        assertThat(world.failures).isEmpty();
    }

    @Test
    void aCompensationThatFailsIsTriedAgainAfterPausesThatDouble() {
        releasesThatFail = 2;
        failAfterTheCharge();
        world.send("refunds", "o-1", "done");
        assertThat(world.nextTimerMs()).isEqualTo(BACKOFF_MS);
        world.advanceMs(BACKOFF_MS);
        assertThat(world.instance("o-1").progress().attempt()).isEqualTo(2);
        assertThat(world.instance("o-1").progress().lastFailure()).contains("the warehouse is closed");
        assertThat(world.nextTimerMs()).isEqualTo(2 * BACKOFF_MS);
        // What an attempt published before it failed never was.
        assertThat(world.values("stock", "o-1")).containsExactly("reserve");
        world.advanceMs(2 * BACKOFF_MS);
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
        assertThat(world.values("stock", "o-1")).containsExactly("reserve", "release stock of o-1");
    }

    @Test
    void aCompensationThatFailsTooOftenIsParkedAndNeverSkipped() {
        releasesThatFail = ATTEMPTS;
        failAfterTheCharge();
        world.send("refunds", "o-1", "done");
        world.advanceMs(100 * BACKOFF_MS);
        assertThat(world.status("o-1")).isEqualTo(Status.PARKED);
        assertThat(world.deadLetters).hasSize(1);
        assertThat(world.failures.get(0))
                .isEqualTo("compensation release of instance o-1 of saga order failed 3 times, at last with:"
                        + " java.lang.IllegalStateException: the warehouse is closed");
        world.advanceMs(PATIENCE_MS);
        assertThat(world.status("o-1")).isEqualTo(Status.PARKED);
        world.replayDeadLetters();
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
        assertThat(world.deadLetters).isEmpty();
    }

    @Test
    void aReplayedCompensationHasAllItsAttemptsAgain() {
        releasesThatFail = 2 * ATTEMPTS - 1;
        failAfterTheCharge();
        world.send("refunds", "o-1", "done");
        world.advanceMs(100 * BACKOFF_MS);
        world.replayDeadLetters();
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATING);
        world.advanceMs(100 * BACKOFF_MS);
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
    }

    @Test
    void anAnswerThatSaysItFailedOrNoneInTimeIsAFailedAttempt() {
        failAfterTheCharge();
        world.send("refunds", "o-1", "the bank is closed");
        assertThat(world.instance("o-1").progress().lastFailure()).isEqualTo("the bank is closed");
        world.advanceMs(BACKOFF_MS);
        assertThat(world.values("bank", "o-1")).containsExactly("charge", "refund 0", "refund 1");
        world.advanceMs(PATIENCE_MS);
        assertThat(world.instance("o-1").progress().lastFailure()).isEqualTo("no answer in time");
        assertThat(world.instance("o-1").progress().attempt()).isEqualTo(2);
        world.advanceMs(2 * BACKOFF_MS);
        world.send("refunds", "o-1", "done");
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
    }

    @Test
    void whatComesToLightAfterTheFailureIsUndoneToo() {
        world.send("orders", "o-1", "a book");
        world.advanceMs(PATIENCE_MS);
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
        world.send("gifts", "o-1", "sent");
        assertThat(world.status("o-1")).isEqualTo(Status.COMPENSATED);
        assertThat(world.values("gift", "o-1")).containsExactly("back");
        assertThat(world.deadLetters).isEmpty();
    }

    // ---- bad input

    @Test
    void aHandlerThatThrowsChangesNothing() {
        world.send("orders", "o-1", "a book");
        world.send("charged", "o-1", "in beans");
        assertThat(world.failures)
                .containsExactly("saga order has no time-out \"beans\"; say what it does with onTimeout(\"beans\", ..)"
                        + " before start");
        assertThat(world.instance("o-1").version()).isZero();
        assertThat(world.values("bank", "o-1")).isEmpty();
        assertThat(world.deadLetters).hasSize(1);
    }

    @Test
    void aKeyThatIsTooLongAndAnInstanceThatNeverEndsAreRejected() {
        String longKey = "k".repeat(901);
        assertThatThrownBy(() -> world.send("orders", longKey, "a book"))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("1 to 900 bytes")
                .hasMessageContaining("has 901");
        assertThatThrownBy(() -> world.send("orders", "", "a book")).isInstanceOf(RejectedException.class);
        for (int i = 0; i < SagaLogic.stepsMax(); i++) {
            world.send("orders", "o-1", "a book");
        }
        assertThat(world.failures).isEmpty();
        world.send("orders", "o-1", "a book");
        assertThat(world.failures).hasSize(1);
        assertThat(world.failures.get(0)).contains("took 1000 steps");
    }

    @Test
    void progressReadsBackAndForeignBytesAreRefused() {
        UUID id = new UUID(1, 2);
        SagaProgress progress = new SagaProgress(
                Status.PARKED,
                Map.of("a", id, "b", id),
                List.of(new SagaProgress.Undo(0, "x", ""), new SagaProgress.Undo(4, "y", "z")),
                5,
                4,
                3,
                6,
                true,
                "why",
                null,
                List.of(new Output("t", id)));
        assertThat(SagaProgress.decode("here", progress.encode())).isEqualTo(progress);
        assertThatThrownBy(() -> SagaProgress.decode("t/0@7 version 3", null))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("t/0@7 version 3 is no step of a saga")
                .hasMessageContaining("is missing");
        assertThatThrownBy(() -> SagaProgress.decode("there", new byte[] {9, 0}))
                .hasMessageContaining("has format 9");
    }

    // ---- anything in any order

    @Test
    void everyInstanceEndsCompletedOrUndoneWhateverComesTwiceLateOrNever() {
        String given = System.getProperty("seed", "");
        long first = given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
        int runs = given.isEmpty() ? 300 : 1;
        for (long seed = first; seed < first + runs; seed++) {
            runAtRandom(seed);
        }
    }

    private void runAtRandom(long seed) {
        Random random = new Random(seed);
        releasesThatFail = random.nextInt(12);
        SagaWorld any = new SagaWorld(orderSaga(), random);
        List<ReceivedMessage> before = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String key = "o-" + random.nextInt(5);
            switch (random.nextInt(6)) {
                case 0 -> before.add(any.send("orders", key, "a book"));
                case 1 -> before.add(any.send("reserved", key, "yes"));
                case 2 -> before.add(any.send("charged", key, random.nextBoolean() ? "yes" : "declined"));
                case 3 -> any.advanceMs(random.nextInt((int) PATIENCE_MS));
                case 4 -> any.replayDeadLetters();
                default -> {
                    if (!before.isEmpty()) {
                        any.deliver(before.get(random.nextInt(before.size())));
                    }
                }
            }
        }
        settle(any);
        for (String key : any.instances()) {
            String what = "seed " + seed + ", " + any.instance(key) + " " + any.published;
            Status status = any.status(key);
            assertThat(status.ended()).as(what + status).isTrue();
            long reserved =
                    any.values("stock", key).stream().filter("reserve"::equals).count();
            long released = any.values("stock", key).size() - reserved;
            long charged =
                    any.values("bank", key).stream().filter("charge"::equals).count();
            boolean completed = status == Status.COMPLETED;
            assertThat(released).as(what).isEqualTo(completed ? 0 : reserved);
            assertThat(any.values("depot", key)).as(what).hasSize(completed ? 1 : 0);
            if (!completed && charged > 0) {
                assertThat(any.values("bank", key)).as(what).contains("refund 0");
            }
        }
        assertThat(any.published.stream().map(ReceivedMessage::id))
                .as("seed " + seed)
                .doesNotHaveDuplicates();
    }

    /** The bank answers, the operator replays, until all is over. */
    private static void settle(SagaWorld any) {
        for (int i = 0; i < 50; i++) {
            any.advanceMs(2 * PATIENCE_MS / 3);
            for (String key : any.instances()) {
                if (any.instance(key).progress().awaiting()) {
                    any.send("refunds", key, i % 3 == 0 ? "not now" : "done");
                }
            }
            any.replayDeadLetters();
        }
    }
}
