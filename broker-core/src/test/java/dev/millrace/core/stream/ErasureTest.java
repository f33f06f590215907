package dev.millrace.core.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.Command;
import dev.millrace.core.command.ConfirmErased;
import dev.millrace.core.command.EraseEvents;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.Store.ChunkPlace;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Erasures of one stream before the disk is clean of the first, all within one millisecond: turns and syncs by hand. */
class ErasureTest {
    private static final byte[] KEY = "a".getBytes(StandardCharsets.UTF_8);

    private final StreamShard shard = new StreamShard();

    @BeforeEach
    void append() {
        for (String value : List.of("0", "1")) {
            RecordBatchBuilder event = new RecordBatchBuilder(Compression.NONE, 128);
            event.append(1000, KEY, value.getBytes(StandardCharsets.UTF_8), List.of());
            CompletableFuture<Object> appended = shard.append(event);
            settle();
            assertThat(appended).isCompletedWithValueMatching(AppendOutcome.Written.class::isInstance);
        }
    }

    @AfterEach
    void close() {
        shard.store.close();
    }

    private void settle() {
        shard.turn();
        shard.log.syncOnce();
    }

    private Object done(Command command) {
        CompletableFuture<Object> answer = shard.submit(command);
        settle();
        return answer.join();
    }

    private Erasure.Done erase(long version) {
        return (Erasure.Done) done(new EraseEvents(StreamShard.TOPIC, 0, KEY, version, version));
    }

    private StreamHead confirm(Erasure.Done erased) {
        return (StreamHead)
                done(new ConfirmErased(StreamShard.TOPIC, 0, KEY, erased.head().erasedMs()));
    }

    private List<ChunkPlace> unpurged() {
        return StreamChanges.unpurged(shard.store).stream()
                .flatMap(each -> each.places().stream())
                .toList();
    }

    @Test
    void whatAnEarlierErasureHasLeftOnTheDiskIsNotForgotten() {
        Erasure.Done first = erase(0);
        Erasure.Done second = erase(1);

        assertThat(first.places()).hasSize(1);
        assertThat(second.places()).hasSize(2).containsAll(first.places());
        assertThat(unpurged()).as("after a restart").containsExactlyElementsOf(second.places());

        assertThat(confirm(first).purgedMs()).as("not of all yet").isZero();
        assertThat(unpurged()).isNotEmpty();
        assertThat(confirm(second).purgedMs()).isPositive();
        assertThat(unpurged()).isEmpty();
    }

    @Test
    void whatHasLeftTheDiskIsNotCleanedAgain() {
        confirm(erase(0));
        assertThat(erase(1).places()).hasSize(1);
    }
}
