package dev.millrace.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A full read of every partition after the last fault, and the judgement of the whole history by it.
 *
 * <p>Thread: one; the clients have ended.
 */
public final class Drain {
    private final History history;
    private final Map<Integer, Long> starts = new HashMap<>();
    private final Map<Integer, Long> next = new HashMap<>();
    private final Map<Long, Long> lastCounter = new HashMap<>();
    private final Map<Integer, Long> latestInvoke = new HashMap<>();

    Drain(History history) {
        this.history = history;
    }

    /** The partition's log starts here. */
    public void starts(int log, long startOffset) {
        synchronized (history) {
            starts.put(log, startOffset);
            next.put(log, startOffset);
            if (startOffset > history.log(log).startAllowed()) {
                violation(
                        Property.NO_LOST_WRITE,
                        "partition %d starts at %d; only what lies before %d may be gone",
                        log,
                        startOffset,
                        history.log(log).startAllowed());
            }
        }
    }

    /** The next record of the partition, in the order of offsets. */
    public void read(int log, long offset, byte[] key, byte[] value) {
        synchronized (history) {
            long expected = next.getOrDefault(log, 0L);
            if (offset != expected) {
                violation(
                        Property.CONTIGUOUS_READS, "the full read got %d/%d where %d was next", log, offset, expected);
            }
            next.put(log, offset + 1);
            long id = history.wasRead("the full read", log, offset, key, value);
            if (id != Payload.DAMAGED) {
                place(id, log, offset);
            }
        }
    }

    private void place(long id, int log, long offset) {
        Writer writer = history.writers().get(Payload.writer(id));
        int row = (int) Payload.counter(id);
        if (!writer.found(row, log, offset) && writer.idempotent) {
            Property property =
                    writer.outlivedARestart(row) ? Property.NO_DUPLICATE_AFTER_RESTART : Property.NO_DUPLICATE;
            violation(property, "%s is at %s and at %d/%d", writer.describe(row), writer.foundAt(row), log, offset);
        }
        checkWriterOrder(writer, row, log, offset);
        checkRealTime(writer, row, log, offset);
    }

    private void checkWriterOrder(Writer writer, int row, int log, long offset) {
        Long before = lastCounter.put(((long) writer.number << 32) | log, (long) row);
        if (before != null && before > row) {
            violation(
                    Property.WRITER_ORDER,
                    "%s lies at %d/%d, after %s",
                    writer.describe(row),
                    log,
                    offset,
                    writer.describe(before.intValue()));
        }
    }

    /** No record before this one may have been published only after this one was acknowledged. */
    private void checkRealTime(Writer writer, int row, int log, long offset) {
        long latest = latestInvoke.getOrDefault(log, Long.MIN_VALUE);
        if (writer.outcome(row) == Writer.Outcome.OK && writer.answeredNanos(row) < latest) {
            violation(
                    Property.REAL_TIME_ORDER,
                    "%s at %d/%d was acknowledged %d ns before a record in front of it was published",
                    writer.describe(row),
                    log,
                    offset,
                    latest - writer.answeredNanos(row));
        }
        latestInvoke.put(log, Math.max(latest, writer.invokedNanos(row)));
    }

    /** The partition was read up to its end, which the broker gives as this offset. */
    public void ends(int log, long endOffset) {
        synchronized (history) {
            LogHistory of = history.log(log);
            of.endAnswered(endOffset, of.endAtLeast());
            if (next.getOrDefault(log, 0L) != endOffset) {
                violation(
                        Property.CONTIGUOUS_READS,
                        "the full read of partition %d got to %d of %d",
                        log,
                        next.getOrDefault(log, 0L),
                        endOffset);
            }
        }
    }

    /** Judges the history; answers all violations, also those found before. */
    public List<Violation> check() {
        synchronized (history) {
            for (Writer writer : history.writers()) {
                checkWriter(writer);
            }
            for (LogHistory log : history.logs().values()) {
                checkShown(log);
            }
            return history.violations();
        }
    }

    private void checkWriter(Writer writer) {
        Map<Integer, List<Integer>> lostByLog = new HashMap<>();
        Map<Integer, int[]> survivorsByLog = new HashMap<>();
        for (int row = 0; row < writer.count(); row++) {
            if (writer.outcome(row) == Writer.Outcome.FAILED && writer.wasSeen(row)) {
                violation(
                        Property.NO_FAILED_READ,
                        "%s was refused and is at %s",
                        writer.describe(row),
                        writer.foundAt(row));
            }
            // That a log starts no later than it may was judged when the read began.
            boolean removed = writer.offset(row) < starts.getOrDefault(writer.log(row), 0L);
            if (writer.outcome(row) != Writer.Outcome.OK || removed) {
                continue;
            }
            if (writer.foundWhereAcknowledged(row)) {
                int[] range = survivorsByLog.computeIfAbsent(writer.log(row), log -> new int[] {Integer.MAX_VALUE, -1});
                range[0] = Math.min(range[0], row);
                range[1] = Math.max(range[1], row);
            } else {
                lostByLog
                        .computeIfAbsent(writer.log(row), log -> new ArrayList<>())
                        .add(row);
            }
        }
        lostByLog.forEach((log, lost) -> reportLost(writer, lost, survivorsByLog.get(log)));
    }

    private void reportLost(Writer writer, List<Integer> lost, int[] survivors) {
        for (int row : lost) {
            String where = survivors == null
                    ? "with all its partition's"
                    : row < survivors[0] ? "of the beginning" : row > survivors[1] ? "of the end" : "of the middle";
            violation(
                    Property.NO_LOST_WRITE,
                    "%s %s was acknowledged at %d/%d and is %s",
                    writer.describe(row),
                    where,
                    writer.log(row),
                    writer.offset(row),
                    writer.foundAt(row));
        }
    }

    /** What any reader was shown must be there still, also where nobody was told that it was acknowledged. */
    private void checkShown(LogHistory log) {
        long end = next.getOrDefault(log.log, 0L);
        for (long offset = end; offset < log.knownEnd(); offset++) {
            if (log.wasShown(offset)) {
                violation(
                        Property.STABLE_READ,
                        "%d/%d held record %s for a reader and is gone",
                        log.log,
                        offset,
                        LogHistory.name(log.idAt(offset)));
            }
        }
    }

    private void violation(Property property, String format, Object... values) {
        history.collector().add(property, format, values);
    }
}
