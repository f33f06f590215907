package dev.millrace.client.internal;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.TransactionFrames.InitTransactions;
import dev.millrace.core.wire.TransactionFrames.TransactionRef;
import dev.millrace.core.wire.TransactionFrames.TransactionsReady;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A transactional id and its transactions, one after the other. Thread: any.
 *
 * <p>After a commit with an unknown outcome it takes the id anew before the next transaction: from then on nothing of the
 * one before can still happen.
 */
final class NativeTransactions implements Transactions {
    private final Link link;
    private final String transactionalId;
    private final TopicPartitions topics;
    private final Consumer<AutoCloseable> onClose;
    private TransactionsReady identity;
    private long nextSequence;
    private boolean identityInDoubt;
    private MillraceException fenced;
    private NativeTransaction current;
    /** The current one as it was handed out: traced, where telemetry is wanted. */
    private Transaction handedOut;
    /** What {@link #process} worked on when the outcome of its commit became unknown, or null. */
    private Doubt inDoubt;

    private record Doubt(NativeGroupConsumer consumer, List<ReceivedMessage> messages) {}

    private NativeTransactions(
            Link link, String transactionalId, TransactionsReady identity, Consumer<AutoCloseable> onClose) {
        this.link = link;
        this.transactionalId = transactionalId;
        this.identity = identity;
        this.onClose = onClose;
        this.topics = new TopicPartitions(link, new Random());
    }

    /** Takes over the id. Fails: INVALID_REQUEST, LIMIT_REACHED. */
    static NativeTransactions open(Link link, String transactionalId, Consumer<AutoCloseable> onClose) {
        return new NativeTransactions(link, transactionalId, init(link, transactionalId, -1), onClose);
    }

    private static TransactionsReady init(Link link, String transactionalId, int knownEpoch) {
        return Waiting.on(link.call(new InitTransactions(transactionalId, knownEpoch), TransactionsReady.class, true));
    }

    @Override
    public String transactionalId() {
        return transactionalId;
    }

    @Override
    public synchronized Transaction begin() {
        if (current != null) {
            throw new IllegalStateException("the transaction before was neither committed, aborted nor closed");
        }
        settleIdentity();
        current = new NativeTransaction(
                link,
                topics,
                new TransactionRef(transactionalId, identity.producerId(), identity.epoch(), nextSequence++),
                this::ended);
        handedOut = link.telemetry() == null ? current : new TracedTransaction(current, new Outbound(link.telemetry()));
        return handedOut;
    }

    private synchronized void settleIdentity() {
        if (fenced != null) {
            throw Waiting.rethrown(fenced);
        }
        if (identityInDoubt) {
            try {
                identity = init(link, transactionalId, identity.epoch());
            } catch (MillraceException failed) {
                noteFenced(failed);
                throw failed;
            }
            nextSequence = 0;
            identityInDoubt = false;
        }
    }

    /** @param failure why it ended, or null */
    private synchronized void ended(NativeTransaction transaction, MillraceException failure) {
        if (transaction == current) {
            current = null;
        }
        if (failure != null) {
            identityInDoubt |= failure.outcomeUnknown();
            noteFenced(failure);
        }
    }

    private void noteFenced(MillraceException failure) {
        if (failure.fault() == Fault.FENCED_PRODUCER) {
            fenced = failure;
        }
    }

    // ---- consume, transform, produce

    @Override
    public int process(GroupConsumer consumer, Duration timeout, Handler handler) {
        if (!(consumer instanceof NativeGroupConsumer member) || member.commitsByItself()) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    "the consumer commits by itself, which a transaction must do: open it with autoCommit(false)");
        }
        resolveDoubt();
        settleIdentity();
        List<ReceivedMessage> messages = consumer.poll(timeout);
        if (messages.isEmpty()) {
            return 0;
        }
        try (Transaction transaction = begin()) {
            handler.handle(messages, transaction);
            transaction.sendOffsets(consumer, messages);
            transaction.commit();
            return messages.size();
        } catch (MillraceException failed) {
            return undo(member, messages, failed);
        } catch (RuntimeException | Error failed) {
            seekBack(member, messages, Map.of());
            throw failed;
        }
    }

    private int undo(NativeGroupConsumer consumer, List<ReceivedMessage> messages, MillraceException failed) {
        if (failed.outcomeUnknown()) {
            inDoubt = new Doubt(consumer, messages);
            if (resolveDoubt()) {
                return messages.size();
            }
        } else {
            seekBack(consumer, messages, Map.of());
        }
        if (lostPartitions(failed.fault())) {
            return 0;
        }
        throw failed;
    }

    /**
     * Finds out whether the last transaction of {@link #process} was committed: with a new epoch it no longer can be, and
     * the group's offsets tell. True where it was; else its messages come again. Nothing is polled before that is known.
     */
    private boolean resolveDoubt() {
        if (inDoubt == null) {
            return false;
        }
        settleIdentity();
        Map<TopicPartition, Long> committed = new NativeAdmin(link).committedOffsets(inDoubt.consumer.group());
        boolean done = seekBack(inDoubt.consumer, inDoubt.messages, committed);
        inDoubt = null;
        return done;
    }

    /** Lets messages come again, but for partitions in which they were committed; true where all were. */
    private static boolean seekBack(
            NativeGroupConsumer consumer, List<ReceivedMessage> messages, Map<TopicPartition, Long> committed) {
        Map<TopicPartition, Long> last = new HashMap<>();
        Map<TopicPartition, Long> first = new HashMap<>();
        for (ReceivedMessage message : messages) {
            first.putIfAbsent(message.topicPartition(), message.offset());
            last.put(message.topicPartition(), message.offset());
        }
        boolean allDone = true;
        for (Map.Entry<TopicPartition, Long> entry : first.entrySet()) {
            boolean done = committed.getOrDefault(entry.getKey(), -1L) > last.get(entry.getKey());
            allDone &= done;
            if (!done && consumer.assignment().contains(entry.getKey())) {
                consumer.seek(entry.getKey(), entry.getValue());
            }
        }
        return allDone;
    }

    private static boolean lostPartitions(Fault fault) {
        return fault == Fault.FENCED_MEMBER || fault == Fault.UNKNOWN_MEMBER || fault == Fault.NOT_ASSIGNED;
    }

    @Override
    public void close() {
        Transaction open;
        synchronized (this) {
            open = current == null ? null : handedOut;
        }
        if (open != null) {
            open.close();
        }
        onClose.accept(this);
    }
}
