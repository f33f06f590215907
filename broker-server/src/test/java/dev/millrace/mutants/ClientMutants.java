package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;
import static dev.millrace.mutants.SourceModule.CLIENT;

import java.util.List;
import java.util.stream.Stream;

/** The defects of the client's patterns that the tests must catch: sagas, projections, inbox, outbox, traces. */
final class ClientMutants {
    private static final String IN_ORDER = "to contain exactly \\(and in same order\\)";
    private static final String VERSIONS = "expected:\\s+\\[0L";

    private ClientMutants() {}

    static List<Mutant> all() {
        return Stream.of(
                        sagaSteps(),
                        sagaRuns(),
                        projections(),
                        checkpoints(),
                        subscriptions(),
                        deliveries(),
                        messages(),
                        spans())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> sagaSteps() {
        String step = "internal/SagaStep";
        String tests = "client.internal.SagaLogicTest#";
        return List.of(
                that("gives what a saga publishes another id at every try")
                        .in(CLIENT, step)
                        .replacing("SagaIds.output(inputId, saga.name(), key(), published++)", "UUID.randomUUID()")
                        .isCaughtBy(tests + "theSameInputGivesTheSameIdsInEveryProcess", "expected:\\s+\\["),
                that("compensates a saga's steps in the order in which they were taken")
                        .in(CLIENT, step)
                        .replacing("undo.get(undo.size() - 1).serial()", "undo.get(0).serial()")
                        .isCaughtBy(tests + "undoesInReverseOrderAndTheNextOnlyWhenTheOneBeforeIsDone", IN_ORDER),
                that("leaves a saga's time-out running when its answer has come")
                        .in(CLIENT, step)
                        .replacing("cancelledTimers.add(timerKey(name));", "")
                        .isCaughtBy(tests + "aTimeoutIsCancelledByTheStepThatItWaitedFor", "expected: 1"),
                that("lets a saga's compensation go on before the one before it is answered")
                        .in(CLIENT, step)
                        .replacing(
                                "if (!awaiting) {\n            undone();",
                                "if (!awaiting || awaiting) {\n            undone();")
                        .isCaughtBy(
                                tests + "undoesInReverseOrderAndTheNextOnlyWhenTheOneBeforeIsDone",
                                "expected: COMPENSATING"),
                that("gives a saga's compensation no more attempts when an operator replays it")
                        .in(CLIENT, step)
                        .replacing("attemptsEnd = attempt + saga.retries().attempts();", "")
                        .isCaughtBy(tests + "aReplayedCompensationHasAllItsAttemptsAgain", "expected: COMPENSATING"));
    }

    private static List<Mutant> sagaRuns() {
        String logic = "internal/SagaLogic";
        String tests = "client.internal.SagaLogicTest#";
        return List.of(
                that("passes over a saga's compensation that failed too often")
                        .in(CLIENT, logic)
                        .replacing("step.parked();", "step.undone();")
                        .isCaughtBy(
                                tests + "aCompensationThatFailsTooOftenIsParkedAndNeverSkipped", "expected: PARKED"),
                that("swallows that a saga's compensation is parked")
                        .in(CLIENT, logic)
                        .replacing(
                                "if (after.status() != Status.PARKED || !decision.cause().startsWith(\"compensation \")) {",
                                "if (after != null) {")
                        .isCaughtBy(
                                tests + "aCompensationThatFailsTooOftenIsParkedAndNeverSkipped", "Expected size: 1"),
                that("takes a saga's step twice for an event that comes twice")
                        .in(CLIENT, logic)
                        .replacing("if (before.inputs().contains(message.id())) {", "if (message.id().isEmpty()) {")
                        .isCaughtBy(tests + "anEventThatComesAgainChangesNothing", IN_ORDER),
                that("takes a saga's time-out that was cancelled for one that is over")
                        .in(CLIENT, logic)
                        .replacing(
                                "if (waiting == null || !waiting.toString().equals(message.id())) {",
                                "if (name == null) {")
                        .isCaughtBy(
                                tests + "aTimeoutThatWasOnItsWayWhenItWasCancelledChangesNothing", "expected: RUNNING"),
                that("publishes what a saga's compensation said before it failed")
                        .in(CLIENT, logic)
                        .replacing("SagaStep<S> failed = stepOf(before, message);", "SagaStep<S> failed = step;")
                        .isCaughtBy(tests + "aCompensationThatFailsIsTriedAgainAfterPausesThatDouble", IN_ORDER),
                that("commits a saga's step on an instance that has moved on")
                        .in(CLIENT, "internal/SagaRunner")
                        .replacing("Expected.version(decision.version())", "Expected.any()")
                        .isCaughtBy(
                                "server.testing.SagaEndToEndTest#aStepOnAnInstanceThatHasMovedOnIsDecidedAnew",
                                "to have value"));
    }

    private static List<Mutant> projections() {
        String database = "server.testing.ProjectionDatabaseTest#";
        return List.of(
                that("commits a projection's checkpoint before its effect")
                        .in(CLIENT, "jdbc/TableSession")
                        .replacing("work.run(connection);", "connection.commit();\n            work.run(connection);")
                        .isCaughtBy(database + "whatAHandlerWroteBeforeItFailedIsTakenBack", "to have value"),
                that("hands an event of a key that a projection has parked to its handler")
                        .in(CLIENT, "internal/ParkedKeys")
                        .replacing("return isParked(event) ? add(event, null, 0) : null;", "return null;")
                        .isCaughtBy(database + "aPoisonEventParksItsKeyInOrderAndTheOthersGoOn", IN_ORDER),
                that("forgets at a restart which keys a projection has parked")
                        .in(CLIENT, "internal/DatabaseMode")
                        .replacing("run.parked.load(session.parked());", "")
                        .isCaughtBy(database + "aPoisonEventParksItsKeyInOrderAndTheOthersGoOn", "Expected size: 3"),
                that("hands events to a projection again that keys ahead of others had done")
                        .in(CLIENT, "internal/DatabaseMode")
                        .replacing("return task.event.offset() < positions.get(laneOf(task));", "return false;")
                        .isCaughtBy(database + "whatOtherKeysHadDoneIsNotDoneAgainAfterAFailure", VERSIONS),
                that("swaps a version of a projection in before it has caught up")
                        .in(CLIENT, "internal/ProjectionRunner")
                        .replacing(
                                "if (!awaitPassed(source.ends(), deadlineNanos)) {\n            return false;\n        }",
                                "")
                        .isCaughtBy(
                                database + "aNewVersionIsBuiltBesideTheLiveOneAndTakesItsPlaceInOneStep",
                                "not caught up|has ended|the old one serves"),
                that("takes an event for a row that has its version already")
                        .in(CLIENT, "StoredEvent")
                        .replacing("return version > knownVersion;", "return true;")
                        .isCaughtBy(
                                "server.testing.ProjectionInBrokerTest#eventsSinceTheLastCheckpointComeAgainAndTheirVersionTells",
                                "each had its effect once"));
    }

    private static List<Mutant> checkpoints() {
        String tests = "server.testing.ProjectionInBrokerTest#";
        return List.of(
                that("passes an event that a projection has not finished")
                        .in(CLIENT, "internal/ProjectionTrack")
                        .replacing(
                                "return inHand.isEmpty() ? handedOutTo : inHand.peek().event.offset();",
                                "return handedOutTo;")
                        .isCaughtBy(
                                "client.internal.ProjectionTrackTest#whatIsPassedEndsAtTheFirstUnfinishedEvent",
                                "expected: 10L"),
                that("commits what a projection publishes without its checkpoint")
                        .in(CLIENT, "internal/AtomicMode")
                        .replacing(
                                "transaction.sendOffsets(run.options.id(), Map.of(track.partition, nextOffset));", "")
                        .isCaughtBy(
                                tests + "outputsAreThereOnceAndInTheOrderOfTheirKeyThoughTheProjectionRestarts",
                                VERSIONS),
                that("takes lost checkpoints of a projection for a beginning")
                        .in(CLIENT, "internal/BrokerMode")
                        .replacing(
                                "if (committed.isEmpty() && log.began()) {",
                                "if (committed.isEmpty() && name == null) {")
                        .isCaughtBy(
                                tests + "checkpointsThatAreGoneAreNotTakenForABeginning",
                                "Expecting code to raise a throwable"));
    }

    private static List<Mutant> subscriptions() {
        String runner = "internal/SubscriptionRunner";
        String tests = "client.internal.SubscriptionRunnerTest#";
        return List.of(
                that("tells a slow handler of events no checkpoint before all that were polled are handled")
                        .in(CLIENT, runner)
                        .replacing(
                                "            handledSince++;\n            tellCheckpointWhenDue();",
                                "            handledSince++;")
                        .isCaughtBy(
                                tests + "aSlowHandlerIsToldCheckpointsEverySecondWithinWhatOnePollBrought",
                                "to be less than or equal to"),
                that("forgets what was handled of a poll when a subscription is closed")
                        .in(CLIENT, runner)
                        .replacing("handled.put(message.topicPartition(), message.offset() + 1);", "")
                        .isCaughtBy(tests + "closingWithinWhatAPollBroughtTellsWhatWasHandledAndNoMore", "expected:"),
                that("counts polled events as handled when a subscription is closed")
                        .in(CLIENT, runner)
                        .replacing("handled.putAll(beforeAny(messages, polled));", "handled.putAll(polled);")
                        .isCaughtBy(tests + "aPartitionWhoseTurnHasNotComeIsInTheCheckpoint", "expected:"));
    }

    private static List<Mutant> deliveries() {
        String buffer = "internal/FeedBuffer";
        String tests = "client.internal.FeedBufferTest#";
        return List.of(
                that("tells of a problem before what was delivered ahead of it")
                        .in(CLIENT, buffer)
                        .replacing(
                                "return !paused && chunks.isEmpty() && problem != null;",
                                "return !paused && problem != null;")
                        .isCaughtBy(tests + "whatWasDeliveredBeforeAProblemComesBeforeIt", "Expected size"),
                that("hands out what lies behind a delivery that cannot be decoded")
                        .in(CLIENT, buffer)
                        .replacing(
                                "slot.chunks.clear();\n            } else if",
                                "slot.chunks.remove();\n            } else if")
                        .isCaughtBy(tests + "nothingIsHandedOutFromBehindWhatCannotBeDecoded", "Expecting empty"));
    }

    private static List<Mutant> messages() {
        return List.of(
                that("commits that an inbox has a message before its effect")
                        .in(CLIENT, "jdbc/Inbox")
                        .replacing("        work.run();\n", "        connection.commit();\n        work.run();\n")
                        .isCaughtBy(
                                "server.testing.InboxTest#whatIsRolledBackIsHandledAgain", "to be true but was false"),
                that("goes on past a row of the outbox that cannot be published")
                        .in(CLIENT, "jdbc/OutboxRelay")
                        .replacing("break; // nothing may overtake it", "continue;")
                        .isCaughtBy(
                                "server.testing.OutboxRelayTest#aRowThatCannotBePublishedStopsTheRelayAndIsNamed",
                                IN_ORDER),
                that("draws a trace by time and not by cause")
                        .in(CLIENT, "Trace")
                        .replacing(
                                "boolean below = cause != null && ids.contains(cause) && !cause.equals(message.id());",
                                "boolean below = false;")
                        .isCaughtBy("client.TraceTest#effectsStandBelowTheirCauseByTime", IN_ORDER));
    }

    private static List<Mutant> spans() {
        String current = "internal/CurrentMessage";
        String original = "isCurrent(message) ? work : PolledHeaders.traced(message, work)";
        String tests = "server.testing.HandledByHandEndToEndTest#";
        return List.of(
                that("makes no span of what is handled by hand")
                        .in(CLIENT, current)
                        .replacing(original, "work")
                        .isCaughtBy(
                                tests + "aPolledMessageThatIsHandledByHandHasAProcessSpan",
                                "Expected size: 1 but was: 0"),
                that("makes two spans of what a handler does by hand with its own message")
                        .in(CLIENT, current)
                        .replacing(original, "PolledHeaders.traced(message, work)")
                        .isCaughtBy(
                                tests + "inAHandlerTheSameMessageHasNoSecondSpanButInAnotherThreadItHas",
                                "Expected size: 1 but was: 2"));
    }
}
