package dev.millrace.client.internal;

import dev.millrace.client.RebalanceListener;
import dev.millrace.client.StartFrom;
import java.util.List;

/**
 * How a member of a group consumes.
 *
 * @param instanceId a static member's lasting name, or null
 * @param sessionTimeoutMs 0 for the broker's
 * @param deadLetters also takes what is replayed to the group
 */
record GroupOptions(
        String group,
        List<String> patterns,
        String instanceId,
        int sessionTimeoutMs,
        StartFrom startFrom,
        StartFrom onOutOfRange,
        boolean autoCommit,
        long autoCommitNanos,
        RebalanceListener listener,
        int bufferBytes,
        int pollCountMax,
        boolean deadLetters) {}
