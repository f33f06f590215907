package dev.millrace.core.storage;

import dev.millrace.core.failpoint.Failpoint;
import dev.millrace.core.storage.Beacon.Mark;
import dev.millrace.core.storage.RecoveryWatch.Step;
import dev.millrace.core.storage.StoreException.Kind;
import dev.millrace.core.storage.WriteAheadLogs.Recoverable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Opens a database and refuses it where it holds less than its beacon says was durable.
 *
 * <p>The write-ahead logs are looked through first. An open for writing would flush what could be read and delete the
 * write-ahead log and every file that the MANIFEST no longer names, and with them what a person might still have saved.
 */
record RocksRecovery(RocksHandles rocks, Beacon beacon, int newestGeneration, JournaledRows journaled) {

    static RocksRecovery run(Path directory, StoreOptions options, RecoveryWatch watch) {
        Path beaconFile = beaconOf(directory);
        boolean exists = createDirectory(directory);
        Mark mark = readMark(beaconFile, directory, exists, options.acceptLoss());
        long durableSequence = mark == null || options.acceptLoss() ? 0 : mark.sequence();
        long walBytes = WriteAheadLogs.bytes(directory);
        Map<Long, Long> replayed = null;
        if (exists) {
            watch.onStep(Step.CHECKING, walBytes);
            Recoverable recoverable = WriteAheadLogs.recoverable(directory);
            replayed = recoverable.recordsToReplay();
            if (durableSequence > 0) {
                check(recoverable.lastSequence(), durableSequence, directory);
                recoverable.checkContinuity();
            }
        }
        Beacon beacon = Beacon.open(beaconFile, mark);
        RocksHandles rocks = null;
        try {
            // Before the database exists or changes: from here on a crash must find an unclean mark.
            beacon.write(durableSequence, false);
            watch.onStep(Step.REPLAYING, walBytes);
            rocks = RocksHandles.open(directory, DirectIo.whereItWorks(options, beaconFile), replayed);
            long found = rocks.db().getLatestSequenceNumber();
            check(found, durableSequence, directory);
            Failpoint.DURING_OPEN.hit();
            // Recovery flushed what it replayed, so all of it is durable.
            beacon.write(found, false);
            watch.onStep(Step.LOADING, walBytes);
            return new RocksRecovery(rocks, beacon, rocks.newestGeneration(), RocksJournal.load(rocks));
        } catch (RuntimeException e) {
            if (rocks != null) {
                rocks.close();
            }
            beacon.close();
            throw e;
        }
    }

    /** {@code shard-0.beacon} beside {@code shard-0}. */
    static Path beaconOf(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".beacon");
    }

    private static boolean createDirectory(Path directory) {
        try {
            Files.createDirectories(directory);
            DataDirectory.syncDirectory(directory.toAbsolutePath().getParent());
            return Files.exists(directory.resolve("CURRENT"));
        } catch (IOException e) {
            throw new StoreException(
                    Kind.NOT_WRITABLE,
                    "cannot create " + directory + " (" + e + "). Give the broker's user write permission.",
                    e);
        }
    }

    private static Mark readMark(Path beaconFile, Path directory, boolean exists, boolean acceptLoss) {
        Mark mark;
        try {
            mark = Beacon.read(beaconFile);
        } catch (StoreException e) {
            if (acceptLoss) {
                return null;
            }
            throw e;
        }
        if (exists && mark == null && !acceptLoss) {
            throw new StoreException(
                    Kind.DAMAGED,
                    "the beacon " + beaconFile + " is missing although the store " + directory
                            + " exists, so nothing tells whether the store is complete. Restore the file from a copy, or"
                            + " accept a possible loss: storage.acceptLoss=true for one start.");
        }
        if (!exists && mark != null && mark.sequence() > 0 && !acceptLoss) {
            throw lostTail(directory, 0, mark.sequence());
        }
        return mark;
    }

    private static void check(long found, long durableSequence, Path directory) {
        if (found < durableSequence) {
            throw lostTail(directory, found, durableSequence);
        }
    }

    private static StoreException lostTail(Path directory, long found, long durable) {
        return new StoreException(
                Kind.LOST_TAIL,
                "the store " + directory + " ends at sequence " + found + ", but " + beaconOf(directory)
                        + " says that everything up to sequence " + durable
                        + " was acknowledged: data is missing at the end. "
                        + (Files.exists(directory.resolve("CURRENT"))
                                ? "Either a write-ahead log is missing, damaged or cut ("
                                        + WriteAheadLogs.describe(directory) + "), or "
                                        + WriteAheadLogs.manifestOf(directory) + " lost its end."
                                : "The file CURRENT is missing.")
                        + " Nothing was deleted. Restore the directory and the beacon from a copy, or accept the loss:"
                        + " storage.acceptLoss=true for one start.");
    }
}
