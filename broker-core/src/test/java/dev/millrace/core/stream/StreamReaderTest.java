package dev.millrace.core.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AppendCondition;
import dev.millrace.core.command.AppendEvents;
import dev.millrace.core.command.DeleteStream;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.shard.LocalShardLog;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a reader may see while the disk is not done: turns and syncs by hand. */
class StreamReaderTest {
    private static final UUID TOPIC = StreamShard.TOPIC;
    private static final byte[] KEY = "a".getBytes(StandardCharsets.UTF_8);

    private final StreamShard shard = new StreamShard();
    private final LocalShardLog log = shard.log;
    private final StreamReader reader = shard.reader(new EventCache(0));

    private void turn() {
        shard.turn();
    }

    private PartitionLog partition() {
        return shard.partition();
    }

    private CompletableFuture<Object> append(String value) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
        builder.append(1000, KEY, value.getBytes(StandardCharsets.UTF_8), List.of());
        return shard.append(builder);
    }

    private Object read() {
        return reader.read(partition(), KEY, new StreamReader.Span(0, false, 10, 1000, StreamReader.AsOf.NOW), 1000);
    }

    private static int count(Object read) {
        return ((StreamReader.Slice) read).events().size();
    }

    @Test
    void nothingIsShownBeforeItIsDurable() {
        append("0");
        turn();
        assertThat(((Refusal) read()).fault()).isEqualTo(Fault.STREAM_NOT_FOUND);
        log.syncOnce();
        assertThat(count(read())).isEqualTo(1);
        append("1");
        turn();
        assertThat(count(read())).isEqualTo(1);
        assertThat(((StreamReader.Slice) read()).lastVersion()).isZero();
        log.syncOnce();
        assertThat(count(read())).isEqualTo(2);
    }

    @Test
    void aChangeBesideAppendsIsMarkedUntilItIsDurable() {
        append("0");
        turn();
        log.syncOnce();
        StreamKey stream = new StreamKey(partition().partitionId(), KEY);
        PendingChanges pending = shard.machine.streams().pending();
        assertThat(pending.contains(stream)).isFalse();
        shard.submit(new DeleteStream(TOPIC, 0, KEY, ExpectedVersion.ANY, false));
        turn();
        assertThat(pending.contains(stream)).isTrue();
        assertThat(pending.touches(partition().partitionId())).isTrue();
        log.syncOnce();
        assertThat(pending.contains(stream)).isFalse();
        assertThat(((Refusal) read()).fault()).isEqualTo(Fault.STREAM_NOT_FOUND);
    }

    @Test
    void aConflictIsAnsweredNoEarlierThanWhatItConflictsWithIsDurable() {
        append("0");
        turn();
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
        builder.append(1000, KEY, KEY, List.of());
        CompletableFuture<Object> conflict = shard.submit(new AppendEvents(
                TOPIC,
                0,
                EventBatches.withPlaceForVersion(builder.build(), 1 << 20),
                List.of(new dev.millrace.core.command.StreamCheck(KEY, ExpectedVersion.NONE)),
                null));
        turn();
        assertThat(conflict).isNotDone();
        log.syncOnce();
        assertThat(conflict).isCompletedWithValueMatching(AppendOutcome.Conflict.class::isInstance);
        assertThat(count(read())).isEqualTo(1);
    }

    @Test
    void ofTwoDecisionsInOneCommitOneFails() {
        CompletableFuture<Object> first = take("x");
        CompletableFuture<Object> second = take("y");
        turn();
        log.syncOnce();
        assertThat(first).isCompletedWithValueMatching(AppendOutcome.Written.class::isInstance);
        assertThat(second).isCompletedWithValueMatching(AppendOutcome.ConditionFailed.class::isInstance);
    }

    private CompletableFuture<Object> take(String value) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
        builder.append(
                1000, KEY, value.getBytes(StandardCharsets.UTF_8), List.of(EventHeaders.tags(List.of("seat:1"))));
        ByteBuffer events = EventBatches.withPlaceForVersion(builder.build(), 1 << 20);
        EventQuery seat = EventQuery.of(new EventQuery.Item(List.of(), List.of("seat:1")));
        return shard.submit(new AppendEvents(TOPIC, 0, events, List.of(), new AppendCondition(seat, -1, null)));
    }

    @Test
    void eventsOfOneCommitLieInChunksThatAreCheapToReadAlone() {
        for (int i = 0; i < 100; i++) {
            append("x".repeat(4000));
        }
        turn();
        log.syncOnce();

        List<Integer> chunkBytes = new ArrayList<>();
        shard.store.scanLog(shard.machine.generation(), 0, 0, (lastOffset, chunk) -> chunkBytes.add(chunk.remaining()));

        // A read of one event reads its chunk: of all together it would be 400 KB.
        assertThat(chunkBytes).hasSizeGreaterThanOrEqualTo(100 * 4000 / (32 << 10));
        assertThat(chunkBytes).allMatch(bytes -> bytes <= (32 << 10) + 64);
    }
}
