package dev.millrace.server.trace;

import dev.millrace.client.Position;
import dev.millrace.client.Retry;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.server.trace.TraceReport.Letter;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whoever knows what a report says: a broker, or a client of one. Thread: any; its methods wait. */
public interface TraceSource {
    /** @param countMax messages, at most */
    Trace trace(String id, int countMax);

    /** The offsets that groups have committed of some partitions, by group; groups that consume none are missing. */
    Map<String, Map<TopicPartition, Long>> committed(Set<TopicPartition> partitions);

    /**
     * All dead letters of some messages, those that were handled or discarded as well.
     *
     * @param positions 1000 at most
     */
    List<Letter> deadLetters(List<Position> positions);

    /** Attempts at some messages that are under way, and groups in which their keys are parked. */
    List<Retry> retries(List<TracedMessage> messages);
}
