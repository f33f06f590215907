import dev.millrace.faults.PeerLoop;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** NATS JetStream by its Java client: one stream with file storage, the publish acknowledgement awaited. */
final class NatsPeer implements PeerLoop.Broker {
    private static final String NAME = "numbers";

    private final Connection connection;
    private final JetStream jetStream;

    private NatsPeer(String address) throws Exception {
        connection = Nats.connect("nats://" + address);
        jetStream = connection.jetStream();
    }

    public static void main(String[] arguments) throws Exception {
        PeerLoop.run(new NatsPeer(arguments[1]), arguments[0]);
    }

    @Override
    public void create() throws Exception {
        connection
                .jetStreamManagement()
                .addStream(StreamConfiguration.builder()
                        .name(NAME)
                        .subjects(NAME)
                        .storageType(StorageType.File)
                        .build());
    }

    @Override
    public CompletionStage<?> publish(byte[] record) {
        return jetStream.publishAsync(NAME, record);
    }

    @Override
    public void readAll(Consumer<byte[]> sink) throws Exception {
        long count = connection
                .jetStreamManagement()
                .getStreamInfo(NAME)
                .getStreamState()
                .getMsgCount();
        JetStreamSubscription all = jetStream.subscribe(
                NAME, PushSubscribeOptions.builder().ordered(true).build());
        for (long i = 0; i < count; i++) {
            Message message = all.nextMessage(Duration.ofSeconds(30));
            if (message == null) {
                throw new IllegalStateException("nothing at " + i + " of " + count);
            }
            sink.accept(message.getData());
        }
    }
}
