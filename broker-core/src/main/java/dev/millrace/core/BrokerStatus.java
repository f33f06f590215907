package dev.millrace.core;

import dev.millrace.core.error.Fault;

/** What the broker can do now. */
public sealed interface BrokerStatus {
    /** Everything works. */
    record Serving() implements BrokerStatus {}

    /**
     * Reads and commits work; publishes are refused with {@link Fault#DISK_FULL}.
     *
     * @param usableBytes of the disk, less what must still be written
     */
    record DiskFull(long usableBytes, long reserveBytes) implements BrokerStatus {}

    /** The broker is closing. */
    record Draining() implements BrokerStatus {}

    /** Storage failed; nothing is acknowledged any more and the process must end. */
    record Halted(Fault fault, String detail) implements BrokerStatus {}
}
