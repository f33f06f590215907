package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.record.Compression;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client and the real broker together, where a restart comes in between. */
@Timeout(120)
class ClientEndToEndTest {
    private static final Duration LONG = Duration.ofSeconds(30);

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
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private List<CompletableFuture<Receipt>> publish(Producer producer, int from, int to) {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = from; i < to; i++) {
            receipts.add(producer.publishAsync(Message.to("t").key("k" + i % 50).value("" + i)));
        }
        return receipts;
    }

    private Map<TopicPartition, List<ReceivedMessage>> readAll(int count) {
        Map<TopicPartition, List<ReceivedMessage>> read = new HashMap<>();
        try (Consumer consumer =
                client.consumer().topics("t").from(StartFrom.earliest()).open()) {
            for (int seen = 0; seen < count; ) {
                List<ReceivedMessage> messages = consumer.poll(LONG);
                assertThat(messages).isNotEmpty();
                messages.forEach(message -> read.computeIfAbsent(message.topicPartition(), p -> new ArrayList<>())
                        .add(message));
                seen += messages.size();
            }
        }
        return read;
    }

    @Test
    void publishingThroughRestartsLosesNothingAndDuplicatesNothing() {
        client.admin().createTopic("t", 3);
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        try (Producer producer =
                client.producer().batchSize(2000).compression(Compression.LZ4).build()) {
            for (int round = 0; round < 3; round++) {
                receipts.addAll(publish(producer, round * 3000, round * 3000 + 3000));
                millrace.restart();
            }
        }
        assertThat(receipts).allSatisfy(receipt -> assertThat(receipt).isCompletedWithValueMatching(r -> true));
        Map<TopicPartition, List<ReceivedMessage>> read = readAll(9000);
        Map<String, Integer> last = new HashMap<>();
        read.forEach((partition, messages) -> {
            assertThat(messages)
                    .extracting(ReceivedMessage::offset)
                    .isEqualTo(IntStream.range(0, messages.size())
                            .mapToObj(i -> (long) i)
                            .toList());
            for (ReceivedMessage message : messages) {
                int value = Integer.parseInt(message.valueText());
                assertThat(value).isGreaterThan(last.getOrDefault(message.keyText(), -1));
                last.put(message.keyText(), value);
            }
        });
        assertThat(client.admin().describeTopic("t").messages()).isEqualTo(9000);
    }

    @Test
    void aGroupSharesThePartitionsAndHandsThemOverWithItsCommits() {
        client.admin().createTopic("t", 4);
        Set<String> values = ConcurrentHashMap.newKeySet();
        Producer producer = client.producer().build();
        try (RunningConsumer first = client.group("g").topics("t").start(message -> values.add(message.valueText()))) {
            publish(producer, 0, 2000);
            await(() -> values.size() == 2000);
            try (GroupConsumer second = client.group("g").topics("t").open()) {
                await(() -> {
                    second.poll(Duration.ofMillis(10)).forEach(message -> values.add(message.valueText()));
                    return second.assignment().size() == 2 && first.assignment().size() == 2;
                });
                publish(producer, 2000, 4000);
                await(() -> {
                    second.poll(Duration.ofMillis(10)).forEach(message -> values.add(message.valueText()));
                    return values.size() == 4000;
                });
            }
            await(() -> first.assignment().size() == 4);
        }
        assertThat(client.admin().describeGroup("g").lagMessages()).isZero();
        assertThat(client.admin().describeGroup("g").members()).isEmpty();
    }

    @Test
    void aGroupGoesOnAfterARestart() {
        client.admin().createTopic("t", 2);
        Map<String, Integer> seen = new ConcurrentHashMap<>();
        Producer producer = client.producer().build();
        try (RunningConsumer consumer = client.group("g")
                .topics("t")
                .concurrency(4)
                .start(message -> seen.merge(message.valueText(), 1, Integer::sum))) {
            publish(producer, 0, 1000);
            await(() -> seen.size() == 1000);
            millrace.restart();
            publish(producer, 1000, 2000);
            await(() -> seen.size() == 2000);
            assertThat(consumer.finished()).isNotDone();
        }
        assertThat(client.admin().describeGroup("g").lagMessages()).isZero();
    }

    @Test
    void anOffsetThatRetentionHasTakenResetsTheGroup() {
        client.admin().createTopic("t", 1);
        Producer producer = client.producer().build();
        publish(producer, 0, 100);
        producer.flush();
        TopicPartition partition = new TopicPartition("t", 0);
        client.admin().commitOffsets("g", Map.of(partition, 5L));
        client.admin().deleteBefore(partition, 90);
        try (GroupConsumer consumer = client.group("g").topics("t").open()) {
            List<ReceivedMessage> messages = consumer.poll(LONG);
            assertThat(messages.get(0).offset()).isEqualTo(90);
        }
        assertThat(client.admin().committedOffsets("g")).containsKey(partition);
    }

    private static void await(BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
    }
}
