package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;

import java.util.List;
import java.util.stream.Stream;

/**
 * The defects that the tests must catch. How to add one: docs/DEVELOPING.md, "Defects that the tests must catch".
 *
 * <p>Each is what a tired person might write; a layer is the cheapest test whose promise it breaks.
 */
final class Mutants {
    private static final String CRASHES = "core.machine.ShardCrashTest#whatWasAcknowledgedOrReadIsThereAfterEveryCrash";
    private static final String FAILED_SYNC =
            "core.machine.ShardCrashTest#afterAFailedSyncNothingIsAcknowledgedAnyMore";
    private static final String GROUPS = "core.group.GroupSimulationTest#holdsItsPromisesWhateverHappens";
    private static final String SIMULATION = "mutants.SimulatedSeeds#findNothing";
    static final String STREAM_SIMULATION = "mutants.SimulatedSeeds#findNothingInStreams";
    private static final String DEAD_LETTERS =
            "core.machine.DeadLetterCrashTest#everyDeadLetterIsInOnePlaceAndKeysKeepTheirOrderWhateverHappens";
    static final String AUDIT_CRASHES = "core.machine.AuditCrashTest#theAuditLogTellsWhatTheTopicsAreAfterEveryCrash";
    private static final String TIME_SEARCH = "core.log.TimeSearchTest#findsTheFirstRecordNotBeforeATimeInAnyOrder";
    /** ShardCrashTest: which rule is broken first depends on the seed. */
    private static final String LOST = "acknowledged or read at partition|offset \\d+ held|no value twice|dense"
            + "|instance of:\\s+dev.millrace.core.log.LogRead.Batches";

    private static final String SEQUENCES = "must go on with sequence|has no state in this partition";
    private static final String TWO_HOLDERS = "is worked on by|Found duplicate|both hold partition";
    private static final String FALLS = "to be greater than or equal to";

    private Mutants() {}

    /** A finding of the history checker about one of these {@link dev.millrace.history.Property properties}. */
    static String promise(String numbers) {
        return "\\b(" + numbers + ") \\(";
    }

    static List<Mutant> all() {
        return Stream.of(
                        shard(),
                        log(),
                        retention(),
                        reads(),
                        producers(),
                        topics(),
                        commits(),
                        transactions(),
                        timers(),
                        handOver(),
                        deadLetters(),
                        sessions(),
                        store(),
                        recovery(),
                        StreamMutants.all(),
                        TraceabilityMutants.all())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> deadLetters() {
        String letters = "deadletter/DeadLetters";
        return List.of(
                that("a dead letter is copied but not removed")
                        .in(letters)
                        .replacing(
                                "letters.put(letter.parked(park.failure(), copy, nowMs), sink);",
                                "letters.restore(letter.parked(park.failure(), copy, nowMs));")
                        .isCaughtBy(DEAD_LETTERS, "is copied but not removed"),
                that("a dead letter is removed but not copied")
                        .in(letters)
                        .replacing(
                                "RecordId copy = append(target, park.targetPartition(), park.batch(), nowMs, sink);",
                                "RecordId copy = new RecordId(target.partitionIds()[0], 1 << 20);")
                        .isCaughtBy(DEAD_LETTERS, "is removed but not copied"),
                that("dead letters: a parked key's later record is handled out of order")
                        .in("deadletter/GroupLetters")
                        .replacing("open.first() < source.offset()", "open.first() > source.offset()")
                        .isCaughtBy(DEAD_LETTERS, "is handled out of order|was lost|Expecting empty"),
                that("dead letters: a fenced member parks")
                        .in("machine/GroupCommands")
                        .replacing(
                                "return refusal != null ? refusal : then.get();",
                                "return refusal != null && claim.offset() < 0 ? refusal : then.get();")
                        .isCaughtBy("core.machine.DeadLetterCrashTest#aFencedMemberCannotPark", "UNKNOWN_MEMBER"));
    }

    private static List<Mutant> shard() {
        String shardLog = "shard/LocalShardLog";
        return List.of(
                that("acknowledges before the sync")
                        .in(shardLog)
                        .adding("awaiting.add(committed);", "done.complete(committed.answers);")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P1|P11")),
                that("shows records to readers before the sync")
                        .in(shardLog)
                        .adding("awaiting.add(committed);", "committed.makeVisible.run();")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P1|P4|P5|P9|P11")),
                that("tries a failed sync again")
                        .in(shardLog)
                        .replacing("fail(e);\n            return 0;", "return 0;")
                        .isCaughtBy(FAILED_SYNC, "to be completed exceptionally"),
                that("acknowledges although the sync failed")
                        .in(shardLog)
                        .replacing("fail(e);\n            return 0;", "durableSequence = store.committedSequence();")
                        .isCaughtBy(FAILED_SYNC, "to be completed exceptionally")
                        .andBy(SIMULATION, promise("P1")),
                that("swallows a full disk")
                        .in(shardLog)
                        .replacing(
                                "long sequence = sink.isEmpty() ? store.committedSequence() : store.commit(sink);", """
                                long sequence = store.committedSequence();
                                try {
                                    sequence = sink.isEmpty() ? sequence : store.commit(sink);
                                } catch (StoreException full) {
                                    assert full != null;
                                }
                                """)
                        .isCaughtBy(
                                "core.machine.ShardCrashTest#whatDidNotFitOnAFullDiskIsNeitherAcknowledgedNorShown",
                                "completed exceptionally")
                        .andBy(SIMULATION, promise("P1")),
                that("tears a batch into a commit for what commands write and one for the records")
                        .in(shardLog)
                        .replacing(
                                "Runnable makeVisible = machine.endBatch(",
                                "store.commit(sink);\nRunnable makeVisible = machine.endBatch(")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(AUDIT_CRASHES, "what the audit log tells of the topics"),
                that("answers a question before what it saw is durable")
                        .in(shardLog)
                        .replacing(
                                "Awaiting committed = batch.commands().isEmpty() ? barrier(done) : commit(batch,"
                                        + " done);",
                                """
                                if (batch.commands().isEmpty()) {
                                    done.complete(List.of());
                                    return done;
                                }
                                Awaiting committed = commit(batch, done);
                                """)
                        .isCaughtBy(
                                "core.shard.ShardRuntimeTest#aQuestionOfALaterTurnWaitsForWhatItSawToo",
                                "not to be (done|completed)"),
                that("takes what was committed during a sync as synced")
                        .in(shardLog)
                        .replacing(
                                "durableSequence = store.sync();",
                                "store.sync(); durableSequence = store.committedSequence();")
                        .isCaughtBy(
                                "core.shard.ShardRuntimeTest#whatIsAppliedDuringASyncWaitsForTheNext",
                                "not to be (done|completed)")
                        .andBy(SIMULATION, promise("P1|P4|P5|P21")));
    }

    private static List<Mutant> log() {
        String partitionLog = "log/PartitionLog";
        return List.of(
                that("gives out an offset again after a restart")
                        .in(partitionLog)
                        .replacing(
                                "endOffset = Math.max(endOffset, segment.lastOffset() + 1);",
                                "endOffset = Math.max(endOffset, segment.lastOffset());")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P1|P4")),
                that("loses the end of an emptied partition")
                        .in(partitionLog)
                        .replacing(
                                "writeBounds(sink);\n        return true;",
                                "if (!kept().isEmpty()) { writeBounds(sink); } return true;")
                        .isCaughtBy(
                                "core.log.RetentionTest#whatRetentionRemovedStaysRemovedAfterACrash", "expected: 1L")
                        .andBy(SIMULATION, promise("P1|P11|P20")),
                that("lets the high watermark go back when records are deleted")
                        .in(partitionLog)
                        .adding("startOffset = offset;", "durableEndOffset = offset;")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P9|P11|P5|P20")),
                that("drops the segment that the start was moved into")
                        .in(partitionLog)
                        .replacing("first.lastOffset() < offset;", "first.baseOffset() < offset;")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P1")),
                that("forgets where a chunk lies when a segment grows")
                        .in(partitionLog)
                        .replacing("segments.extendNewest(segment);", "segments.extendNewest(newest);")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P1")));
    }

    private static List<Mutant> retention() {
        String partitionLog = "log/PartitionLog";
        String byTime = "core.log.RetentionTest#recordsStayForTheRetentionSinceTheirAppendWhateverTheirTimestamps";
        return List.of(
                that("removes a record a millisecond before its retention ends")
                        .in(partitionLog)
                        .replacing("segment.lastAppendMs() <", "segment.lastAppendMs() <=")
                        .isCaughtBy(byTime, "exactly an hour old"),
                that("lets clients' clocks decide about retention")
                        .in(partitionLog)
                        .replacing("segment.lastAppendMs() <", "segment.maxTimestampMs() <")
                        .isCaughtBy(byTime, "exactly an hour old")
                        .andBy(SIMULATION, promise("P1")),
                that("removes one segment too many by bytes")
                        .in(partitionLog)
                        .replacing("remaining - segment.bytes() >= retentionBytes", "remaining >= retentionBytes")
                        .isCaughtBy(
                                "core.log.RetentionTest#bytesBeyondTheRetentionGoInStepsOfAnEighth", "to be between")
                        .andBy(SIMULATION, promise("P1")),
                that("drops a generation that a log still needs")
                        .in("log/GenerationUse")
                        .replacing("count == 1 ? null : count - 1", "null")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P1")));
    }

    private static List<Mutant> reads() {
        String reader = "log/LogReader";
        return List.of(
                that("returns records that were deleted")
                        .in(reader)
                        .replacing(
                                "return offset < log.logStartOffset() || log.isDeleted();", "return log.isDeleted();")
                        .isCaughtBy(
                                "core.LocalBrokerTest#deletedRecordsAreOutOfRangeAndAnEmptiedPartitionKeepsItsEnd",
                                "Expecting code to raise a throwable")
                        .andBy(SIMULATION, promise("P1|P20")),
                that("reads on into records that are not synced")
                        .in(reader)
                        .replacing("chunk.header().lastOffset() < bounds.endOffset", "bounds.endOffset > 0")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P4|P5|P9")),
                that("skips a hole in the log without a word")
                        .in("log/StoredRead")
                        .replacing("if (chunk.baseOffset() > nextOffset)", "if (chunk.baseOffset() < 0)")
                        .isCaughtBy(
                                "core.log.StoredReadTest#aHoleBetweenChunksIsAnErrorThatNamesIt",
                                "Expecting code to raise a throwable"),
                that("uses memory anew that a reader still holds")
                        .in("log/TailCache")
                        .replacing("oldest.release();", "free.add(oldest.memory); oldest.release();")
                        .isCaughtBy(
                                "core.machine.TailAndSegmentTest#slowReadersOfTheTailCostBoundedMemory", "expected: 0"),
                that("misses the record of exactly the time that was asked for")
                        .in("log/TimeSearch")
                        .replacing(
                                "inRange && record.timestampMs() >= wanted.timeMs",
                                "inRange && record.timestampMs() > wanted.timeMs")
                        .isCaughtBy(TIME_SEARCH, "first at or after"),
                that("skips one record too many by the time index")
                        .in("log/TimeSearch")
                        .replacing(
                                "ByteBuffer.wrap(key, 4, 8).getLong() + 1;",
                                "ByteBuffer.wrap(key, 4, 8).getLong() + 2;")
                        .isCaughtBy(TIME_SEARCH, "first at or after"),
                that("takes a batch with a bad checksum")
                        .in("record/BatchValidator")
                        .replacing("if (!batch.checksumValid())", "if (batch.recordCount() == Integer.MIN_VALUE)")
                        .isCaughtBy(
                                "core.record.BatchValidatorTest#noticesEveryFlippedBitThatTheChecksumCovers(dev.millrace.core.record.Compression)",
                                "expected: CORRUPT"));
    }

    private static List<Mutant> producers() {
        String table = "producer/ProducerTable";
        return List.of(
                that("appends a batch again that was there before")
                        .in(table)
                        .replacing(
                                "return new Verdict.Duplicate(earlier.baseOffset(), earlier.appendTimeMs());",
                                "return APPEND;")
                        .isCaughtBy(CRASHES, LOST)
                        .andBy(SIMULATION, promise("P6|P7")),
                that("forgets at a restart what producers sent")
                        .in(table)
                        .replacing("put(in.getInt(), in.getLong(), ProducerState.decode(key, value));", "")
                        .isCaughtBy(
                                "core.LocalBrokerTest#aBatchSentTwiceIsAppendedOnceAlsoAcrossARestart",
                                "has no state in this partition")
                        .andBy(SIMULATION, promise("P18")),
                that("writes what a producer sent a commit late")
                        .in("machine/BrokerStateMachine")
                        .replacing(
                                "producers.endBatch(sink);\n        Runnable showRecords = logs.endBatch(nowMs, sink);",
                                "Runnable showRecords = logs.endBatch(nowMs, sink);")
                        .isCaughtBy(CRASHES, SEQUENCES + "|" + LOST)
                        .andBy(SIMULATION, promise("P18")),
                that("gives out a producer id again after a restart")
                        .in(table)
                        .replacing(
                                "ByteBuffer.allocate(8).putLong(nextProducerId).array()",
                                "ByteBuffer.allocate(8).putLong(id).array()")
                        .isCaughtBy(
                                "core.LocalBrokerTest#aBatchSentTwiceIsAppendedOnceAlsoAcrossARestart",
                                "not to be equal")
                        .andBy(SIMULATION, promise("P18|P24")),
                that("accepts a producer that was fenced")
                        .in(table)
                        .replacing("if (epoch < state.epoch())", "if (epoch < 0)")
                        .isCaughtBy(
                                "core.producer.ProducerTableTest#anOlderEpochIsFencedAndANewerOneStartsAtZero",
                                "Verdict.Refused")
                        .andBy(SIMULATION, promise("P3")),
                that("forgets a producer's oldest batch in flight")
                        .in("producer/ProducerState")
                        .replacing(
                                "public static final int RETAINED_BATCHES = 5;",
                                "public static final int RETAINED_BATCHES = 4;")
                        .isCaughtBy(CRASHES, SEQUENCES)
                        .andBy(SIMULATION, promise("P18")));
    }

    private static List<Mutant> topics() {
        String catalog = "topic/TopicCatalog";
        return List.of(
                that("brings a deleted topic back after a crash")
                        .in(catalog)
                        .replacing("sink.delete(Table.META, key(topic.topicId()));", "")
                        .isCaughtBy("core.machine.TopicsAcrossCrashesTest#aDeletedTopicStaysDeleted", "expected: null")
                        .andBy(SIMULATION, promise("P1|P20")),
                that("gives a deleted topic's log to a new one after a restart")
                        .in(catalog)
                        .replacing(
                                "ByteBuffer.allocate(4).putInt(nextPartitionId).array()",
                                "ByteBuffer.allocate(4).putInt(0).array()")
                        .isCaughtBy(
                                "core.machine.TopicsAcrossCrashesTest#aDeletedTopicsLogIsNeverGivenToAnother",
                                "not to contain")
                        .andBy(SIMULATION, promise("P1|P4|P7|P8")),
                that("shows a topic before it is durable")
                        .in("machine/TopicDirectory")
                        .replacing("return () -> snapshot = next;", "snapshot = next; return () -> {};")
                        .isCaughtBy(
                                "core.machine.ShardCrashTest#recordsAreInvisibleUntilTheyAreSynced", "expected: null"));
    }

    private static List<Mutant> transactions() {
        String applier = "machine/TransactionApplier";
        String table = "transaction/TransactionTable";
        String tests = "core.machine.TransactionsTest#";
        return List.of(
                that("carries out a transaction up to the operation that it refuses")
                        .in(applier)
                        .replacing(
                                "Refusal problem = new Check(commit, stamp).firstProblem();\n"
                                        + "        if (problem != null) {\n"
                                        + "            return problem;\n"
                                        + "        }\n"
                                        + "        List<OperationResult> results = new"
                                        + " ArrayList<>(commit.operations().size());\n"
                                        + "        for (Operation operation : commit.operations()) {\n",
                                "List<OperationResult> results = new ArrayList<>();\n"
                                        + "        Check check = new Check(commit, stamp);\n"
                                        + "        for (Operation operation : commit.operations()) {\n"
                                        + "            Refusal problem = check.problemWith(operation);\n"
                                        + "            if (problem != null) {\n"
                                        + "                return problem;\n"
                                        + "            }\n")
                        .isCaughtBy(tests + "aRefusalNamesTheOperationAndChangesNothing", "operation 4 of 4|Expecting")
                        .andBy(SIMULATION, promise("P3|P17")),
                that("accepts a transaction of an owner that was replaced")
                        .in(table)
                        .replacing("if (identity.epoch < owner.epoch) {", "if (identity.epoch < 0) {")
                        .isCaughtBy(
                                tests + "anOlderEpochIsFencedAlsoAfterARestart", "to be completed exceptionally|after")
                        .andBy(SIMULATION, promise("P17")),
                that("forgets what the last transaction did")
                        .in(table)
                        .replacing("if (sequence == owner.lastSequence) {", "if (sequence < -1) {")
                        .isCaughtBy(tests + "aRepetitionIsAnsweredWithWhatTheFirstTimeDid", "sequence 0 after 0")
                        .andBy(SIMULATION, promise("P17|P24")),
                that("takes offsets of a member that was fenced into a transaction")
                        .in("group/GroupCoordinator")
                        .replacing(
                                "if (!commit.memberId().isEmpty()) {\n            Fault fault",
                                "if (commit.memberId() == null) {\n            Fault fault")
                        .isCaughtBy(
                                tests + "eachKindOfOperationCanBeTheOneThatIsRefused",
                                "UNKNOWN_MEMBER|was checked was refused"));
    }

    private static List<Mutant> timers() {
        String table = "timer/TimerTable";
        String tests = "core.machine.TimersTest#";
        return List.of(
                that("fires timers early when one is due")
                        .in("machine/TimerFirer")
                        .replacing("timers.takeDue(stamp.dueMs(),", "timers.takeDue(stamp.dueMs() + 300,")
                        .isCaughtBy(tests + "firesEachOnceAndInOrderWhateverHappens", "Expecting|expected")
                        .andBy(SIMULATION, promise("P24")),
                that("leaves a timer on disk when it fires")
                        .in(table)
                        .replacing(
                                "places.forEach(place -> remove(place, sink));",
                                "places.forEach(place -> { changed.put(place, null); count(-1); });")
                        .isCaughtBy(tests + "firesEachOnceAndInOrderWhateverHappens", "Expecting|expected")
                        .andBy(SIMULATION, promise("P6|P18|P24|P21")),
                that("cancels a timer in memory alone")
                        .in(table)
                        .replacing("sink.delete(Table.TIMER, place.toBytes());\n        count(-1);", "count(-1);")
                        .isCaughtBy(tests + "aCancelledTimerNeverFires", "Expecting|expected")
                        .andBy(SIMULATION, promise("P24|P21")),
                that("fires a minute late")
                        .in("machine/BrokerStateMachine")
                        .replacing("timers.nextDueMs() <= now.dueMs()", "timers.nextDueMs() <= now.dueMs() - 60_000")
                        .isCaughtBy(tests + "isNotThereBeforeItsTimeAndThereThen", "Expecting|expected"),
                that("schedules again what is sent again")
                        .in("machine/TransactionApplier")
                        .replacing(
                                "Verdict verdict = transactions.checkPublisher(schedule.producerId(),"
                                        + " schedule.sequence());",
                                "Verdict verdict = transactions.checkPublisher(schedule.producerId(), Long.MAX_VALUE);")
                        .isCaughtBy(tests + "aRequestThatIsSentAgainSchedulesOnce", "Expecting|expected")
                        .andBy(SIMULATION, promise("P6|P24|P18")));
    }

    private static List<Mutant> commits() {
        String coordinator = "group/GroupCoordinator";
        return List.of(
                that("moves a committed offset backwards")
                        .in(coordinator)
                        .replacing("before.offset() > entry.offset()", "before.offset() < 0")
                        .isCaughtBy(GROUPS, FALLS)
                        .andBy(SIMULATION, promise("P10")),
                that("accepts the commit of a member that was fenced")
                        .in(coordinator)
                        .replacing(
                                "return member.knowsEpoch(memberEpoch) ? null : Fault.FENCED_MEMBER;", "return null;")
                        .isCaughtBy(
                                "core.group.GroupOffsetsTest#commitsMayUseTheEpochBeforeButNoOlderOne",
                                "core.error.Refusal")
                        .andBy(SIMULATION, promise("P10")),
                that("accepts the commit of a member that no longer holds the partition")
                        .in(coordinator)
                        .replacing("if (group.holder(entry.partitionId()) != member)", "if (member == null)")
                        .isCaughtBy(GROUPS, "expected: false")
                        .andBy(SIMULATION, promise("P10")),
                that("drops the committed offset when a partition moves")
                        .in("group/Group")
                        .adding(
                                "holders.remove(partitions.get(i));",
                                "if (offsets.remove(partitions.get(i)) != null) {"
                                        + " changedOffsets.add(partitions.get(i)); }")
                        .isCaughtBy(GROUPS, FALLS)
                        .andBy(SIMULATION, promise("P10")),
                that("does not tell a new holder how far the group has read")
                        .in("machine/GroupCommands")
                        .replacing(".map(CommittedOffset::offset)", ".map(committedOffset -> -1L)")
                        .isCaughtBy("core.LocalBrokerTest#aGroupCommitsDurablyAndLagIsExact", "expected: 2L")
                        .andBy(SIMULATION, promise("P10")),
                that("keeps a deleted topic's committed offsets")
                        .in(coordinator)
                        .replacing("group.forget(deleted);", "")
                        .isCaughtBy(GROUPS, "to match given predicate")
                        .andBy(SIMULATION, promise("P10")));
    }

    private static List<Mutant> handOver() {
        String group = "group/Group";
        return List.of(
                that("gives a partition to two members")
                        .in(group)
                        .replacing(
                                "member.target.filter(id -> !holders.containsKey(id))",
                                "member.target.filter(id -> holders.get(id) != member)")
                        .isCaughtBy(GROUPS, TWO_HOLDERS),
                that("hands a partition over that its holder still works on")
                        .in(group)
                        .replacing(
                                "freed = member.held.minus(member.target).minus(reported);",
                                "freed = member.held.minus(member.target);")
                        .isCaughtBy(GROUPS, TWO_HOLDERS)
                        .andBy(SIMULATION, promise("P10")),
                that("takes the word of a member that missed the last answer")
                        .in("group/GroupCoordinator")
                        .replacing(
                                "group.reconcile(member, upToDate ? reported : null)",
                                "group.reconcile(member, reported)")
                        .isCaughtBy(
                                "core.group.GroupHandOverTest#aMemberThatMissedTheLastAnswerConfirmsNothing",
                                "expected: 3\\s+but was: 4"),
                that("forgets at a restart who holds what")
                        .in("group/GroupRows")
                        .replacing(
                                "member.held = PartitionSet.of(in.readList(FieldReader::readInt));",
                                "in.readList(FieldReader::readInt);")
                        .isCaughtBy(GROUPS, "expected: \\{|" + TWO_HOLDERS)
                        .andBy(SIMULATION, promise("P10|P20")),
                that("forgets ids that another instance replaced")
                        .in(group)
                        .replacing("fencedIds.put(member.memberId, member);", "")
                        .isCaughtBy(
                                "core.group.GroupMembershipTest#theIdBeforeIsFencedWhateverItDoes",
                                "expected: FENCED_MEMBER"));
    }

    private static List<Mutant> sessions() {
        String tests = "core.group.GroupSessionsTest#";
        return List.of(
                that("ends a session a millisecond early")
                        .in("group/Member")
                        .replacing("return lastSeenMs + sessionTimeoutMs;", "return lastSeenMs + sessionTimeoutMs - 1;")
                        .isCaughtBy(tests + "aSessionEndsExactlyAtItsTimeout", "expected: \\d+L"),
                that("ends a session although heartbeats came")
                        .in("group/GroupCoordinator")
                        .replacing("if (member.deadlineMs() >", "if (member.timerMs >")
                        .isCaughtBy(tests + "aHeartbeatStartsTheSessionAnew", "Expecting value to be false")
                        .andBy(SIMULATION, promise("P21")),
                that("ends every session at a restart")
                        .in("group/GroupCoordinator")
                        .replacing("member.lastSeenMs =", "long forgotten =")
                        .isCaughtBy(tests + "aRestartGivesFullSessions", "expected: \\d+L")
                        .andBy(SIMULATION, promise("P21")));
    }

    private static List<Mutant> store() {
        String rocks = "storage/RocksStore";
        String journal = "core.storage.RocksJournalTest#";
        String stale = "expected: |Expecting empty|is damaged";
        String recovery = "core.storage.RocksRecoveryTest#";
        return List.of(
                that("journal of rows: deletes an entry too many")
                        .in("storage/RocksJournal")
                        .replacing(
                                "batch.deleteRange(rocks.journal(), keyOf(0), keyOf(firstNumberOfNewer));",
                                "batch.deleteRange(rocks.journal(), keyOf(0), keyOf(firstNumberOfNewer + 1));")
                        .isCaughtBy(journal + "everyCommitIsThereWholeAfterACrashRightBehindIt", stale),
                that("journal of rows: deletes entries before their rows are in the tables")
                        .in("storage/RocksJournal")
                        .replacing("rows.olderCount() > 0 && !unsettled.hasNext();", "rows.olderCount() > 0;")
                        .isCaughtBy(journal + "everyCommitIsThereWholeAfterACrashRightBehindIt", stale),
                that("journal of rows: forgets what a lost batch was to settle")
                        .in("storage/RocksJournal")
                        .replacing("unsettled = rows.older();\n        }", "sealed = false;\n        }")
                        .isCaughtBy(journal + "aCommitThatIsGivenUpLosesNothingOfWhatItWasToWriteToTheTables", stale),
                that("journal of rows: brings deleted rows back")
                        .in("storage/JournaledRows")
                        .replacing(
                                "valueBytes == DELETED_BYTES ? DELETED :",
                                "valueBytes == DELETED_BYTES ? new byte[0] :")
                        .isCaughtBy(journal + "everyCommitIsThereWholeAfterACrashRightBehindIt", stale),
                that("reads a chunk without a look at its checksum")
                        .in("storage/RocksReads")
                        .replacing(".setVerifyChecksums(true)", ".setVerifyChecksums(false)")
                        .isCaughtBy(recovery + "namesTheFileOfADamagedChunk", "Expecting code to raise a throwable"),
                that("writes on after a failed write")
                        .in(rocks)
                        .replacing("if (first != null) {", "if (first != null && action.isEmpty()) {")
                        .isCaughtBy(
                                recovery + "refusesWritesAfterAFailedSyncButServesReads",
                                "Expecting code to raise a throwable"),
                that("calls a sync that does not reach the disk")
                        .in(rocks)
                        .replacing(
                                "            try {\n                db.syncWal();\n            } catch (RocksDBException e) {\n"
                                        + "                throw failed",
                                "            try {\n                db.getDBOptions();\n            } catch (RocksDBException e) {\n"
                                        + "                throw failed")
                        .isCaughtBy(
                                "core.storage.RocksPowerLossTest#keepsAllThatWasSyncedWhenThePowerFails",
                                "data is missing at the end|rows, with"),
                that("writes without a write-ahead log")
                        .in(rocks)
                        .replacing(
                                "new WriteOptions().setSync(false)",
                                "new WriteOptions().setSync(false).setDisableWAL(true)")
                        .isCaughtBy(recovery + "keepsEverySyncedCommitAcrossACrash", "data is missing at the end"),
                that("leaves a batch behind for the next commit")
                        .in("storage/RocksSink")
                        .replacing("batch.clear();\n", "")
                        .isCaughtBy(
                                "core.storage.StoreContractTest#forgetsWhatABatchHeldThatWasNotCommitted",
                                "expected: null"),
                that("says full disk where data is damaged")
                        .in("storage/RocksErrors")
                        .replacing("return Kind.DAMAGED;", "return Kind.DISK_FULL;")
                        .isCaughtBy("core.storage.RocksDiskFullTest#tellsTheKindsOfErrorsApart", "expected: DAMAGED"),
                that("lets publishes through until the disk is full")
                        .in("DiskGuard")
                        .replacing(
                                "if (refusing) {\n            throw", "if (refusing && bytes < 0) {\n            throw")
                        .isCaughtBy(
                                "core.LocalBrokerTest#publishesAreRefusedBeforeTheDiskIsFullAndGoOnWhenThereIsRoom",
                                "Expecting code to raise a throwable"),
                that("forgets what must still be flushed when it counts the room on the disk")
                        .in("DiskGuard")
                        .replacing("return usableBytes - owedBytes;", "return usableBytes;")
                        .isCaughtBy(
                                "core.DiskGuardTest#countsWhatIsNotYetFlushedAsTaken",
                                "Expecting code to raise a throwable"),
                that("tries a commit again that failed itself for want of room")
                        .in("storage/RocksFlushFailure")
                        .replacing("/[0-9]+\\\\.sst: No space", "No space")
                        .isCaughtBy(
                                "core.storage.RocksDiskFullTest#tellsARefusedCommitFromAFailedOne",
                                "Expecting value to be false but was true"));
    }

    private static List<Mutant> recovery() {
        String tests = "core.storage.RocksRecoveryTest#";
        return List.of(
                that("ignores the beacon")
                        .in("storage/RocksRecovery")
                        .replacing("if (found < durableSequence)", "if (found < 0)")
                        .isCaughtBy(
                                tests + "refusesALostTailUntilTheLossIsAccepted",
                                "Expecting code to raise a throwable"),
                that("opens and so cuts off a damaged log before it looks at the beacon")
                        .in("storage/RocksRecovery")
                        .replacing("check(recoverable.lastSequence(), durableSequence, directory);", "")
                        .isCaughtBy(
                                tests + "refusesALostTailUntilTheLossIsAccepted",
                                "a refusal destroys nothing|expected: LOST_TAIL"),
                that("replays a log behind a hole in it")
                        .in("storage/RocksHandles")
                        .replacing("if (replayed == null) {", "if (replayed == null || directory != null) {")
                        .isCaughtBy(tests + "keepsNothingBehindAHoleInWhatWasNeverSynced", "expected: 11L"),
                that("starts empty where the store is gone")
                        .in("storage/RocksRecovery")
                        .replacing(
                                "if (!exists && mark != null && mark.sequence() > 0 && !acceptLoss)",
                                "if (mark == null && exists)")
                        .isCaughtBy(
                                tests + "refusesAStoreThatVanishedAndCreatesNoEmptyOne",
                                "Expecting empty|Expecting code to raise a throwable"),
                that("starts without its beacon as if nothing was ever durable")
                        .in("storage/RocksRecovery")
                        .replacing(
                                "if (exists && mark == null && !acceptLoss)",
                                "if (exists && mark == null && directory == null)")
                        .isCaughtBy(tests + "refusesAMissingBeacon", "Expecting code to raise a throwable"),
                that("keeps both marks of the beacon in one place")
                        .in("storage/Beacon")
                        .replacing("writeSlot((int) (counter % SLOT_COUNT),", "writeSlot(0,")
                        .isCaughtBy(tests + "survivesOneDamagedBeaconSlotAndRefusesTwo", "both slots of the beacon"),
                that("believes a damaged beacon")
                        .in("storage/Beacon")
                        .replacing("|| slot.getInt(CRC_AT) != crcOf(slot)", "")
                        .isCaughtBy(tests + "survivesOneDamagedBeaconSlotAndRefusesTwo", "expected: DAMAGED"),
                that("marks as durable what is only committed")
                        .in("storage/RocksStore")
                        .replacing(
                                "committedSequence = db.getLatestSequenceNumber();\n            payloadBytes",
                                "committedSequence = db.getLatestSequenceNumber();\n"
                                        + "            markDurable(committedSequence);\n"
                                        + "            payloadBytes")
                        .isCaughtBy(tests + "marksEverySyncAndSyncsTheMarkNowAndThen", "committed, not synced"));
    }
}
