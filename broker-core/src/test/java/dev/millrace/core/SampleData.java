package dev.millrace.core;

import dev.millrace.core.GroupOperations.Join;
import dev.millrace.core.GroupOperations.Membership;
import dev.millrace.core.GroupOperations.Offset;
import dev.millrace.core.LogOperations.ProducerIdentity;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.StoreOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A broker with some of everything on disk: files of all kinds, topics, records, a producer, a group. */
public final class SampleData {
    static final int RECORDS = 1500;
    private static final String FILLER = "x".repeat(3000);

    private SampleData() {}

    static BrokerOptions options(Path directory) {
        return BrokerOptions.defaults(directory)
                .withStore(StoreOptions.defaults().withGenerationBytes(1 << 20))
                .withMemory(new BrokerOptions.Memory(1 << 20, 1 << 20, 1 << 20, 2 << 20, 2))
                .withUpkeep(new BrokerOptions.Upkeep(60_000, 50, 1 << 20, 86_400_000));
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** 1500 records of 3 KB in "orders", 3 in "quiet", an idempotent producer and a group with commits. */
    public static void fill(LocalBroker broker) {
        TopicPartition orders = new TopicPartition(
                get(broker.topics().create("orders", 2, Map.of())).topicId(), 0);
        TopicPartition quiet = new TopicPartition(
                get(broker.topics().create("quiet", 1, Map.of())).topicId(), 0);
        List<CompletableFuture<?>> appends = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            appends.add(broker.logs().append(orders, batch("order " + i + " " + FILLER)));
            if (appends.size() == 10) {
                appends.forEach(SampleData::get);
                appends.clear();
            }
        }
        ProducerIdentity producer = get(broker.logs().initProducer());
        for (int i = 0; i < 3; i++) {
            ByteBuffer batch = batch("quiet " + i);
            RecordBatchBuilder.stampProducer(batch, producer.producerId(), producer.producerEpoch(), i);
            get(broker.logs().append(quiet, batch));
        }
        Membership member =
                get(broker.groups().join(new Join("billing", "m1", null, "test", List.of("quiet"), 10_000)));
        get(broker.groups().commit("billing", "m1", member.memberEpoch(), List.of(new Offset(quiet, 2, ""))));
    }

    static ByteBuffer batch(String value) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        builder.append(1, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        return builder.build();
    }

    /** Every path below, with its bytes. */
    static Map<String, ByteBuffer> bytesOf(Path directory) throws IOException {
        Map<String, ByteBuffer> bytes = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.toList()) {
                bytes.put(
                        directory.relativize(path).toString(),
                        ByteBuffer.wrap(Files.isDirectory(path) ? new byte[0] : Files.readAllBytes(path)));
            }
        }
        return bytes;
    }

    /** As a crash at this moment would leave it; the broker must be at rest. */
    static Path copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
        return to;
    }
}
