package dev.millrace.server.bench;

import java.time.Duration;

/** One connection that reads. <em>Thread:</em> one. */
interface Reader extends AutoCloseable {
    /** Takes one record's value. */
    interface Sink {
        void take(byte[] key, byte[] value);
    }

    /** Waits for records, at most so long, and hands them out. Returns how many there were. */
    int poll(Duration timeout, Sink sink);

    /** Partitions that are this reader's and whose position is known: nothing published from now on is missed in them. */
    int positionedPartitions();

    @Override
    void close();
}
