package dev.millrace.client.internal;

import dev.millrace.client.Message;
import java.util.List;

/**
 * What a step changes, to be done as a whole.
 *
 * @param version of the instance's latest event before, or -1
 * @param cause what the event is called in the stream
 * @param correlation what the input belongs to, else the instance
 * @param state the application's, encoded; or null
 * @param messages in the order in which they were published
 * @param cancelledTimers keys of timers in the topic of time-outs
 */
record SagaDecision(
        String key,
        long version,
        String cause,
        String inputId,
        String correlation,
        byte[] state,
        SagaProgress after,
        List<Message> messages,
        List<String> cancelledTimers) {}
