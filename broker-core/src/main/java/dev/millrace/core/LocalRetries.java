package dev.millrace.core;

import dev.millrace.core.TraceOperations.Asked;
import dev.millrace.core.TraceOperations.Place;
import dev.millrace.core.TraceOperations.Retries;
import dev.millrace.core.TraceOperations.Retry;
import dev.millrace.core.deadletter.Handling;
import dev.millrace.core.deadletter.LastFailure;
import dev.millrace.core.deadletter.RecordId;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.topic.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks the shard how far groups are with records, in parts so small that others have their turn. */
final class LocalRetries {
    /** Records times groups that one question looks at; a record is looked at whole. */
    private static final int LOOKS_MAX = 20_000;
    /** Of one answer, which must fit in a frame; the retries of the last record come on top. */
    private static final int ANSWER_BYTES_MAX = 512 << 10;

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;

    LocalRetries(ShardRuntime<BrokerStateMachine> runtime, PartitionLookup lookup) {
        this.runtime = runtime;
        this.lookup = lookup;
    }

    CompletableFuture<Retries> of(List<Asked> records) {
        if (records.size() > TraceOperations.COUNT_MAX) {
            return CompletableFuture.failedFuture(new FaultException(
                    Fault.INVALID_REQUEST,
                    "retries of " + records.size() + " records were asked for; allowed are "
                            + TraceOperations.COUNT_MAX));
        }
        List<Asked> asked = List.copyOf(records);
        return runtime.query(machine -> new Look(machine).at(asked));
    }

    /** One answer. Thread: shard. */
    private final class Look {
        private final BrokerStateMachine machine;
        private final List<String> groups;
        private final List<Retry> retries = new ArrayList<>();
        private long bytes;

        Look(BrokerStateMachine machine) {
            this.machine = machine;
            this.groups = machine.deadLetters().groupsHeldUp();
        }

        Retries at(List<Asked> records) {
            int looked = 0;
            while (looked < records.size()
                    && bytes < ANSWER_BYTES_MAX
                    && (looked == 0 || (looked + 1L) * groups.size() <= LOOKS_MAX)) {
                look(records.get(looked));
                looked++;
            }
            return new Retries(looked, retries);
        }

        private void look(Asked record) {
            RecordId id = idOf(record.place());
            int before = retries.size();
            for (int i = 0; id != null && i < groups.size(); i++) {
                if (retries.size() - before == TraceOperations.RETRY_GROUPS_MAX) {
                    return;
                }
                String group = groups.get(i);
                Handling handling =
                        machine.deadLetters().handling(group, id, record.keyHash(), committed(group, id.partitionId()));
                if (handling != null) {
                    add(retry(record.place(), group, handling));
                }
            }
        }

        private void add(Retry retry) {
            retries.add(retry);
            String topic = retry.place().topic();
            int chars =
                    topic.length() + retry.group().length() + retry.lastError().length();
            bytes += 64 + 3L * chars; // in UTF-8 a char takes three bytes at most
        }

        private long committed(String group, int partitionId) {
            return machine.groups()
                    .committed(group, partitionId)
                    .map(CommittedOffset::offset)
                    .orElse(-1L);
        }
    }

    /** Null where it is gone. */
    private RecordId idOf(Place place) {
        Topic topic = lookup.directory().find(place.topic());
        return topic == null || !topic.hasPartition(place.partition())
                ? null
                : new RecordId(topic.partitionIds()[place.partition()], place.offset());
    }

    private static Retry retry(Place place, String group, Handling handling) {
        LastFailure last = handling.last();
        if (last == null) {
            return new Retry(place, group, handling.attempts(), 0, "", -1, -1, handling.keyParked());
        }
        boolean waits = last.attempts() == handling.attempts();
        return new Retry(
                place,
                group,
                handling.attempts(),
                last.attemptsMax(),
                last.error(),
                last.failedMs(),
                waits ? last.nextTryMs() : -1,
                handling.keyParked());
    }
}
