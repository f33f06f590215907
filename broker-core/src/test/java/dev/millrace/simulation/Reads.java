package dev.millrace.simulation;

import dev.millrace.core.error.Fault;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.TimeSearch;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.history.Property;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Reads as LocalLogs answers them, and judges what no reader may be told. */
final class Reads {
    private static final int DECOMPRESSED_BYTES_MAX = 1 << 20;

    private final World world;
    private final Set<Integer> gone = new HashSet<>();
    private final Map<Integer, Long> starts = new HashMap<>();

    /** What is asked for. */
    record Request(int partitionId, long offset, int bytesMax) {}

    /** The answer to a read. */
    sealed interface Outcome {
        /** Records from the offset on, at least one. */
        record Found(List<Record> records) implements Outcome {}

        record AtEnd() implements Outcome {}

        record Refused(Fault fault) implements Outcome {}

        /** The broker is not there. */
        record NoAnswer() implements Outcome {}
    }

    Reads(World world) {
        this.world = world;
    }

    /** Reads as a broker does: from memory where it can. */
    Outcome read(Request request) {
        return outcome(request, ask(request, true));
    }

    /** Reads what lies on the disk. */
    Outcome readStored(Request request) {
        return outcome(request, ask(request, false));
    }

    /** A slow reader: holds the broker's memory for a while, and looks only then at what is in it. */
    void readSlowly(Request request, long micros, Consumer<Outcome> then) {
        LogRead read = ask(request, true);
        if (!(read instanceof LogRead.Batches)) {
            then.accept(outcome(request, read));
            return;
        }
        int life = world.server.life();
        world.agenda.in(micros, () -> {
            boolean same = world.server.isUp() && world.server.life() == life;
            then.accept(same ? outcome(request, read) : new Outcome.NoAnswer());
        });
    }

    private LogRead ask(Request request, boolean cached) {
        Shard shard = world.server.shard();
        PartitionLog log = world.server.visibleLog(request.partitionId);
        if (log == null) {
            gone.addAll(shard == null ? Set.of() : Set.of(request.partitionId));
            return null;
        }
        checkBounds(log);
        LogRead read = shard.reader.readCached(log, request.offset, request.bytesMax);
        if (read instanceof LogRead.Batches unused && !cached) {
            unused.releaser().run();
            return shard.reader.readStored(log, request.offset, request.bytesMax);
        }
        return read instanceof LogRead.NotCached
                ? shard.reader.readStored(log, request.offset, request.bytesMax)
                : read;
    }

    /** What a reader was told is gone stays so, and no log starts past its end. */
    private void checkBounds(PartitionLog log) {
        int partitionId = log.partitionId();
        long start = log.logStartOffset();
        long before = starts.getOrDefault(partitionId, 0L);
        if (gone.contains(partitionId) || start < before || start > log.durableEndOffset()) {
            world.history.report(
                    Property.END_NEVER_FALLS,
                    "partition " + partitionId + " is there from " + start + " to " + log.durableEndOffset()
                            + "; before it was " + (gone.contains(partitionId) ? "gone" : "gone up to " + before));
        }
        starts.put(partitionId, Math.max(start, before));
    }

    private Outcome outcome(Request request, LogRead read) {
        if (read == null) {
            return world.server.isUp() ? new Outcome.Refused(Fault.TOPIC_NOT_FOUND) : new Outcome.NoAnswer();
        } else if (read instanceof LogRead.AtEnd) {
            return new Outcome.AtEnd();
        } else if (read instanceof LogRead.Refused refused) {
            return refused(request, refused);
        }
        return found(request, (LogRead.Batches) read);
    }

    private Outcome refused(Request request, LogRead.Refused refused) {
        Fault fault = refused.refusal().fault();
        if (fault == Fault.DATA_DAMAGED && !world.server.disk().isDamaged(request.partitionId)) {
            world.history.report(
                    Property.NO_LOST_WRITE,
                    "nothing was damaged, but a read was refused: "
                            + refused.refusal().detail());
        }
        return new Outcome.Refused(fault);
    }

    private Outcome found(Request request, LogRead.Batches batches) {
        List<Record> records = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(batches.batches())) {
            if (!batch.checksumValid()) {
                world.history.report(
                        Property.NO_PHANTOM,
                        "a batch at " + request.partitionId + "/" + batch.baseOffset() + " is damaged");
            }
            for (Record record : batch.records(DECOMPRESSED_BYTES_MAX)) {
                if (record.offset() >= request.offset) {
                    records.add(record);
                }
            }
        }
        batches.releaser().run();
        if (records.isEmpty() || records.get(records.size() - 1).offset() + 1 != batches.nextOffset()) {
            world.history.report(
                    Property.CONTIGUOUS_READS,
                    "a read of " + request.partitionId + "/" + request.offset + " gave " + records.size()
                            + " records and goes on at " + batches.nextOffset());
        }
        return new Outcome.Found(records);
    }

    /** Searches by time, and holds the answer against the timestamps that clients know of. */
    void search(int partitionId, long timeMs) {
        PartitionLog log = world.server.visibleLog(partitionId);
        if (log == null || world.server.disk().isDamaged(partitionId)) {
            return;
        }
        long start = log.logStartOffset();
        long end = log.durableEndOffset();
        Optional<TimeSearch.Found> found = world.server.shard().timeSearch.find(log, timeMs);
        long until = found.map(TimeSearch.Found::offset).orElse(end);
        world.trace.add("search of " + partitionId + " gives " + until);
        for (Map.Entry<Long, Long> known : world.ledger
                .timestampsMs(partitionId)
                .subMap(start, Math.max(start, until))
                .entrySet()) {
            if (known.getValue() >= timeMs) {
                wrongSearch(partitionId, timeMs, known.getKey(), until);
            }
        }
        Long known =
                found.isEmpty() ? null : world.ledger.timestampsMs(partitionId).get(until);
        if (known != null && known < timeMs) {
            wrongSearch(partitionId, timeMs, -1, until);
        }
    }

    private void wrongSearch(int partitionId, long timeMs, long first, long answer) {
        world.history.report(
                Property.CONTIGUOUS_READS,
                "the search for " + timeMs + " in partition " + partitionId + " gave " + answer + " instead of "
                        + first);
    }
}
