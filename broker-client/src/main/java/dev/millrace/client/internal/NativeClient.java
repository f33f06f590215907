package dev.millrace.client.internal;

import dev.millrace.client.Admin;
import dev.millrace.client.Codec;
import dev.millrace.client.ConsumerBuilder;
import dev.millrace.client.EventStreams;
import dev.millrace.client.EventSubscriptionBuilder;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ProducerBuilder;
import dev.millrace.client.Projections;
import dev.millrace.client.Saga;
import dev.millrace.client.SagaInstances;
import dev.millrace.client.Timers;
import dev.millrace.client.Transactions;
import dev.millrace.client.TypedTopic;
import java.util.Random;

/** The client that speaks the native protocol. Thread: any. */
public final class NativeClient implements MillraceClient {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");

    private final ClientOptions options;
    private final Link link;
    private final Callbacks callbacks = new Callbacks();
    private final OpenThings opened = new OpenThings();
    private Producer sharedProducer;

    private NativeClient(ClientOptions options, Link link) {
        this.options = options;
        this.link = link;
    }

    /** Connects. Fails: CONNECT_FAILED, UNSUPPORTED_VERSION, INVALID_REQUEST. */
    public static MillraceClient open(ClientOptions options) {
        Link link = new Link(options, new Random());
        try {
            Waiting.on(link.start());
        } catch (RuntimeException e) {
            link.close();
            throw e;
        }
        return new NativeClient(options, link);
    }

    @Override
    public ProducerBuilder producer() {
        return new NativeProducerBuilder(options.requestTimeout(), this::openProducer);
    }

    private Producer openProducer(ProducerOptions producerOptions) {
        NativeProducer producer = new NativeProducer(link, producerOptions, callbacks, new Random(), opened::remove);
        opened.add(producer);
        return link.telemetry() == null ? producer : new TracedProducer(producer, new Outbound(link.telemetry()));
    }

    /** The one behind all typed topics. */
    private synchronized Producer sharedProducer() {
        if (sharedProducer == null) {
            sharedProducer = producer().build();
        }
        return sharedProducer;
    }

    @Override
    public ConsumerBuilder consumer() {
        return new NativeConsumerBuilder(link, opened);
    }

    @Override
    public NativeGroupBuilder group(String name) {
        return new NativeGroupBuilder(link, callbacks, opened, name);
    }

    @Override
    public Transactions transactional(String transactionalId) {
        NativeTransactions transactions = NativeTransactions.open(link, transactionalId, opened::remove);
        opened.add(transactions);
        return transactions;
    }

    @Override
    public Timers timers() {
        return new NativeTimers(link);
    }

    @Override
    public Admin admin() {
        return new NativeAdmin(link);
    }

    @Override
    public <K, V> TypedTopic<K, V> topic(String name, Codec<K> keys, Codec<V> values) {
        return new NativeTypedTopic<>(name, keys, values, this::sharedProducer, this::consumer);
    }

    @Override
    public EventStreams streams(String topic) {
        return new NativeEventStreams(link, topic);
    }

    @Override
    public EventSubscriptionBuilder subscription() {
        return new NativeSubscriptionBuilder(link, opened);
    }

    @Override
    public <S> Saga<S> saga(String name, Codec<S> states) {
        return new NativeSaga<>(this, name, states);
    }

    @Override
    public <S> SagaInstances<S> sagaInstances(String name, Codec<S> states) {
        return new NativeSagaInstances<>(streams(SagaDefinition.stateTopic(NativeSaga.requireName(name))), states);
    }

    @Override
    public Projections projections() {
        return new NativeProjections(link, opened);
    }

    @Override
    public void close() {
        for (AutoCloseable thing : opened.drain()) {
            try {
                thing.close();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.WARNING, "close.failed cause={0}", e.toString());
            }
        }
        Waiting.on(link.close());
        callbacks.close();
    }
}
