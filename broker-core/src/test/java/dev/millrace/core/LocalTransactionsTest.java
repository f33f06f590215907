package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.TransactionOperations.Identity;
import dev.millrace.core.TransactionOperations.Open;
import dev.millrace.core.TransactionOperations.Ref;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.storage.StoreOptions;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.TimerRef;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions and timers through the facade, on a real disk: limits, time-outs, bad input, restarts. */
@Timeout(60)
class LocalTransactionsTest {
    private static final long TIMEOUT_MS = 5_000;

    @TempDir
    Path directory;

    /** What the clocks show beyond the machine's. */
    private final AtomicLong aheadMs = new AtomicLong();

    private BrokerOptions options;
    private LocalBroker broker;
    private UUID topicId;
    private Identity identity;
    private long sequence;

    @BeforeEach
    void open() {
        TimeSource time = new TimeSource() {
            @Override
            public long nowMs() {
                return TimeSource.SYSTEM.nowMs() + aheadMs.get();
            }

            @Override
            public long nanoTime() {
                return TimeSource.SYSTEM.nanoTime() + aheadMs.get() * 1_000_000;
            }

            @Override
            public String bootId() {
                return "one-boot";
            }
        };
        options = BrokerOptions.defaults(directory.resolve("data"))
                .withStore(StoreOptions.defaults().withGenerationBytes(1 << 20))
                .withMemory(new BrokerOptions.Memory(1 << 20, 1 << 20, 1 << 20, 2 << 20, 2))
                .withUpkeep(new BrokerOptions.Upkeep(60_000, 50, 0, 86_400_000))
                .withTransactions(new BrokerOptions.Transactions(TIMEOUT_MS, 4_000, 3, 9_000, 5))
                .withWorld(new BrokerOptions.World(time, UUID::randomUUID, null, halted -> {}));
        broker = LocalBroker.open(options);
        topicId = get(broker.topics().create("t", 1, Map.of())).topicId();
        identity = get(broker.transactions().init("x", -1));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (FaultException) e.getCause();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Found by kills at named moments: an owner was fenced by its own request, whose answer a crash had taken. */
    @Test
    void anOwnerThatRenewsItsIdOnceMoreBecauseTheAnswerWasLostIsNotFenced() {
        Identity renewed = get(broker.transactions().init("x", identity.epoch()));
        assertThat(renewed.epoch()).isEqualTo(identity.epoch() + 1);
        assertThat(get(broker.transactions().init("x", identity.epoch()))).isEqualTo(renewed);
        broker.close();
        broker = LocalBroker.open(options);
        assertThat(get(broker.transactions().init("x", identity.epoch())))
                .as("after a restart")
                .isEqualTo(renewed);
        Identity other = get(broker.transactions().init("x", -1));
        assertThat(other.epoch()).isEqualTo(renewed.epoch() + 1);
        assertThatThrownBy(() -> get(broker.transactions().init("x", renewed.epoch())))
                .as("where another instance has taken the id over")
                .isInstanceOfSatisfying(
                        FaultException.class,
                        fenced -> assertThat(fenced.fault()).isEqualTo(Fault.FENCED_PRODUCER));
    }

    @Test
    void refusesASequenceBelowTheFirst() {
        for (long below : new long[] {-1, -2, Long.MIN_VALUE}) {
            assertFault(
                    Fault.INVALID_REQUEST,
                    "the first is 0",
                    () -> get(broker.transactions()
                            .open(new Ref("x", identity.producerId(), identity.epoch(), below))
                            .commit(0)));
        }
        get(begin().commit(0));
    }

    private Open begin() {
        return broker.transactions().open(new Ref("x", identity.producerId(), identity.epoch(), sequence++));
    }

    private Operation append(int bytes) {
        return new Operation.Append(topicId, 0, batch(bytes));
    }

    private static ByteBuffer batch(int bytes) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        builder.append(1, null, new byte[bytes], List.of());
        return builder.build();
    }

    private long end() {
        return broker.logs().bounds(new TopicPartition(topicId, 0)).endOffset();
    }

    private static void assertFault(Fault fault, String words, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(FaultException.class, failure -> {
            assertThat(failure.fault()).isEqualTo(fault);
            assertThat(failure.detail()).contains(words);
        });
    }

    private void until(java.util.function.BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
    }

    @Test
    void eachLimitHasItsAnswer() {
        Open large = begin();
        large.stage(List.of(append(1_000), append(1_000)));
        assertFault(Fault.LIMIT_REACHED, "transactions.bytesMax", () -> large.stage(List.of(append(3_000))));
        assertFault(Fault.LIMIT_REACHED, "transactions.bytesMax", () -> get(large.commit(2)));
        Open first = begin();
        Open second = begin();
        Open third = begin();
        assertFault(Fault.LIMIT_REACHED, "transactions.openMax", this::begin);
        first.stage(List.of(append(3_500)));
        second.stage(List.of(append(3_500)));
        assertFault(Fault.OVERLOADED, "transactions.memory", () -> third.stage(List.of(append(3_500))));
        first.abort();
        get(second.commit(1));
        get(begin().commit(0));
        assertThat(broker.transactions().openCount()).isZero();
        assertThat(end()).isEqualTo(1);
    }

    @Test
    void endsWhatIsOpenForTooLong() {
        Open transaction = begin();
        transaction.stage(List.of(append(100)));
        aheadMs.addAndGet(TIMEOUT_MS);
        until(() -> broker.transactions().openCount() == 0);
        assertFault(Fault.TRANSACTION_ENDED, "transactions.timeout", () -> transaction.stage(List.of(append(100))));
        assertFault(Fault.TRANSACTION_ENDED, "transactions.timeout", () -> get(transaction.commit(1)));
        assertThat(end()).isZero();
    }

    @Test
    void anOpenTransactionHoldsNoReader() {
        Open transaction = begin();
        transaction.stage(List.of(append(100)));
        get(broker.logs().append(new TopicPartition(topicId, 0), batch(10)));
        assertThat(end()).isEqualTo(1);
        get(transaction.commit(1));
        assertThat(end()).isEqualTo(2);
    }

    @Test
    void aCommitThatMissesOperationsIsRefused() {
        Open transaction = begin();
        transaction.stage(List.of(append(100)));
        assertFault(Fault.TRANSACTION_ENDED, "2 operations and the broker holds 1", () -> get(transaction.commit(2)));
        assertFault(Fault.TRANSACTION_ENDED, "holds 1", () -> get(transaction.commit(1)));
        assertThat(end()).isZero();
    }

    @Test
    void badInputIsNamed() {
        Operation numbered = append(10);
        RecordBatchBuilder.stampProducer(((Operation.Append) numbered).batches(), 1, (short) 0, 0);
        assertFault(Fault.INVALID_REQUEST, "producer id 1", () -> begin().stage(List.of(numbered)));
        ByteBuffer damaged = batch(10);
        damaged.put(70, (byte) 9);
        assertFault(
                Fault.CORRUPT_BATCH,
                "checksum",
                () -> begin().stage(List.of(new Operation.Append(topicId, 0, damaged))));
        assertFault(
                Fault.PARTITION_NOT_FOUND,
                "not 7",
                () -> begin().stage(List.of(new Operation.Append(topicId, 7, batch(10)))));
        assertFault(
                Fault.INVALID_REQUEST,
                "1 to 255",
                () -> get(broker.transactions().init("", -1)));
        assertFault(
                Fault.INVALID_REQUEST,
                "control",
                () -> get(broker.transactions().init("a\nb", -1)));
        long producerId = get(broker.logs().initProducer()).producerId();
        RecordBatchBuilder two = new RecordBatchBuilder(Compression.NONE, 256);
        two.append(1, null, null, List.of());
        two.append(1, null, null, List.of());
        assertFault(
                Fault.INVALID_REQUEST,
                "this one holds 2 records",
                () -> get(broker.timers()
                        .schedule(producerId, 0, List.of(new NewTimer(topicId, 0, 1, -1, null, two.build())))));
        assertFault(
                Fault.INVALID_REQUEST, "not 0 with 0", () -> get(broker.timers().schedule(producerId, 0, List.of())));
        assertFault(
                Fault.INVALID_REQUEST,
                "1 to 1024 bytes",
                () -> get(broker.timers().cancel(new TimerRef(topicId, "", 0, 0))));
    }

    @Test
    void aRecordWithAnIdGoesToATopicThatLooksAtIdsByItselfAlone() {
        UUID looking = get(broker.topics().create("ids", 1, Map.of("publish.idWindow", "1h")))
                .topicId();
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        builder.append(1, null, new byte[1], List.of(new RecordHeader("$id", new byte[] {65})));
        Operation named = new Operation.Append(looking, 0, builder.build());
        assertFault(Fault.INVALID_REQUEST, "publish.idWindow", () -> begin().stage(List.of(named)));
        Open without = begin();
        without.stage(List.of(new Operation.Append(looking, 0, batch(1))));
        get(without.commit(1));
        assertFault(
                Fault.INVALID_SETTING,
                "stream.idWindow",
                () -> get(broker.topics().create("both", 1, Map.of("publish.idWindow", "1h", "stream.index", "key"))));
    }

    @Test
    void timersMissedWhileTheBrokerWasDownComeAtOnceInDueOrder() {
        long producerId = get(broker.logs().initProducer()).producerId();
        long nowMs = options.world().time().nowMs();
        get(broker.timers()
                .schedule(
                        producerId,
                        0,
                        List.of(
                                new NewTimer(topicId, 0, nowMs + 3_600_000, -1, null, batch(2)),
                                new NewTimer(topicId, 0, nowMs + 1_800_000, -1, null, batch(1)),
                                new NewTimer(topicId, 0, nowMs + 36_000_000, -1, null, batch(3)))));
        broker.close();
        aheadMs.addAndGet(7_200_000);
        broker = LocalBroker.open(options);
        until(() -> end() == 2);
        // The counters follow what readers see.
        until(() -> broker.stats().timersFired() == 2);
        assertThat(broker.stats().timersPending()).isEqualTo(1);
    }
}
