import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.MessageProperties;
import dev.millrace.faults.PeerLoop;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** RabbitMQ by its Java client: a durable queue, persistent messages, publisher confirms. */
final class RabbitPeer implements PeerLoop.Broker {
    private static final String QUEUE = "numbers";

    private final Channel channel;
    private final String queueType;
    private final ConcurrentNavigableMap<Long, CompletableFuture<Void>> unconfirmed = new ConcurrentSkipListMap<>();

    private RabbitPeer(String address, String queueType) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri("amqp://guest:guest@" + address);
        channel = factory.newConnection().createChannel();
        this.queueType = queueType;
    }

    public static void main(String[] arguments) throws Exception {
        PeerLoop.run(new RabbitPeer(arguments[1], arguments[2]), arguments[0]);
    }

    @Override
    public void create() throws Exception {
        channel.queueDeclare(QUEUE, true, false, false, Map.of("x-queue-type", queueType));
        channel.confirmSelect();
        channel.addConfirmListener(
                (tag, multiple) -> answered(tag, multiple, null),
                (tag, multiple) -> answered(tag, multiple, new IllegalStateException("nack")));
    }

    private void answered(long tag, boolean multiple, Exception error) {
        ConcurrentNavigableMap<Long, CompletableFuture<Void>> answered =
                unconfirmed.subMap(multiple ? 0 : tag, true, tag, true);
        answered.forEach((each, done) -> {
            answered.remove(each);
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
    }

    @Override
    public CompletionStage<?> publish(byte[] record) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        unconfirmed.put(channel.getNextPublishSeqNo(), done);
        channel.basicPublish("", QUEUE, MessageProperties.PERSISTENT_BASIC, record);
        return done;
    }

    /** Reads as many as the queue says it holds, and on until it is silent. */
    @Override
    public void readAll(Consumer<byte[]> sink) throws Exception {
        LinkedBlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        long count = channel.queueDeclarePassive(QUEUE).getMessageCount();
        channel.basicConsume(QUEUE, true, (tag, delivery) -> deliveries.add(delivery), tag -> {});
        for (long i = 0; ; i++) {
            Delivery delivery = deliveries.poll(i < count ? 60 : 5, TimeUnit.SECONDS);
            if (delivery == null && i < count) {
                throw new IllegalStateException("nothing at " + i + " of " + count);
            }
            if (delivery == null) {
                return;
            }
            sink.accept(delivery.getBody());
        }
    }
}
