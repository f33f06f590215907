package dev.millrace.core.failpoint;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Moments at which a fault test lets the process die: {@code MILLRACE_FAILPOINT=after-write-before-sync:3} ends it when
 * that moment comes for the third time. Without the variable each costs one comparison with a constant.
 *
 * <p>The process ends like one that was killed: nothing is flushed, no hook runs. Its exit code tells that the moment
 * came.
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

    /** The exit code of a process that died at a failpoint. */
    public static final int EXIT_CODE = 99;

    private static final Armed ARMED = Armed.of(System.getenv(VARIABLE));

    /** @param left hits until the end */
    record Armed(Failpoint at, AtomicLong left) {
        private static final Armed NONE = new Armed(null, new AtomicLong());

        /** @param text {@code name:n}, the n being 1 or more; or null */
        static Armed of(String text) {
            if (text == null || text.isBlank()) {
                return NONE;
            }
            int colon = text.indexOf(':');
            String name = colon < 0 ? text : text.substring(0, colon);
            String hits = colon < 0 ? "1" : text.substring(colon + 1);
            for (Failpoint point : values()) {
                if (point.label().equals(name) && hits.matches("[1-9][0-9]{0,8}")) {
                    return new Armed(point, new AtomicLong(Long.parseLong(hits)));
                }
            }
            throw new IllegalArgumentException(VARIABLE + "=" + text
                    + " is not NAME:N with N from 1 on and a NAME such as " + AFTER_WRITE_BEFORE_SYNC.label());
        }
    }

    /** The name that the variable takes: {@code after-write-before-sync}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The moment has come. Does not return where it was the last. */
    public void hit() {
        if (ARMED.at == this && ARMED.left.decrementAndGet() == 0) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }
}
