package dev.millrace.client.internal;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Transaction;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.StreamFrames;
import dev.millrace.core.wire.TimerRef;
import dev.millrace.core.wire.TopicFrames.TopicInfo;
import dev.millrace.core.wire.TransactionFrames.TransactionRef;
import dev.millrace.core.wire.TransactionFrames.TxCommitted;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Collects changes, and hands them to {@link TransactionCommit}. Thread: any, one at a time.
 *
 * <pre>
 *  collecting ──commit──▶ ended      ──outcome unknown──▶ in doubt ──commit again──▶ ended
 *       └── abort, close, a refused commit ──▶ ended
 * </pre>
 */
final class NativeTransaction implements Transaction {
    private static final int BATCH_BYTES = 256 << 10;

    private enum State {
        COLLECTING,
        IN_DOUBT,
        ENDED
    }

    private final Link link;
    private final TopicPartitions topics;
    private final TransactionRef ref;
    private final BiConsumer<NativeTransaction, MillraceException> onEnd;
    private final List<Operation> operations = new ArrayList<>();
    private final Map<PartitionName, OpenBatch> open = new LinkedHashMap<>();
    private final List<Place> places = new ArrayList<>();
    /** Which operations append events, and to which partition. */
    private final Map<Integer, Integer> appends = new LinkedHashMap<>();

    private State state = State.COLLECTING;
    private MillraceException doubt;

    private record PartitionName(UUID topicId, int partition) {}

    /** Where a message's receipt comes from: its batch's place among the operations, and its own in the batch. */
    private static final class Place {
        final String topic;
        final int partition;
        final int inBatch;
        int operation = -1;

        Place(String topic, int partition, int inBatch) {
            this.topic = topic;
            this.partition = partition;
            this.inBatch = inBatch;
        }
    }

    private static final class OpenBatch {
        final RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 1 << 10);
        final List<Place> places = new ArrayList<>();
    }

    NativeTransaction(
            Link link,
            TopicPartitions topics,
            TransactionRef ref,
            BiConsumer<NativeTransaction, MillraceException> onEnd) {
        this.link = link;
        this.topics = topics;
        this.ref = ref;
        this.onEnd = onEnd;
    }

    @Override
    public synchronized Transaction publish(Message given) {
        requireCollecting();
        Message message = CurrentMessage.advance(given);
        if (message.timestampMs() < -1) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST, "timestamp " + message.timestampMs() + " ms is before 1970");
        }
        TopicInfo topic = topics.topic(message.topic());
        int partition = topics.partition(message, topic);
        if (message.later() != null) {
            Place place = new Place(topic.name(), partition, -1);
            place.operation = operations.size();
            operations.add(new Operation.Schedule(LaterMessages.timer(message, topic.topicId(), partition)));
            places.add(place);
            return this;
        }
        PartitionName name = new PartitionName(topic.topicId(), partition);
        OpenBatch batch = open.computeIfAbsent(name, key -> new OpenBatch());
        long timestampMs = message.timestampMs() >= 0 ? message.timestampMs() : System.currentTimeMillis();
        if (!batch.builder.appendWithin(BATCH_BYTES, timestampMs, message.key(), message.value(), message.headers())) {
            seal(name, batch);
            batch = new OpenBatch();
            open.put(name, batch);
            batch.builder.append(timestampMs, message.key(), message.value(), message.headers());
        }
        Place place = new Place(topic.name(), partition, batch.builder.recordCount() - 1);
        batch.places.add(place);
        places.add(place);
        return this;
    }

    private void seal(PartitionName name, OpenBatch batch) {
        batch.places.forEach(place -> place.operation = operations.size());
        operations.add(new Operation.Append(name.topicId, name.partition, batch.builder.build()));
    }

    @Override
    public synchronized Transaction append(String topic, String key, Expected expected, Event... events) {
        requireCollecting();
        TopicInfo found = topics.topic(topic);
        byte[] stream = key.getBytes(StandardCharsets.UTF_8);
        PartitionName name = new PartitionName(
                found.topicId(), Murmur2.partition(stream, found.partitions().size()));
        OpenBatch before = open.remove(name);
        if (before != null) {
            seal(name, before);
        }
        appends.put(operations.size(), name.partition);
        operations.add(new Operation.AppendEvents(
                name.topicId,
                name.partition,
                List.of(new StreamFrames.Check(stream, expected.value())),
                EventBatchWriter.write(Stream.of(events)
                        .map(event -> new EventStreams.Addressed(stream, event))
                        .toList())));
        return this;
    }

    @Override
    public synchronized Transaction cancelTimer(String topic, String timerKey) {
        requireCollecting();
        Checks.require(timerKey != null && !timerKey.isEmpty(), "timerKey", timerKey, "a text of 1 to 1024 bytes");
        TopicInfo found = topics.topic(topic);
        operations.add(new Operation.CancelTimer(new TimerRef(found.topicId(), timerKey, 0, 0)));
        return this;
    }

    @Override
    public synchronized Transaction sendOffsets(GroupConsumer consumer, Collection<ReceivedMessage> messages) {
        requireCollecting();
        if (!(consumer instanceof NativeGroupConsumer member)) {
            throw new MillraceException(Fault.INVALID_REQUEST, "the consumer was opened by another kind of client");
        }
        Map<TopicPartition, Long> next = new HashMap<>();
        for (ReceivedMessage message : messages) {
            next.merge(message.topicPartition(), message.offset() + 1, Math::max);
        }
        if (!next.isEmpty()) {
            operations.add(member.offsetsForTransaction(next));
        }
        return this;
    }

    @Override
    public synchronized Transaction sendOffsets(String group, Map<TopicPartition, Long> nextOffsets) {
        requireCollecting();
        List<PartitionOffset> wire = new ArrayList<>();
        nextOffsets.forEach((partition, offset) -> wire.add(
                new PartitionOffset(topics.topic(partition.topic()).topicId(), partition.partition(), offset, null)));
        if (!wire.isEmpty()) {
            operations.add(new Operation.CommitOffsets(group, "", 0, wire));
        }
        return this;
    }

    @Override
    public synchronized Committed commit() {
        if (state == State.ENDED) {
            throw ended();
        }
        if (state == State.COLLECTING) {
            open.forEach(this::seal);
            open.clear();
        }
        TxCommitted committed;
        try {
            committed = Waiting.on(new TransactionCommit(link, ref, operations).start());
        } catch (MillraceException failure) {
            if (failure.outcomeUnknown()) {
                state = State.IN_DOUBT;
                doubt = failure;
            } else {
                topics.forgetAll();
                end(failure);
            }
            throw failure;
        }
        end(null);
        return new Committed(committed.appendTimeMs(), committed.duplicate(), receipts(committed), appends(committed));
    }

    private List<Receipt> receipts(TxCommitted committed) {
        List<Receipt> receipts = new ArrayList<>(places.size());
        for (Place place : places) {
            long offset = committed.results().get(place.operation) instanceof OperationResult.Appended appended
                    ? appended.baseOffset() + place.inBatch
                    : -1;
            receipts.add(
                    new Receipt(place.topic, place.partition, offset, committed.appendTimeMs(), committed.duplicate()));
        }
        return receipts;
    }

    private List<AppendResult> appends(TxCommitted committed) {
        List<AppendResult> results = new ArrayList<>(appends.size());
        appends.forEach((operation, partition) -> {
            var appended = (OperationResult.EventsAppended) committed.results().get(operation);
            results.add(new AppendResult(
                    partition,
                    appended.versions(),
                    appended.firstOffset(),
                    appended.lastOffset(),
                    committed.appendTimeMs(),
                    committed.duplicate() || appended.duplicate(),
                    List.of(),
                    null,
                    ""));
        });
        return results;
    }

    private void requireCollecting() {
        if (state != State.COLLECTING) {
            throw ended();
        }
    }

    private static IllegalStateException ended() {
        return new IllegalStateException("the transaction was committed, aborted or refused; begin another");
    }

    private void end(MillraceException failure) {
        state = State.ENDED;
        onEnd.accept(this, failure);
    }

    @Override
    public synchronized void abort() {
        if (state != State.ENDED) {
            end(doubt);
        }
    }

    @Override
    public void close() {
        abort();
    }
}
