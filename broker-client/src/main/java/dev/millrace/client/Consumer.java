package dev.millrace.client;

import java.time.Duration;
import java.util.List;

/** Pull style: hands out messages when asked. */
public interface Consumer extends Subscription {
    /**
     * The next messages, in order within each partition; waits for the first, and returns an empty list where none comes
     * in time.
     *
     * @throws MillraceException where a partition cannot be read on: OFFSET_OUT_OF_RANGE, TOPIC_NOT_FOUND, DATA_DAMAGED,
     *     CLIENT_CLOSED
     */
    List<ReceivedMessage> poll(Duration timeout);
}
