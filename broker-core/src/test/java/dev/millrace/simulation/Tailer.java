package dev.millrace.simulation;

import dev.millrace.core.error.Fault;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Reader;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A reader without a group: reads partitions from some offset on, and now and then from another. */
final class Tailer implements Client {
    private final World world;
    private final String name;
    private final Reader reader;
    private final Map<Integer, Long> next = new TreeMap<>();

    Tailer(World world, String name) {
        this.world = world;
        this.name = name;
        this.reader = world.history.reader(name);
    }

    @Override
    public void start() {
        world.agenda.in(world.random.nextInt(50_000), this::turn);
    }

    private void turn() {
        List<Topic> topics = world.server.topics();
        if (!topics.isEmpty()) {
            Topic topic = topics.get(world.random.nextInt(topics.size()));
            read(topic.partitionIds()[world.random.nextInt(topic.partitionCount())]);
        }
        world.agenda.in(world.isQuiet() ? 5_000 : 10_000 + world.random.nextInt(60_000), this::turn);
    }

    private void read(int partitionId) {
        PartitionLog log = world.server.shard().machine.logs().find(partitionId);
        if (log == null) {
            return;
        }
        world.history.askEnd(partitionId).answered(log.durableEndOffset());
        if (!next.containsKey(partitionId) || (!world.isQuiet() && world.random.nextInt(30) == 0)) {
            long start = log.logStartOffset();
            long span = Math.max(0, log.durableEndOffset() - start);
            seek(partitionId, world.random.nextBoolean() ? start : start + (long) (world.random.nextDouble() * span));
        }
        long from = next.get(partitionId);
        int bytesMax = world.isQuiet() ? 64 << 10 : 100 + world.random.nextInt(8000);
        Reads.Outcome outcome = world.reads.read(partitionId, from, bytesMax, world.random.nextInt(3) > 0);
        if (outcome instanceof Reads.Outcome.Found found) {
            for (Record record : found.records()) {
                reader.read(partitionId, record.offset(), record.value());
                next.put(partitionId, record.offset() + 1);
            }
            world.trace.add(name + " read " + partitionId + "/" + from + " to " + next.get(partitionId));
        } else if (outcome instanceof Reads.Outcome.Refused refused && refused.fault() == Fault.OFFSET_OUT_OF_RANGE) {
            seek(partitionId, log.logStartOffset());
        }
    }

    private void seek(int partitionId, long offset) {
        next.put(partitionId, offset);
        reader.assigned(partitionId, offset);
    }

    @Override
    public String unfinished() {
        for (Topic topic : world.server.topics()) {
            for (int partitionId : topic.partitionIds()) {
                PartitionLog log = world.server.shard().machine.logs().find(partitionId);
                if (log != null && next.getOrDefault(partitionId, 0L) < log.durableEndOffset()) {
                    return name + " is at " + next.get(partitionId) + " of partition " + partitionId
                            + ", which ends at " + log.durableEndOffset();
                }
            }
        }
        return null;
    }
}
