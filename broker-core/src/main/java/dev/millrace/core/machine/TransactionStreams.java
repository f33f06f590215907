package dev.millrace.core.machine;

import dev.millrace.core.command.StreamCheck;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.stream.StreamTarget;
import dev.millrace.core.stream.Streams;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.wire.ExpectedVersion;
import dev.millrace.core.wire.Operation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What a transaction appends to event streams: all of it is looked at before any of it is written, so what is expected of
 * a stream is expected of what it was before the transaction. Thread: shard.
 */
final class TransactionStreams {
    private final TopicCatalog catalog;
    private final Streams streams;
    private final StreamCommands targets;
    private final Map<Operation, Streams.Ready> ready = new IdentityHashMap<>();
    private final Set<Id> ids = new HashSet<>();

    private record Id(int partitionId, UUID eventId) {}

    TransactionStreams(TopicCatalog catalog, Streams streams, StreamCommands targets) {
        this.catalog = catalog;
        this.streams = streams;
        this.targets = targets;
    }

    /** Another transaction. */
    void begin() {
        ready.clear();
        ids.clear();
    }

    /** What speaks against a publish, where its topic keeps streams; null where nothing does. */
    Refusal problemWith(Operation.Append append) {
        Topic topic = catalog.find(append.topicId());
        return topic.settings().indexed()
                ? check(append, targets.target(topic, append.partition()), append.batches(), List.of())
                : null;
    }

    Refusal problemWith(Operation.AppendEvents append) {
        Topic topic = catalog.find(append.topicId());
        if (!topic.settings().indexed()) {
            return StreamCommands.disabled(topic);
        }
        List<StreamCheck> checks = append.checks().stream()
                .map(check -> new StreamCheck(check.key(), check.expected()))
                .toList();
        return check(append, targets.target(topic, append.partition()), append.events(), checks);
    }

    private Refusal check(Operation operation, StreamTarget target, ByteBuffer events, List<StreamCheck> checks) {
        Object checked = streams.check(target, events, checks, null);
        if (checked instanceof Refusal refusal) {
            return refusal;
        } else if (checked instanceof AppendOutcome.Conflict conflict) {
            return wrongVersion(conflict.failed().get(0));
        }
        Streams.Ready found = (Streams.Ready) checked;
        for (UUID id : found.newIds()) {
            if (!ids.add(new Id(target.log().partitionId(), id))) {
                return Refusal.of(Fault.ID_CONFLICT, "event id %s stands twice in the transaction", id);
            }
        }
        ready.put(operation, found);
        return null;
    }

    private static Refusal wrongVersion(AppendOutcome.FailedCheck failed) {
        return Refusal.of(
                Fault.WRONG_EXPECTED_VERSION,
                "stream \"%s\" %s, where the transaction expects %s",
                new String(failed.key(), StandardCharsets.UTF_8),
                failed.actualVersion() == ExpectedVersion.NONE
                        ? failed.deleted() ? "was deleted" : "holds no event"
                        : "ends at version " + failed.actualVersion(),
                words(failed.expected()));
    }

    private static String words(long expected) {
        if (expected == ExpectedVersion.NONE) {
            return "no event";
        }
        return expected == ExpectedVersion.EXISTS ? "an event" : "version " + expected;
    }

    /** Writes what was found in order; null where it goes to no stream. */
    AppendOutcome.Written write(Operation operation, long nowMs, WriteSink sink) {
        Streams.Ready found = ready.get(operation);
        return found == null ? null : streams.write(found, nowMs, sink);
    }
}
