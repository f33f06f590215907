package dev.millrace.faults;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Millrace as one of the brokers whose power is cut: the defaults, one topic of one partition. */
final class MillracePeer implements PeerLoop.Broker {
    private static final String TOPIC = "numbers";

    private final MillraceClient client;
    private final Producer producer;

    private MillracePeer(String address) {
        client = MillraceClient.connect(address);
        producer = client.producer().build();
    }

    public static void main(String[] arguments) throws Exception {
        PeerLoop.run(new MillracePeer(arguments[1]), arguments[0]);
    }

    @Override
    public void create() {
        client.admin().createTopic(TOPIC, 1);
    }

    @Override
    public CompletionStage<?> publish(byte[] record) {
        return producer.publishAsync(Message.to(TOPIC).value(record));
    }

    @Override
    public void readAll(Consumer<byte[]> sink) {
        TopicInfo.Partition log =
                client.admin().describeTopic(TOPIC).partitions().get(0);
        long next = log.startOffset();
        try (dev.millrace.client.Consumer consumer =
                client.consumer().topics(TOPIC).from(StartFrom.earliest()).open()) {
            while (next < log.endOffset()) {
                List<ReceivedMessage> polled = consumer.poll(Duration.ofSeconds(30));
                if (polled.isEmpty()) {
                    throw new IllegalStateException("nothing at " + next + " of " + log.endOffset());
                }
                for (ReceivedMessage message : polled) {
                    sink.accept(message.value());
                    next = message.offset() + 1;
                }
            }
        }
    }
}
