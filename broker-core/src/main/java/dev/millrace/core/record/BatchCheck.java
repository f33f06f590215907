package dev.millrace.core.record;

/**
 * What {@link BatchValidator} found: totals when all is well, otherwise the first problem.
 *
 * @param problem empty when ok, else what is wrong, where and with which values
 * @param maxTimestampMs the largest timestamp of any record as far as it was looked at, -1 without one
 */
public record BatchCheck(Verdict verdict, String problem, int batchCount, long recordCount, long maxTimestampMs) {

    /** Tells an adapter which error to answer with. */
    public enum Verdict {
        OK,
        /** Checksum or structure is wrong; the sender has a defect or the network damaged it. */
        CORRUPT,
        /** Over a limit of the broker. */
        TOO_LARGE,
        /** Well formed, but a client may not send this. */
        REFUSED,
        UNSUPPORTED_COMPRESSION
    }

    static BatchCheck ok(int batchCount, long recordCount, long maxTimestampMs) {
        return new BatchCheck(Verdict.OK, "", batchCount, recordCount, maxTimestampMs);
    }

    static BatchCheck failed(Verdict verdict, String problem) {
        return new BatchCheck(verdict, problem, 0, 0, -1);
    }

    public boolean ok() {
        return verdict == Verdict.OK;
    }
}
