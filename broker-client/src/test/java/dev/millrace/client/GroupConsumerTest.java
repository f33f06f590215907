package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.wire.DeadLetterFrames;
import dev.millrace.core.wire.FrameType;
import dev.millrace.core.wire.Frames;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GroupConsumerTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final TopicPartition T1 = new TopicPartition("t", 1);
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration TICK = Duration.ofMillis(5);

    /** Holds handlers; opened at the end in any case, because closing waits for them. */
    private final CountDownLatch hold = new CountDownLatch(1);

    private FakeBroker broker;
    private MillraceClient client;

    @BeforeEach
    void open() throws IOException {
        broker = new FakeBroker().topic("t", 2);
        broker.groups.assign("t", 0, 1);
        client = broker.client();
    }

    @AfterEach
    void close() throws IOException {
        hold.countDown();
        client.close();
        broker.close();
    }

    private GroupBuilder group() {
        return client.group("g").topics("t").autoCommitInterval(Duration.ofMillis(10));
    }

    private static List<String> poll(Consumer consumer, int count) {
        List<String> values = new ArrayList<>();
        while (values.size() < count) {
            List<ReceivedMessage> messages = consumer.poll(LONG);
            assertThat(messages).as("within ten seconds, after " + values).isNotEmpty();
            messages.forEach(message -> values.add(message.valueText()));
        }
        return values;
    }

    /** Polls, so that changes are applied, until it is so. */
    private void pollUntil(Consumer consumer, String what, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("deadline of: " + what + "; " + broker.events())
                    .isLessThan(deadlineNanos);
            consumer.poll(TICK);
        }
    }

    private final class Recorder implements RebalanceListener {
        @Override
        public void onAssigned(Collection<TopicPartition> partitions) {
            broker.event("assigned " + sorted(partitions));
        }

        @Override
        public void onRevoked(Collection<TopicPartition> partitions) {
            broker.event("revoked " + sorted(partitions));
        }

        @Override
        public void onLost(Collection<TopicPartition> partitions) {
            broker.event("lost " + sorted(partitions));
        }

        @Override
        public void onOffsetReset(TopicPartition partition, long wantedOffset, long actualOffset) {
            broker.event("reset " + partition + " " + wantedOffset + " to " + actualOffset);
        }

        private List<TopicPartition> sorted(Collection<TopicPartition> partitions) {
            return partitions.stream().sorted().toList();
        }
    }

    @Test
    void startsAtTheCommittedOffsetAndElseWhereItIsTold() {
        broker.log("t", 0).with("a", "b", "c");
        broker.log("t", 1).with("d", "e");
        broker.groups.committed("t", 0, 2);
        assertThat(poll(group().open(), 3)).containsExactlyInAnyOrder("c", "d", "e");
        broker.await("both", () -> broker.events("subscribe").size() == 2);
        assertThat(broker.events("subscribe 0").get(0)).contains("OFFSET 2");
        assertThat(broker.events("subscribe 1").get(0)).contains("EARLIEST");
    }

    @Test
    void commitsByItselfWhatWasHandedOutBeforeTheLatestPoll() {
        broker.log("t", 0).withBatch(Compression.NONE, "a", "b", "c");
        GroupConsumer consumer = client.group("g")
                .topics("t")
                .autoCommitInterval(Duration.ofNanos(1))
                .pollMax(2)
                .open();
        assertThat(poll(consumer, 2)).containsExactly("a", "b");
        assertThat(broker.groups.committed("t", 0)).isLessThanOrEqualTo(0);
        assertThat(poll(consumer, 1)).containsExactly("c");
        pollUntil(consumer, "the commit", () -> broker.groups.committed("t", 0) == 3);
    }

    @Test
    void commitsNothingByItselfWhenToldNotTo() {
        broker.log("t", 0).with("a", "b", "c");
        GroupConsumer consumer = group().autoCommit(false).open();
        poll(consumer, 3);
        consumer.poll(Duration.ofMillis(30));
        assertThat(broker.events("commit")).isEmpty();
        consumer.commit(Map.of(T0, 1L));
        assertThat(broker.groups.committed("t", 0)).isEqualTo(1);
        consumer.commit();
        assertThat(broker.groups.committed("t", 0)).isEqualTo(3);
        consumer.close();
        assertThat(broker.events("commit t/0")).containsExactly("commit t/0@1", "commit t/0@3");
        assertThat(broker.events().get(broker.events().size() - 1)).isEqualTo("leave m1");
    }

    @Test
    void closeCommitsThenLeaves() {
        broker.log("t", 0).with("a", "b", "c");
        GroupConsumer consumer =
                client.group("g").topics("t").listener(new Recorder()).open();
        poll(consumer, 3);
        consumer.close();
        consumer.close();
        List<String> events = broker.events();
        assertThat(events.indexOf("revoked [t/0, t/1]")).isPositive().isLessThan(events.indexOf("commit t/0@3"));
        assertThat(events.indexOf("commit t/0@3")).isLessThan(events.indexOf("leave m1"));
        assertThatThrownBy(() -> consumer.poll(LONG)).hasMessageContaining("CLIENT_CLOSED");
    }

    @Test
    void revokedPartitionsAreCommittedBeforeTheyAreLetGo() {
        broker.log("t", 0).with("a", "b");
        broker.log("t", 1).with("c");
        GroupConsumer consumer =
                client.group("g").topics("t").listener(new Recorder()).open();
        poll(consumer, 3);
        broker.await("a heartbeat", () -> broker.events().contains("owned t/0,t/1"));
        broker.groups.reassign("m1", "t", 1);
        int heartbeats = broker.events("owned").size();
        broker.await("more heartbeats", () -> broker.events("owned").size() > heartbeats + 2);
        // Without a poll nobody knows that the messages are finished: nothing is let go.
        assertThat(broker.events()).doesNotContain("owned t/1");
        pollUntil(consumer, "the hand-over", () -> broker.events().contains("owned t/1"));
        List<String> events = broker.events();
        assertThat(events.indexOf("revoked [t/0]")).isLessThan(events.indexOf("commit t/0@2"));
        assertThat(events.indexOf("commit t/0@2")).isLessThan(events.indexOf("owned t/1"));
        assertThat(consumer.assignment()).containsExactly(T1);
    }

    @Test
    void takesNewPartitionsUpAndHandsOutNothingOfRevokedOnes() {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with("a");
        broker.log("t", 1).with("b");
        GroupConsumer consumer = group().listener(new Recorder()).open();
        assertThat(poll(consumer, 1)).containsExactly("a");
        broker.groups.reassign("m1", "t", 1);
        assertThat(poll(consumer, 1)).containsExactly("b");
        synchronized (broker) {
            broker.log("t", 0).with("not mine any more");
        }
        assertThat(consumer.poll(Duration.ofMillis(20))).isEmpty();
        assertThat(broker.events("assigned")).containsExactly("assigned [t/0]", "assigned [t/1]");
    }

    @Test
    void joinsAsANewMemberWhenItsSessionHasEnded() {
        broker.log("t", 0).with("a");
        GroupConsumer consumer = group().listener(new Recorder()).open();
        poll(consumer, 1);
        broker.groups.expire("m1");
        pollUntil(consumer, "a new membership", () -> broker.events().contains("join m2"));
        pollUntil(consumer, "partitions again", () -> consumer.assignment().size() == 2);
        assertThat(consumer.memberId()).isEqualTo(broker.groups.idOf("m2"));
        assertThat(broker.events("lost")).containsExactly("lost [t/0, t/1]");
        assertThat(broker.events("revoked")).isEmpty();
    }

    @Test
    void staysTheSameMemberOverALostConnection() {
        broker.log("t", 0).with("a", "b");
        GroupConsumer consumer = group().listener(new Recorder()).pollMax(1).open();
        poll(consumer, 1);
        broker.dropConnections();
        assertThat(poll(consumer, 1)).containsExactly("b");
        broker.await("joined again", () -> broker.events("join").size() == 2);
        assertThat(broker.events("join")).containsExactly("join m1", "join m1");
        assertThat(broker.events("assigned")).hasSize(1);
        assertThat(broker.events("lost")).isEmpty();
    }

    @Test
    void aJoinWhoseAnswerIsLostMakesNoSecondMember() {
        broker.log("t", 0).with("a");
        broker.groups.loseNextJoinAnswer();
        GroupConsumer consumer = group().listener(new Recorder()).open();
        assertThat(poll(consumer, 1)).containsExactly("a");
        assertThat(broker.events("join")).containsExactly("join m1", "join m1");
    }

    @Test
    void aMemberThatLeavesWhileTheBrokerIsAwayLeavesWhenItIsBack() throws IOException {
        GroupConsumer consumer = group().open();
        broker.await("joined", () -> broker.events("owned").size() > 0);
        broker.stop();
        consumer.close(); // waits two seconds for an answer, no longer
        assertThat(broker.events("leave")).isEmpty();
        broker.restart();
        broker.await("left", () -> broker.events("leave").contains("leave m1"));
    }

    @Test
    void aReplacedStaticMemberStopsInsteadOfTakingThePlaceBack() {
        GroupConsumer consumer = group().instanceId("i-1").open();
        broker.await("joined", () -> broker.events("owned").size() > 0);
        broker.nextFails(FrameType.HEARTBEAT, Fault.FENCED_MEMBER);
        MillraceException error = catchThrowableOfType(MillraceException.class, () -> {
            while (true) {
                consumer.poll(TICK);
            }
        });
        assertThat(error.fault()).isEqualTo(Fault.FENCED_MEMBER);
        assertThat(broker.events("join")).hasSize(1);
    }

    @Test
    void goesOnFromEarliestAndSaysSoWhenTheCommittedOffsetIsGone() {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with("a", "b", "c", "d").deleteBefore(2);
        broker.groups.committed("t", 0, 1);
        GroupConsumer consumer = group().listener(new Recorder()).open();
        assertThat(poll(consumer, 2)).containsExactly("c", "d");
        consumer.poll(TICK);
        assertThat(broker.events("reset")).containsExactly("reset t/0 1 to 2");
    }

    @Test
    void pausesResumesAndSeeks() {
        broker.log("t", 0).with("a", "b", "c");
        broker.groups.assign("t", 0);
        GroupConsumer consumer = group().pollMax(1).open();
        poll(consumer, 1);
        consumer.pause(List.of(T0));
        assertThat(consumer.poll(Duration.ofMillis(20))).isEmpty();
        consumer.seek(T0, 2);
        consumer.resume(List.of(T0));
        assertThat(poll(consumer, 1)).containsExactly("c");
    }

    @Test
    void refusesToCommitWhatIsNotItsOwn() {
        GroupConsumer consumer = group().open();
        assertThatThrownBy(() -> consumer.commit(Map.of(new TopicPartition("t", 7), 1L)))
                .hasMessageContaining("NOT_ASSIGNED");
    }

    // ---- handler style

    @Test
    void keepsTheOrderOfEachKeyWithManyHandlers() {
        long seed = Long.parseLong(
                System.getProperty("seed", "").isEmpty() ? "" + System.nanoTime() : System.getProperty("seed"));
        System.out.println("seed=" + seed);
        Random random = new Random(seed);
        Map<String, List<Integer>> sent = new ConcurrentHashMap<>();
        try (Producer producer = client.producer().build()) {
            for (int i = 0; i < 3000; i++) {
                String key = "k" + random.nextInt(40);
                sent.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
                producer.publishAsync(Message.to("t").key(key).value("" + i));
            }
        }
        Map<String, List<Integer>> handled = new ConcurrentHashMap<>();
        Map<String, AtomicInteger> running = new ConcurrentHashMap<>();
        AtomicInteger count = new AtomicInteger();
        RunningConsumer consumer = group().concurrency(8).start(message -> {
            AtomicInteger now = running.computeIfAbsent(message.keyText(), k -> new AtomicInteger());
            assertThat(now.incrementAndGet()).isEqualTo(1);
            Thread.yield();
            handled.computeIfAbsent(message.keyText(), k -> new CopyOnWriteArrayList<>())
                    .add(Integer.parseInt(message.valueText()));
            now.decrementAndGet();
            count.incrementAndGet();
        });
        broker.await(
                "all handled", () -> count.get() == 3000 || consumer.finished().isDone());
        consumer.close();
        assertThat(handled).isEqualTo(sent);
        assertThat(broker.groups.committed("t", 0) + broker.groups.committed("t", 1))
                .isEqualTo(3000);
    }

    /** One of before the frame was there. */
    @Test
    void aBrokerThatDoesNotKnowOfFailuresIsToldOfOneAndAttemptsGoOn() {
        for (int i = 0; i < 4; i++) {
            broker.next(FrameType.FETCH_DELIVERY_STATE, (session, id, request) -> {
                var asked = ((DeadLetterFrames.FetchDeliveryState) request)
                        .partitions()
                        .get(0);
                var state = new DeadLetterFrames.DeliveryState(asked.topicId(), asked.partition(), 0, List.of());
                session.send(id, new DeadLetterFrames.DeliveryStates(List.of(state)));
            });
            broker.next(FrameType.BEGIN_DELIVERY, (session, id, request) -> {
                int known = ((DeadLetterFrames.BeginDelivery) request).attemptsKnown();
                session.send(id, new DeadLetterFrames.DeliveryBegun(DeadLetterFrames.HANDLE, known, 1));
            });
            broker.next(FrameType.SETTLE_REPLAY, (session, id, request) -> session.send(id, new Frames.Done()));
        }
        broker.next(FrameType.NOTE_FAILURE, (session, id, request) -> {
            DeadLetterFrames.NoteFailure told = (DeadLetterFrames.NoteFailure) request;
            broker.event("told " + told.attempts() + "/" + told.attemptsMax() + " " + told.error());
            session.fail(id, Fault.UNKNOWN_FRAME, "scripted");
        });
        broker.next(FrameType.NOTE_FAILURE, (session, id, request) -> broker.event("told again"));
        Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
        List<String> handled = new CopyOnWriteArrayList<>();
        RunningConsumer consumer = group().onFailure(FailurePolicy.retryThenDeadLetter(3, Duration.ofMillis(1)))
                .start(message -> {
                    String value = message.valueText();
                    if (calls.computeIfAbsent(value, v -> new AtomicInteger()).getAndIncrement() == 0) {
                        throw new IllegalStateException("not yet");
                    }
                    handled.add(value);
                });
        try (Producer producer = client.producer().build()) {
            for (String value : List.of("a", "b")) {
                producer.publish(Message.to("t").key(value).value(value));
                broker.await("handled " + value, () -> handled.contains(value));
            }
        }
        consumer.close();
        assertThat(broker.events("told")).containsExactly("told 1/3 java.lang.IllegalStateException: not yet");
    }

    @Test
    void commitsOnlyUpToTheFirstUnfinishedMessage() throws Exception {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with(IntStream.range(0, 50).mapToObj(i -> "v" + i).toArray(String[]::new));
        AtomicInteger others = new AtomicInteger();
        RunningConsumer consumer = group().concurrency(8).start(message -> {
            if (message.offset() == 10) {
                hold.await();
            } else {
                others.incrementAndGet();
            }
        });
        broker.await("commit up to the held one", () -> broker.groups.committed("t", 0) == 10);
        broker.await("others", () -> others.get() > 35);
        assertThat(broker.groups.committed("t", 0)).isEqualTo(10);
        hold.countDown();
        broker.await("commit of all", () -> broker.groups.committed("t", 0) == 50);
        consumer.close();
    }

    @Test
    void finishesRunningHandlersBeforeAPartitionIsLetGo() throws Exception {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with("a", "b", "c");
        CountDownLatch started = new CountDownLatch(1);
        RunningConsumer consumer = group().listener(new Recorder()).start(message -> {
            started.countDown();
            hold.await();
        });
        started.await();
        broker.await("a heartbeat", () -> broker.events().contains("owned t/0"));
        broker.groups.reassign("m1", "t");
        int heartbeats = broker.events("owned").size();
        broker.await("more heartbeats", () -> broker.events("owned").size() > heartbeats + 2);
        assertThat(broker.events()).doesNotContain("owned ");
        hold.countDown();
        broker.await("the hand-over", () -> broker.events().contains("owned "));
        // The handler that ran is finished, the messages that waited behind it are left to the next owner.
        assertThat(broker.events("commit")).last().isEqualTo("commit t/0@1");
        assertThat(broker.events("commit t/0@2")).isEmpty();
        consumer.close();
    }

    @Test
    void aFailingHandlerStopsTheConsumerAndItsMessageStaysUncommitted() {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with("a", "b", "c");
        RunningConsumer consumer = group().start(message -> {
            if (message.offset() == 1) {
                throw new IllegalStateException("cannot handle b");
            }
        });
        ExecutionException error = catchThrowableOfType(
                ExecutionException.class, () -> consumer.finished().get());
        assertThat(error).hasRootCauseMessage("cannot handle b");
        assertThat(broker.groups.committed("t", 0)).isEqualTo(1);
        assertThat(broker.events("leave")).hasSize(1);
    }

    @Test
    void retriesThenSkipsAsThePolicySays() {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with("a", "b", "c");
        List<String> calls = new CopyOnWriteArrayList<>();
        List<String> skipped = new CopyOnWriteArrayList<>();
        RunningConsumer consumer = group().onFailure(FailurePolicy.retry(2, Duration.ofMillis(1))
                        .thenSkip((message, cause) -> skipped.add(message.valueText() + " " + cause.getMessage())))
                .start(message -> {
                    calls.add(message.valueText());
                    if (message.offset() == 1) {
                        throw new IllegalStateException("no");
                    }
                });
        broker.await("all handled", () -> broker.groups.committed("t", 0) == 3);
        consumer.close();
        assertThat(calls).containsExactly("a", "b", "b", "b", "c");
        assertThat(skipped).containsExactly("b no");
    }

    @Test
    void closeWaitsForRunningHandlersAndCommitsThem() throws Exception {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with("a");
        CountDownLatch started = new CountDownLatch(1);
        RunningConsumer consumer = client.group("g").topics("t").start(message -> {
            started.countDown();
            hold.await();
        });
        started.await();
        Thread closer = new Thread(client::close);
        closer.start();
        assertThat(broker.events("leave")).isEmpty();
        hold.countDown();
        closer.join();
        assertThat(consumer.finished()).isCompleted();
        assertThat(broker.events("commit")).containsExactly("commit t/0@1");
        assertThat(broker.events("leave")).containsExactly("leave m1");
    }

    @Test
    void aHandlerMayCloseItsOwnConsumer() throws Exception {
        broker.groups.assign("t", 0);
        broker.log("t", 0).with("a", "b");
        CompletableFuture<RunningConsumer> self = new CompletableFuture<>();
        RunningConsumer consumer = group().start(message -> self.get().close());
        self.complete(consumer);
        consumer.finished().get();
        assertThat(broker.groups.committed("t", 0)).isEqualTo(1);
    }
}
