package dev.millrace.simulation;

import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.machine.AppendResult;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.machine.TopicDirectory;
import dev.millrace.history.History;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What clients know of each log, and from that what retention may take at most. */
final class Ledger {
    private static final long BELIEVED_AT_ONCE_MS = 1000;

    private final History history;
    private final Agenda agenda;
    private final boolean clockIsRight;
    private final Map<Integer, Log> logs = new TreeMap<>();
    private final Map<String, Rules> rules = new TreeMap<>();

    /**
     * A batch that was acknowledged.
     *
     * @param stampMs when the broker says that it was appended
     * @param madeMs when the producer made it, by a clock that is right
     */
    private record Batch(long endOffset, int bytes, long stampMs, long madeMs) {}

    private static final class Log {
        final TreeMap<Long, Batch> batches = new TreeMap<>();
        final TreeMap<Long, Long> timestampsMs = new TreeMap<>();
        long openBytes;
        /** Of {@link #batches}. */
        long batchBytes;

        long allowedStart;

        void add(long baseOffset, Batch batch) {
            // Once it may be gone it bounds nothing any more.
            if (batch.endOffset > allowedStart && batches.putIfAbsent(baseOffset, batch) == null) {
                batchBytes += batch.bytes;
            }
        }

        void allow(long startOffset) {
            allowedStart = Math.max(allowedStart, startOffset);
            while (!batches.isEmpty() && batches.firstEntry().getValue().endOffset <= allowedStart) {
                batchBytes -= batches.pollFirstEntry().getValue().bytes;
            }
        }
    }

    /** The retention that may hold for a topic: more than one value while a change is under way. */
    static final class Rules {
        final Set<Long> retentionMs = new TreeSet<>();
        final Set<Long> retentionBytes = new TreeSet<>();

        /** The value that stands from now on. */
        void settle(long ms, long bytes) {
            retentionMs.clear();
            retentionBytes.clear();
            attempt(ms, bytes);
        }

        /** A value that may have come to stand. */
        void attempt(long ms, long bytes) {
            retentionMs.add(ms);
            retentionBytes.add(bytes);
        }
    }

    Ledger(History history, Agenda agenda, boolean clockIsRight) {
        this.history = history;
        this.agenda = agenda;
        this.clockIsRight = clockIsRight;
    }

    Rules rules(String topic) {
        return rules.computeIfAbsent(topic, name -> new Rules());
    }

    /** All logs that anything was ever acknowledged in. */
    Set<Integer> partitionIds() {
        return logs.keySet();
    }

    private Log log(int partitionId) {
        return logs.computeIfAbsent(partitionId, id -> new Log());
    }

    void sent(int partitionId, int bytes) {
        log(partitionId).openBytes += bytes;
    }

    void acknowledged(int partitionId, Outgoing batch, int bytes, AppendResult result) {
        Log log = log(partitionId);
        log.openBytes -= bytes;
        long endOffset = result.baseOffset() + batch.recordCount();
        log.add(result.baseOffset(), new Batch(endOffset, bytes, result.appendTimeMs(), batch.madeMs));
        for (int i = 0; i < batch.recordCount(); i++) {
            log.timestampsMs.put(result.baseOffset() + i, batch.timestampMs(i));
        }
    }

    /** The timestamps that clients gave to the records that they know of, by offset. */
    NavigableMap<Long, Long> timestampsMs(int partitionId) {
        return log(partitionId).timestampsMs;
    }

    /** Somebody asks for records to be deleted: they may be gone from now on. */
    void deleteInvoked(int partitionId, long beforeOffset) {
        allow(partitionId, log(partitionId), beforeOffset);
    }

    private void allow(int partitionId, Log log, long offset) {
        log.allow(offset);
        history.allowStart(partitionId, log.allowedStart);
    }

    /** Retention is about to be applied: works out, from what was acknowledged, how far it may go at most. */
    void retentionRuns(BrokerStateMachine machine) {
        for (Map.Entry<Integer, Log> entry : logs.entrySet()) {
            TopicDirectory.Place place = machine.directory().placeOf(entry.getKey());
            PartitionLog stored = machine.logs().find(entry.getKey());
            if (place != null && stored != null) {
                Rules of = rules(place.topic().name());
                allow(entry.getKey(), entry.getValue(), droppableBefore(entry.getValue(), of, stored.endOffset()));
            }
        }
    }

    private long droppableBefore(Log log, Rules rules, long endOffset) {
        long after = log.openBytes + log.batchBytes;
        for (Map.Entry<Long, Batch> entry : log.batches.entrySet()) {
            Batch batch = entry.getValue();
            long bytesAfter = after - batch.bytes;
            boolean old = rules.retentionMs.stream().anyMatch(ms -> ms >= 0 && isOlder(batch, ms));
            boolean surplus = rules.retentionBytes.stream().anyMatch(bytes -> bytes >= 0 && bytesAfter >= bytes);
            if (!old && !surplus) {
                return Math.min(entry.getKey(), endOffset);
            }
            after = bytesAfter;
        }
        return endOffset;
    }

    /** With a clock that jumps the broker may be wrong by what it believes at once, and must not be by more. */
    private boolean isOlder(Batch batch, long ageMs) {
        return clockIsRight
                ? batch.stampMs < agenda.nowMs() - ageMs
                : batch.madeMs < agenda.trueMs() - ageMs + BELIEVED_AT_ONCE_MS;
    }
}
