package dev.millrace.server.protocol.http;

import java.util.function.Supplier;

/**
 * What HTTP serves and within which limits.
 *
 * @param live false only where a restart is what helps
 * @param ready whether requests should be sent here now
 * @param metrics the text of a scrape; asked on a thread of its own
 * @param bodyBytesMax of a request
 * @param requestsPerSecond of one client's address, not counting metrics and health; 0 for no limit
 * @param requestTimeoutMs for a request to arrive whole, and for its answer to be taken
 * @param idleTimeoutMs between two requests of a connection
 */
public record HttpOptions(
        Supplier<Health> live,
        Supplier<Health> ready,
        Supplier<String> metrics,
        int bodyBytesMax,
        int requestsPerSecond,
        int requestTimeoutMs,
        int idleTimeoutMs) {}
