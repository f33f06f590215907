package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;

import java.util.List;
import java.util.stream.Stream;

/** Rows of {@link Mutants} about event streams. */
final class StreamMutants {
    private StreamMutants() {}

    static List<Mutant> all() {
        return Stream.of(versions(), ids(), reads()).flatMap(List::stream).toList();
    }

    private static List<Mutant> versions() {
        String streams = "stream/Streams";
        String appends = "core.StreamAppendTest#";
        return List.of(
                that("leaves a gap between the versions of a stream")
                        .in(streams)
                        .replacing(
                                "event.version = head.lastVersion() + 1 + i;",
                                "event.version = head.lastVersion() + 1 + i + (offset % 7 == 6 ? 1 : 0);")
                        .isCaughtBy(Mutants.STREAM_SIMULATION, Mutants.promise("P23|P1")),
                that("leaves the index of streams behind the log")
                        .in("stream/StreamIndex")
                        .replacing(
                                "sink.put(Table.STREAM_INDEX, key(",
                                "if (firstOffset % 5 != 4) sink.put(Table.STREAM_INDEX, key(")
                        .isCaughtBy(Mutants.STREAM_SIMULATION, Mutants.promise("P23")),
                that("forgets the heads of streams that a commit changed")
                        .in("stream/HeadTable")
                        .replacing("sink.put(Table.STREAM_HEAD, StreamRows.head(stream), head.encode());", "")
                        .isCaughtBy(
                                appends + "versionsOfAStreamAreDenseFromZeroAndStandInTheRecords",
                                "FaultException|Conflict|STREAM_NOT_FOUND|holds no event")
                        .andBy(Mutants.STREAM_SIMULATION, Mutants.promise("P1|P23|P6")),
                that("does not see the versions of a stream that the same commit gave")
                        .in("stream/HeadTable")
                        .replacing("StreamHead head = changed.get(stream);", "StreamHead head = null;")
                        .isCaughtBy(Mutants.STREAM_SIMULATION, Mutants.promise("P23|P1")),
                that("ignores the version that is expected of a stream")
                        .in(streams)
                        .replacing("live && head.lastVersion() == expected;", "live && head.lastVersion() >= 0;")
                        .isCaughtBy(
                                appends + "anExpectationThatDoesNotHoldAnswersTheActualVersionAndCostsNothing",
                                "Conflict")
                        .andBy(Mutants.STREAM_SIMULATION, Mutants.promise("P23")),
                that("lets a condition look past events of streams of the same commit")
                        .in("stream/TagIndex")
                        .replacing(
                                "if (found.size() < MATCHES_MAX && candidate",
                                "if (found.size() > MATCHES_MAX && candidate")
                        .isCaughtBy(
                                "core.stream.StreamReaderTest#ofTwoDecisionsInOneCommitOneFails",
                                "match given predicate"));
    }

    private static List<Mutant> ids() {
        String streams = "stream/Streams";
        String appends = "core.StreamAppendTest#";
        String ids = "core.stream.EventIdsTest#";
        return List.of(
                that("forgets the ids of a stream at a crash")
                        .in("stream/IdEpoch")
                        .replacing(
                                "sink.put(Table.EVENT_ID, key(number, RUN, pending.firstNumber), pending.row());", "")
                        .isCaughtBy(
                                appends + "eventsThatComeAgainAreAnsweredWithTheirFirstVersions",
                                // While it runs the broker itself notices that an id leads nowhere.
                                "the run of id 0 of epoch 0 of event ids is not there")
                        .andBy(Mutants.STREAM_SIMULATION, Mutants.promise("P6|P3")),
                that("takes up only the first ids of each epoch after a restart")
                        .in("stream/IdEpoch")
                        .replacing("covers(run.believedMs());\n            return true;", "return false;")
                        .isCaughtBy(ids + "noIdIsForgottenInsideItsWindowAndNoneIsMadeUp", "is remembered|is new")
                        .andBy(Mutants.STREAM_SIMULATION, Mutants.promise("P6|P3")),
                that("takes up no epoch of ids but the last after a restart")
                        .in("stream/EventIds")
                        .replacing(
                                "epochs.add(IdEpoch.load(", "epochs.clear();\n                epochs.add(IdEpoch.load(")
                        .isCaughtBy(ids + "noIdIsForgottenInsideItsWindowAndNoneIsMadeUp", "is remembered|is new"),
                that("leaves ids out of the filter that stands for them")
                        .in("stream/IdEpoch")
                        .replacing(
                                "filter.add(IdLocator.kept(slot));",
                                "if (slot % 3 != 0) filter.add(IdLocator.kept(slot));")
                        .isCaughtBy(ids + "noIdIsForgottenInsideItsWindowAndNoneIsMadeUp", "is remembered|is new"),
                that("takes ids with the same hash for the same")
                        .in("stream/IdRun")
                        .replacing("&& bytes.getLong(entry + 8) == idLow;", ";")
                        .isCaughtBy(ids + "anIdThatDiffersInOneHalfOnlyIsAnother", "is another"),
                that("forgets the ids of a stream before their window is over")
                        .in("stream/EventIds")
                        .replacing(
                                "found[i].believedMs <= dueMs - windowMs",
                                "found[i].believedMs <= dueMs - windowMs / 2")
                        .isCaughtBy(appends + "anIdIsForgottenAfterItsWindowAndNotBefore", "true|false"),
                that("looks at the expectation of a stream before the ids")
                        .in(streams)
                        .replacing(
                                "if (known != null) {",
                                "if (known != null && failedChecks(target, checks, before).isEmpty()) {")
                        .isCaughtBy(appends + "eventsThatComeAgainAreAnsweredWithTheirFirstVersions", "Conflict"));
    }

    private static List<Mutant> reads() {
        String streams = "stream/Streams";
        return List.of(
                that("shows events of a stream before they are durable")
                        .in("stream/StreamReader")
                        .replacing("if (offset < bounds.endOffset) {", "if (offset <= bounds.endOffset) {")
                        .isCaughtBy(
                                "core.stream.StreamReaderTest#nothingIsShownBeforeItIsDurable",
                                "index names offset|expected|Expecting"),
                that("leaves what was erased from a stream in the memory of the log's end")
                        .in("log/PartitionLog")
                        .replacing(
                                "void forgetCached(long lastOffset) {\n        tail.forget(lastOffset);",
                                "void forgetCached(long lastOffset) {")
                        .isCaughtBy(
                                "core.StreamReadTest#erasedEventsAreGoneFromReadsSubscriptionsAndTheDisk", "secret"),
                that("erases only what a stream still shows")
                        .in("stream/Erasure")
                        .replacing(
                                "head.streamId(), fromVersion, last + 1,",
                                "head.streamId(), Math.max(fromVersion, head.firstVersion()), last + 1,")
                        .isCaughtBy("core.StreamReadTest#whatIsHiddenIsErasedToo", "files that hold"),
                that("forgets what an earlier erasure of a stream has left on the disk")
                        .in("stream/StreamChanges")
                        .replacing("places.addAll(erased.places());", "places = new LinkedHashSet<>(erased.places());")
                        .isCaughtBy(
                                "core.stream.ErasureTest#whatAnEarlierErasureHasLeftOnTheDiskIsNotForgotten",
                                "Expected size: 2"),
                that("leaves what was erased from a stream in the cache of events")
                        .in(streams)
                        .replacing("forgetErased.run();", "")
                        .isCaughtBy(
                                "core.stream.CachedStreamReadTest#anErasedEventLeavesTheCacheBeforeItsErasureIsAnswered",
                                "expected: 0L"),
                that("lets a reader put back into the cache what was erased meanwhile")
                        .in("stream/EventCache")
                        .replacing("stampBefore != stamp ||", "")
                        .isCaughtBy(
                                "core.stream.EventCacheTest#whatAReaderHadBeforeAnErasureDoesNotComeBackAfterIt",
                                "Expecting value to be null|expected: null"),
                that("takes the stamp of the cache after it has read the log")
                        .in("stream/RunFetch")
                        .replacing("found, stamp);", "found, cache.stamp());")
                        .isCaughtBy(
                                "core.stream.CachedStreamReadTest#aReadDuringAnErasureLeavesNothingInTheCache",
                                "expected: 0L"));
    }
}
