package dev.millrace.simulation;

import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Drain;
import dev.millrace.history.Property;
import dev.millrace.history.Violation;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads all that is stored after the last fault, from the disk, and lets the history judge. */
final class FullRead {
    private static final int BYTES_MAX = 64 << 10;

    private final World world;
    private final Drain drain;

    FullRead(World world) {
        this.world = world;
        this.drain = world.history.drain();
    }

    List<Violation> judge() {
        Set<Integer> there = new HashSet<>();
        for (Topic topic : world.server.topics()) {
            for (int partitionId : topic.partitionIds()) {
                there.add(partitionId);
                read(partitionId, world.server.log(partitionId));
            }
        }
        for (int partitionId : world.ledger.partitionIds()) {
            if (!there.contains(partitionId)) {
                // The topic is gone, which the operator has judged.
                world.history.allowStart(partitionId, Long.MAX_VALUE);
                drain.starts(partitionId, Long.MAX_VALUE);
            }
        }
        return drain.check();
    }

    private void read(int partitionId, PartitionLog log) {
        long next = log.logStartOffset();
        drain.starts(partitionId, next);
        while (true) {
            Reads.Outcome outcome = world.reads.readStored(new Reads.Request(partitionId, next, BYTES_MAX));
            if (outcome instanceof Reads.Outcome.Found found) {
                for (Record record : found.records()) {
                    drain.read(partitionId, record.offset(), record.key(), record.value());
                    next = record.offset() + 1;
                }
            } else {
                if (outcome instanceof Reads.Outcome.Refused refused) {
                    world.history.report(
                            Property.NO_LOST_WRITE,
                            "the full read ends at " + partitionId + "/" + next + ": " + refused.fault());
                }
                drain.ends(partitionId, log.durableEndOffset());
                return;
            }
        }
    }
}
