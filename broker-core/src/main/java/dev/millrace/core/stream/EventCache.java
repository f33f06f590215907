package dev.millrace.core.stream;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Events that were read lately, so that a stream that is read again needs no look into the log, where each of its places is a
 * block of a file. Kept by blocks of offsets, of which those that were not read for longest go first.
 *
 * <p>What was erased must leave it, and must not come back by a reader that had read it before: whoever reads takes a stamp
 * first, with which {@link #add} refuses what is older than the last erasure. Thread: any.
 */
public final class EventCache {
    /** A run lies in one block, so that an erased event is found without a search. A power of two. */
    static final int BLOCK_OFFSETS = 64;

    /** What a run costs in memory beside its records, its share of the map included. */
    private static final int RUN_BYTES = 300;

    private final long bytesMax;
    private final Map<Block, List<EventRun>> blocks = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
    private long stamp;
    private long hits;
    private long misses;

    private record Block(int partitionId, long number) {}

    /** @param bytesMax 0 for none */
    public EventCache(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    static long blockOf(long offset) {
        return offset / BLOCK_OFFSETS;
    }

    /** To be taken before the log is read. */
    synchronized long stamp() {
        return stamp;
    }

    /** The run with the event at an offset, or null. */
    synchronized EventRun find(int partitionId, long offset) {
        List<EventRun> block = blocks.get(new Block(partitionId, blockOf(offset)));
        if (block != null) {
            for (EventRun run : block) {
                if (run.holds(offset)) {
                    hits++;
                    return run;
                }
            }
        }
        misses++;
        return null;
    }

    /** Keeps a run of one block, which must not change any more, unless events were erased since the stamp. */
    synchronized void add(int partitionId, EventRun run, long stampBefore) {
        if (stampBefore != stamp || sizeOf(run) > bytesMax) {
            return;
        }
        List<EventRun> block =
                blocks.computeIfAbsent(new Block(partitionId, blockOf(run.firstOffset())), any -> new ArrayList<>(1));
        block.removeIf(shorter -> {
            boolean covered = run.firstOffset() <= shorter.firstOffset() && shorter.lastOffset() <= run.lastOffset();
            bytes -= covered ? sizeOf(shorter) : 0;
            return covered;
        });
        block.add(run);
        bytes += sizeOf(run);
        Iterator<List<EventRun>> longestUnread = blocks.values().iterator();
        while (bytes > bytesMax) {
            bytes -= sizeOf(longestUnread.next());
            longestUnread.remove();
        }
    }

    /** Gives up what lies in the same block as these offsets, and refuses whatever was read before. */
    synchronized void forget(int partitionId, Iterable<Long> offsets) {
        stamp++;
        for (long offset : offsets) {
            bytes -= sizeOf(blocks.remove(new Block(partitionId, blockOf(offset))));
        }
    }

    /** Gives up all that lies in a partition, and refuses whatever was read before. */
    synchronized void forgetAll(int partitionId) {
        stamp++;
        blocks.entrySet().removeIf(entry -> {
            boolean gone = entry.getKey().partitionId == partitionId;
            bytes -= gone ? sizeOf(entry.getValue()) : 0;
            return gone;
        });
    }

    private static long sizeOf(List<EventRun> block) {
        long size = 0;
        for (int i = 0; block != null && i < block.size(); i++) {
            size += sizeOf(block.get(i));
        }
        return size;
    }

    private static long sizeOf(EventRun run) {
        return run.records().sizeBytes() + RUN_BYTES;
    }

    /** Bytes that are in use. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Runs that were found. */
    public synchronized long hits() {
        return hits;
    }

    /** Runs that were looked for and not found. */
    public synchronized long misses() {
        return misses;
    }
}
