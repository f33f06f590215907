package dev.millrace.core.stream;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the events of a stream lie: a row for each run of events that one append gave the stream, so that their offsets follow
 * on each other. The key holds the last version of the run: the row of a version is the first one from it on.
 *
 * <pre>
 *  key    partition u32 │ stream id u64 │ last version u64
 *  value  first offset u64 │ count u16 │ earliest timestamp u64 │ width u8 │ count × (timestamp − earliest, in so many bytes)
 * </pre>
 *
 * Thread: any reads; the shard writes.
 */
final class StreamIndex {
    /** So that a row stays small. */
    static final int RUN_EVENTS_MAX = 1024;

    private static final int DROPPED_AT_ONCE_MAX = 1000;
    private static final int HEAD_BYTES = 19;
    private static final int[] WIDTHS = {0, 1, 2, 4, 8};

    private StreamIndex() {}

    /** Told of events; answers true to go on. */
    @FunctionalInterface
    interface Visitor {
        boolean visit(long version, long offset, long timestampMs);
    }

    private static byte[] key(int partitionId, long streamId, long version) {
        return StreamRows.event(partitionId, streamId, version);
    }

    // ---- writing

    /** Adds a run of events of one stream that have their versions; the first of them has the offset. */
    static void add(int partitionId, long streamId, List<Event> run, long firstOffset, WriteSink sink) {
        long earliest = Long.MAX_VALUE;
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < run.size(); i++) {
            earliest = Math.min(earliest, run.get(i).timestampMs);
            latest = Math.max(latest, run.get(i).timestampMs);
        }
        int width = widthOf(latest - earliest);
        ByteBuffer row = ByteBuffer.allocate(HEAD_BYTES + run.size() * width)
                .putLong(firstOffset)
                .putShort((short) run.size())
                .putLong(earliest)
                .put((byte) width);
        for (int i = 0; width > 0 && i < run.size(); i++) {
            putDelta(row, width, run.get(i).timestampMs - earliest);
        }
        long lastVersion = run.get(run.size() - 1).version;
        sink.put(Table.STREAM_INDEX, key(partitionId, streamId, lastVersion), row.array());
    }

    private static int widthOf(long span) {
        for (int width : WIDTHS) {
            // A span that overflows is negative, and fits eight bytes alone.
            if (width == 8 || span >= 0 && span >>> 8 * width == 0) {
                return width;
            }
        }
        throw new IllegalStateException("no width for " + span);
    }

    private static void putDelta(ByteBuffer row, int width, long delta) {
        switch (width) {
            case 1 -> row.put((byte) delta);
            case 2 -> row.putShort((short) delta);
            case 4 -> row.putInt((int) delta);
            default -> row.putLong(delta);
        }
    }

    /**
     * Drops the runs that end before a version and that the log has dropped, some at a time. Those that are merely hidden
     * stay: without their rows nobody could find the events that are to be erased.
     */
    static void dropGone(Store store, int partitionId, long streamId, long to, long logStart, WriteSink sink) {
        List<Run> gone = new ArrayList<>();
        store.scan(Table.STREAM_INDEX, key(partitionId, streamId, 0), key(partitionId, streamId, to), (key, row) -> {
            Run run = new Run(StreamRows.versionOf(key), ByteBuffer.wrap(row));
            boolean isGone = run.lastOffset() < logStart;
            if (isGone) {
                gone.add(run);
            }
            return isGone && gone.size() < DROPPED_AT_ONCE_MAX;
        });
        if (!gone.isEmpty()) {
            sink.deleteRange(
                    Table.STREAM_INDEX,
                    key(partitionId, streamId, gone.get(0).lastVersion),
                    key(partitionId, streamId, gone.get(gone.size() - 1).lastVersion + 1));
        }
    }

    // ---- reading

    /** Visits the events from version {@code from} to before {@code to}. */
    static void scan(Store store, int partitionId, long streamId, long from, long to, Visitor visitor) {
        if (from >= to) {
            return;
        }
        store.scan(
                Table.STREAM_INDEX,
                key(partitionId, streamId, from),
                key(partitionId, streamId, Long.MAX_VALUE),
                (key, row) -> {
                    Run run = new Run(StreamRows.versionOf(key), ByteBuffer.wrap(row));
                    return run.visit(Math.max(from, run.firstVersion), Math.min(to - 1, run.lastVersion), visitor)
                            && run.lastVersion < to - 1;
                });
    }

    /** As {@link #scan}, from the last to the first. */
    static void scanBackward(Store store, int partitionId, long streamId, long from, long to, Visitor visitor) {
        if (from >= to) {
            return;
        }
        boolean[] goOn = {true};
        Store.RowVisitor runs = (key, row) -> {
            Run run = new Run(StreamRows.versionOf(key), ByteBuffer.wrap(row));
            goOn[0] = run.visitBackward(Math.min(to - 1, run.lastVersion), Math.max(from, run.firstVersion), visitor)
                    && run.firstVersion > from;
            return goOn[0];
        };
        byte[] end = key(partitionId, streamId, Long.MAX_VALUE);
        byte[] until = end;
        if (to != Long.MAX_VALUE) {
            // The run with the last version that is wanted may end after it.
            until = key(partitionId, streamId, to - 1);
            store.scan(Table.STREAM_INDEX, until, end, (key, row) -> {
                runs.visit(key, row);
                return false;
            });
        }
        if (goOn[0]) {
            store.scanBackward(Table.STREAM_INDEX, key(partitionId, streamId, from), until, runs);
        }
    }

    /** A row. */
    private static final class Run {
        final long firstVersion;
        final long lastVersion;
        private final ByteBuffer row;

        Run(long lastVersion, ByteBuffer row) {
            this.lastVersion = lastVersion;
            this.firstVersion = lastVersion + 1 - Short.toUnsignedInt(row.getShort(8));
            this.row = row;
        }

        long lastOffset() {
            return row.getLong(0) + lastVersion - firstVersion;
        }

        boolean visit(long from, long last, Visitor visitor) {
            for (long version = from; version <= last; version++) {
                if (!visitOne(version, visitor)) {
                    return false;
                }
            }
            return true;
        }

        boolean visitBackward(long from, long last, Visitor visitor) {
            for (long version = from; version >= last; version--) {
                if (!visitOne(version, visitor)) {
                    return false;
                }
            }
            return true;
        }

        private boolean visitOne(long version, Visitor visitor) {
            int at = (int) (version - firstVersion);
            return visitor.visit(version, row.getLong(0) + at, row.getLong(10) + delta(at));
        }

        private long delta(int at) {
            int width = row.get(18);
            int from = HEAD_BYTES + at * width;
            return switch (width) {
                case 0 -> 0;
                case 1 -> Byte.toUnsignedLong(row.get(from));
                case 2 -> Short.toUnsignedLong(row.getShort(from));
                case 4 -> Integer.toUnsignedLong(row.getInt(from));
                default -> row.getLong(from);
            };
        }
    }
}
