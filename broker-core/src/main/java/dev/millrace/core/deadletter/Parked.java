package dev.millrace.core.deadletter;

/**
 * What became of a record that a member wanted to park.
 *
 * @param copy where the dead letter lies, for {@link Outcome#PARKED}; else null
 */
public record Parked(Outcome outcome, RecordId copy) {
    /** Where the record is now. */
    public enum Outcome {
        /** In the dead-letter topic. */
        PARKED,
        /** In the retry topic, behind the earlier records of its key. */
        QUEUED,
        /** Nowhere new: the group was done with it before. */
        DONE,
        /** Nowhere new: nothing of its key is parked any more, so it is to be handled. */
        FREE
    }

    static Parked of(Outcome outcome) {
        return new Parked(outcome, null);
    }
}
