package dev.millrace.core.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.BeginDelivery;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DiscardDeadLetters;
import dev.millrace.core.command.MemberClaim;
import dev.millrace.core.command.NoteFailure;
import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.command.ReplayDeadLetters;
import dev.millrace.core.command.SettleReplay;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens to dead letters around parking and replay: limits, deletions, resets, time. */
class DeadLettersTest {
    private static final String GROUP = "g";
    private static final int OPEN_COUNT_MAX = 3;
    private static final int FAILURES_KEPT_MAX = 2;
    private static final long KEY = 5;

    private final MemoryStore store = new MemoryStore();
    private final TopicCatalog catalog = new TopicCatalog();
    private final PartitionLogs logs =
            new PartitionLogs(store, 1 << 20, new PartitionLogs.GenerationLimits(64 << 20, Long.MAX_VALUE));
    private DeadLetters letters = new DeadLetters(catalog, logs, OPEN_COUNT_MAX, FAILURES_KEPT_MAX);
    private long nowMs = 1_000;
    private Topic source;
    private Topic copies;

    @BeforeEach
    void create() {
        logs.load();
        store.rotate(logs.generation());
        source = create("s");
        copies = create("s.dlq");
        create("$retry.g");
    }

    private Topic create(String name) {
        return create(name, new TreeMap<>());
    }

    private Topic create(String name, TreeMap<String, String> settings) {
        return (Topic) change(sink -> {
            Topic topic =
                    (Topic) catalog.create(new CreateTopic(new UUID(1, name.hashCode()), name, 1, settings, 100), sink);
            logs.findOrCreate(topic.partitionIds()[0]);
            return topic;
        });
    }

    private Object change(Function<WriteSink, Object> change) {
        WriteSink sink = store.begin();
        Object answer = change.apply(sink);
        Runnable show = logs.endBatch(nowMs, sink);
        store.commit(sink);
        store.sync();
        show.run();
        return answer;
    }

    private static ByteBuffer batch() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
        builder.append(1, new byte[] {1}, new byte[] {2}, List.of());
        return builder.build();
    }

    private MemberClaim claim(long offset) {
        return new MemberClaim(GROUP, "m", 1, source.partitionIds()[0], offset, false);
    }

    private RecordId id(long offset) {
        return new RecordId(source.partitionIds()[0], offset);
    }

    private Object park(long offset, String reason) {
        return park(offset, reason, "s.dlq");
    }

    private Object park(long offset, String reason, String target) {
        ParkRecord park = new ParkRecord(
                claim(offset),
                target,
                0,
                KEY,
                ByteBuffer.wrap(new byte[] {1}),
                new ParkRecord.Failure(reason, "x", 1, 1, 1),
                batch());
        return change(sink -> letters.park(park, nowMs, sink));
    }

    private Moved replay(long... offsets) {
        List<ReplayDeadLetters.Entry> entries = Arrays.stream(offsets)
                .mapToObj(offset -> new ReplayDeadLetters.Entry(
                        source.partitionIds()[0],
                        offset,
                        letters.find(GROUP, id(offset)).copy().offset(),
                        batch()))
                .toList();
        return (Moved) change(sink -> letters.replay(new ReplayDeadLetters(GROUP, entries, "me"), nowMs, sink));
    }

    private Moved discard(long offset) {
        return (Moved) change(sink -> letters.discard(
                new DiscardDeadLetters(
                        GROUP, List.of(new DiscardDeadLetters.Entry(source.partitionIds()[0], offset)), "closed"),
                nowMs,
                sink));
    }

    private DeadLetter.State stateOf(long offset) {
        DeadLetter letter = letters.find(GROUP, id(offset));
        return letter == null ? null : letter.state();
    }

    private Begun begin(long offset) {
        return (Begun) change(sink -> letters.begin(new BeginDelivery(claim(offset), KEY, 0, -1), sink));
    }

    @Test
    void aTopicThatKeepsStreamsTakesNoDeadLetters() {
        TreeMap<String, String> settings = new TreeMap<>();
        settings.put("stream.index", "key");
        create("events", settings);
        assertThat(park(0, "handler-error", "events"))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.fault()).isEqualTo(Fault.INVALID_TOPIC));
        assertThat(stateOf(0)).isNull();
    }

    @Test
    void moreThanAGroupMayHaveIsRefusedUntilSomeAreOver() {
        for (int offset = 0; offset < OPEN_COUNT_MAX; offset++) {
            assertThat(park(offset, "handler-error")).isInstanceOf(Parked.class);
        }
        assertThat(park(3, "handler-error")).isInstanceOfSatisfying(Refusal.class, r -> {
            assertThat(r.fault()).isEqualTo(Fault.LIMIT_REACHED);
            assertThat(r.detail()).contains("group \"g\" has 3 dead letters that wait; at most 3 may");
        });
        assertThat(logs.find(copies.partitionIds()[0]).endOffset()).isEqualTo(3);
        discard(0);
        assertThat(park(3, "handler-error")).isInstanceOf(Parked.class);
    }

    @Test
    void aParkWhoseTopicIsGoneChangesNothing() {
        change(sink -> catalog.delete("s.dlq", sink));
        assertThat(park(0, "handler-error"))
                .isInstanceOfSatisfying(
                        Refusal.class, r -> assertThat(r.fault()).isEqualTo(Fault.TOPIC_NOT_FOUND));
        assertThat(stateOf(0)).isNull();
    }

    @Test
    void aLaterRecordOfAKeyIsBlockedUntilTheEarlierIsOver() {
        park(0, "handler-error");
        assertThat(begin(1).verdict()).isEqualTo(Begun.Verdict.BLOCKED);
        assertThat(park(1, "key-parked")).extracting("outcome").isEqualTo(Parked.Outcome.PARKED);
        assertThat(replay(1).skipped()).hasSize(1);
        assertThat(replay(0, 1).count()).isEqualTo(2);
        assertThat(park(2, "key-parked")).extracting("outcome").isEqualTo(Parked.Outcome.QUEUED);
        assertThat(stateOf(2)).isEqualTo(DeadLetter.State.REPLAYING);
    }

    @Test
    void aRecordWhoseKeyIsFreeIsNotParkedWithIt() {
        assertThat(park(1, "key-parked")).extracting("outcome").isEqualTo(Parked.Outcome.FREE);
        assertThat(stateOf(1)).isNull();
        assertThat(begin(1).verdict()).isEqualTo(Begun.Verdict.HANDLE);
    }

    @Test
    void whatIsNotParkedIsNeitherReplayedNorDiscarded() {
        park(0, "handler-error");
        discard(0);
        assertThat(discard(0).skipped().get(0).reason()).isEqualTo("it is not parked: discarded");
        assertThat(replay(0).skipped().get(0).reason()).isEqualTo("it is not parked: discarded");
    }

    @Test
    void deadLettersGoWithTheTopicThatTheyLieIn() {
        park(0, "handler-error");
        change(sink -> {
            letters.onTopicDeleted((Topic) catalog.delete("s.dlq", sink), sink);
            return null;
        });
        assertThat(letters.list(GROUP)).isEmpty();
        assertThat(letters.openCounts()).isEmpty();
    }

    @Test
    void aResetBringsBackWhatIsOverAndLeavesWhatIsParked() {
        park(0, "handler-error");
        park(1, "handler-error");
        discard(0);
        change(sink -> {
            letters.onReset(GROUP, source.partitionIds()[0], 0, sink);
            return null;
        });
        assertThat(stateOf(0)).isNull();
        assertThat(stateOf(1)).isEqualTo(DeadLetter.State.PARKED);
    }

    @Test
    void whatBecameOfADeadLetterIsForgottenAfterAWeekOnceItIsCommitted() {
        park(0, "handler-error");
        park(1, "handler-error");
        discard(0);
        nowMs += DeadLetters.ENDED_KEPT_MS + 1;
        change(sink -> {
            letters.maintain(nowMs, (group, partitionId) -> 0, sink);
            return null;
        });
        assertThat(stateOf(0)).isEqualTo(DeadLetter.State.DISCARDED);
        change(sink -> {
            letters.maintain(nowMs, (group, partitionId) -> 2, sink);
            return null;
        });
        assertThat(stateOf(0)).isNull();
        assertThat(stateOf(1)).isEqualTo(DeadLetter.State.PARKED);
    }

    @Test
    void isTheSameAfterARestart() {
        park(0, "handler-error");
        park(1, "key-parked");
        replay(0);
        begin(7);
        change(sink -> {
            letters.onMemberLost(GROUP, source.partitionIds()[0], 40, sink);
            return null;
        });
        DeliveryState before = letters.deliveryState(GROUP, source.partitionIds()[0]);
        List<String> list =
                letters.list(GROUP).stream().map(DeadLettersTest::describe).toList();
        letters = new DeadLetters(catalog, logs, OPEN_COUNT_MAX, FAILURES_KEPT_MAX);
        letters.load(store);
        assertThat(letters.deliveryState(GROUP, source.partitionIds()[0])).isEqualTo(before);
        assertThat(before.askBelow()).isEqualTo(40 + DeadLetters.SUSPECT_COUNT);
        assertThat(letters.list(GROUP).stream().map(DeadLettersTest::describe).toList())
                .isEqualTo(list);
        assertThat(begin(1).verdict()).isEqualTo(Begun.Verdict.DONE);
    }

    private static String describe(DeadLetter letter) {
        return letter.source() + " " + letter.state() + " " + letter.keyHash() + " " + letter.failure() + " "
                + letter.copy() + " " + letter.replay() + " " + letter.changedMs() + " " + letter.note();
    }

    @Test
    void nothingIsLeftOfADeletedGroup() {
        park(0, "handler-error");
        begin(1);
        change(sink -> {
            letters.onGroupDeleted(GROUP, sink);
            return null;
        });
        DeadLetters again = new DeadLetters(catalog, logs, OPEN_COUNT_MAX, FAILURES_KEPT_MAX);
        again.load(store);
        assertThat(again.groups()).isEmpty();
    }

    // ---- attempts under way

    private void fail(long offset, int attempts, String error) {
        NoteFailure note = new NoteFailure(claim(offset), attempts, 5, 900, error, 250);
        assertThat(change(sink -> letters.noteFailure(note, nowMs, sink))).isEqualTo(true);
    }

    private Handling handling(long offset) {
        return letters.handling(GROUP, id(offset), KEY, -1);
    }

    private void restart() {
        letters = new DeadLetters(catalog, logs, OPEN_COUNT_MAX, FAILURES_KEPT_MAX);
        letters.load(store);
    }

    @Test
    void aFailedAttemptIsKnownUntilTheNextIsBegunAndItsErrorUntilTheRecordIsDone() {
        assertThat(handling(0)).isNull();
        fail(0, 1, "x: no");
        LastFailure first = new LastFailure(1, 5, "x: no", nowMs, nowMs + 250);
        assertThat(handling(0)).isEqualTo(new Handling(1, first, false));
        restart();
        assertThat(handling(0)).as("after a restart").isEqualTo(new Handling(1, first, false));
        assertThat(letters.groupsHeldUp()).containsExactly(GROUP);
        assertThat(begin(0).attempts()).isEqualTo(1);
        assertThat(handling(0)).isEqualTo(new Handling(2, first, false));
        fail(0, 1, "late");
        assertThat(handling(0).last()).as("overtaken by the second attempt").isEqualTo(first);
        nowMs += 1_000;
        fail(0, 2, "y: no");
        assertThat(handling(0)).isEqualTo(new Handling(2, new LastFailure(2, 5, "y: no", nowMs, nowMs + 250), false));
        assertThat(letters.handling(GROUP, id(0), KEY, 1)).as("passed").isNull();
        change(sink -> letters.settle(new SettleReplay(claim(0)), nowMs, sink));
        assertThat(handling(0)).isNull();
        restart();
        assertThat(handling(0)).isNull();
        assertThat(letters.groupsHeldUp()).isEmpty();
    }

    @Test
    void whatIsParkedHasNoAttemptsLeftAndHoldsUpTheLaterRecordsOfItsKey() {
        fail(0, 1, "x: no");
        park(0, "handler-error");
        assertThat(handling(0)).isNull();
        fail(0, 1, "late");
        assertThat(handling(0)).isNull();
        assertThat(handling(1)).isEqualTo(new Handling(0, null, true));
        assertThat(letters.handling(GROUP, id(1), 0, -1)).as("without a key").isNull();
        assertThat(letters.handling(GROUP, id(1), KEY + 1, -1))
                .as("of another key")
                .isNull();
        assertThat(letters.handling(GROUP, id(1), KEY, 2)).as("passed").isNull();
        discard(0);
        assertThat(handling(1)).isNull();
    }

    @Test
    void attemptsAtAReplayAreThoseAtItsSource() {
        park(0, "handler-error");
        replay(0);
        RecordId place = letters.find(GROUP, id(0)).replay();
        MemberClaim claim = new MemberClaim(GROUP, "m", 1, place.partitionId(), place.offset(), true);
        NoteFailure note = new NoteFailure(claim, 1, 5, 900, "again", 250);
        change(sink -> letters.noteFailure(note, nowMs, sink));
        assertThat(letters.handling(GROUP, id(0), KEY, 1).last().error()).isEqualTo("again");
        change(sink -> letters.settle(new SettleReplay(claim), nowMs, sink));
        assertThat(handling(0)).isNull();
        change(sink -> letters.noteFailure(note, nowMs, sink));
        assertThat(handling(0)).as("told too late").isNull();
    }

    @Test
    void ofMoreFailuresThanAreKeptTheAttemptsAreCountedAllTheSame() {
        for (int offset = 0; offset < 3; offset++) {
            fail(offset, 1, "e" + offset);
        }
        assertThat(handling(1).last().error()).isEqualTo("e1");
        assertThat(handling(2)).isEqualTo(new Handling(1, null, false));
        fail(1, 2, "again");
        assertThat(handling(1).last().error()).isEqualTo("again");
        change(sink -> {
            letters.onCommitted(GROUP, source.partitionIds()[0], 1, sink);
            return null;
        });
        fail(2, 2, "there is room now");
        assertThat(handling(2).last().error()).isEqualTo("there is room now");
        change(sink -> {
            letters.onReset(GROUP, source.partitionIds()[0], 0, sink);
            return null;
        });
        assertThat(handling(2)).isNull();
        fail(3, 1, "after the reset");
        assertThat(handling(3).last()).isNotNull();
    }
}
