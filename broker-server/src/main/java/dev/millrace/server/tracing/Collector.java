package dev.millrace.server.tracing;

import java.io.IOException;

/** Where spans go. Thread: the exporter's. */
interface Collector {
    /**
     * What it said.
     *
     * @param status of HTTP
     * @param retryAfter the header of this name; null for none
     */
    record Answer(int status, String retryAfter) {}

    /**
     * Sends a request and waits for the answer. Fails: IOException where none came; IllegalStateException where the request
     * cannot be made, so that a further try makes no sense.
     */
    Answer post(byte[] request) throws IOException, InterruptedException;
}
