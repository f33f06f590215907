package dev.millrace.core.storage;

import dev.millrace.core.storage.LogFileScan.Outcome;
import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tells how far a store's write-ahead logs can be recovered, and whether they follow on its files and on each other without
 * a gap. RocksDB replays a log whose predecessor, or whose flushed files, it has lost track of: what lay between is then
 * gone without a word.
 *
 * Only whole records with a right checksum count, as at RocksDB's own recovery.
 */
final class WriteAheadLogs {
    private static final int COMPARATOR = 1;
    private static final int LAST_SEQUENCE = 4;
    /** Log number, next file number, previous log number, least log number to keep, largest column family. */
    private static final Set<Integer> NUMBERS = Set.of(2, 3, 9, 10, 203);
    /** Fields from here on tell their length. */
    private static final int SKIPPABLE = 1 << 13;

    private static final int SHOWN_CHARS_MAX = 60;

    private WriteAheadLogs() {}

    /**
     * Sequences of a log: {@code first} to before {@code next}; equal where it holds no record.
     *
     * @param recordCount how many records can be read from its begin on
     */
    private record Range(Path log, long first, long next, long recordCount, LogFileScan.End end) {
        boolean isEmpty() {
            return first == next;
        }
    }

    /**
     * What a recovery would find, read without changing anything: RocksDB can tell only by replaying the logs, which took as
     * long as the recovery itself.
     *
     * @param lastSequence the newest that it would reach
     * @param gap what is missing before a log, or null
     * @param recordsToReplay of each log, by number, how many of its first records; null where RocksDB finds the end itself
     */
    record Recoverable(long lastSequence, String gap, Map<Long, Long> recordsToReplay) {
        /** Fails: {@link StoreException} DAMAGED where sequences are missing before a log. */
        void checkContinuity() {
            if (gap != null) {
                throw new StoreException(Kind.DAMAGED, gap);
            }
        }
    }

    /** Goes through the logs as RocksDB's recovery to a point in time does, and notes what that would not notice. */
    static Recoverable recoverable(Path directory) {
        String manifest = existingManifestOf(directory);
        long known = flushedSequence(directory.resolve(manifest));
        String before = "the store's files end";
        boolean broken = false;
        boolean hole = false;
        String gap = null;
        Map<Long, Long> replayed = new HashMap<>();
        for (Path log : list(directory)) {
            Range range = read(log);
            if (!range.isEmpty() && range.first() > known + 1) {
                if (broken) {
                    // It stops at what it cannot read, unless the next log goes on right there.
                    return new Recoverable(known, gap, replayed);
                }
                gap = gap != null ? gap : describeGap(range, before + " at sequence " + known, manifest, directory);
            }
            broken = range.end() != LogFileScan.End.WHOLE || broken && range.isEmpty();
            hole |= range.end() == LogFileScan.End.DAMAGED;
            replayed.put(LogFileScan.numberOf(log), range.recordCount());
            if (!range.isEmpty()) {
                known = Math.max(known, range.next() - 1);
                before = log.getFileName() + " ends";
            }
        }
        return new Recoverable(known, gap, hole ? replayed : null);
    }

    private static String describeGap(Range range, String before, String manifest, Path directory) {
        return "the write-ahead log " + range.log() + " begins at sequence " + range.first() + ", but " + before
                + ": what lay between is missing, because a write-ahead log was lost or replaced ("
                + describe(directory)
                + "), or " + manifest + " lost its end. Nothing was deleted. Restore the directory from a copy.";
    }

    /** Of all logs together. */
    static long bytes(Path directory) {
        return list(directory).stream().mapToLong(log -> log.toFile().length()).sum();
    }

    /** For messages: the logs that are there, with their sizes and what is wrong with them. */
    static String describe(Path directory) {
        List<Path> logs = list(directory);
        return logs.isEmpty()
                ? "no write-ahead log is there"
                : "write-ahead logs there: "
                        + logs.stream().map(WriteAheadLogs::describeLog).collect(Collectors.joining(", "));
    }

    private static String describeLog(Path log) {
        Outcome outcome = scan(log, (head, headBytes) -> {});
        return log.getFileName() + " (" + log.toFile().length() + " bytes"
                + (outcome.problem().isEmpty() ? ")" : ", " + outcome.problem() + ")");
    }

    /** For messages: the file that {@code CURRENT} names. */
    static String manifestOf(Path directory) {
        try {
            return Files.readString(directory.resolve("CURRENT")).strip();
        } catch (IOException e) {
            return "MANIFEST";
        }
    }

    /** Fails: {@link StoreException} DAMAGED where {@code CURRENT} names no file that is there. */
    private static String existingManifestOf(Path directory) {
        String name = manifestOf(directory);
        boolean isName = name.matches("MANIFEST-[0-9]+");
        if (isName && Files.exists(directory.resolve(name))) {
            return name;
        }
        String shown = name.replaceAll("\\p{Cntrl}", "?");
        throw new StoreException(
                Kind.DAMAGED,
                "the file " + directory.resolve("CURRENT") + " says that the store's files are listed in \""
                        + shown.substring(0, Math.min(shown.length(), SHOWN_CHARS_MAX))
                        + (isName ? "\", which is missing." : "\", which is no name of such a list.")
                        + " Nothing was changed. Restore the directory from a copy.");
    }

    /** What a recovery has to replay at most. */
    static long bytesToReplay(Path directory) {
        return list(directory).stream().mapToLong(log -> log.toFile().length()).sum();
    }

    private static List<Path> list(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("[0-9]+\\.log"))
                    .sorted(Comparator.comparing(Path::toString))
                    .collect(Collectors.toCollection(ArrayList::new));
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot list " + directory + ": " + e, e);
        }
    }

    private static Range read(Path log) {
        long[] range = new long[2];
        Outcome outcome = scan(log, (head, headBytes) -> {
            if (headBytes >= LogFileScan.COMMIT_HEAD_BYTES) {
                long sequence = head.getLong(0);
                range[0] = range[1] == 0 ? sequence : range[0];
                range[1] = sequence + Integer.toUnsignedLong(head.getInt(Long.BYTES));
            }
        });
        return new Range(log, range[0], range[1], outcome.recordCount(), outcome.end());
    }

    /** How far the flushed files reach: the newest sequence in the MANIFEST. */
    private static long flushedSequence(Path manifest) {
        long[] newest = {0};
        scan(manifest, (edit, bytes) -> newest[0] = Math.max(newest[0], lastSequence(edit.limit(bytes))));
        return newest[0];
    }

    private static Outcome scan(Path file, LogFileScan.RecordVisitor visitor) {
        try {
            return LogFileScan.run(file, visitor, bytes -> {});
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot read " + file + ": " + e, e);
        }
    }

    /**
     * The last sequence that an edit of the MANIFEST states, or 0. An edit is a row of fields, each a tag and its value;
     * those of numbers come first, the sequence as the last of them.
     */
    private static long lastSequence(ByteBuffer edit) {
        while (edit.hasRemaining()) {
            int tag = (int) varint(edit);
            if (tag == LAST_SEQUENCE) {
                return varint(edit);
            } else if (tag == COMPARATOR || tag >= SKIPPABLE) {
                edit.position(Math.min(edit.limit(), edit.position() + (int) varint(edit)));
            } else if (NUMBERS.contains(tag)) {
                varint(edit);
            } else {
                return 0;
            }
        }
        return 0;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; in.hasRemaining() && shift < Long.SIZE; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        return value;
    }
}
