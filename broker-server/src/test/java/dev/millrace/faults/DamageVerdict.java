package dev.millrace.faults;

/** What became of a damaged data directory. {@code detail} is one line. */
record DamageVerdict(Outcome outcome, String detail) {
    enum Outcome {
        /** The start was refused, and the message names what is damaged or missing. */
        REFUSED("refused by name", true),
        /** What is damaged answers an error that names it; all other partitions serve. */
        PART_ONLY("error on the damaged part only", true),
        /** Everything acknowledged is there, and the file is whole again. */
        REPAIRED("repaired", true),
        /** Everything acknowledged is there and equal. */
        HARMLESS("harmless", true),
        /** Only what was never acknowledged is gone. */
        LEGAL_TAIL("only unacknowledged gone", true),
        /** Something acknowledged is gone or different, and nobody said so. */
        SILENT("SILENT", false),
        /** An error that names nothing, that hits all partitions, or that is a defect's. */
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

    DamageVerdict {
        detail = detail.replaceAll("\\s+", " ");
    }
}
