package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.StoreOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One damaged block: what lies before and behind it is served, and the error says where it is. */
class DamagedReadTest {
    private static final int BATCHES = 100;
    private static final int VALUE_BYTES = 8 << 10;

    @TempDir
    Path directory;

    private LocalBroker broker;
    private TopicPartition damaged;
    private TopicPartition whole;

    @BeforeEach
    void fillAndFlipABitInTheMiddle() throws IOException {
        BrokerOptions options = BrokerOptions.defaults(directory.resolve("data"))
                .withStore(StoreOptions.defaults().withGenerationBytes(16 << 20));
        try (LocalBroker filling = LocalBroker.open(options)) {
            var topic = filling.topics().create("orders", 2, Map.of()).join();
            damaged = new TopicPartition(topic.topicId(), 0);
            whole = new TopicPartition(topic.topicId(), 1);
            for (int i = 0; i < BATCHES; i++) {
                filling.logs().append(damaged, batch(i)).join();
                filling.logs().append(whole, batch(i)).join();
            }
        }
        // The first half of the file holds the first partition.
        flipByte(largestTable(), BATCHES * VALUE_BYTES / 2);
        broker = LocalBroker.open(options);
    }

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void servesWhatLiesBeforeAndBehindADamagedBlockAndNamesIt() throws IOException {
        long next = readFrom(damaged, 0);
        assertThat(next).as("good up to the damage").isBetween(BATCHES / 4L, BATCHES * 3L / 4);
        FaultException error = errorAt(damaged, next);
        assertThat(error.fault()).isEqualTo(Fault.DATA_DAMAGED);
        assertThat(error)
                .hasMessageContaining("topic \"orders\" partition 0")
                .hasMessageContaining("offset " + next + " to ")
                .hasMessageContaining(largestTable().getFileName().toString());
        long last = Long.parseLong(error.getMessage().replaceAll("(?s).*offset \\d+ to (\\d+) .*", "$1"));
        assertThat(last - next).as("one block of about 32 KiB").isBetween(0L, 8L);
        assertThat(readFrom(damaged, last + 1)).as("all behind it").isEqualTo(BATCHES);
        assertThat(errorAt(damaged, last).fault()).isEqualTo(Fault.DATA_DAMAGED);
        assertThat(readFrom(whole, 0)).as("the other partition").isEqualTo(BATCHES);
        assertThat(broker.logs().append(damaged, batch(0)).join().baseOffset()).isEqualTo(BATCHES);
    }

    /** Returns where the log ends or cannot be read. */
    private long readFrom(TopicPartition partition, long offset) {
        long end = broker.logs().bounds(partition).endOffset();
        long next = offset;
        try {
            while (next < end) {
                LogSlice slice = broker.logs().read(partition, next, 1 << 20).join();
                next = slice.nextOffset();
                slice.release();
            }
        } catch (CompletionException e) {
            assertThat(e).hasCauseInstanceOf(FaultException.class);
        }
        return next;
    }

    private FaultException errorAt(TopicPartition partition, long offset) {
        try {
            broker.logs().read(partition, offset, 1 << 20).join().release();
        } catch (CompletionException e) {
            return (FaultException) e.getCause();
        }
        throw new AssertionError("offset " + offset + " can be read");
    }

    private static ByteBuffer batch(int n) {
        byte[] value = new byte[VALUE_BYTES];
        new Random(n).nextBytes(value);
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 2 * VALUE_BYTES);
        builder.append(0, null, value, List.of());
        return builder.build();
    }

    private Path largestTable() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("data/shard-0"))) {
            return files.filter(file -> file.toString().endsWith(".sst"))
                    .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                    .orElseThrow();
        }
    }

    private static void flipByte(Path file, long at) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(at);
            int old = open.read();
            open.seek(at);
            open.write(old ^ 1);
        }
    }
}
