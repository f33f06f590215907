package dev.millrace.core.machine;

import static dev.millrace.core.machine.TogetherWorld.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteStream;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.transaction.TransactionTable.Identity;
import dev.millrace.core.wire.ExpectedVersion;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.StreamFrames;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Transactions and timers that append to event streams. */
class TransactionStreamsTest {
    private static final UUID ACCOUNTS = new UUID(7, 3);
    private static final int DECOMPRESSED_BYTES_MAX = 1 << 20;

    private final TogetherWorld world = new TogetherWorld();
    private final Identity identity = world.init("billing");
    private long sequence;

    TransactionStreamsTest() {
        TreeMap<String, String> settings = new TreeMap<>();
        settings.put("stream.index", "key");
        world.ask(new CreateTopic(ACCOUNTS, "accounts", 1, settings, 1000));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ByteBuffer batch(String key, UUID id, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        for (String value : values) {
            List<RecordHeader> headers = id == null ? List.of() : List.of(EventHeaders.id(id));
            builder.append(1, utf8(key), utf8(value), headers);
        }
        return builder.build();
    }

    private static ByteBuffer events(String key, UUID id, String... values) {
        return EventBatches.withPlaceForVersion(batch(key, id, values), DECOMPRESSED_BYTES_MAX);
    }

    private static Operation publish(String key, String... values) {
        return new Operation.Append(ACCOUNTS, 0, events(key, null, values));
    }

    private static Operation append(String key, long expected, UUID id, String... values) {
        return new Operation.AppendEvents(
                ACCOUNTS, 0, List.of(new StreamFrames.Check(utf8(key), expected)), events(key, id, values));
    }

    private List<OperationResult> commit(Operation... operations) {
        return world.<dev.millrace.core.transaction.TransactionResult>ask(
                        world.transaction("billing", identity, sequence++, operations))
                .results();
    }

    private FaultException refused(Operation... operations) {
        return world.refusalOf(world.transaction("billing", identity, sequence++, operations));
    }

    /** Each event as stream, version and value. */
    private List<String> stored() {
        return world.records(ACCOUNTS, 0).stream()
                .map(event -> new String(event.key(), StandardCharsets.UTF_8)
                        + versionOf(event)
                        + new String(event.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static long versionOf(Record event) {
        return event.headers().stream()
                .filter(header -> header.key().equals("$version"))
                .mapToLong(header -> ByteBuffer.wrap(header.value()).getLong())
                .findFirst()
                .orElse(-1);
    }

    @Test
    void publishesAndAppendsGoToTheStreamsInTheirOrder() {
        List<OperationResult> results = commit(
                publish("a", "one", "two"),
                TogetherWorld.append(ORDERS, 0, "beside"),
                append("a", ExpectedVersion.NONE, null, "three"),
                append("b", ExpectedVersion.NONE, null, "four"));
        assertThat(results)
                .containsExactly(
                        new OperationResult.Appended(0),
                        new OperationResult.Appended(0),
                        new OperationResult.EventsAppended(2, 2, List.of(2L), false),
                        new OperationResult.EventsAppended(3, 3, List.of(0L), false));
        assertThat(stored()).containsExactly("a0one", "a1two", "a2three", "b0four");
    }

    @Test
    void anExpectationThatDoesNotHoldRefusesEverything() {
        commit(publish("a", "one"));
        FaultException refusal =
                refused(TogetherWorld.append(ORDERS, 0, "beside"), publish("b", "x"), append("a", 1, null, "two"));
        assertThat(refusal.fault()).isEqualTo(Fault.WRONG_EXPECTED_VERSION);
        assertThat(refusal.detail())
                .contains("operation 3 of 3", "stream \"a\" ends at version 0", "expects version 1");
        assertThat(world.values(ORDERS, 0)).isEmpty();
        assertThat(stored()).containsExactly("a0one");
        assertThat(refused(append("c", ExpectedVersion.EXISTS, null, "x")).detail())
                .contains("stream \"c\" holds no event, where the transaction expects an event");
        commit(append("a", 0, null, "two"));
        assertThat(stored()).containsExactly("a0one", "a1two");
    }

    @Test
    void aStreamThatEndedForGoodRefusesEverything() {
        commit(publish("a", "one"));
        world.ask(new DeleteStream(ACCOUNTS, 0, utf8("a"), ExpectedVersion.ANY, true));
        assertThat(refused(TogetherWorld.append(ORDERS, 0, "beside"), publish("a", "two"))
                        .fault())
                .isEqualTo(Fault.STREAM_TOMBSTONED);
        assertThat(world.values(ORDERS, 0)).isEmpty();
        assertThat(stored()).containsExactly("a0one");
    }

    @Test
    void anEventThatWasAppendedBeforeIsNotAppendedAgain() {
        UUID id = new UUID(3, 4);
        commit(append("a", ExpectedVersion.NONE, id, "one"));
        List<OperationResult> results =
                commit(append("a", ExpectedVersion.NONE, id, "one"), TogetherWorld.append(ORDERS, 0, "beside"));
        assertThat(results)
                .containsExactly(
                        new OperationResult.EventsAppended(0, 0, List.of(0L), true), new OperationResult.Appended(0));
        assertThat(stored()).containsExactly("a0one");
    }

    @Test
    void anIdThatStandsTwiceInTheTransactionIsRefused() {
        UUID id = new UUID(3, 4);
        FaultException refusal =
                refused(append("a", ExpectedVersion.ANY, id, "one"), append("b", ExpectedVersion.ANY, id, "other"));
        assertThat(refusal.fault()).isEqualTo(Fault.ID_CONFLICT);
        assertThat(stored()).isEmpty();
    }

    @Test
    void aTopicWithoutStreamsTakesNoEvents() {
        Operation toOrders = new Operation.AppendEvents(ORDERS, 0, List.of(), events("a", null, "one"));
        assertThat(refused(toOrders).fault()).isEqualTo(Fault.INDEX_DISABLED);
        assertThat(world.values(ORDERS, 0)).isEmpty();
    }

    @Test
    void whatWasCommittedIsThereAfterACrashAndVersionsGoOn() {
        commit(publish("a", "one"), append("b", ExpectedVersion.NONE, null, "x"));
        world.shard.crash(new Random(1));
        commit(append("a", 0, null, "two"), append("b", 0, null, "y"));
        assertThat(stored()).containsExactly("a0one", "b0x", "a1two", "b1y");
    }

    @Test
    void timersGoToTheirStreamsAndOneThatIsRefusedStopsNoOther() {
        commit(publish("a", "one"), publish("gone", "one"));
        world.scheduled(
                later(10, "a", "two"), later(10, "gone", "two"), later(10, "b", "first"), later(20, "a", "three"));
        world.ask(new DeleteStream(ACCOUNTS, 0, utf8("gone"), ExpectedVersion.ANY, true));
        world.passMs(100);
        assertThat(stored()).containsExactly("a0one", "gone0one", "a1two", "b0first", "a2three");
        assertThat(world.shard.machine.timers().pendingCount()).isZero();
    }

    private static NewTimer later(long delayMs, String key, String value) {
        return new NewTimer(ACCOUNTS, 0, -1, delayMs, null, batch(key, null, value));
    }
}
