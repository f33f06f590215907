package dev.millrace.server.bench;

/** One connection that publishes. <em>Thread:</em> any. */
interface Publisher extends AutoCloseable {
    /** Publishes and waits for the receipt. Fails with what the client says. */
    void publish(String topic, byte[] key, byte[] value) throws Exception;

    /** Publishes without waiting for more than room in the client's buffer. */
    void send(String topic, byte[] key, byte[] value, long startNanos, Acks acks);

    /** Whether {@link #send} may be called by who tells {@link Acks}. */
    boolean sendsFromAcks();

    /** Returns when all that was sent before has been acknowledged or has failed. */
    void flush();

    @Override
    void close();
}
