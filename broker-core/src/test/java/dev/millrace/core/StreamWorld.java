package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.StreamOperations.AsOf;
import dev.millrace.core.StreamOperations.Check;
import dev.millrace.core.StreamOperations.Condition;
import dev.millrace.core.StreamOperations.Events;
import dev.millrace.core.StreamOperations.Outcome;
import dev.millrace.core.StreamOperations.Span;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.storage.StoreOptions;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.EventQuery;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A broker on a real disk with one topic that keeps streams in one partition, spoken to briefly. */
final class StreamWorld implements AutoCloseable {
    private static final StoreOptions STORE = StoreOptions.defaults().withGenerationBytes(1 << 20);

    private final BrokerOptions options;
    LocalBroker broker;
    final TopicPartition topic;

    StreamWorld(Path directory, TimeSource time, Map<String, String> settings) {
        options = BrokerOptions.defaults(directory.resolve("data"))
                .withStore(STORE)
                .withMemory(new BrokerOptions.Memory(4 << 20, 1 << 20, 1 << 20, 6 << 20, 2))
                .withUpkeep(new BrokerOptions.Upkeep(60_000, 50, 1 << 20, 86_400_000))
                .withWorld(new BrokerOptions.World(time, UUID::randomUUID, null, halted -> {}));
        broker = LocalBroker.open(options);
        topic = new TopicPartition(
                get(broker.topics().create("events", 1, settings)).topicId(), 0);
    }

    StreamWorld(Path directory, Map<String, String> settings) {
        this(directory, TimeSource.SYSTEM, settings);
    }

    void restart() {
        broker.close();
        broker = LocalBroker.open(options);
    }

    @Override
    public void close() {
        broker.close();
    }

    /** Time that a test moves. */
    static final class Clock implements TimeSource {
        private final AtomicLong ms = new AtomicLong(1_700_000_000_000L);

        void advanceMs(long more) {
            ms.addAndGet(more);
        }

        @Override
        public long nowMs() {
            return ms.get();
        }

        @Override
        public long nanoTime() {
            return ms.get() * 1_000_000;
        }
    }

    /** An event; its fields are changed by {@code with}. */
    record Ev(String key, String value, UUID id, String type, List<String> tags, long timeMs) {
        static Ev of(String key, String value) {
            return new Ev(key, value, UUID.randomUUID(), null, List.of(), 1000);
        }

        Ev id(UUID other) {
            return new Ev(key, value, other, type, tags, timeMs);
        }

        Ev type(String other) {
            return new Ev(key, value, id, other, tags, timeMs);
        }

        Ev tags(String... other) {
            return new Ev(key, value, id, type, List.of(other), timeMs);
        }

        Ev at(long otherMs) {
            return new Ev(key, value, id, type, tags, otherMs);
        }
    }

    static ByteBuffer batch(Compression compression, Ev... events) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 256);
        for (Ev event : events) {
            List<RecordHeader> headers = new ArrayList<>();
            if (event.id != null) {
                headers.add(EventHeaders.id(event.id));
            }
            if (event.type != null) {
                headers.add(EventHeaders.type(event.type));
            }
            if (!event.tags.isEmpty()) {
                headers.add(EventHeaders.tags(event.tags));
            }
            builder.append(event.timeMs, event.key == null ? null : utf8(event.key), utf8(event.value), headers);
        }
        return builder.build();
    }

    CompletableFuture<Outcome> appendSoon(List<Check> checks, Condition condition, Ev... events) {
        ByteBuffer batch = events.length == 0 ? ByteBuffer.allocate(0) : batch(Compression.NONE, events);
        return broker.streams().append(topic, batch, checks, condition);
    }

    Outcome append(List<Check> checks, Ev... events) {
        return get(appendSoon(checks, null, events));
    }

    Outcome append(String key, long expected, String... values) {
        Ev[] events = new Ev[values.length];
        for (int i = 0; i < values.length; i++) {
            events[i] = Ev.of(key, values[i]);
        }
        return append(List.of(check(key, expected)), events);
    }

    Outcome appendIf(EventQuery failIfMatch, long after, EventQuery failIfExists, Ev... events) {
        return get(appendSoon(List.of(), new Condition(failIfMatch, after, failIfExists), events));
    }

    static Check check(String key, long expected) {
        return new Check(utf8(key), expected);
    }

    Events read(String key, Span span) {
        return get(broker.streams().read(topic, utf8(key), span));
    }

    Events read(String key) {
        return read(key, span(0, false, 1000, AsOf.NOW));
    }

    static Span span(long from, boolean backward, int max, AsOf asOf) {
        return new Span(from, backward, max, 1 << 20, asOf);
    }

    static List<String> values(List<Record> events) {
        return events.stream()
                .map(event -> event.value() == null ? null : new String(event.value(), StandardCharsets.UTF_8))
                .toList();
    }

    static List<Long> versions(List<Record> events) {
        return events.stream()
                .map(event -> EventHeaders.versionOf(event.headers()))
                .toList();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(FaultException.class);
            throw (FaultException) e.getCause();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static FaultException refused(Fault fault, CompletableFuture<?> future) {
        try {
            Object answer = get(future);
            throw new AssertionError("answered " + answer + " instead of " + fault);
        } catch (FaultException failure) {
            assertThat(failure.fault()).as(failure.detail()).isEqualTo(fault);
            return failure;
        }
    }
}
