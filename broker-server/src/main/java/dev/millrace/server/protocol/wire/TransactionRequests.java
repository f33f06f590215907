package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.TransactionOperations;
import dev.millrace.core.TransactionOperations.Open;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.TransactionFrames;
import dev.millrace.core.wire.TransactionFrames.TransactionRef;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The open transactions of one connection; they end with it. Thread: event loop of the connection. */
final class TransactionRequests {
    private static final int PER_CONNECTION_MAX = 128;

    private final Broker broker;
    private final Map<TransactionRef, Open> open = new HashMap<>();

    TransactionRequests(Broker broker) {
        this.broker = broker;
    }

    CompletableFuture<Frame> init(TransactionFrames.InitTransactions request) {
        return broker.transactions()
                .init(request.transactionalId(), request.knownEpoch())
                .thenApply(given -> new TransactionFrames.TransactionsReady(given.producerId(), given.epoch()));
    }

    CompletableFuture<Frame> stage(TransactionFrames.TxStage request) {
        open(request.transaction()).stage(request.operations());
        return CompletableFuture.completedFuture(new Frames.Done());
    }

    CompletableFuture<Frame> commit(TransactionFrames.TxCommit request) {
        Open transaction = open(request.transaction());
        open.remove(request.transaction());
        return transaction
                .commit(request.operationCount())
                .thenApply(committed -> new TransactionFrames.TxCommitted(
                        committed.appendTimeMs(), committed.duplicate(), committed.results()));
    }

    CompletableFuture<Frame> abort(TransactionFrames.TxAbort request) {
        Open transaction = open.remove(request.transaction());
        if (transaction != null) {
            transaction.abort();
        }
        return CompletableFuture.completedFuture(new Frames.Done());
    }

    private Open open(TransactionRef ref) {
        Open known = open.get(ref);
        if (known != null) {
            return known;
        }
        if (open.size() >= PER_CONNECTION_MAX) {
            throw new FaultException(
                    Fault.LIMIT_REACHED,
                    "this connection has " + open.size() + " transactions that were neither committed nor aborted");
        }
        Open opened = broker.transactions()
                .open(new TransactionOperations.Ref(
                        ref.transactionalId(), ref.producerId(), ref.epoch(), ref.sequence()));
        open.put(ref, opened);
        return opened;
    }

    /** The connection is gone: nobody can commit them any more. */
    void close() {
        open.values().forEach(Open::abort);
        open.clear();
    }
}
