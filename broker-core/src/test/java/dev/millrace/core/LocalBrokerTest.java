package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.GroupOperations.Join;
import dev.millrace.core.GroupOperations.Membership;
import dev.millrace.core.LogOperations.Append;
import dev.millrace.core.LogOperations.Appended;
import dev.millrace.core.LogOperations.FoundOffset;
import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.LogOperations.Outcome;
import dev.millrace.core.LogOperations.ProducerIdentity;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.storage.StoreOptions;
import dev.millrace.core.time.TimeSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole core on a real disk, through the facade. */
class LocalBrokerTest {
    @TempDir
    Path directory;

    private final AtomicLong usableBytes = new AtomicLong(1L << 40);
    private BrokerOptions options;
    private LocalBroker broker;

    @BeforeEach
    void open() {
        BrokerOptions defaults = BrokerOptions.defaults(directory.resolve("data"));
        options = defaults.withStore(StoreOptions.defaults().withGenerationBytes(1 << 20))
                .withMemory(new BrokerOptions.Memory(1 << 20, 1 << 20, 1 << 20, 2 << 20, 2))
                .withUpkeep(new BrokerOptions.Upkeep(60_000, 50, 1 << 20, 86_400_000))
                .withWorld(new BrokerOptions.World(TimeSource.SYSTEM, UUID::randomUUID, space(), halted -> {}));
        broker = LocalBroker.open(options);
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private DiskSpace space() {
        return new DiskSpace() {
            @Override
            public long usableBytes() {
                return usableBytes.get();
            }

            @Override
            public long totalBytes() {
                return 1L << 41;
            }
        };
    }

    private void restart() {
        broker.close();
        broker = LocalBroker.open(options);
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(FaultException.class);
            throw (FaultException) e.getCause();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private TopicPartition topic(String name, int partitions, Map<String, String> settings) {
        return new TopicPartition(
                get(broker.topics().create(name, partitions, settings)).topicId(), 0);
    }

    private static ByteBuffer batch(long timestampMs, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        for (String value : values) {
            builder.append(timestampMs, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        }
        return builder.build();
    }

    private static ByteBuffer batch(ProducerIdentity producer, int sequence, String value) {
        ByteBuffer built = batch(0, value);
        RecordBatchBuilder.stampProducer(built, producer.producerId(), producer.producerEpoch(), sequence);
        return built;
    }

    private List<Record> readAll(TopicPartition partition, long from) {
        List<Record> records = new ArrayList<>();
        long next = from;
        while (true) {
            LogSlice slice = get(broker.logs().read(partition, next, 100_000));
            if (!slice.batches().hasRemaining()) {
                return records;
            }
            for (RecordBatch batch : RecordBatch.in(slice.batches())) {
                for (Record record : batch.records(1 << 20)) {
                    if (record.offset() >= next) {
                        records.add(record);
                    }
                }
            }
            next = slice.nextOffset();
            slice.release();
        }
    }

    private static List<String> values(List<Record> records) {
        return records.stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private void assertFault(CompletableFuture<?> future, Fault fault) {
        assertThatThrownBy(() -> get(future))
                .isInstanceOf(FaultException.class)
                .extracting(e -> ((FaultException) e).fault())
                .isEqualTo(fault);
    }

    @Test
    void whatWasAppendedIsReadInOrderBeforeAndAfterARestart() {
        TopicPartition orders = topic("orders", 2, Map.of());
        assertThat(get(broker.logs().append(orders, batch(0, "a", "b"))).baseOffset())
                .isEqualTo(0);
        assertThat(get(broker.logs().append(orders, batch(0, "c"))).baseOffset())
                .isEqualTo(2);
        assertThat(values(readAll(orders, 0))).containsExactly("a", "b", "c");
        assertThat(values(readAll(orders, 1))).containsExactly("b", "c");
        restart();
        assertThat(values(readAll(orders, 0))).containsExactly("a", "b", "c");
        assertThat(get(broker.logs().append(orders, batch(0, "d"))).baseOffset())
                .isEqualTo(3);
        assertThat(values(readAll(orders, 2))).containsExactly("c", "d");
        assertThat(readAll(new TopicPartition(orders.topicId(), 1), 0)).isEmpty();
    }

    @Test
    void manyGenerationsReadTheSameFromCacheAndDisk() {
        TopicPartition big = topic("big", 1, Map.of());
        String filler = "x".repeat(1000);
        List<CompletableFuture<Appended>> appends = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            String[] values = new String[20];
            for (int j = 0; j < values.length; j++) {
                values[j] = (i * 20 + j) + ":" + filler;
            }
            appends.add(broker.logs().append(big, batch(i, values)));
        }
        appends.forEach(LocalBrokerTest::get);
        assertThat(broker.stats().store().logCompactionBytes()).isZero();
        for (int round = 0; round < 2; round++) {
            List<Record> records = readAll(big, 0);
            assertThat(records).hasSize(12_000);
            for (int i = 0; i < records.size(); i++) {
                assertThat(records.get(i).offset()).isEqualTo(i);
                assertThat(new String(records.get(i).value(), StandardCharsets.UTF_8))
                        .startsWith(i + ":");
            }
            restart();
        }
    }

    @Test
    void aBatchSentTwiceIsAppendedOnceAlsoAcrossARestart() {
        TopicPartition orders = topic("orders", 1, Map.of());
        ProducerIdentity producer = get(broker.logs().initProducer());
        assertThat(get(broker.logs().append(orders, batch(producer, 0, "a"))).duplicate())
                .isFalse();
        assertThat(get(broker.logs().append(orders, batch(producer, 1, "b"))).duplicate())
                .isFalse();
        restart();
        Appended again = get(broker.logs().append(orders, batch(producer, 1, "b")));
        assertThat(again.duplicate()).isTrue();
        assertThat(again.baseOffset()).isEqualTo(1);
        assertFault(broker.logs().append(orders, batch(producer, 5, "f")), Fault.OUT_OF_ORDER_SEQUENCE);
        assertThat(get(broker.logs().append(orders, batch(producer, 2, "c"))).duplicate())
                .isFalse();
        assertThat(values(readAll(orders, 0))).containsExactly("a", "b", "c");
        assertThat(get(broker.logs().initProducer()).producerId()).isNotEqualTo(producer.producerId());
    }

    @Test
    void appendsThatComeTogetherEachHaveTheirOwnOutcome() {
        TopicPartition orders = topic("orders", 2, Map.of());
        ProducerIdentity producer = get(broker.logs().initProducer());
        ByteBuffer corrupt = batch(7, "x");
        corrupt.put(corrupt.limit() - 1, (byte) ~corrupt.get(corrupt.limit() - 1));
        List<Outcome> outcomes = get(broker.logs()
                .appendAll(List.of(
                        new Append(orders, batch(producer, 0, "a")),
                        new Append(new TopicPartition(new UUID(9, 9), 0), batch(7, "x")),
                        new Append(orders, corrupt),
                        new Append(orders, batch(producer, 0, "a")),
                        new Append(orders, batch(producer, 5, "x")),
                        new Append(new TopicPartition(orders.topicId(), 2), batch(7, "x")),
                        new Append(orders, batch(producer, 1, "b")))));
        assertThat(outcomes)
                .extracting(outcome -> outcome.error() == null
                        ? outcome.appended().baseOffset() + (outcome.appended().duplicate() ? " again" : "")
                        : ((FaultException) outcome.error()).fault().name())
                .containsExactly(
                        "0",
                        "TOPIC_NOT_FOUND",
                        "CORRUPT_BATCH",
                        "0 again",
                        "OUT_OF_ORDER_SEQUENCE",
                        "PARTITION_NOT_FOUND",
                        "1");
        restart();
        assertThat(values(readAll(orders, 0))).containsExactly("a", "b");
        assertThat(get(broker.logs().appendAll(List.of()))).isEmpty();
    }

    @Test
    void findsTheFirstOffsetAtOrAfterATime() {
        TopicPartition orders = topic("orders", 1, Map.of());
        for (long ms : new long[] {100, 200, 150, 300}) {
            get(broker.logs().append(orders, batch(ms, "at" + ms, "also" + ms)));
        }
        for (int round = 0; round < 2; round++) {
            assertThat(get(broker.logs().findByTime(orders, 0))).isEqualTo(new FoundOffset(0, 100));
            assertThat(get(broker.logs().findByTime(orders, 101))).isEqualTo(new FoundOffset(2, 200));
            assertThat(get(broker.logs().findByTime(orders, 200))).isEqualTo(new FoundOffset(2, 200));
            assertThat(get(broker.logs().findByTime(orders, 201))).isEqualTo(new FoundOffset(6, 300));
            assertThat(get(broker.logs().findByTime(orders, 301))).isEqualTo(new FoundOffset(8, -1));
            restart();
        }
    }

    @Test
    void deletedRecordsAreOutOfRangeAndAnEmptiedPartitionKeepsItsEnd() {
        TopicPartition orders = topic("orders", 1, Map.of());
        get(broker.logs().append(orders, batch(0, "a", "b", "c")));
        assertFault(broker.logs().deleteBefore(orders, 4), Fault.OFFSET_OUT_OF_RANGE);
        get(broker.logs().deleteBefore(orders, 2));
        assertFault(broker.logs().read(orders, 1, 1000), Fault.OFFSET_OUT_OF_RANGE);
        assertThat(values(readAll(orders, 2))).containsExactly("c");
        get(broker.logs().deleteBefore(orders, 3));
        restart();
        assertThat(broker.logs().bounds(orders).logStartOffset()).isEqualTo(3);
        assertThat(get(broker.logs().append(orders, batch(0, "d"))).baseOffset())
                .isEqualTo(3);
        assertFault(broker.logs().read(orders, 9, 1000), Fault.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void aWaiterIsWokenByTheAppendItWaitsFor() {
        TopicPartition orders = topic("orders", 1, Map.of());
        CompletableFuture<Void> woken = new CompletableFuture<>();
        broker.logs().onAppend(orders, 1, () -> woken.complete(null));
        get(broker.logs().append(orders, batch(0, "a")));
        assertThat(woken).isNotDone();
        get(broker.logs().append(orders, batch(0, "b")));
        get(woken);
        CompletableFuture<Void> gone = new CompletableFuture<>();
        broker.logs().onAppend(orders, 2, () -> gone.complete(null));
        get(broker.topics().delete("orders"));
        get(gone);
        assertFault(broker.logs().read(orders, 0, 100), Fault.TOPIC_NOT_FOUND);
    }

    @Test
    void aGroupCommitsDurablyAndLagIsExact() {
        TopicPartition orders = topic("orders.eu", 1, Map.of());
        get(broker.logs().append(orders, batch(0, "a", "b", "c")));
        Membership member = get(broker.groups().join(new Join("billing", "", null, "me", List.of("orders.*"), 0)));
        assertThat(member.assignment()).hasSize(1);
        assertThat(member.assignment().get(0).committedOffset()).isEqualTo(-1);
        assertThat(get(broker.groups()
                                .commit(
                                        "billing",
                                        member.memberId(),
                                        member.memberEpoch(),
                                        List.of(new GroupOperations.Offset(orders, 2, "note"))))
                        .get(0)
                        .fault())
                .isNull();
        restart();
        GroupOperations.Description described = get(broker.groups().describe("billing"));
        assertThat(described.members()).hasSize(1);
        assertThat(described.partitions().get(0).committedOffset()).isEqualTo(2);
        assertThat(described.partitions().get(0).lagMessages()).isEqualTo(1);
        assertThat(described.partitions().get(0).lagMs()).isBetween(0L, 60_000L);
        Membership again =
                get(broker.groups().heartbeat("billing", member.memberId(), member.memberEpoch(), List.of(orders)));
        assertThat(again.assignment().get(0).committedOffset()).isEqualTo(2);
        get(broker.groups().leave("billing", member.memberId(), false));
        assertFault(broker.groups().heartbeat("billing", member.memberId(), 1, List.of()), Fault.UNKNOWN_MEMBER);
        get(broker.groups().reset("billing", List.of(new GroupOperations.Offset(orders, 0, null))));
        assertThat(get(broker.groups().committed("billing", List.of())).get(0).offset())
                .isZero();
    }

    @Test
    void publishesAreRefusedBeforeTheDiskIsFullAndGoOnWhenThereIsRoom() throws InterruptedException {
        TopicPartition orders = topic("orders", 1, Map.of());
        get(broker.logs().append(orders, batch(0, "a")));
        usableBytes.set(1000);
        awaitStatus(BrokerStatus.DiskFull.class);
        assertFault(broker.logs().append(orders, batch(0, "b")), Fault.DISK_FULL);
        assertThat(values(readAll(orders, 0))).containsExactly("a");
        get(broker.groups().reset("g", List.of(new GroupOperations.Offset(orders, 1, null))));
        usableBytes.set(1L << 40);
        awaitStatus(BrokerStatus.Serving.class);
        assertThat(get(broker.logs().append(orders, batch(0, "b"))).baseOffset())
                .isEqualTo(1);
    }

    private void awaitStatus(Class<? extends BrokerStatus> status) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!status.isInstance(broker.status())) {
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
    }

    @Test
    void retentionByBytesDropsTheOldestAndFreesTheDisk() {
        TopicPartition audit = topic("audit", 1, Map.of("retention", "unlimited"));
        get(broker.logs().append(audit, batch(1, "kept")));
        TopicPartition logs = topic("logs", 1, Map.of("retentionBytes", "1MiB"));
        String filler = "y".repeat(10_000);
        for (int i = 0; i < 800; i++) {
            get(broker.logs().append(logs, batch(i, filler)));
        }
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (broker.logs().bounds(logs).bytes() > 1_300_000) {
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
        assertThat(broker.logs().bounds(logs).endOffset()).isEqualTo(800);
        assertThat(broker.logs().bounds(logs).bytes()).isGreaterThanOrEqualTo(1 << 20);
        long start = broker.logs().bounds(logs).logStartOffset();
        List<Record> kept = null;
        while (kept == null) {
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            start = broker.logs().bounds(logs).logStartOffset();
            kept = readUnlessRetentionMovesOn(logs, start);
        }
        assertThat(kept).hasSize((int) (800 - start));
        while (broker.stats().store().diskBytes() > 6_000_000) {
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
        restart();
        assertThat(values(readAll(audit, 0))).containsExactly("kept");
    }

    private List<Record> readUnlessRetentionMovesOn(TopicPartition partition, long start) {
        try {
            return readAll(partition, start);
        } catch (FaultException e) {
            assertThat(e.fault()).isEqualTo(Fault.OFFSET_OUT_OF_RANGE);
            return null;
        }
    }

    @Test
    void refusesWhatIsWrongAndNamesIt() {
        TopicPartition orders = topic("orders", 1, Map.of("messageSize", "2KiB"));
        assertFault(broker.topics().create("orders", 1, Map.of()), Fault.TOPIC_EXISTS);
        assertFault(broker.topics().create("or ders", 1, Map.of()), Fault.INVALID_TOPIC);
        assertFault(broker.topics().create("x", 1, Map.of("colour", "red")), Fault.INVALID_SETTING);
        assertFault(broker.topics().create("x", 1, Map.of("retention", "7")), Fault.INVALID_SETTING);
        assertFault(broker.topics().create("x", 1_000_000, Map.of()), Fault.LIMIT_REACHED);
        assertFault(broker.topics().alter("orders", 0, Map.of("retention", "x")), Fault.INVALID_SETTING);
        assertFault(broker.topics().delete("nope"), Fault.TOPIC_NOT_FOUND);
        assertFault(broker.logs().append(orders, batch(0, "z".repeat(4000))), Fault.MESSAGE_TOO_LARGE);
        ByteBuffer corrupt = batch(0, "a");
        corrupt.put(corrupt.limit() - 1, (byte) (corrupt.get(corrupt.limit() - 1) ^ 1));
        assertFault(broker.logs().append(orders, corrupt), Fault.CORRUPT_BATCH);
        assertFault(
                broker.logs().append(new TopicPartition(orders.topicId(), 7), batch(0, "a")),
                Fault.PARTITION_NOT_FOUND);
        assertFault(broker.logs().append(new TopicPartition(new UUID(1, 2), 0), batch(0, "a")), Fault.TOPIC_NOT_FOUND);
        assertFault(broker.groups().describe("nope"), Fault.GROUP_NOT_FOUND);
        assertThat(broker.logs().bounds(orders).endOffset()).isZero();
        assertThat(broker.topics().list(">")).hasSize(1);
    }

    @Test
    void aSettingWithoutAValueIsTheDefaultAlsoWhenATopicIsCreated() {
        Map<String, String> settings = new HashMap<>();
        settings.put("retention", null);
        settings.put("retentionBytes", "1MiB");
        assertThat(get(broker.topics().create("t", 1, settings)).settings())
                .isEqualTo(Map.of("retentionBytes", "1MiB"));
        assertThat(broker.status()).isInstanceOf(BrokerStatus.Serving.class);
        assertThat(get(broker.topics().create("u", 1, Map.of())).partitions()).isEqualTo(1);
    }

    @Test
    void findsATimeThatTheBatchHeaderDoesNotAdmit() {
        TopicPartition orders = topic("orders", 1, Map.of());
        ByteBuffer wrong = twoTimes(100, 500);
        claimMaxTimestamp(wrong, 0, 100);
        get(broker.logs().append(orders, wrong));
        ByteBuffer right = twoTimes(110, 120);
        ByteBuffer alsoWrong = twoTimes(100, 700);
        claimMaxTimestamp(alsoWrong, 0, 100);
        get(broker.logs().append(orders, joined(right, alsoWrong)));
        assertThat(get(broker.logs().findByTime(orders, 200))).isEqualTo(new FoundOffset(1, 500));
        assertThat(get(broker.logs().findByTime(orders, 600))).isEqualTo(new FoundOffset(5, 700));
        LogSlice slice = get(broker.logs().read(orders, 0, 1 << 20));
        for (RecordBatch batch : RecordBatch.in(slice.batches())) {
            assertThat(batch.checksumValid()).isTrue();
        }
        slice.release();
    }

    private static ByteBuffer twoTimes(long firstMs, long secondMs) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        builder.append(firstMs, null, new byte[] {'a'}, List.of());
        builder.append(secondMs, null, new byte[] {'b'}, List.of());
        return builder.build();
    }

    private static void claimMaxTimestamp(ByteBuffer batch, int at, long timestampMs) {
        batch.putLong(at + 35, timestampMs);
        CRC32C crc = new CRC32C();
        crc.update(batch.slice(at + 21, batch.limit() - at - 21));
        batch.putInt(at + 17, (int) crc.getValue());
    }

    private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
        return ByteBuffer.allocate(first.remaining() + second.remaining())
                .put(first)
                .put(second)
                .flip();
    }

    @Test
    void refusesANumberedBatchBehindAnother() {
        TopicPartition orders = topic("orders", 1, Map.of());
        ProducerIdentity producer = get(broker.logs().initProducer());
        assertFault(
                broker.logs().append(orders, joined(batch(0, "a"), batch(producer, 0, "b"))), Fault.INVALID_REQUEST);
        assertFault(
                broker.logs().append(orders, joined(batch(producer, 0, "b"), batch(0, "a"))), Fault.INVALID_REQUEST);
        assertThat(broker.logs().bounds(orders).endOffset()).isZero();
    }

    @Test
    void refusesBatchesThatTogetherInflateBeyondTheLimit() {
        TopicPartition orders = topic("orders", 1, Map.of());
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.GZIP, 1 << 20);
        for (int i = 0; i < 7; i++) {
            builder.append(0, null, new byte[1_000_000], List.of());
        }
        ByteBuffer bomb = builder.build();
        assertFault(broker.logs().append(orders, joined(bomb.duplicate(), bomb.duplicate())), Fault.MESSAGE_TOO_LARGE);
        assertThat(get(broker.logs().append(orders, bomb)).baseOffset()).isZero();
    }

    @Test
    void refusesReadOnlyBatchesOnTheCallersThread() {
        TopicPartition orders = topic("orders", 1, Map.of());
        assertThatThrownBy(() -> broker.logs().append(orders, batch(0, "a").asReadOnlyBuffer()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(get(broker.logs().append(orders, batch(0, "a"))).baseOffset())
                .isZero();
    }

    @Test
    void everyReadIsAnsweredWhenTheBrokerCloses() {
        TopicPartition orders = topic("orders", 1, Map.of());
        for (int i = 0; i < 50; i++) {
            get(broker.logs().append(orders, batch(i, "x".repeat(100_000))));
        }
        restart();
        List<CompletableFuture<?>> asked = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            asked.add(broker.logs().findByTime(orders, 49));
            asked.add(broker.logs().read(orders, i % 50, 100_000));
        }
        broker.close();
        for (CompletableFuture<?> answer : asked) {
            try {
                get(answer);
            } catch (FaultException refused) {
                assertThat(refused.fault()).isEqualTo(Fault.SHUTTING_DOWN);
            }
        }
    }

    @Test
    void aReaderThatCannotBeWokenHarmsNobody() {
        TopicPartition orders = topic("orders", 1, Map.of());
        broker.logs().onAppend(orders, 0, () -> {
            throw new IllegalStateException("my event loop is gone");
        });
        CompletableFuture<Void> woken = new CompletableFuture<>();
        broker.logs().onAppend(orders, 0, () -> woken.complete(null));
        get(broker.logs().append(orders, batch(0, "a")));
        get(woken);
        get(broker.logs().append(orders, batch(0, "b")));
        assertThat(broker.status()).isInstanceOf(BrokerStatus.Serving.class);
    }

    @Test
    void wildNumbersAreAnsweredAndHarmNothing() {
        TopicPartition orders = topic("orders", 1, Map.of());
        get(broker.logs().append(orders, batch(5, "a", "b")));
        for (long wild : new long[] {Long.MIN_VALUE, -1, 3, 1L << 40, Long.MAX_VALUE}) {
            assertFault(broker.logs().read(orders, wild, 1000), Fault.OFFSET_OUT_OF_RANGE);
            assertFault(broker.logs().deleteBefore(orders, wild), Fault.OFFSET_OUT_OF_RANGE);
            assertThat(get(broker.groups().commit("g", "", 0, List.of(new GroupOperations.Offset(orders, wild, null))))
                            .get(0)
                            .fault())
                    .isNotNull();
            get(broker.logs().findByTime(orders, wild));
        }
        for (int wild : new int[] {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE}) {
            LogSlice slice = get(broker.logs().read(orders, 0, wild));
            assertThat(slice.nextOffset()).isEqualTo(2);
            slice.release();
        }
        for (int wild : new int[] {Integer.MIN_VALUE, -1, 1, Integer.MAX_VALUE}) {
            TopicPartition nowhere = new TopicPartition(orders.topicId(), wild);
            assertFault(broker.logs().append(nowhere, batch(0, "a")), Fault.PARTITION_NOT_FOUND);
            assertFault(broker.logs().read(nowhere, 0, 10), Fault.PARTITION_NOT_FOUND);
            assertFault(broker.logs().deleteBefore(nowhere, 0), Fault.PARTITION_NOT_FOUND);
        }
        assertFault(broker.topics().create("x", Integer.MIN_VALUE, Map.of()), Fault.INVALID_SETTING);
        assertFault(broker.topics().create("x", Integer.MAX_VALUE, Map.of()), Fault.LIMIT_REACHED);
        assertFault(broker.topics().alter("orders", Integer.MIN_VALUE, Map.of()), Fault.INVALID_SETTING);
        assertFault(broker.topics().alter("orders", Integer.MAX_VALUE, Map.of()), Fault.LIMIT_REACHED);
        assertThat(values(readAll(orders, 0))).containsExactly("a", "b");
    }
}
