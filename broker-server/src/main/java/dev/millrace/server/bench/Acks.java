package dev.millrace.server.bench;

/** Is told how each record that was published without waiting ended. <em>Thread:</em> any. */
interface Acks {
    /**
     * One record is on the broker's disk, or has failed.
     *
     * @param startNanos when it was published, or should have been, or {@link Pacer#UNTIMED}
     * @param bytes of key and value
     * @param failure null where it was acknowledged
     */
    void settled(long startNanos, int bytes, Throwable failure);
}
