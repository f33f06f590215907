package dev.millrace.core.wire;

import java.util.List;

/** Frames of transactions. */
public final class TransactionFrames {
    private TransactionFrames() {}

    /**
     * Takes over a transactional id: whoever used it before is fenced.
     *
     * @param knownEpoch the epoch that this client was told last, refused where another took over since; -1 for none
     */
    public record InitTransactions(String transactionalId, int knownEpoch) implements Frame {
        static InitTransactions read(FieldReader in) {
            return new InitTransactions(in.readText(), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.INIT_TRANSACTIONS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(transactionalId).writeInt(knownEpoch);
        }
    }

    /** Under what to commit from now on. */
    public record TransactionsReady(long producerId, int epoch) implements Frame {
        static TransactionsReady read(FieldReader in) {
            return new TransactionsReady(in.readLong(), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.TRANSACTIONS_READY;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(producerId).writeInt(epoch);
        }
    }

    /**
     * Names a transaction.
     *
     * @param sequence counts the transactions of an epoch: greater than that of every one before
     */
    public record TransactionRef(String transactionalId, long producerId, int epoch, long sequence) {
        static TransactionRef read(FieldReader in) {
            return new TransactionRef(in.readText(), in.readLong(), in.readInt(), in.readLong());
        }

        static void writeTo(FieldWriter out, TransactionRef value) {
            out.writeString(value.transactionalId).writeLong(value.producerId);
            out.writeInt(value.epoch).writeLong(value.sequence);
        }
    }

    /** Adds operations to a transaction; the first of a transaction opens it. Nothing of it is visible, or on disk. */
    public record TxStage(TransactionRef transaction, List<Operation> operations) implements Frame {
        static TxStage read(FieldReader in) {
            return new TxStage(TransactionRef.read(in), in.readList(Operation::read));
        }

        @Override
        public FrameType type() {
            return FrameType.TX_STAGE;
        }

        @Override
        public void write(FieldWriter out) {
            TransactionRef.writeTo(out, transaction);
            out.writeList(operations, Operation::writeTo);
        }
    }

    /**
     * Does all that was staged, or nothing.
     *
     * @param operationCount how many operations were staged, so that none is missing
     */
    public record TxCommit(TransactionRef transaction, int operationCount) implements Frame {
        static TxCommit read(FieldReader in) {
            return new TxCommit(TransactionRef.read(in), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.TX_COMMIT;
        }

        @Override
        public void write(FieldWriter out) {
            TransactionRef.writeTo(out, transaction);
            out.writeInt(operationCount);
        }
    }

    /**
     * All of it is on disk.
     *
     * @param duplicate true where an earlier try had committed it; the results are those of that time
     * @param results one for each operation, in order
     */
    public record TxCommitted(long appendTimeMs, boolean duplicate, List<OperationResult> results) implements Frame {
        static TxCommitted read(FieldReader in) {
            return new TxCommitted(in.readLong(), in.readBoolean(), in.readList(OperationResult::read));
        }

        @Override
        public FrameType type() {
            return FrameType.TX_COMMITTED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(appendTimeMs).writeBoolean(duplicate);
            out.writeList(results, OperationResult::writeTo);
        }
    }

    /** Drops what was staged. */
    public record TxAbort(TransactionRef transaction) implements Frame {
        static TxAbort read(FieldReader in) {
            return new TxAbort(TransactionRef.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.TX_ABORT;
        }

        @Override
        public void write(FieldWriter out) {
            TransactionRef.writeTo(out, transaction);
        }
    }
}
