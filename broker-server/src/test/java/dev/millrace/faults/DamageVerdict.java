package dev.millrace.faults;

/** What became of a damaged data directory. {@code detail} is one line, {@code verified} what an offline check said. */
record DamageVerdict(Outcome outcome, String detail, Verified verified) {
    /** What {@code storage verify} says of the damaged directory. */
    enum Verified {
        /** It names the damaged file, or the offsets in it. */
        NAMED,
        /** It finds damage and names another file. */
        FOUND,
        /** It finds nothing. */
        NOTHING
    }

    enum Outcome {
        /** The start was refused, and the message names what is damaged or missing. */
        REFUSED("refused by name", true),
        /** What lies in the damaged file answers an error that names it; all else serves. */
        PART_ONLY("error on the damaged part only", true),
        /** Everything acknowledged is there, and the file is whole again. */
        REPAIRED("repaired", true),
        /** Everything acknowledged is there and equal. */
        HARMLESS("harmless", true),
        /** Only what was never acknowledged is gone. */
        LEGAL_TAIL("only unacknowledged gone", true),
        /** Gone without a word from the moments before a power failure, by damage on top of it: the documented exception. */
        EXEMPT("exempt", true),
        /** Something acknowledged is gone or different, and nobody said so. */
        SILENT("SILENT", false),
        /** An error that names nothing, that hits more than one file can hold, or that is a defect's. */
        UNCLEAR("UNCLEAR", false),
        /** The process died or did not come to an end. */
        CRASHED("CRASHED", false);

        final String title;
        final boolean legal;

        Outcome(String title, boolean legal) {
            this.title = title;
            this.legal = legal;
        }
    }

    DamageVerdict(Outcome outcome, String detail) {
        this(outcome, detail, Verified.NOTHING);
    }

    DamageVerdict withVerified(Verified other) {
        return new DamageVerdict(outcome, detail, other);
    }

    DamageVerdict withOutcome(Outcome other) {
        return new DamageVerdict(other, detail, verified);
    }

    DamageVerdict {
        detail = detail.replaceAll("\\s+", " ");
    }
}
