package dev.millrace.core;

import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.OperationResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Doing several things together or none of them. Thread: any. */
public interface TransactionOperations {
    /** Operations of one transaction at most. */
    int OPERATIONS_MAX = 10_000;

    int ID_CHARS_MAX = 255;

    /**
     * Takes over a transactional id: from then on what an earlier owner commits is refused with FENCED_PRODUCER.
     *
     * <p>Durable: when the future completes. Fails: INVALID_REQUEST, LIMIT_REACHED, FENCED_PRODUCER.
     *
     * @param knownEpoch the epoch that the caller was given last, refused where another took over since; -1 for none
     */
    CompletableFuture<Identity> init(String transactionalId, int knownEpoch);

    /**
     * Opens a transaction; it ends by itself after transactions.timeout. Nothing of it is on disk or visible to anybody
     * before it is committed.
     *
     * <p>Fails: throws {@link dev.millrace.core.error.FaultException} LIMIT_REACHED.
     */
    Open open(Ref ref);

    /** Transactions that were opened and have not ended. */
    int openCount();

    /** Under what to commit. */
    record Identity(long producerId, int epoch) {}

    /**
     * Names a transaction.
     *
     * @param sequence counts the transactions of an epoch: greater than that of every one before
     */
    record Ref(String transactionalId, long producerId, int epoch, long sequence) {}

    /**
     * What was done.
     *
     * @param duplicate an earlier try had done it; the results are those of that time
     * @param results one for each operation, in order
     */
    record Committed(long appendTimeMs, boolean duplicate, List<OperationResult> results) {}

    /** An open transaction. Thread: any, one at a time. */
    interface Open {
        /**
         * Adds operations, whose bytes are copied. Fails: throws {@link dev.millrace.core.error.FaultException}; then
         * the transaction can only be aborted.
         */
        void stage(List<Operation> operations);

        /**
         * Does all that was staged, or nothing. The same {@link Ref} and operations again, in a transaction of their own,
         * are answered with what the first time did: safe after an unknown outcome.
         *
         * <p>Durable: when the future completes. Fails: TRANSACTION_ENDED, FENCED_PRODUCER, UNKNOWN_PRODUCER,
         * OUT_OF_ORDER_SEQUENCE, DISK_FULL, OVERLOADED, and whatever one of the operations would fail with alone.
         *
         * @param operationCount how many were staged, so that none is missing
         */
        CompletableFuture<Committed> commit(int operationCount);

        /** Drops what was staged. Does nothing where the transaction has ended. */
        void abort();
    }
}
