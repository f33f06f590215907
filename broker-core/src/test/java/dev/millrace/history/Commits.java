package dev.millrace.history;

/** The committed offset of one group in one partition: between the last accepted and the highest attempted. */
final class Commits {
    private final String place;
    private final Violations violations;
    private long accepted;
    private long attempted;

    Commits(String place, Violations violations) {
        this.place = place;
        this.violations = violations;
    }

    void attempted(long offset) {
        attempted = Math.max(attempted, offset);
    }

    void accepted(long offset) {
        attempted(offset);
        accepted = Math.max(accepted, offset);
    }

    /** An operator moved the group. */
    void reset(long offset) {
        accepted = offset;
        attempted = offset;
    }

    void fetched(long offset) {
        if (offset < accepted) {
            violations.add(Property.DURABLE_COMMIT, "%s stands at %d after %d was committed", place, offset, accepted);
        }
        if (offset > attempted) {
            violations.add(
                    Property.DURABLE_COMMIT, "%s stands at %d, but nobody went past %d", place, offset, attempted);
        }
    }

    long highestAccepted() {
        return accepted;
    }

    long highestAttempted() {
        return attempted;
    }
}
