package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameType;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProducerTest {
    private static final int IN_FLIGHT_BATCHES = 2048;

    private FakeBroker broker;
    private MillraceClient client;

    @BeforeEach
    void open() throws IOException {
        broker = new FakeBroker().topic("t", 1).topic("wide", 8);
        client = broker.client();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        broker.close();
    }

    private static Message message(int number) {
        return Message.to("t").key("k" + number).value("v" + number);
    }

    private static List<String> values(int count) {
        return IntStream.range(0, count).mapToObj(i -> "v" + i).toList();
    }

    private static MillraceException failureOf(CompletableFuture<?> future) {
        ExecutionException error = catchThrowableOfType(ExecutionException.class, future::get);
        assertThat(error).isNotNull();
        return (MillraceException) error.getCause();
    }

    private List<CompletableFuture<Receipt>> publishMany(Producer producer, int count) {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            receipts.add(producer.publishAsync(message(i)));
        }
        producer.flush();
        return receipts;
    }

    @Test
    void tellsWhereEachMessageWent() {
        Producer producer = client.producer().build();
        assertThat(producer.publish("t", "k", "a")).isEqualTo(new Receipt("t", 0, 0, 1000, false));
        assertThat(producer.publish("t", "k", "b")).isEqualTo(new Receipt("t", 0, 1, 1000, false));
    }

    @Test
    void carriesKeyValueHeadersAndTimestamp() {
        client.producer()
                .build()
                .publish(Message.to("t")
                        .key("k")
                        .value("v")
                        .header("a", "1")
                        .header("a", (byte[]) null)
                        .timestampMs(42));
        Record record = broker.log("t", 0).records().get(0);
        assertThat(record.key()).isEqualTo("k".getBytes());
        assertThat(record.value()).isEqualTo("v".getBytes());
        assertThat(record.timestampMs()).isEqualTo(42);
        assertThat(record.headers())
                .containsExactly(new RecordHeader("a", "1".getBytes()), new RecordHeader("a", null));
    }

    @Test
    void keepsOrderOverManyBatchesInFlight() {
        Producer producer = client.producer().batchSize(100).build();
        List<CompletableFuture<Receipt>> receipts = publishMany(producer, 2000);
        assertThat(broker.log("t", 0).values()).isEqualTo(values(2000));
        assertThat(receipts)
                .extracting(receipt -> receipt.join().offset())
                .isEqualTo(IntStream.range(0, 2000).mapToObj(i -> (long) i).toList());
    }

    @Test
    void gathersWhatIsPublishedWhileABatchIsInFlight() {
        List<Runnable> held = new ArrayList<>();
        broker.next(
                FrameType.PUBLISH,
                (session, id, request) -> held.add(() -> {
                    try {
                        session.handle(id, request);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }));
        Producer producer = client.producer().build();
        producer.publishAsync(message(0));
        broker.await("the first publish", () -> held.size() == 1);
        List<CompletableFuture<Receipt>> rest = new ArrayList<>();
        for (int i = 1; i < 100; i++) {
            rest.add(producer.publishAsync(message(i)));
        }
        synchronized (broker) {
            held.get(0).run();
        }
        producer.flush();
        assertThat(rest).allSatisfy(receipt -> assertThat(receipt).isCompleted());
        assertThat(broker.events("publish").size()).isLessThan(20);
    }

    @Test
    void batchesGrowWhileTheBrokerIsSlowAndShrinkAgain() {
        List<Runnable> held = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            broker.next(FrameType.PUBLISH, (session, id, request) -> held.add(() -> answer(session, id, request)));
        }
        Producer producer = client.producer().batchSize(100).build();
        for (int i = 0; i < 5000; i++) {
            producer.publishAsync(message(i));
            if (i % 100 == 0) {
                // An answer shows that the client's loop had a turn, in which it could see the backlog.
                client.admin().listTopics();
            }
        }
        broker.await("five in flight", () -> held.size() == 5);
        synchronized (broker) {
            held.forEach(Runnable::run);
        }
        producer.flush();
        assertThat(broker.log("t", 0).values()).isEqualTo(values(5000));
        assertThat(broker.events("publish").size()).isLessThan(1000);
        publishMany(producer, 3);
        assertThat(broker.events("publish").get(broker.events("publish").size() - 1))
                .containsPattern("count=[123]$");
    }

    @Test
    void messagesToThousandsOfPartitionsGatherWhileManyBatchesAreUnderWay() {
        int partitions = 3000;
        broker.topic("many", partitions);
        Producer producer = client.producer().build();
        // So that it has its id: what waits for that is sealed.
        producer.publish("t", "k", "first");
        int before = broker.events("publish").size();
        List<Runnable> held = new ArrayList<>();
        for (int i = 0; i < IN_FLIGHT_BATCHES; i++) {
            broker.next(FrameType.PUBLISH, (session, id, request) -> held.add(() -> answer(session, id, request)));
        }
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < partitions; i++) {
                producer.publishAsync(Message.to("many").partition(i).value("v" + round));
            }
        }
        broker.await("all that may be under way", () -> held.size() == IN_FLIGHT_BATCHES);
        // Answered by the loop after all that the publishes above brought it.
        client.admin().listTopics();
        assertThat(broker.events("publish")).hasSize(before);
        synchronized (broker) {
            held.forEach(Runnable::run);
        }
        producer.flush();
        for (int i = 0; i < partitions; i++) {
            assertThat(broker.log("many", i).values()).containsExactly("v0", "v1");
        }
        assertThat(broker.events("publish").size() - before)
                .as("batches: of the partitions that had to wait one each")
                .isLessThanOrEqualTo(2 * IN_FLIGHT_BATCHES + partitions - IN_FLIGHT_BATCHES);
    }

    @Test
    void choosesThePartitionOfAKeyAsKafkaDoes() {
        Producer producer = client.producer().build();
        for (int i = 0; i < 50; i++) {
            byte[] key = ("key-" + i).getBytes();
            assertThat(producer.publish("wide", key, null).partition()).isEqualTo(Murmur2.partition(key, 8));
        }
    }

    @Test
    void keepsToTheNamedPartitionAndRefusesOneThatIsNotThere() {
        Producer producer = client.producer().build();
        assertThat(producer.publish(Message.to("wide").value("v").partition(5)).partition())
                .isEqualTo(5);
        MillraceException error = catchThrowableOfType(
                MillraceException.class,
                () -> producer.publish(Message.to("wide").value("v").partition(8)));
        assertThat(error.fault()).isEqualTo(Fault.PARTITION_NOT_FOUND);
    }

    @Test
    void findsAPartitionThatWasAddedJustNow() {
        Producer producer = client.producer().build();
        producer.publish("wide", "k", "v");
        broker.addPartition("wide");
        assertThat(producer.publish(Message.to("wide").value("v").partition(8)).partition())
                .isEqualTo(8);
    }

    @Test
    void spreadsMessagesWithoutKeyBatchByBatch() {
        Producer producer = client.producer().batchSize(200).build();
        for (int i = 0; i < 500; i++) {
            producer.publishAsync(Message.to("wide").value("v" + i));
        }
        producer.flush();
        assertThat(IntStream.range(0, 8)
                        .filter(p -> broker.log("wide", p).endOffset() > 0)
                        .count())
                .isGreaterThan(2);
    }

    @Test
    void compressesBatches() {
        for (Compression compression : Compression.values()) {
            broker.topic(compression.label(), 1);
            Producer producer = client.producer()
                    .compression(compression)
                    .linger(Duration.ofMillis(5))
                    .build();
            for (int i = 0; i < 100; i++) {
                producer.publishAsync(Message.to(compression.label()).value("the same value again and again"));
            }
            producer.close();
            assertThat(broker.log(compression.label(), 0).values())
                    .hasSize(100)
                    .containsOnly("the same value again and again");
        }
    }

    // ---- faults

    @Test
    void namesTheMissingTopic() {
        assertThatThrownBy(() -> client.producer().build().publish("none", "k", "v"))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("topic none does not exist")
                .hasMessageContaining(Fault.TOPIC_NOT_FOUND.remedy());
    }

    @Test
    void refusesAMessageOverTheBrokersLimitWithoutSendingIt() {
        MillraceException error = catchThrowableOfType(
                MillraceException.class,
                () -> client.producer().build().publish("t", null, new byte[FakeBroker.MESSAGE_BYTES_MAX + 1]));
        assertThat(error.fault()).isEqualTo(Fault.MESSAGE_TOO_LARGE);
        assertThat(broker.events("publish")).isEmpty();
    }

    @Test
    void resendsAfterALostConnectionWithoutDuplicates() {
        Producer producer = client.producer().batchSize(100).build();
        producer.publish("t", "k", "first");
        broker.nextLosesAnswer(FrameType.PUBLISH);
        List<CompletableFuture<Receipt>> receipts = publishMany(producer, 500);
        List<String> expected = new ArrayList<>(List.of("first"));
        expected.addAll(values(500));
        assertThat(broker.log("t", 0).values()).isEqualTo(expected);
        assertThat(receipts.get(0).join().duplicate()).isTrue();
        assertThat(receipts)
                .extracting(receipt -> receipt.join().offset())
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(broker.events("producer")).hasSize(1);
    }

    @Test
    void outlivesABrokerThatIsGoneForAWhile() throws IOException {
        Producer producer = client.producer().build();
        producer.publish("t", "k", "v0");
        broker.stop();
        CompletableFuture<Receipt> receipt = producer.publishAsync(message(1));
        broker.restart();
        assertThat(receipt.join().offset()).isEqualTo(1);
    }

    @Test
    void retriesWhatAnOverloadedBrokerRefusesAndKeepsTheOrder() {
        Producer producer = client.producer().batchSize(100).build();
        producer.publish("t", "k", "first");
        broker.nextFails(FrameType.PUBLISH, Fault.OVERLOADED)
                .next(FrameType.PUBLISH, FakeBroker.usual())
                .nextFails(FrameType.PUBLISH, Fault.DISK_FULL);
        publishMany(producer, 500);
        List<String> expected = new ArrayList<>(List.of("first"));
        expected.addAll(values(500));
        assertThat(broker.log("t", 0).values()).isEqualTo(expected);
        assertThat(broker.events("producer")).hasSize(1);
    }

    /** As a broker does that stops: it refuses one batch, and hangs up before it has read the one behind it. */
    @Test
    void goesOnWhereTheFirstBatchOfANewProducerWasRefusedAndTheNextOneLost() {
        Producer producer = client.producer().batchSize(100).build();
        AtomicInteger first = new AtomicInteger();
        broker.next(FrameType.PUBLISH, (session, id, request) -> first.set(id));
        broker.next(FrameType.PUBLISH, (session, id, request) -> {
            session.fail(first.get(), Fault.SHUTTING_DOWN, "the broker is stopping");
            session.drop();
        });
        CompletableFuture<Receipt> refused = producer.publishAsync(message(0));
        broker.await("the first batch", () -> first.get() != 0);
        CompletableFuture<Receipt> lost = producer.publishAsync(message(1));
        assertThat(refused.join().offset()).isZero();
        assertThat(lost.join().offset()).isEqualTo(1);
        assertThat(broker.log("t", 0).values()).isEqualTo(values(2));
        assertThat(broker.events("producer")).hasSize(1);
    }

    @Test
    void failsOnlyTheBatchThatTheBrokerRefusesForGood() {
        Producer producer = client.producer().batchSize(100).build();
        producer.publish("t", "k", "first");
        broker.nextFails(FrameType.PUBLISH, Fault.CORRUPT_BATCH);
        List<CompletableFuture<Receipt>> receipts = publishMany(producer, 300);
        long failed = receipts.stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .count();
        assertThat(failed).isBetween(1L, 10L);
        assertThat(failureOf(receipts.get(0)).outcomeUnknown()).isFalse();
        List<String> expected = new ArrayList<>(List.of("first"));
        expected.addAll(values(300).subList((int) failed, 300));
        assertThat(broker.log("t", 0).values()).isEqualTo(expected);
    }

    @Test
    void reportsTheOutcomeAsUnknownWhenTheAnswerNeverComes() {
        Producer producer =
                client.producer().deliveryTimeout(Duration.ofMillis(200)).build();
        producer.publish("t", "k", "first");
        broker.next(FrameType.PUBLISH, FakeBroker.silence());
        MillraceException error =
                catchThrowableOfType(MillraceException.class, () -> producer.publish("t", "k", "lost"));
        assertThat(error.fault()).isEqualTo(Fault.TIMED_OUT);
        assertThat(error.outcomeUnknown()).isTrue();
        // The sequence has a gap that nobody can judge, so the producer goes on under a new id.
        assertThat(producer.publish("t", "k", "next").offset()).isEqualTo(1);
        assertThat(broker.events("producer")).hasSize(2);
        assertThat(broker.log("t", 0).values()).containsExactly("first", "next");
    }

    @Test
    void saysThatNothingWasWrittenWhenItCouldNotSend() throws IOException {
        Producer producer =
                client.producer().deliveryTimeout(Duration.ofMillis(200)).build();
        producer.publish("t", "k", "first");
        broker.stop();
        broker.await("the client sees the end", () -> broker.connectionCount() == 0);
        MillraceException error =
                catchThrowableOfType(MillraceException.class, () -> producer.publish("t", "k", "unsent"));
        if (error.fault() == Fault.CONNECT_FAILED) {
            assertThat(error.outcomeUnknown()).isFalse();
            assertThat(error).hasMessageContaining(broker.address());
        } else {
            // It was handed to the dying connection before the client knew.
            assertThat(error.outcomeUnknown()).isTrue();
        }
        broker.restart();
    }

    @Test
    void neverResendsWithoutIdempotence() {
        Producer producer = client.producer().idempotent(false).build();
        producer.publish("t", "k", "first");
        broker.nextLosesAnswer(FrameType.PUBLISH);
        MillraceException error =
                catchThrowableOfType(MillraceException.class, () -> producer.publish("t", "k", "second"));
        assertThat(error.fault()).isEqualTo(Fault.CONNECTION_LOST);
        assertThat(error.outcomeUnknown()).isTrue();
        assertThat(producer.publish("t", "k", "third").offset()).isEqualTo(2);
        assertThat(broker.log("t", 0).values()).containsExactly("first", "second", "third");
        assertThat(broker.events("producer")).isEmpty();
    }

    @Test
    void takesANewIdWhenTheBrokerHasForgottenTheOldOne() {
        Producer producer = client.producer().build();
        producer.publish("t", "k", "first");
        broker.nextFails(FrameType.PUBLISH, Fault.UNKNOWN_PRODUCER);
        assertThat(producer.publish("t", "k", "second").offset()).isEqualTo(1);
        assertThat(broker.events("producer")).hasSize(2);
    }

    @Test
    void findsATopicThatWasDeletedAndCreatedAgain() {
        Producer producer = client.producer().build();
        producer.publish("t", "k", "first");
        broker.deleteTopic("t");
        broker.topic("t", 1);
        assertThat(producer.publish("t", "k", "second").offset()).isZero();
        assertThat(broker.log("t", 0).values()).containsExactly("second");
    }

    @Test
    void saysSoWhenTheTopicIsGoneAndRecoversWhenItIsBack() {
        Producer producer = client.producer().build();
        producer.publish("t", "k", "first");
        broker.deleteTopic("t");
        MillraceException error =
                catchThrowableOfType(MillraceException.class, () -> producer.publish("t", "k", "second"));
        assertThat(error.fault()).isEqualTo(Fault.TOPIC_NOT_FOUND);
        broker.topic("t", 1);
        assertThat(producer.publish("t", "k", "third").offset()).isZero();
    }

    // ---- bounds

    @Test
    void failsWithBufferFullWhenNothingIsAcknowledged() {
        for (int i = 0; i < 20; i++) {
            broker.next(FrameType.PUBLISH, FakeBroker.silence());
        }
        Producer producer = client.producer()
                .bufferSize(10_000)
                .blockTimeout(Duration.ZERO)
                .deliveryTimeout(Duration.ofSeconds(2))
                .build();
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            receipts.add(producer.publishAsync(Message.of("t", null, new byte[1000])));
        }
        List<Fault> faults =
                receipts.stream().map(receipt -> failureOf(receipt).fault()).toList();
        assertThat(faults).contains(Fault.BUFFER_FULL, Fault.TIMED_OUT);
        assertThat(faults.indexOf(Fault.BUFFER_FULL)).isBetween(8, 10);
    }

    @Test
    void publishingWaitsForRoomInTheBuffer() throws Exception {
        List<Runnable> held = new ArrayList<>();
        broker.next(
                FrameType.PUBLISH,
                (session, id, request) -> held.add(() -> {
                    try {
                        session.handle(id, request);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }));
        Producer producer = client.producer().bufferSize(2000).build();
        producer.publishAsync(Message.of("t", null, new byte[1500]));
        CompletableFuture<Receipt> second =
                CompletableFuture.supplyAsync(() -> producer.publish(Message.of("t", null, new byte[1500])));
        broker.await("the first publish", () -> held.size() == 1);
        assertThat(second).isNotDone();
        synchronized (broker) {
            held.get(0).run();
        }
        assertThat(second.get().offset()).isEqualTo(1);
    }

    @Test
    void neverHasMoreInFlightThanTheBrokerTakes() throws IOException {
        int limitBytes = 1000;
        broker.limits(60_000, limitBytes);
        Queue<Runnable> held = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Receipt>> published = new ArrayList<>();
        AtomicInteger heldBytes = new AtomicInteger();
        AtomicInteger heldBytesMax = new AtomicInteger();
        for (int i = 0; i < 200; i++) {
            broker.next(FrameType.PUBLISH, (session, id, request) -> {
                int bytes = request.payload().remaining();
                heldBytesMax.accumulateAndGet(heldBytes.addAndGet(bytes), Math::max);
                held.add(() -> {
                    heldBytes.addAndGet(-bytes);
                    answer(session, id, request);
                });
            });
        }
        try (MillraceClient narrow = broker.client();
                Producer producer = narrow.producer().batchSize(100).build()) {
            for (int i = 0; i < 200; i++) {
                published.add(
                        producer.publishAsync(Message.to("wide").key("k" + i).value("v" + i)));
            }
            CompletableFuture<Void> flushed = CompletableFuture.runAsync(producer::flush);
            broker.await("all of them", () -> {
                for (Runnable next = held.poll(); next != null; next = held.poll()) {
                    next.run();
                }
                return flushed.isDone();
            });
            published.forEach(receipt -> assertThat(receipt).isCompleted());
            assertThat(IntStream.range(0, 8)
                            .mapToLong(p -> broker.log("wide", p).endOffset())
                            .sum())
                    .isEqualTo(200);
            assertThat(heldBytesMax.get()).isBetween(1, limitBytes);
        }
    }

    private static void answer(FakeBroker.Session session, int id, Frame request) {
        try {
            session.handle(id, request);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closeFlushesAndRefusesWhatComesAfter() {
        Producer producer = client.producer().linger(Duration.ofMinutes(1)).build();
        CompletableFuture<Receipt> receipt = producer.publishAsync(message(0));
        producer.close();
        producer.close();
        assertThat(receipt.join().offset()).isZero();
        assertThat(failureOf(producer.publishAsync(message(1))).fault()).isEqualTo(Fault.CLIENT_CLOSED);
    }

    @Test
    void aCallbackMayPublishAndWait() {
        // Lingers so that the callbacks are attached before the outcome is there.
        Producer producer = client.producer().linger(Duration.ofMillis(100)).build();
        CompletableFuture<Long> second = producer.publishAsync(message(0))
                .thenApply(first -> producer.publish(message(1)).offset());
        assertThat(second.join()).isEqualTo(1);
        CompletableFuture<Void> flushing = producer.publishAsync(message(2)).thenAccept(r -> producer.flush());
        assertThatThrownBy(flushing::join).hasCauseInstanceOf(IllegalStateException.class);
    }

    // ---- callbacks in place of futures

    @Test
    void tellsACallbackOfEachMessageInOrder() {
        Producer producer = client.producer().batchSize(100).build();
        List<Long> offsets = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 500; i++) {
            producer.publishAsync(message(i), (receipt, failure) -> {
                assertThat(failure).isNull();
                offsets.add(receipt.offset());
            });
        }
        producer.flush();
        assertThat(offsets).isEqualTo(LongStream.range(0, 500).boxed().toList());
        assertThat(broker.log("t", 0).values()).isEqualTo(values(500));
    }

    @Test
    void tellsACallbackWhyItsMessageFailed() {
        Producer producer = client.producer().build();
        producer.publish("t", "k", "first");
        broker.nextFails(FrameType.PUBLISH, Fault.CORRUPT_BATCH);
        List<Fault> faults = Collections.synchronizedList(new ArrayList<>());
        BiConsumer<Receipt, MillraceException> note = (receipt, failure) -> {
            assertThat(receipt).isNull();
            faults.add(failure.fault());
        };
        producer.publishAsync(message(0), note);
        producer.flush();
        producer.publishAsync(Message.of("t", null, new byte[FakeBroker.MESSAGE_BYTES_MAX + 1]), note);
        producer.close();
        producer.publishAsync(message(1), note);
        assertThat(faults).containsExactly(Fault.CORRUPT_BATCH, Fault.MESSAGE_TOO_LARGE, Fault.CLIENT_CLOSED);
    }

    @Test
    void aCallbackThatThrowsKeepsNobodyElseFromHearing() {
        Producer producer = client.producer().linger(Duration.ofMinutes(1)).build();
        AtomicInteger told = new AtomicInteger();
        CompletableFuture<Receipt> before = producer.publishAsync(message(0));
        for (int i = 1; i <= 2; i++) {
            producer.publishAsync(message(i), (receipt, failure) -> {
                told.getAndIncrement();
                throw new IllegalStateException("of the application");
            });
        }
        CompletableFuture<Receipt> after = producer.publishAsync(message(3));
        producer.flush();
        assertThat(told).hasValue(2);
        assertThat(before.join().offset()).isZero();
        assertThat(after.join().offset()).isEqualTo(3);
    }

    // ---- memory outside the heap

    private static Message large(int number) {
        return Message.to("t").key("k" + number).value(new byte[20_000]);
    }

    private static void assertNoMemoryKept(FakeBroker broker) {
        broker.await("sent bytes are let go", () -> PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() == 0);
    }

    @Test
    void largeBatchesGiveTheirMemoryBackHoweverTheyEnd() throws IOException {
        Producer producer = client.producer()
                .batchSize(50_000)
                .deliveryTimeout(Duration.ofMillis(500))
                .build();
        producer.publish(large(0));
        broker.next(FrameType.PUBLISH, FakeBroker.silence());
        assertThat(failureOf(producer.publishAsync(large(1))).fault()).isEqualTo(Fault.TIMED_OUT);
        broker.nextFails(FrameType.PUBLISH, Fault.CORRUPT_BATCH);
        assertThat(failureOf(producer.publishAsync(large(2))).fault()).isEqualTo(Fault.CORRUPT_BATCH);
        assertNoMemoryKept(broker);

        broker.stop();
        CompletableFuture<Receipt> unsent = producer.publishAsync(large(3));
        producer.publishAsync(large(4));
        producer.publishAsync(large(5));
        assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isPositive();
        assertThat(unsent).failsWithin(Duration.ofSeconds(10));
        broker.restart();
        assertNoMemoryKept(broker);
    }

    @Test
    void largeBatchesAreResentWholeAfterALostConnection() {
        Producer producer = client.producer().batchSize(50_000).build();
        producer.publish(large(0));
        broker.nextLosesAnswer(FrameType.PUBLISH);
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            receipts.add(producer.publishAsync(large(i)));
        }
        producer.flush();
        assertThat(broker.log("t", 0).records())
                .extracting(record -> new String(record.key()))
                .isEqualTo(IntStream.rangeClosed(0, 40).mapToObj(i -> "k" + i).toList());
        assertThat(receipts).allSatisfy(receipt -> assertThat(receipt).isCompleted());
        assertNoMemoryKept(broker);
    }

    @Test
    void largeBatchesWithoutANumberAreWholeToo() {
        Producer producer =
                client.producer().idempotent(false).batchSize(50_000).build();
        for (int i = 0; i < 20; i++) {
            producer.publishAsync(large(i));
        }
        producer.flush();
        assertThat(broker.log("t", 0).records())
                .extracting(record -> new String(record.key()))
                .isEqualTo(IntStream.range(0, 20).mapToObj(i -> "k" + i).toList());
        assertNoMemoryKept(broker);
    }

    @Test
    void aClosedClientKeepsNoMemoryOfWhatWasUnderWay() {
        Producer producer = client.producer()
                .batchSize(50_000)
                .linger(Duration.ofMinutes(1))
                .build();
        producer.publishAsync(large(0));
        producer.flush();
        broker.next(FrameType.PUBLISH, FakeBroker.silence());
        CompletableFuture<Receipt> sent = producer.publishAsync(large(1));
        producer.publishAsync(large(2));
        producer.publishAsync(large(3));
        broker.await("the batch is under way", () -> PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() > 0);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(client::close);
        assertThat(sent).failsWithin(Duration.ofSeconds(30));
        closing.join();
        assertNoMemoryKept(broker);
    }
}
