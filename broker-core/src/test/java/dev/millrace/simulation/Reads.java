package dev.millrace.simulation;

import dev.millrace.core.error.Fault;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.history.Property;
import java.util.ArrayList;
import java.util.List;

/** Reads as LocalLogs answers them, and judges what no reader may be told. */
final class Reads {
    private static final int DECOMPRESSED_BYTES_MAX = 1 << 20;

    private final World world;

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

    /** @param cached whether the broker may answer from memory, as it does */
    Outcome read(int partitionId, long offset, int bytesMax, boolean cached) {
        Shard shard = world.server.shard();
        if (shard == null) {
            return new Outcome.NoAnswer();
        }
        PartitionLog log = shard.machine.directory().placeOf(partitionId) == null
                ? null
                : shard.machine.logs().find(partitionId);
        if (log == null) {
            return new Outcome.Refused(Fault.TOPIC_NOT_FOUND);
        }
        LogRead read = shard.reader.readCached(log, offset, bytesMax);
        boolean stored = read instanceof LogRead.NotCached || (read instanceof LogRead.Batches && !cached);
        if (stored) {
            if (read instanceof LogRead.Batches unused) {
                unused.releaser().run();
            }
            read = shard.reader.readStored(log, offset, bytesMax);
        }
        if (read instanceof LogRead.AtEnd) {
            return new Outcome.AtEnd();
        }
        if (read instanceof LogRead.Refused refused) {
            return refused(partitionId, refused);
        }
        return found((LogRead.Batches) read, partitionId, offset);
    }

    private Outcome refused(int partitionId, LogRead.Refused refused) {
        if (refused.refusal().fault() == Fault.DATA_DAMAGED
                && !world.server.disk().isDamaged(partitionId)) {
            world.history.report(
                    Property.NO_LOST_WRITE,
                    "nothing was damaged, but a read was refused: "
                            + refused.refusal().detail());
        }
        return new Outcome.Refused(refused.refusal().fault());
    }

    private Outcome found(LogRead.Batches batches, int partitionId, long offset) {
        List<Record> records = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(batches.batches())) {
            if (!batch.checksumValid()) {
                world.history.report(
                        Property.NO_PHANTOM, "a batch at " + partitionId + "/" + batch.baseOffset() + " is damaged");
            }
            for (Record record : batch.records(DECOMPRESSED_BYTES_MAX)) {
                if (record.offset() >= offset) {
                    records.add(record);
                }
            }
        }
        batches.releaser().run();
        if (records.isEmpty() || records.get(records.size() - 1).offset() + 1 != batches.nextOffset()) {
            world.history.report(
                    Property.CONTIGUOUS_READS,
                    "a read of " + partitionId + "/" + offset + " gave " + records.size() + " records and goes on at "
                            + batches.nextOffset());
        }
        return new Outcome.Found(records);
    }
}
