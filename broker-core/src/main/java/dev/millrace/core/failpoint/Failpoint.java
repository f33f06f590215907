package dev.millrace.core.failpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Moments at which a fault test lets the process die: with {@code MILLRACE_FAILPOINT=after-write-before-sync:3:/tmp/there}
 * the thread that comes to that moment for the third time creates the file and stays there, and so does from then on every
 * thread that comes to any failpoint; the test then kills the process. Without the variable each costs one comparison
 * with a constant.
 *
 * <p>The process does not end itself: {@link Runtime#halt} runs the exit handlers of native libraries, and RocksDB's wait
 * for its threads, which may be waiting for the JVM (seen, as a process that never ended).
 *
 * <p>Thread: any.
 */
public enum Failpoint {
    /** A commit is in the write-ahead log, but not synced. */
    AFTER_WRITE_BEFORE_SYNC,
    /** A sync is done, and nobody has been told. */
    AFTER_SYNC_BEFORE_ANSWER,
    /** The first commit of a new generation is written; the flush of the old one is not asked for. */
    AT_ROTATION,
    /** The file of a flushed generation is written; the store does not know it yet. */
    DURING_FLUSH,
    /** Log starts have moved durably; the files are still there. */
    BEFORE_DROPPING_FILES,
    /** The files of expired generations are gone. */
    AFTER_DROPPING_FILES,
    /** The store has replayed its log; the beacon has not been renewed. */
    DURING_OPEN;

    /** How the environment variable is called. */
    public static final String VARIABLE = "MILLRACE_FAILPOINT";

    private static final Armed ARMED = Armed.of(System.getenv(VARIABLE));

    /** @param left hits until the end */
    record Armed(Failpoint at, AtomicLong left, Path reached) {
        private static final Armed NONE = new Armed(null, new AtomicLong(), null);

        /** @param text {@code name:n:file}, the n being 1 or more; or null */
        static Armed of(String text) {
            if (text == null || text.isBlank()) {
                return NONE;
            }
            String[] parts = text.split(":", 3);
            for (Failpoint point : values()) {
                if (point.label().equals(parts[0]) && parts.length == 3 && parts[1].matches("[1-9][0-9]{0,8}")) {
                    return new Armed(point, new AtomicLong(Long.parseLong(parts[1])), Path.of(parts[2]));
                }
            }
            throw new IllegalArgumentException(VARIABLE + "=" + text
                    + " is not NAME:N:FILE with N from 1 on and a NAME such as " + AFTER_WRITE_BEFORE_SYNC.label());
        }
    }

    /** The name that the variable takes: {@code after-write-before-sync}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The moment has come. Does not return where it was the last. */
    public void hit() {
        if (ARMED == Armed.NONE) {
            return;
        }
        if (ARMED.at == this && ARMED.left.decrementAndGet() == 0) {
            try {
                Files.createFile(ARMED.reached);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot create " + ARMED.reached, e);
            }
        }
        while (ARMED.left.get() <= 0) {
            LockSupport.park();
        }
    }
}
