package dev.millrace.client.internal;

import dev.millrace.client.EventFilter;
import dev.millrace.client.ProjectionDatabase;
import java.time.Duration;
import java.util.List;

/**
 * How a projection works.
 *
 * @param filter null for all events
 * @param parkKeys else an event that fails stops the projection
 */
record ProjectionOptions(
        ProjectionDatabase.Name name,
        List<String> topics,
        EventFilter filter,
        int concurrency,
        int retries,
        Duration backoff,
        boolean parkKeys,
        Duration checkpointInterval) {
    String id() {
        return name.id();
    }
}
