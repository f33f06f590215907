package dev.millrace.core.deadletter;

import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.wire.DeadLetterNames;

/**
 * What a group did with a record that it could not handle. While this row is there, the group is done with the record's
 * offset in its source partition.
 *
 * <pre>
 *   parked ──replay──▶ replaying ──handled──▶ handled
 *     ▲  │                 │
 *     │  └──discard──▶ discarded
 *     └────── failed again ┘
 * </pre>
 *
 * @param source the record
 * @param keyHash of its key, 0 where its key parks nothing
 * @param keyShown the beginning of its key, or empty
 * @param copy where the dead letter lies
 * @param replay where it comes back to the group, while replaying; else null
 * @param changedMs when the state was entered
 * @param note who replayed or discarded it, and why
 */
public record DeadLetter(
        RecordId source,
        State state,
        long keyHash,
        byte[] keyShown,
        ParkRecord.Failure failure,
        RecordId copy,
        RecordId replay,
        long changedMs,
        String note) {
    /** The number in stored rows is the ordinal. */
    public enum State {
        PARKED,
        REPLAYING,
        HANDLED,
        DISCARDED;

        /** Later records of the key wait. */
        public boolean open() {
            return this == PARKED || this == REPLAYING;
        }
    }

    DeadLetter parked(ParkRecord.Failure why, RecordId where, long nowMs) {
        return new DeadLetter(source, State.PARKED, keyHash, keyShown, why, where, null, nowMs, note);
    }

    DeadLetter replaying(RecordId where, long nowMs, String who) {
        return new DeadLetter(source, State.REPLAYING, keyHash, keyShown, failure, copy, where, nowMs, who);
    }

    /** Back from a retry topic that is gone. */
    DeadLetter notReplaying() {
        return new DeadLetter(source, State.PARKED, keyHash, keyShown, failure, copy, null, changedMs, note);
    }

    DeadLetter ended(State end, long nowMs, String why) {
        return new DeadLetter(source, end, keyHash, keyShown, failure, copy, null, nowMs, why);
    }

    boolean parksKey() {
        return keyHash != DeadLetterNames.NO_KEY;
    }
}
