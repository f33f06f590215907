package dev.millrace.client;

/**
 * A connection to a broker, from which everything else is opened. One is enough for a process.
 *
 * <p>Reconnects by itself, with a growing, jittered pause; calls wait for the connection until their deadline.
 * <em>Thread:</em> any.
 */
public interface MillraceClient extends AutoCloseable {
    /**
     * Connects with default options.
     *
     * @param server {@code host:port}, {@code host} for port 7650, or {@code millrace://host:port}
     * @throws MillraceException CONNECT_FAILED when no broker answers in time; UNSUPPORTED_VERSION
     */
    static MillraceClient connect(String server) {
        return builder().server(server).build();
    }

    static ClientBuilder builder() {
        return new ClientBuilder();
    }

    /** Opens a producer of bytes to any topic. */
    ProducerBuilder producer();

    /** Opens a consumer without a group: it reads the partitions that it names and commits nothing. */
    ConsumerBuilder consumer();

    /** Opens a member of a consumer group, which shares the partitions with the group's other members. */
    GroupBuilder group(String name);

    /**
     * Takes over a transactional id, for changes that are made together or not at all. An instance that used the id before
     * is fenced: nothing that it commits from now on succeeds.
     *
     * @param transactionalId lasting and one for each instance, such as {@code billing-3}: 1 to 255 characters
     */
    Transactions transactional(String transactionalId);

    /** Messages that wait for their time. */
    Timers timers();

    Admin admin();

    /** A typed view of a topic, for code that speaks in objects instead of bytes. */
    <K, V> TypedTopic<K, V> topic(String name, Codec<K> keys, Codec<V> values);

    /** The event streams of a topic that was created with {@code stream.index}. */
    EventStreams streams(String topic);

    /** Opens a subscription to events, filtered in the broker. */
    EventSubscriptionBuilder subscription();

    /**
     * A process over several services, with time-outs and compensations; describe it, then start it.
     *
     * @param name 1 to 64 of a-z A-Z 0-9 _ -
     * @param states how an instance's state is stored
     */
    <S> Saga<S> saga(String name, Codec<S> states);

    /** What became of a saga's instances. */
    <S> SagaInstances<S> sagaInstances(String name, Codec<S> states);

    /** Keeps read models up to date with events. */
    Projections projections();

    /** Closes what was opened from here, flushing producers and committing consumers, then the connection. */
    @Override
    void close();
}
