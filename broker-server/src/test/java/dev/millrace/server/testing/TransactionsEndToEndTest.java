package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Consumer;
import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.core.error.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions through the client and the real broker. */
@Timeout(120)
class TransactionsEndToEndTest {
    private static final Duration SHORT = Duration.ofMillis(200);

    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
        client.admin().createTopic("in", 3);
        client.admin().createTopic("out", 2);
        client.admin().createTopic("audit", 1);
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private List<String> values(String topic) {
        List<String> values = new ArrayList<>();
        try (Consumer consumer =
                client.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            do {
                consumer.poll(SHORT).forEach(message -> values.add(message.valueText()));
            } while (!consumer.caughtUp());
        }
        return values;
    }

    @Test
    void everythingIsThereAfterTheCommitAndNothingBefore() {
        try (Transactions transactions = client.transactional("billing-1");
                Transaction transaction = transactions.begin()) {
            transaction.publish(Message.to("out").partition(0).value("a"));
            transaction.publish(Message.to("audit").value("b"));
            transaction.publish(Message.to("out").partition(0).value("c"));
            transaction.publish(Message.to("audit").value("later").delay(Duration.ofHours(1)));
            transaction.sendOffsets("readers", Map.of(new TopicPartition("audit", 0), 0L));
            assertThat(values("out")).isEmpty();
            Transaction.Committed committed = transaction.commit();
            assertThat(committed.receipts()).extracting(Receipt::offset).containsExactly(0L, 0L, 1L, -1L);
            assertThat(committed.duplicate()).isFalse();
            assertThat(values("out")).containsExactly("a", "c");
            assertThat(values("audit")).containsExactly("b");
            assertThat(client.admin().committedOffsets("readers")).containsEntry(new TopicPartition("audit", 0), 0L);
            assertThat(client.timers().list("audit", 10)).hasSize(1);
        }
    }

    @Test
    void eventsAreAppendedWithTheRestOrNotAtAll() {
        client.admin().createTopic("accounts", 4, Map.of("stream.index", "key"));
        try (Transactions transactions = client.transactional("billing-1")) {
            Transaction.Committed first = transactions
                    .begin()
                    .publish(Message.to("accounts").key("a").value("opened"))
                    .append("accounts", "a", Expected.none(), Event.of("Paid", "7"), Event.of("Paid", "8"))
                    .append("accounts", "b", Expected.none(), Event.of("Paid", "9"))
                    .publish(Message.to("audit").value("moved"))
                    .commit();
            assertThat(first.appends())
                    .extracting(AppendResult::versions)
                    .containsExactly(List.of(1L, 2L), List.of(0L));
            assertThat(first.receipts()).hasSize(2);
            Transaction late = transactions.begin().publish(Message.to("audit").value("late"));
            late.append("accounts", "b", Expected.version(0), Event.of("Paid", "1"));
            late.append("accounts", "a", Expected.version(0), Event.of("Paid", "1"));
            assertThatThrownBy(late::commit).isInstanceOfSatisfying(MillraceException.class, failure -> {
                assertThat(failure.fault()).isEqualTo(Fault.WRONG_EXPECTED_VERSION);
                assertThat(failure.getMessage()).contains("stream \"a\" ends at version 2");
            });
        }
        assertThat(client.streams("accounts").read("a").events())
                .extracting(StoredEvent::valueText)
                .containsExactly("opened", "7", "8");
        assertThat(client.streams("accounts").read("b").lastVersion()).isZero();
        assertThat(values("audit")).containsExactly("moved");
    }

    @Test
    void whatIsAbortedOrClosedNeverWas() {
        try (Transactions transactions = client.transactional("billing-1")) {
            transactions.begin().publish(Message.to("out").value("a")).abort();
            try (Transaction transaction = transactions.begin()) {
                transaction.publish(Message.to("out").value("b"));
            }
            transactions.begin().publish(Message.to("out").value("c")).commit();
            assertThat(values("out")).containsExactly("c");
        }
    }

    @Test
    void aRefusedTransactionLeavesNothingAndTheNextOneWorks() {
        try (Transactions transactions = client.transactional("billing-1")) {
            Transaction transaction =
                    transactions.begin().publish(Message.to("out").value("a"));
            transaction.sendOffsets("readers", Map.of(new TopicPartition("audit", 0), 99L));
            assertThatThrownBy(transaction::commit).isInstanceOfSatisfying(MillraceException.class, failure -> {
                assertThat(failure.fault()).isEqualTo(Fault.OFFSET_OUT_OF_RANGE);
                assertThat(failure.outcomeUnknown()).isFalse();
                assertThat(failure.detail()).contains("operation");
            });
            transactions.begin().publish(Message.to("out").value("b")).commit();
            assertThat(values("out")).containsExactly("b");
        }
    }

    @Test
    void aNewerInstanceFencesTheOlderOne() {
        try (Transactions older = client.transactional("billing-1")) {
            Transaction open = older.begin().publish(Message.to("out").value("a"));
            try (Transactions newer = client.transactional("billing-1")) {
                assertThatThrownBy(open::commit)
                        .isInstanceOfSatisfying(
                                MillraceException.class,
                                failure -> assertThat(failure.fault()).isEqualTo(Fault.FENCED_PRODUCER));
                newer.begin().publish(Message.to("out").value("b")).commit();
            }
            assertThatThrownBy(older::begin).isInstanceOf(MillraceException.class);
        }
        assertThat(values("out")).containsExactly("b");
    }

    @Test
    void aLargeTransactionGoesInPieces() {
        byte[] value = new byte[1000];
        try (Transactions transactions = client.transactional("billing-1")) {
            Transaction transaction = transactions.begin();
            for (int i = 0; i < 8_000; i++) {
                transaction.publish(Message.to("out").key("k" + i).value(value));
            }
            assertThat(transaction.commit().receipts()).hasSize(8_000);
            Transaction tooLarge = transactions.begin();
            for (int i = 0; i < 20_000; i++) {
                tooLarge.publish(Message.to("out").key("k" + i).value(value));
            }
            assertThatThrownBy(tooLarge::commit).hasMessageContaining("transactions.bytesMax");
        }
        assertThat(values("out")).hasSize(8_000);
    }

    @Test
    void goesOnAfterTheBrokerRestarted() {
        try (Transactions transactions = client.transactional("billing-1")) {
            transactions.begin().publish(Message.to("out").value("a")).commit();
            Transaction transaction =
                    transactions.begin().publish(Message.to("out").value("b"));
            millrace.restart();
            assertThat(transaction.commit().duplicate()).isFalse();
            assertThat(values("out")).containsExactlyInAnyOrder("a", "b");
        }
    }

    @Test
    void onlyAConsumerThatDoesNotCommitByItselfIsTaken() {
        try (Transactions transactions = client.transactional("billing-1");
                GroupConsumer consumer = client.group("g").topics("in").open()) {
            assertThatThrownBy(() -> transactions.process(consumer, SHORT, (messages, transaction) -> {}))
                    .hasMessageContaining("autoCommit(false)");
        }
    }

    @Test
    void aHandlerThatThrowsGetsTheMessagesAgain() {
        publish(0, 10);
        try (Transactions transactions = client.transactional("billing-1");
                GroupConsumer consumer =
                        client.group("g").topics("in").autoCommit(false).open()) {
            int[] failures = {3};
            while (values("out").size() < 10) {
                try {
                    transactions.process(consumer, SHORT, (messages, transaction) -> {
                        forward(messages, transaction);
                        if (failures[0]-- > 0) {
                            throw new IllegalArgumentException("not today");
                        }
                    });
                } catch (IllegalArgumentException expected) {
                    assertThat(expected).hasMessage("not today");
                }
            }
        }
        assertThat(values("out")).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void consumeTransformProduceIsExactlyOnceAcrossRestartsAndMembers() {
        int count = 600;
        publish(0, count);
        Random random = new Random(7);
        Transactions transactions = client.transactional("t-0");
        GroupConsumer consumer =
                client.group("g").topics("in").autoCommit(false).pollMax(7).open();
        int rounds = 0;
        while (lag() > 0) {
            if (rounds % 20 == 10) {
                millrace.restart();
            }
            if (rounds % 30 == 15) {
                // An instance that dies in the middle: another one goes on with what it did not commit.
                Transaction lost = transactions.begin();
                forward(consumer.poll(SHORT), lost);
                consumer.close();
                transactions.close();
                transactions = client.transactional("t-" + random.nextInt(2));
                consumer = client.group("g")
                        .topics("in")
                        .autoCommit(false)
                        .pollMax(7)
                        .open();
            }
            transactions.process(consumer, SHORT, TransactionsEndToEndTest::forward);
            rounds++;
        }
        consumer.close();
        transactions.close();
        assertThat(values("out"))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, count).mapToObj(i -> "v" + i).toList());
    }

    private long lag() {
        try {
            return client.admin().describeGroup("g").partitions().stream()
                    .mapToLong(partition -> partition.lagMessages())
                    .sum();
        } catch (MillraceException notYet) {
            return 1;
        }
    }

    private void publish(int from, int to) {
        try (Producer producer = client.producer().build()) {
            for (int i = from; i < to; i++) {
                producer.publishAsync(Message.to("in").key("k" + i).value("v" + i));
            }
        }
    }

    private static void forward(List<ReceivedMessage> messages, Transaction transaction) {
        for (ReceivedMessage message : messages) {
            transaction.publish(Message.to("out").key(message.key()).value(message.value()));
        }
    }
}
