package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Sends the batches of one partition in order, and puts the order right after refusals and lost connections. Thread: loop.
 *
 * <pre>
 *  accumulator ─sealed─▶ ready ─stamped, sent─▶ inFlight ─PUBLISHED─▶ done
 *                          ▲                     │   │ connection lost
 *                          │                     │   └──────▶ resend (same sequences) ─▶ inFlight
 *                          └─ recovery ◀─ returned ◀─ refused, certainly not written
 * </pre>
 *
 * A refused batch leaves a gap in the sequence, so the broker refuses what follows it too. The lane then sends nothing
 * new until every batch on its way has its answer, and goes on with fresh sequences after the last acknowledged one.
 */
final class Lane {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final long RETRY_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long RETRY_MAX_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What has to be done before new batches may go; a later constant includes the earlier ones. */
    private enum Recovery {
        NONE,
        /** Give what was returned new sequences. */
        RENUMBER,
        /** Look the topic up again first. */
        REFRESH_TOPIC,
        /** A batch has an unknown outcome: its sequences must never be used again, so take a new producer id. */
        NEW_IDENTITY
    }

    final String topic;
    final int partition;
    final BatchAccumulator input;
    /** Whether the sender looks after its deadlines; the sender's own note. */
    boolean watched;

    private final PublishSender sender;
    private final boolean idempotent;
    private final Deque<OutBatch> ready = new ArrayDeque<>();
    private final Deque<OutBatch> resend = new ArrayDeque<>();
    private final Deque<OutBatch> inFlight = new ArrayDeque<>();
    private final List<OutBatch> returned = new ArrayList<>();
    private UUID topicId;
    private PublishSender.Identity identity;
    private int nextSequence;
    private int acknowledgedSequence;
    private Recovery recovery = Recovery.NONE;
    private boolean refreshing;
    private long pausedUntilNanos;
    private boolean paused;
    private long retryNanos = RETRY_MIN_NANOS;
    private boolean lingering;

    Lane(String topic, UUID topicId, int partition, PublishSender sender, BatchAccumulator input) {
        this.topic = topic;
        this.topicId = topicId;
        this.partition = partition;
        this.sender = sender;
        this.input = input;
        this.idempotent = sender.options().idempotent();
    }

    boolean hasWork() {
        return !ready.isEmpty() || !resend.isEmpty() || !inFlight.isEmpty() || !returned.isEmpty() || !input.isIdle();
    }

    /** Sends all that may go now. */
    void pump() {
        input.takeSealed(ready);
        Connection connection = sender.connection();
        if (connection == null || isPaused()) {
            return;
        }
        adaptBatches();
        while (inFlight.size() < ProducerOptions.IN_FLIGHT_COUNT_MAX && mayHaveMore()) {
            OutBatch batch = nextToSend();
            if (batch == null || !sender.admits(this, batch)) {
                return;
            }
            (resend.isEmpty() ? ready : resend).remove();
            send(connection, batch);
        }
    }

    /** Asked before a batch is sealed: while it has to wait, it can as well grow. */
    private boolean mayHaveMore() {
        boolean some = !ready.isEmpty() || !resend.isEmpty() || input.openSinceNanos() != BatchAccumulator.NEVER;
        return some && sender.hasRoom(this);
    }

    private void adaptBatches() {
        if (ready.isEmpty()) {
            input.resetBatches();
        } else if (inFlight.size() == ProducerOptions.IN_FLIGHT_COUNT_MAX) {
            input.growBatches();
        }
    }

    private boolean isPaused() {
        if (paused && sender.nanoTime() - pausedUntilNanos >= 0) {
            paused = false;
        }
        return paused;
    }

    /** The batch at the head of its queue, stamped; null where nothing may go now. */
    private OutBatch nextToSend() {
        if (!resend.isEmpty()) {
            return resend.peek();
        }
        if (recovery != Recovery.NONE || !hasReady()) {
            return null;
        }
        OutBatch batch = ready.peek();
        if (idempotent && !batch.stamped) {
            if (identity == null && !takeIdentity()) {
                return null;
            }
            batch.stamp(identity.producerId(), identity.epoch(), nextSequence);
            nextSequence = batch.endSequence();
        }
        return batch;
    }

    private boolean takeIdentity() {
        identity = sender.identityFor(this);
        nextSequence = 0;
        acknowledgedSequence = 0;
        return identity != null;
    }

    /** Whether a batch can be sent; seals the open one where it need not wait for company. */
    private boolean hasReady() {
        if (!ready.isEmpty()) {
            return true;
        }
        long openSinceNanos = input.openSinceNanos();
        if (openSinceNanos == BatchAccumulator.NEVER) {
            return false;
        }
        long lingerNanos = lingerNanos();
        long waitNanos = lingerNanos == 0 ? 0 : openSinceNanos + lingerNanos - sender.nanoTime();
        if (waitNanos > 0) {
            armLinger(waitNanos);
            return false;
        }
        input.sealOpen();
        input.takeSealed(ready);
        return !ready.isEmpty();
    }

    private long lingerNanos() {
        long configured = sender.options().lingerNanos();
        if (configured >= 0) {
            return configured;
        }
        return inFlight.isEmpty() ? 0 : ProducerOptions.ADAPTIVE_NANOS;
    }

    private void armLinger(long waitNanos) {
        if (!lingering) {
            lingering = true;
            sender.schedule(waitNanos, () -> {
                lingering = false;
                pump();
            });
        }
    }

    private void send(Connection connection, OutBatch batch) {
        batch.sendCount++;
        inFlight.add(batch);
        sender.onSent(batch);
        Frames.Publish request =
                new Frames.Publish(topicId, partition, batch.bytes.view().duplicate());
        connection.open(request, batch.bytes.memory(), new AnswerHandler() {
            @Override
            public void onFrame(Frame frame) {
                sender.onAnswered(batch);
                if (!batch.isFinished()) {
                    inFlight.remove(batch);
                    onAnswer(batch, frame);
                }
                afterAnswer();
            }

            @Override
            public void onLost(MillraceException cause) {
                sender.onAnswered(batch);
                if (!batch.isFinished()) {
                    inFlight.remove(batch);
                    onConnectionLost(batch, cause);
                }
                afterAnswer();
            }
        });
    }

    private void afterAnswer() {
        recoverWhenDrained();
        pump();
        sender.pumpHeldBack();
    }

    private void onAnswer(OutBatch batch, Frame frame) {
        if (frame instanceof Frames.Published published) {
            retryNanos = RETRY_MIN_NANOS;
            acknowledgedSequence = batch.endSequence();
            sender.succeed(this, batch, published);
        } else if (frame instanceof Frames.Error error) {
            onRefused(batch, new MillraceException(Fault.ofCode(error.code()), error.detail()));
        } else {
            finishUnknown(batch, new MillraceException(Fault.INTERNAL, "PUBLISH was answered with " + frame.type()));
        }
    }

    private void onRefused(OutBatch batch, MillraceException refusal) {
        batch.lastFailure = refusal;
        Fault fault = refusal.fault();
        switch (fault) {
            case OVERLOADED, DISK_FULL, SHUTTING_DOWN, TOO_MANY_CONNECTIONS -> {
                tellOnce(refusal);
                giveBack(batch, Recovery.RENUMBER);
                pause();
            }
            case TOPIC_NOT_FOUND, PARTITION_NOT_FOUND -> giveBack(batch, Recovery.REFRESH_TOPIC);
            case OUT_OF_ORDER_SEQUENCE -> {
                if (recovery != Recovery.NONE || isBehindAnother(batch)) {
                    // Something before it failed or is still under way, so this one was certainly not written.
                    giveBack(batch, Recovery.RENUMBER);
                } else {
                    finishRefused(batch, refusal, Recovery.NEW_IDENTITY);
                }
            }
            case UNKNOWN_PRODUCER -> {
                if (acknowledgedSequence == 0 && (isGivenBackBefore(batch) || isBehindAnother(batch))) {
                    // The first batch of all waits to be sent again: nothing of this producer has come in yet.
                    giveBack(batch, Recovery.RENUMBER);
                } else if (batch.sendCount == 1) {
                    giveBack(batch, Recovery.NEW_IDENTITY);
                } else {
                    finishUnknown(batch, refusal);
                }
            }
            case FENCED_PRODUCER -> finishRefused(batch, refusal, Recovery.NEW_IDENTITY);
            default -> onRefusedOtherwise(batch, refusal);
        }
    }

    private boolean isBehindAnother(OutBatch batch) {
        return inFlight.stream().anyMatch(other -> other.ordinal < batch.ordinal);
    }

    private boolean isGivenBackBefore(OutBatch batch) {
        return recovery != Recovery.NEW_IDENTITY && returned.stream().anyMatch(other -> other.ordinal < batch.ordinal);
    }

    /** A full disk may take its time; whoever waits for the deadline should know for what. */
    private void tellOnce(MillraceException refusal) {
        if (refusal.fault() == Fault.DISK_FULL && retryNanos == RETRY_MIN_NANOS) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "publish.waits topic={0} partition={1} cause={2}",
                    topic,
                    Integer.toString(partition),
                    refusal.detail());
        }
    }

    private void onRefusedOtherwise(OutBatch batch, MillraceException refusal) {
        if (!refusal.outcomeUnknown()) {
            finishRefused(batch, refusal, Recovery.RENUMBER);
        } else if (idempotent) {
            insertInOrder(resend, batch);
            recovery = later(recovery, Recovery.RENUMBER);
            pause();
        } else {
            finishUnknown(batch, refusal);
        }
    }

    private void onConnectionLost(OutBatch batch, MillraceException cause) {
        if (idempotent && cause.fault() != Fault.CLIENT_CLOSED) {
            insertInOrder(resend, batch);
        } else {
            finishUnknown(
                    batch,
                    new MillraceException(
                            cause.fault(),
                            batch.recordCount() + " messages were sent and not answered: " + cause.detail(),
                            true,
                            cause));
        }
    }

    private void giveBack(OutBatch batch, Recovery needed) {
        returned.add(batch);
        recovery = later(recovery, needed);
    }

    private void finishRefused(OutBatch batch, MillraceException cause, Recovery needed) {
        recovery = later(recovery, needed);
        sender.fail(this, batch, cause);
    }

    private void finishUnknown(OutBatch batch, MillraceException cause) {
        if (idempotent) {
            recovery = Recovery.NEW_IDENTITY;
        }
        sender.fail(this, batch, new MillraceException(cause.fault(), cause.detail(), true, cause));
    }

    private static Recovery later(Recovery a, Recovery b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private static void insertInOrder(Deque<OutBatch> queue, OutBatch batch) {
        List<OutBatch> all = new ArrayList<>(queue);
        all.add(batch);
        all.sort(Comparator.comparingLong(b -> b.ordinal));
        queue.clear();
        queue.addAll(all);
    }

    private void pause() {
        if (!paused) {
            paused = true;
            pausedUntilNanos = sender.nanoTime() + retryNanos;
            sender.schedule(retryNanos, this::pump);
            retryNanos = Math.min(RETRY_MAX_NANOS, 2 * retryNanos);
        }
    }

    // ---- recovery

    private void recoverWhenDrained() {
        if (recovery == Recovery.NONE || refreshing || !inFlight.isEmpty() || !resend.isEmpty()) {
            return;
        }
        Recovery due = recovery;
        if (due == Recovery.REFRESH_TOPIC) {
            refreshing = true;
            sender.refresh(this);
            return;
        }
        recovery = Recovery.NONE;
        if (due == Recovery.NEW_IDENTITY && identity != null) {
            sender.retire(identity);
            identity = null;
        }
        renumber(acknowledgedSequence);
    }

    private void renumber(int firstSequence) {
        nextSequence = firstSequence;
        returned.sort(Comparator.comparingLong(batch -> batch.ordinal));
        for (int i = returned.size() - 1; i >= 0; i--) {
            ready.addFirst(returned.get(i));
        }
        returned.clear();
        ready.forEach(batch -> batch.stamped = false);
    }

    /** The topic was looked up again. */
    void onTopicFound(UUID foundId) {
        refreshing = false;
        recovery = Recovery.NONE;
        if (foundId.equals(topicId)) {
            pause();
            renumber(acknowledgedSequence);
        } else {
            topicId = foundId;
            acknowledgedSequence = 0;
            renumber(0);
        }
        pump();
    }

    // ---- deadlines and the end

    /** Fails what is past its deadline. */
    void expire(long nowNanos) {
        input.takeSealed(ready);
        expireSent(inFlight, nowNanos);
        expireSent(resend, nowNanos);
        expireUnsent(returned.iterator(), nowNanos);
        expireUnsent(ready.iterator(), nowNanos);
        long openSinceNanos = input.openSinceNanos();
        if (openSinceNanos != BatchAccumulator.NEVER
                && nowNanos - openSinceNanos > sender.options().deliveryNanos()) {
            input.sealOpen();
        }
        recoverWhenDrained();
        pump();
    }

    private void expireSent(Deque<OutBatch> queue, long nowNanos) {
        for (Iterator<OutBatch> batches = queue.iterator(); batches.hasNext(); ) {
            OutBatch batch = batches.next();
            if (nowNanos - batch.deadlineNanos >= 0) {
                batches.remove();
                finishUnknown(
                        batch,
                        new MillraceException(
                                Fault.TIMED_OUT,
                                batch.recordCount() + " messages to " + topic + "/" + partition
                                        + " were sent and not answered within " + deliveryMs() + " ms"));
            }
        }
    }

    private void expireUnsent(Iterator<OutBatch> batches, long nowNanos) {
        boolean numbered = false;
        while (batches.hasNext()) {
            OutBatch batch = batches.next();
            if (nowNanos - batch.deadlineNanos >= 0) {
                batches.remove();
                numbered |= batch.stamped;
                sender.fail(this, batch, batch.lastFailure != null ? batch.lastFailure : notSent(batch));
            }
        }
        if (numbered) {
            // It was stamped but held back, so its sequences are free again.
            recovery = later(recovery, Recovery.RENUMBER);
        }
    }

    private MillraceException notSent(OutBatch batch) {
        MillraceException down = sender.downCause();
        String detail = batch.recordCount() + " messages to " + topic + "/" + partition + " could not be sent within "
                + deliveryMs() + " ms";
        return down == null
                ? new MillraceException(Fault.TIMED_OUT, detail, false, null)
                : new MillraceException(Fault.CONNECT_FAILED, detail + "; " + down.detail(), down);
    }

    private long deliveryMs() {
        return TimeUnit.NANOSECONDS.toMillis(sender.options().deliveryNanos());
    }

    /** Fails everything; for a topic that is gone and for the end of the producer. */
    void failAll(MillraceException cause) {
        refreshing = false;
        input.takeSealed(ready);
        List<OutBatch> sent = new ArrayList<>(inFlight);
        sent.addAll(resend);
        List<OutBatch> unsent = new ArrayList<>(returned);
        unsent.addAll(ready);
        List.of(inFlight, resend, returned, ready).forEach(Collection::clear);
        sent.forEach(
                batch -> sender.fail(this, batch, new MillraceException(cause.fault(), cause.detail(), true, cause)));
        unsent.forEach(batch -> sender.fail(this, batch, cause));
    }
}
