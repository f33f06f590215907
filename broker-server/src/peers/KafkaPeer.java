import dev.millrace.faults.PeerLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka by its Java client: acks=all, all else as it comes; one topic of one partition. */
final class KafkaPeer implements PeerLoop.Broker {
    private static final String TOPIC = "numbers";

    private final Map<String, Object> connection;
    private KafkaProducer<byte[], byte[]> producer;

    private KafkaPeer(String address) {
        connection = Map.of("bootstrap.servers", address);
    }

    public static void main(String[] arguments) throws Exception {
        PeerLoop.run(new KafkaPeer(arguments[1]), arguments[0]);
    }

    @Override
    public void create() throws Exception {
        try (Admin admin = Admin.create(connection)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(1), Optional.empty())))
                    .all()
                    .get();
        }
        Map<String, Object> options = Map.of("bootstrap.servers", connection.get("bootstrap.servers"), "acks", "all");
        producer = new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public CompletionStage<?> publish(byte[] record) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        producer.send(new ProducerRecord<>(TOPIC, 0, null, record), (metadata, error) -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
        return done;
    }

    @Override
    public void readAll(Consumer<byte[]> sink) {
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(connection, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition), Duration.ofSeconds(60))
                    .get(partition);
            long deadlineNanos = System.nanoTime() + 60_000_000_000L;
            while (consumer.position(partition) < end) {
                if (System.nanoTime() > deadlineNanos) {
                    throw new IllegalStateException("nothing at " + consumer.position(partition) + " of " + end);
                }
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> sink.accept(record.value()));
            }
        }
    }
}
