package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.Timers;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.core.error.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that are delivered later, through the client and the real broker. */
@Timeout(120)
class TimersEndToEndTest {
    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private Producer producer;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
        client.admin().createTopic("t", 1);
        producer = client.producer().build();
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private List<ReceivedMessage> read(int count) {
        List<ReceivedMessage> read = new ArrayList<>();
        try (Consumer consumer =
                client.consumer().topics("t").from(StartFrom.earliest()).open()) {
            while (read.size() < count) {
                read.addAll(consumer.poll(Duration.ofSeconds(1)));
            }
        }
        return read;
    }

    @Test
    void aDelayedMessageComesAtItsTimeAndNotBefore() {
        long beforeMs = System.currentTimeMillis();
        Receipt receipt = producer.publish(
                Message.to("t").key("k").value("later").header("h", "x").delay(Duration.ofMillis(400)));
        assertThat(receipt.offset()).isEqualTo(-1);
        producer.publish(Message.to("t").value("now"));
        List<ReceivedMessage> read = read(2);
        assertThat(System.currentTimeMillis() - beforeMs).isGreaterThanOrEqualTo(400);
        assertThat(read).extracting(ReceivedMessage::valueText).containsExactly("now", "later");
        assertThat(read.get(1).keyText()).isEqualTo("k");
        assertThat(read.get(1).header("h")).isEqualTo("x");
        assertThat(read.get(1).dueMs()).isGreaterThanOrEqualTo(beforeMs + 400);
        assertThat(read.get(1).timestampMs()).isLessThan(read.get(1).dueMs());
        assertThat(read.get(0).dueMs()).isEqualTo(-1);
    }

    @Test
    void survivesARestartAndIsDeliveredOnce() {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            receipts.add(producer.publishAsync(Message.to("t").value("v" + i).delay(Duration.ofMillis(600))));
            if (i == 250) {
                millrace.restart();
            }
        }
        receipts.forEach(CompletableFuture::join);
        millrace.restart();
        assertThat(read(500)).extracting(ReceivedMessage::valueText).doesNotHaveDuplicates();
        assertThat(client.timers().list("t", 10)).isEmpty();
    }

    @Test
    void isListedReplacedAndCancelled() {
        Instant time = Instant.now().plusSeconds(3600);
        producer.publish(Message.to("t").value("a").deliverAt(time).timerKey("o-17"));
        producer.publish(
                Message.to("t").value("b").deliverAt(time.plusSeconds(9)).timerKey("o-17"));
        producer.publish(Message.to("t").value("c").deliverAt(time));
        List<Timers.Pending> pending = client.timers().list(null, 10);
        assertThat(pending).extracting(Timers.Pending::timerKey).containsExactly(null, "o-17");
        assertThat(pending.get(1).dueMs()).isEqualTo(time.plusSeconds(9).toEpochMilli());
        assertThat(client.timers().cancel("t", "o-17")).isTrue();
        assertThat(client.timers().cancel("t", "o-17")).isFalse();
        assertThat(client.timers().cancel(pending.get(0))).isTrue();
        assertThat(client.timers().list("t", 10)).isEmpty();
    }

    @Test
    void aTransactionCancelsWhatItNoLongerNeeds() {
        producer.publish(
                Message.to("t").value("timed out").delay(Duration.ofHours(1)).timerKey("o-17"));
        try (Transactions transactions = client.transactional("payments")) {
            Transaction paid = transactions.begin();
            paid.publish(Message.to("t").value("paid")).cancelTimer("t", "o-17").commit();
        }
        assertThat(read(1)).extracting(ReceivedMessage::valueText).containsExactly("paid");
        assertThat(client.timers().list("t", 10)).isEmpty();
    }

    @Test
    void saysWhatIsWrongWithATimer() {
        assertFault(Fault.INVALID_REQUEST, Message.to("t").timerKey("no time"));
        assertFault(Fault.INVALID_REQUEST, Message.to("t").delay(Duration.ofDays(4000)));
        assertFault(
                Fault.INVALID_REQUEST, Message.to("t").delay(Duration.ofDays(1)).timerKey("x".repeat(1025)));
        assertFault(Fault.TOPIC_NOT_FOUND, Message.to("nowhere").delay(Duration.ofDays(1)));
        // One that is refused does no harm to those that are sent with it.
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String key = i == 20 ? "x".repeat(1025) : "k" + i;
            receipts.add(producer.publishAsync(
                    Message.to("t").delay(Duration.ofHours(1)).timerKey(key)));
        }
        producer.flush();
        assertThat(receipts.stream().filter(CompletableFuture::isCompletedExceptionally))
                .hasSize(1);
        assertThat(client.timers().list("t", 100)).hasSize(49);
    }

    private void assertFault(Fault fault, Message message) {
        assertThatThrownBy(() -> producer.publish(message))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault));
    }
}
