package dev.millrace.server.protocol.http;

import java.util.function.Supplier;

/**
 * What HTTP serves and within which limits.
 *
 * @param live false only where a restart is what helps
 * @param ready whether requests should be sent here now
 * @param metrics the text of a scrape; asked on a thread of its own
 * @param requestTimeoutMs for a request to arrive whole, and for its answer to be taken
 * @param idleTimeoutMs between two requests of a connection
 */
public record HttpOptions(
        Supplier<Health> live,
        Supplier<Health> ready,
        Supplier<String> metrics,
        int bodyBytesMax,
        int requestTimeoutMs,
        int idleTimeoutMs) {}
