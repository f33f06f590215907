package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.TopicPartition;
import dev.millrace.history.Drain;
import dev.millrace.history.History;
import dev.millrace.history.Payload;
import dev.millrace.history.Property;
import dev.millrace.history.Reader;
import dev.millrace.history.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * One topic, what was published to it in bursts, and the full read that demands all of it back. Its client outlives the
 * daemon's processes: it connects anew and sends again.
 */
final class PublishedHistory implements AutoCloseable {
    private static final String TOPIC = "t";
    private static final String GROUP = "g";
    private static final int PARTITIONS = 2;
    private static final int KEYS = 50;
    private static final int OUTCOME_SECONDS_MAX = 90;
    private static final int COMMITTED_PARTITION = 0;
    private static final TopicPartition COMMITTED = new TopicPartition(TOPIC, COMMITTED_PARTITION);

    private final History history = new History();
    private final Writer writer = history.writer("writer", true).keyed(KEYS);
    private final MillraceClient client;
    private final Producer producer;
    private final LongSupplier lastWordNanos;
    private CompletableFuture<Void> burst = CompletableFuture.completedFuture(null);
    private volatile int life;
    /** The end of what was acknowledged in the partition that is committed. */
    private final AtomicLong acknowledgedEnd = new AtomicLong();

    /** @param lastWordNanos publishes that begin later must not be acknowledged; 0 where they may */
    PublishedHistory(String server, LongSupplier lastWordNanos) {
        this.lastWordNanos = lastWordNanos;
        client = MillraceClient.builder()
                .server(server)
                .requestTimeout(Duration.ofSeconds(60))
                .reconnectBackoff(Duration.ofMillis(20), Duration.ofMillis(100))
                .build();
        client.admin().createTopic(TOPIC, PARTITIONS);
        producer = client.producer().build();
    }

    MillraceClient client() {
        return client;
    }

    long acknowledgedCount() {
        return history.acknowledgedCount();
    }

    /** The daemon's process ended. */
    void restarted() {
        life++;
        history.restarted();
    }

    void report(Property property, String text) {
        history.report(property, text);
    }

    /**
     * Publishes without waiting, so many records at once, again when they are answered, and commits once in the middle;
     * completes when everything has its outcome. After {@link #restarted} no new round begins.
     */
    CompletableFuture<Void> burst(int rounds, int recordsPerRound, int recordBytes) {
        CompletableFuture<Void> answered = CompletableFuture.completedFuture(null);
        int begunInLife = life;
        for (int round = 0; round < rounds; round++) {
            boolean middle = round == rounds / 2;
            answered = answered.thenComposeAsync(before -> {
                if (life != begunInLife) {
                    return CompletableFuture.completedFuture(null);
                }
                if (middle) {
                    commit();
                }
                return publish(recordsPerRound, recordBytes);
            });
        }
        burst = answered;
        return answered;
    }

    private CompletableFuture<Void> publish(int recordCount, int recordBytes) {
        CompletableFuture<?>[] outcomes = new CompletableFuture<?>[recordCount];
        for (int i = 0; i < recordCount; i++) {
            outcomes[i] = publish(recordBytes);
        }
        return CompletableFuture.allOf(outcomes);
    }

    /** Completes with the record's outcome, never exceptionally. */
    CompletableFuture<Throwable> publish(int recordBytes) {
        long counter = writer.invoke();
        long invokedNanos = System.nanoTime();
        Message message = Message.to(TOPIC)
                .key(Payload.key(writer.number(), counter, KEYS))
                .value(Payload.of(writer.number(), counter, recordBytes));
        return producer.publishAsync(message).handle((receipt, error) -> {
            if (error == null) {
                acknowledged(counter, invokedNanos, receipt);
                return null;
            }
            Throwable cause = error instanceof CompletionException ? error.getCause() : error;
            if (cause instanceof MillraceException failure && !failure.outcomeUnknown()) {
                writer.failed(counter);
            } else {
                writer.unknown(counter);
            }
            return cause;
        });
    }

    private void acknowledged(long counter, long invokedNanos, Receipt receipt) {
        writer.ok(counter, receipt.partition(), receipt.offset());
        if (receipt.partition() == COMMITTED_PARTITION) {
            acknowledgedEnd.accumulateAndGet(receipt.offset() + 1, Math::max);
        }
        long lastNanos = lastWordNanos.getAsLong();
        if (lastNanos != 0 && invokedNanos - lastNanos > 0) {
            report(
                    Property.NO_LOST_WRITE,
                    "a record published " + (invokedNanos - lastNanos) / 1000
                            + " us after the failed write or sync was acknowledged");
        }
    }

    /** Commits what was acknowledged so far; the outcome is unknown where that fails. */
    void commit() {
        long next = acknowledgedEnd.get();
        history.commitInvoked(GROUP, COMMITTED_PARTITION, next);
        try {
            client.admin().commitOffsets(GROUP, Map.of(COMMITTED, next));
            history.commitAccepted(GROUP, COMMITTED_PARTITION, next);
        } catch (MillraceException failed) {
            if (!failed.outcomeUnknown() && !failed.retriable()) {
                report(Property.PROGRESS, "a commit was refused: " + failed);
            }
        }
    }

    /** Waits until everything published has its outcome. */
    void awaitOutcomes() {
        burst.orTimeout(OUTCOME_SECONDS_MAX, TimeUnit.SECONDS).join();
    }

    /** Reads everything and judges the history; no publish is under way. */
    void check(String after) {
        Drain drain = history.drain();
        List<TopicInfo.Partition> partitions =
                client.admin().describeTopic(TOPIC).partitions();
        long expected = 0;
        for (TopicInfo.Partition partition : partitions) {
            drain.starts(partition.partition(), partition.startOffset());
            expected += partition.endOffset() - partition.startOffset();
        }
        readAll(drain, expected, after);
        for (TopicInfo.Partition partition : partitions) {
            drain.ends(partition.partition(), partition.endOffset());
        }
        Long fetched = client.admin().committedOffsets(GROUP).get(COMMITTED);
        history.commitFetched(GROUP, COMMITTED_PARTITION, fetched == null ? 0 : fetched);
        assertThat(drain.check()).as(after).isEmpty();
    }

    /** Reads from the beginning until all is read, or a read fails; what comes must come in order and without a gap. */
    String readUntilAnError() {
        Reader reader = history.reader("reader");
        long left = 0;
        for (TopicInfo.Partition partition : client.admin().describeTopic(TOPIC).partitions()) {
            reader.assigned(partition.partition(), partition.startOffset());
            left += partition.endOffset() - partition.startOffset();
        }
        try (Consumer consumer =
                client.consumer().topics(TOPIC).from(StartFrom.earliest()).open()) {
            while (left > 0) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofSeconds(20));
                assertThat(polled).as("%d left", left).isNotEmpty();
                polled.forEach(read -> reader.read(read.partition(), read.offset(), read.key(), read.value()));
                left -= polled.size();
            }
            return null;
        } catch (MillraceException told) {
            return told.toString();
        } finally {
            assertThat(history.violations()).isEmpty();
        }
    }

    private void readAll(Drain drain, long expected, String after) {
        long count = 0;
        try (Consumer consumer =
                client.consumer().topics(TOPIC).from(StartFrom.earliest()).open()) {
            while (count < expected) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofSeconds(20));
                assertThat(polled)
                        .as("%s: read %d of %d", after, count, expected)
                        .isNotEmpty();
                for (ReceivedMessage message : polled) {
                    drain.read(message.partition(), message.offset(), message.key(), message.value());
                }
                count += polled.size();
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
