package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.DeadLetterOperations.Claim;
import dev.millrace.core.DeadLetterOperations.FailedAttempt;
import dev.millrace.core.DeadLetterOperations.Failure;
import dev.millrace.core.DeadLetterOperations.Placement;
import dev.millrace.core.GroupOperations.Join;
import dev.millrace.core.TraceOperations.Asked;
import dev.millrace.core.TraceOperations.Found;
import dev.millrace.core.TraceOperations.Page;
import dev.millrace.core.TraceOperations.Place;
import dev.millrace.core.TraceOperations.Retries;
import dev.millrace.core.TraceOperations.Retry;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Look-ups of what belongs together, through the facade and on a real disk. */
class LocalTracesTest {
    private static final Map<String, String> INDEXED = Map.of("correlation.index", "on");

    @TempDir
    private Path directory;

    private LocalBroker broker;

    @BeforeEach
    void open() {
        broker = LocalBroker.open(SampleData.options(directory.resolve("data")));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private TopicPartition topic(String name, int partitions, Map<String, String> settings) {
        return new TopicPartition(
                SampleData.get(broker.topics().create(name, partitions, settings))
                        .topicId(),
                0);
    }

    private void publish(TopicPartition partition, String correlation, int count) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        byte[] value = correlation.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < count; i++) {
            builder.append(5, new byte[] {7}, new byte[3], List.of(new RecordHeader("$correlation", value)));
        }
        ByteBuffer batch = builder.build();
        SampleData.get(broker.logs().append(partition, batch));
    }

    private List<String> find(String id, int pageCount) {
        List<String> places = new ArrayList<>();
        Place next = Place.FIRST;
        while (next != null) {
            Page page = SampleData.get(broker.traces().find(id, next, pageCount));
            assertThat(page.found()).hasSizeLessThanOrEqualTo(pageCount);
            page.found()
                    .forEach(found -> places.add(found.place().topic() + "/"
                            + found.place().partition() + "@" + found.place().offset()));
            next = page.next();
        }
        return places;
    }

    @Test
    void findsOverAllIndexedTopicsInPagesOfAnySizeAndAfterARestart() {
        TopicPartition orders = topic("orders", 2, INDEXED);
        TopicPartition plain = topic("plain", 1, Map.of());
        TopicPartition bank = topic("bank", 1, INDEXED);
        publish(orders, "p1", 2);
        publish(orders, "p2", 1);
        publish(new TopicPartition(orders.topicId(), 1), "p1", 1);
        publish(plain, "p1", 1);
        publish(bank, "p1", 1);
        for (int pageCount : new int[] {1, 2, 3, 4, 1000}) {
            assertThat(find("p1", pageCount)).containsExactly("bank/0@0", "orders/0@0", "orders/0@1", "orders/1@0");
        }
        broker.close();
        open();
        assertThat(find("p1", 10)).hasSize(4);
        assertThat(find("p2", 10)).containsExactly("orders/0@2");
        assertThat(find("p", 10)).isEmpty();
    }

    @Test
    void aRecordWithoutAnIdIsFoundByItsPlace() {
        TopicPartition orders = topic("orders", 2, INDEXED);
        publish(orders, "p1", 2);
        publish(orders, "orders/0@1", 1);
        topic("plain", 1, Map.of());
        for (int pageCount : new int[] {1, 2, 1000}) {
            assertThat(find("orders/0@1", pageCount)).containsExactly("orders/0@1", "orders/0@2");
        }
        for (String nowhere : new String[] {
            "orders/0@3", "orders/1@0", "orders/2@0", "none/0@0", "plain/0@0", "orders/0@", "/0@0", "orders/999999999@0"
        }) {
            assertThat(find(nowhere, 10)).as(nowhere).isEmpty();
        }
    }

    /** Two of the few texts that are known to have the same 64 bits of FNV-1a. */
    @Test
    void idsWithTheSameHashStayApart() {
        TopicPartition orders = topic("orders", 1, INDEXED);
        publish(orders, "8yn0iYCKYHlIj4-BwPqk", 1);
        publish(orders, "GReLUrM4wMqfg9yzV3KQ", 1);
        assertThat(find("8yn0iYCKYHlIj4-BwPqk", 10)).containsExactly("orders/0@0");
        assertThat(find("GReLUrM4wMqfg9yzV3KQ", 10)).containsExactly("orders/0@1");
    }

    @Test
    void tellsWhatARecordBearsButNotItsValue() {
        publish(topic("orders", 1, INDEXED), "p1", 1);
        Found found = SampleData.get(broker.traces().find("p1", Place.FIRST, 10))
                .found()
                .get(0);
        assertThat(found.timestampMs()).isEqualTo(5);
        assertThat(found.key()).containsExactly(7);
        assertThat(found.valueBytes()).isEqualTo(3);
        assertThat(found.headers()).hasSize(1);
    }

    @Test
    void deletedRecordsAndTopicsAreNotFound() {
        TopicPartition orders = topic("orders", 1, INDEXED);
        publish(orders, "p1", 3);
        SampleData.get(broker.logs().deleteBefore(orders, 2));
        assertThat(find("p1", 10)).containsExactly("orders/0@2");
        SampleData.get(broker.topics().delete("orders"));
        assertThat(find("p1", 10)).isEmpty();
    }

    @Test
    void theIndexBeginsAndEndsWithTheSetting() {
        TopicPartition orders = topic("orders", 1, Map.of());
        publish(orders, "p1", 1);
        SampleData.get(broker.topics().alter("orders", 0, INDEXED));
        publish(orders, "p1", 1);
        assertThat(find("p1", 10)).containsExactly("orders/0@1");
        SampleData.get(broker.topics().alter("orders", 0, Map.of("correlation.index", "off")));
        assertThat(find("p1", 10)).isEmpty();
        assertFault(broker.topics().alter("orders", 0, Map.of("correlation.index", "yes")), Fault.INVALID_SETTING);
    }

    @Test
    void idsAndCountsOutOfBoundsAreRefused() {
        assertFault(broker.traces().find("", Place.FIRST, 1), Fault.INVALID_REQUEST);
        assertFault(broker.traces().find("x".repeat(1025), Place.FIRST, 1), Fault.INVALID_REQUEST);
        assertFault(broker.traces().find("x", Place.FIRST, 0), Fault.INVALID_REQUEST);
        assertThat(find("x".repeat(1024), 1)).isEmpty();
        publish(topic("orders", 1, INDEXED), "p1", 1);
        for (Place from : List.of(
                new Place("orders", -1, -1),
                new Place("orders", 0, -1),
                new Place("orders", 0, Long.MAX_VALUE),
                new Place("orders", Integer.MAX_VALUE, 0),
                new Place("zzz", 0, 0))) {
            Page page = SampleData.get(broker.traces().find("p1", from, 10));
            assertThat(page.next()).isNull();
            assertThat(page.found()).hasSize(from.topic().equals("orders") && from.offset() < 0 ? 1 : 0);
        }
    }

    // ---- retries

    private Claim join(String group, TopicPartition partition, long offset) {
        int epoch = SampleData.get(broker.groups().join(new Join(group, "m", null, "test", List.of("orders"), 10_000)))
                .memberEpoch();
        return new Claim(group, "m", epoch, partition, offset);
    }

    private static Asked asked(String topic, long offset) {
        return new Asked(new Place(topic, 0, offset), DeadLetterNames.keyHash(new byte[] {7}));
    }

    private List<Retry> retries() {
        Retries found = SampleData.get(
                broker.traces().retries(List.of(asked("orders", 0), asked("orders", 1), asked("none", 0))));
        assertThat(found.looked()).isEqualTo(3);
        return found.retries();
    }

    @Test
    void tellsOfAttemptsThatFailedAreUnderWayOrWaitForTheirKeyAndAfterARestart() {
        TopicPartition orders = topic("orders", 1, INDEXED);
        publish(orders, "p1", 2);
        Claim claim = join("billing", orders, 0);
        assertThat(retries()).isEmpty();
        String error = "x.Y: no\nway " + "y".repeat(500);
        SampleData.get(broker.deadLetters().noteFailure(claim, new FailedAttempt(1, 5, 3, error, 60_000)));
        Retry failed = retries().get(0);
        assertThat(failed.place()).isEqualTo(new Place("orders", 0, 0));
        assertThat(failed.group()).isEqualTo("billing");
        assertThat(failed.attempts()).isEqualTo(1);
        assertThat(failed.attemptsMax()).isEqualTo(5);
        assertThat(failed.lastError()).startsWith("x.Y: no way y").hasSize(200);
        assertThat(failed.nextTryMs()).isEqualTo(failed.lastFailureMs() + 60_000);
        assertThat(failed.keyParked()).isFalse();
        broker.close();
        open();
        assertThat(retries()).containsExactly(failed);

        long keyHash = asked("orders", 0).keyHash();
        SampleData.get(broker.deadLetters().begin(claim, keyHash, 1, 3));
        assertThat(retries()).singleElement().satisfies(begun -> {
            assertThat(begun.attempts()).isEqualTo(2);
            assertThat(begun.lastError()).isEqualTo(failed.lastError());
            assertThat(begun.nextTryMs()).isEqualTo(-1);
        });
        Failure why = new Failure("handler-error", "x.Y", "no", 2, 1, 2);
        SampleData.get(broker.deadLetters().park(claim, why, new Placement(null, true)));
        assertThat(retries()).containsExactly(new Retry(new Place("orders", 0, 1), "billing", 0, 0, "", -1, -1, true));
    }

    @Test
    void whatIsToldOfRetriesIsBounded() {
        TopicPartition orders = topic("orders", 1, INDEXED);
        publish(orders, "p1", 1);
        for (int i = 0; i <= TraceOperations.RETRY_GROUPS_MAX; i++) {
            Claim claim = join("g" + i, orders, 0);
            SampleData.get(broker.deadLetters().noteFailure(claim, new FailedAttempt(1, 5, 3, "no", 1)));
        }
        Retries some = SampleData.get(broker.traces().retries(Collections.nCopies(1000, asked("orders", 1))));
        assertThat(some.looked()).as("of 101 groups, 20,000 looks in all").isEqualTo(198);
        assertThat(some.retries()).isEmpty();
        assertThat(SampleData.get(broker.traces().retries(List.of(asked("orders", 0))))
                        .retries())
                .hasSize(TraceOperations.RETRY_GROUPS_MAX);
        Retries few = SampleData.get(broker.traces().retries(Collections.nCopies(1000, asked("orders", 0))));
        assertThat(few.looked()).as("512 KiB").isBetween(50, 100);
        assertFault(broker.traces().retries(Collections.nCopies(1001, asked("orders", 0))), Fault.INVALID_REQUEST);
    }

    @Test
    void failuresThatCannotBeAreRefused() {
        TopicPartition orders = topic("orders", 1, INDEXED);
        publish(orders, "p1", 1);
        Claim claim = join("billing", orders, 0);
        for (FailedAttempt wrong : List.of(
                new FailedAttempt(0, 5, 3, "no", 1),
                new FailedAttempt(5, 5, 3, "no", 1),
                new FailedAttempt(1, 5, 3, "no", -1))) {
            assertFault(broker.deadLetters().noteFailure(claim, wrong), Fault.INVALID_REQUEST);
        }
        Claim other = new Claim("billing", "other", claim.memberEpoch(), orders, 0);
        assertFault(broker.deadLetters().noteFailure(other, new FailedAttempt(1, 5, 3, "no", 1)), Fault.UNKNOWN_MEMBER);
        assertThat(SampleData.get(broker.traces().retries(List.of(asked("orders", 0))))
                        .retries())
                .isEmpty();
    }

    private static void assertFault(CompletableFuture<?> future, Fault fault) {
        assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault()).isEqualTo(fault));
    }
}
