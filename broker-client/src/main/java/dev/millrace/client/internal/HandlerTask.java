package dev.millrace.client.internal;

import dev.millrace.client.ReceivedMessage;

/** A message on its way to the handler, with the place where it is ticked off. */
record HandlerTask(ReceivedMessage message, HandledPartition partition, HandledPartition.Entry entry) {
    /** Wakes a worker so that it sees the end. */
    static final HandlerTask END = new HandlerTask(null, null, null);
}
