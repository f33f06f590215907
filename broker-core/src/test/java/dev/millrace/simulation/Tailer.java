package dev.millrace.simulation;

import dev.millrace.core.error.Fault;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.History;
import dev.millrace.history.Reader;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A reader without a group: reads partitions from some offset on, and now and then from another; asks for ends, searches
 * by time.
 */
final class Tailer implements Client {
    private static final int QUIET_BYTES_MAX = 64 << 10;
    private static final int SEARCH_MS_MAX = 5000;

    private final World world;
    private final String name;
    private final Reader reader;
    private final Map<Integer, Long> next = new TreeMap<>();
    private final Set<Integer> held = new HashSet<>();

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
            int partitionId = topic.partitionIds()[world.random.nextInt(topic.partitionCount())];
            PartitionLog log = world.server.visibleLog(partitionId);
            if (log != null && !held.contains(partitionId)) {
                look(partitionId, log);
            }
        }
        world.agenda.in(world.isQuiet() ? 10_000 : 5_000 + world.random.nextInt(40_000), this::turn);
    }

    private void look(int partitionId, PartitionLog log) {
        world.history.askEnd(partitionId).answered(log.durableEndOffset());
        int dice = world.random.nextInt(20);
        if (dice == 0) {
            world.reads.search(partitionId, world.agenda.nowMs() - world.random.nextInt(SEARCH_MS_MAX));
        } else if (dice == 1) {
            askEnd(partitionId);
        } else {
            read(partitionId, log);
        }
    }

    /** Asks the shard itself, which answers from memory, but only once that is durable. */
    private void askEnd(int partitionId) {
        History.EndQuery query = world.history.askEnd(partitionId);
        world.server
                .query(machine -> {
                    PartitionLog log = machine.logs().find(partitionId);
                    return log == null ? Long.MAX_VALUE : log.endOffset();
                })
                .thenAccept(end -> {
                    if (end != Long.MAX_VALUE) {
                        query.answered(end);
                    }
                });
    }

    private void read(int partitionId, PartitionLog log) {
        if (!next.containsKey(partitionId) || (!world.isQuiet() && world.random.nextInt(10) == 0)) {
            long start = log.logStartOffset();
            long span = Math.max(0, log.durableEndOffset() - start);
            seek(partitionId, world.random.nextBoolean() ? start : start + (long) (world.random.nextDouble() * span));
        }
        int bytesMax = world.isQuiet() ? QUIET_BYTES_MAX : 100 + world.random.nextInt(8000);
        Reads.Request request = new Reads.Request(partitionId, next.get(partitionId), bytesMax);
        int dice = world.random.nextInt(10);
        if (dice == 0) {
            held.add(partitionId);
            world.reads.readSlowly(request, world.random.nextInt(500_000), outcome -> {
                held.remove(partitionId);
                take(request, outcome);
            });
        } else {
            take(request, dice < 4 ? world.reads.readStored(request) : world.reads.read(request));
        }
    }

    private void take(Reads.Request request, Reads.Outcome outcome) {
        int partitionId = request.partitionId();
        if (outcome instanceof Reads.Outcome.Found found) {
            for (Record record : found.records()) {
                reader.read(partitionId, record.offset(), record.key(), record.value());
                next.put(partitionId, record.offset() + 1);
            }
            world.trace.add(name + " read " + partitionId + "/" + request.offset() + " to " + next.get(partitionId));
        } else if (outcome instanceof Reads.Outcome.Refused refused) {
            world.trace.add(name + " read " + partitionId + "/" + request.offset() + " " + refused.fault());
            PartitionLog log = world.server.visibleLog(partitionId);
            if (refused.fault() == Fault.OFFSET_OUT_OF_RANGE && log != null) {
                seek(partitionId, log.logStartOffset());
            }
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
                PartitionLog log = world.server.visibleLog(partitionId);
                if (log != null && next.getOrDefault(partitionId, 0L) < log.durableEndOffset()) {
                    return name + " is at " + next.get(partitionId) + " of partition " + partitionId
                            + ", which ends at " + log.durableEndOffset();
                }
            }
        }
        return null;
    }
}
