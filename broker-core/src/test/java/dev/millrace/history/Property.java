package dev.millrace.history;

/** What must hold of every history, by the numbers that docs/RELIABILITY.md uses. */
public enum Property {
    NO_LOST_WRITE("P1", "every acknowledged record is readable at its acknowledged offset"),
    NO_PHANTOM("P2", "only what was published is read, with its key and bytes unchanged"),
    NO_FAILED_READ("P3", "what was refused is never read"),
    ONE_VALUE_PER_OFFSET("P4", "an offset has one value, in every answer and every read"),
    STABLE_READ("P5", "what a reader was shown, every later reader sees"),
    NO_DUPLICATE("P6", "a record of an idempotent producer is there once"),
    WRITER_ORDER("P7", "the records of one producer in one partition keep their order"),
    REAL_TIME_ORDER("P8", "what was acknowledged before another publish began lies before it"),
    CONTIGUOUS_READS("P9", "a reader skips and repeats nothing while it owns the partition"),
    DURABLE_COMMIT("P10", "a committed offset stays, and only the owner commits"),
    END_NEVER_FALLS("P11", "the end of a partition never falls and covers all that was acknowledged"),
    DEAD_LETTER_ONCE("P15", "a dead letter is copied and done, or neither"),
    DEAD_LETTER_ORDER("P16", "no record of a key is handled before an earlier one, also where some are parked"),
    TRANSACTIONS("P17", "a transaction is there whole or not at all, and none of an earlier owner"),
    NO_DUPLICATE_AFTER_RESTART("P18", "what is sent again after a crash is recognised"),
    DURABLE_TOPICS("P20", "created topics stay, deleted topics stay away"),
    PROGRESS("P21", "once a fault is over, every client goes on"),
    CLEAN_LOG("P22", "the daemon's log holds no unexpected error, stack trace or leak"),
    DENSE_VERSIONS("P23", "the versions of a stream are dense, one append has each, and its index agrees with its log"),
    TIMERS("P24", "a timer fires once, never early, in due order, and not when it was cancelled");

    private final String number;
    private final String promise;

    Property(String number, String promise) {
        this.number = number;
        this.promise = promise;
    }

    @Override
    public String toString() {
        return number + " (" + promise + ")";
    }
}
