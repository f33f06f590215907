package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;

import java.util.List;
import java.util.stream.Stream;

/** Rows of {@link Mutants} about finding out what happened, and about what may be published. */
final class TraceabilityMutants {
    private static final String IN_ORDER = "to contain exactly \\(and in same order\\)";

    private TraceabilityMutants() {}

    static List<Mutant> all() {
        return Stream.of(audit(), correlations(), retries(), schemas())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> audit() {
        String auditLog = "machine/AuditLog";
        String changes = "core.AuditTest#topicChangesSayWhoWhatBeforeAndAfter";
        return List.of(
                that("records a change in the audit log that was refused")
                        .in(auditLog)
                        .replacing(
                                "if (!(answer instanceof Refusal) && !AuditView.isNothing(answer)) {",
                                "if (!AuditView.isNothing(answer)) {")
                        .isCaughtBy("core.AuditTest#whatWasRefusedIsNotRecorded", "Expected size: 1")
                        .andBy(Mutants.AUDIT_CRASHES, "not refused|what the audit log tells of the topics"),
                that("records for the audit log what was before a change after it")
                        .in(auditLog)
                        .replacing(
                                "Object before = view.before(audited.change());\n        Object answer = change.get();",
                                "Object answer = change.get();\n        Object before = view.before(audited.change());")
                        .isCaughtBy(changes, IN_ORDER)
                        .andBy(
                                Mutants.AUDIT_CRASHES,
                                "was what the event before left|what the audit log tells of the topics"),
                that("records in the audit log that the broker did what a client asked for")
                        .in(auditLog)
                        .replacing(
                                "new Event(subject, audited.actor(), before, after)",
                                "new Event(subject, Actor.BROKER, before, after)")
                        .isCaughtBy(changes, IN_ORDER),
                that("records a change in the audit log again that is asked for again")
                        .in(auditLog)
                        .replacing(
                                "if (!AuditView.isSame(audited.change(), before, after)) {",
                                "if (before != after || before == null) {")
                        .isCaughtBy("core.AuditTest#aChangeThatIsAskedForAgainIsRecordedOnce", "Expected size: 3")
                        .andBy(Mutants.AUDIT_CRASHES, "was asked for, once, and not refused"));
    }

    private static List<Mutant> correlations() {
        String index = "trace/CorrelationIndex";
        String crashes = "core.machine.CorrelationCrashTest#whateverSurvivesACrashIsFoundAndNothingElse";
        return List.of(
                that("forgets at a restart whose records have a correlation index")
                        .in("machine/BrokerStateMachine")
                        .replacing(
                                "correlations.begin(partitionId);\n                }\n            }\n        }\n"
                                        + "        groups.load",
                                "}\n            }\n        }\n        groups.load")
                        .isCaughtBy(crashes, "offsets of c\\d"),
                that("writes the correlation of a batch's first record alone")
                        .in(index)
                        .replacing("while (cursor.next()) {", "if (cursor.next()) {")
                        .isCaughtBy(crashes, "offsets of c\\d"),
                that("drops the correlations of records that are still there")
                        .in(index)
                        .replacing("long span = spanOf(startOffset);", "long span = spanOf(startOffset) + 1;")
                        .isCaughtBy(
                                "core.trace.CorrelationIndexTest#findsWhatAListOfAllRecordsHoldsOverSpansAndRetention",
                                "expected:\\s+\\["),
                that("takes records for correlated whose ids have the same hash")
                        .in("LocalTraces")
                        .replacing(
                                "if (CorrelationIndex.idsIn(record.headers()).contains(id)) {",
                                "if (!CorrelationIndex.idsIn(record.headers()).isEmpty()) {")
                        .isCaughtBy("core.LocalTracesTest#idsWithTheSameHashStayApart", IN_ORDER));
    }

    private static List<Mutant> retries() {
        String untilDone =
                "core.deadletter.DeadLettersTest#aFailedAttemptIsKnownUntilTheNextIsBegunAndItsErrorUntilTheRecordIsDone";
        return List.of(
                that("shows retries of records that are passed")
                        .in("deadletter/DeadLetters")
                        .replacing("letter == null ? source.offset() < committed :", "letter == null ? false :")
                        .isCaughtBy(untilDone, "passed"),
                that("forgets at a restart why there are retries")
                        .in("deadletter/DeadLetterRows")
                        .replacing(
                                "in.remaining() == 0 ? null : readLast(in)",
                                "in.remaining() >= 0 ? null : readLast(in)")
                        .isCaughtBy(untilDone, "after a restart"),
                that("says of retries that were begun when they are due")
                        .in("LocalRetries")
                        .replacing("waits ? last.nextTryMs() : -1", "last.nextTryMs()")
                        .isCaughtBy(
                                "core.LocalTracesTest#tellsOfAttemptsThatFailedAreUnderWayOrWaitForTheirKeyAndAfterARestart",
                                "expected: -1L"));
    }

    private static List<Mutant> schemas() {
        String checks = "SchemaChecks";
        String everyRecord = "core.SchemaChecksTest#everyRecordOfARequestIsHeldAgainstItsSchema";
        return List.of(
                that("holds the first record of a batch alone against its schema")
                        .in(checks)
                        .replacing("while (cursor.next()) {", "if (cursor.next()) {")
                        .isCaughtBy(everyRecord, "Expecting code to raise a throwable"),
                that("holds the first batch of a request alone against its schema")
                        .in(checks)
                        .replacing(
                                "RecordBatch.in(batches)",
                                "java.util.List.of(RecordBatch.in(batches).iterator().next())")
                        .isCaughtBy(everyRecord, "Expecting code to raise a throwable"));
    }
}
