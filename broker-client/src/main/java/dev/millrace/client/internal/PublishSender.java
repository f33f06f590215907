package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.TopicFrames;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The loop's side of a producer: wakes the lanes, shares the connection and the producer id among them, keeps deadlines.
 *
 * <p>Thread: loop, except {@link #wake} and {@link #options}.
 */
final class PublishSender implements Link.Listener {
    private static final long SWEEP_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long SWEEP_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(500);
    /** A deadline is kept to this part of itself: looking through thousands of lanes has its price. */
    private static final int SWEEPS_PER_DELIVERY = 100;

    /**
     * With more batches than this on their way, messages to thousands of partitions gather into larger ones instead: each
     * batch costs the broker some microseconds, whatever it holds.
     */
    private static final int IN_FLIGHT_COUNT_MAX = 2048;

    private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Under which id batches are numbered. */
    record Identity(long producerId, short epoch) {}

    private final Link link;
    private final TopicDirectory topics;
    private final ProducerOptions options;
    private final MemoryBudget budget;
    private final Executor callbacks;
    private final Consumer<String> onTopicGone;

    private final Queue<Lane> woken = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean wakeScheduled = new AtomicBoolean();
    private final Set<Lane> lanes = new LinkedHashSet<>();
    private final Set<Lane> heldBack = new LinkedHashSet<>();
    private final List<Runnable> untold = new ArrayList<>();
    private final List<Lane> awaitingIdentity = new ArrayList<>();
    private final long sweepNanos;
    private Connection connection;
    private Identity identity;
    private boolean askingIdentity;
    private int inFlightCount;
    private long inFlightBytes;
    private boolean sweeping;
    private boolean closed;

    PublishSender(
            Link link, ProducerOptions options, MemoryBudget budget, Executor callbacks, Consumer<String> onTopicGone) {
        this.link = link;
        this.topics = new TopicDirectory(link);
        this.options = options;
        this.budget = budget;
        this.callbacks = callbacks;
        this.onTopicGone = onTopicGone;
        this.sweepNanos =
                Math.max(SWEEP_NANOS_MIN, Math.min(SWEEP_NANOS_MAX, options.deliveryNanos() / SWEEPS_PER_DELIVERY));
    }

    ProducerOptions options() {
        return options;
    }

    /** Tells the loop that the lane has news; many calls before the loop's turn cost one. Thread: any. */
    void wake(Lane lane) {
        woken.add(lane);
        if (wakeScheduled.compareAndSet(false, true) && !link.onLoop(this::drain)) {
            wakeScheduled.set(false);
            lane.input.close(Link.closedException());
            lane.failAll(Link.closedException());
        }
    }

    private void drain() {
        wakeScheduled.set(false);
        for (Lane lane = woken.poll(); lane != null; lane = woken.poll()) {
            if (closed) {
                lane.failAll(Link.closedException());
            } else {
                watch(lane);
                lane.pump();
            }
        }
        armSweep();
    }

    private void watch(Lane lane) {
        if (!lane.watched) {
            lane.watched = true;
            lanes.add(lane);
        }
    }

    private void unwatch(Lane lane) {
        lane.watched = false;
        lanes.remove(lane);
    }

    // ---- what lanes ask for

    Connection connection() {
        return connection;
    }

    MillraceException downCause() {
        return connection == null ? link.lastFailure() : null;
    }

    long nanoTime() {
        return System.nanoTime();
    }

    void schedule(long delayNanos, Runnable task) {
        link.loop().schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }

    /** Whether one more batch may be on its way; where not, the lane is pumped again when one may. */
    boolean hasRoom(Lane lane) {
        boolean room = inFlightCount < IN_FLIGHT_COUNT_MAX;
        if (!room) {
            heldBack.add(lane);
        }
        return room;
    }

    /** Whether the broker takes so many bytes more; where not, the lane is pumped again when it does. */
    boolean admits(Lane lane, OutBatch batch) {
        boolean fits = inFlightBytes == 0 || inFlightBytes + batch.sizeBytes() <= inFlightBytesMax();
        if (!fits) {
            heldBack.add(lane);
        }
        return fits;
    }

    private int inFlightBytesMax() {
        return connection.greeting().limits().inFlightBytesMax();
    }

    void onSent(OutBatch batch) {
        inFlightCount++;
        inFlightBytes += batch.sizeBytes();
    }

    void onAnswered(OutBatch batch) {
        inFlightCount--;
        inFlightBytes -= batch.sizeBytes();
    }

    /** Those that waited longest go first, and no more of them than have room: there may be thousands. */
    void pumpHeldBack() {
        for (int i = heldBack.size(); i > 0 && mayPump(); i--) {
            Lane longest = heldBack.iterator().next();
            heldBack.remove(longest);
            longest.pump();
        }
    }

    private boolean mayPump() {
        return connection != null
                && inFlightCount < IN_FLIGHT_COUNT_MAX
                && (inFlightBytes == 0 || inFlightBytes + options.batchBytesMax() <= inFlightBytesMax());
    }

    /** The producer's id, or null where it has to be asked for first; the lane is pumped when it is there. */
    Identity identityFor(Lane lane) {
        if (identity == null) {
            awaitingIdentity.add(lane);
            askIdentity();
        }
        return identity;
    }

    /** Gives up an id of which some sequences have an unknown fate. */
    void retire(Identity old) {
        if (old.equals(identity)) {
            identity = null;
        }
    }

    private void askIdentity() {
        if (askingIdentity) {
            return;
        }
        askingIdentity = true;
        link.call(new Frames.InitProducer(), Frames.ProducerReady.class, true).whenComplete((ready, error) -> {
            askingIdentity = false;
            List<Lane> waiting = List.copyOf(awaitingIdentity);
            awaitingIdentity.clear();
            if (error == null) {
                identity = new Identity(ready.producerId(), ready.producerEpoch());
                waiting.forEach(Lane::pump);
            } else if (error instanceof MillraceException failure && !failure.retriable()) {
                waiting.forEach(lane -> lane.failAll(failure));
            } else {
                // The batches' own deadlines bound how often.
                schedule(ASK_AGAIN_NANOS, () -> waiting.forEach(Lane::pump));
            }
        });
    }

    void refresh(Lane lane) {
        topics.describe(lane.topic).whenComplete((TopicFrames.TopicInfo info, Throwable error) -> {
            if (error != null) {
                giveUpTopic(lane, Waiting.rethrown(error));
            } else if (info.partitions().size() <= lane.partition) {
                giveUpTopic(
                        lane,
                        new MillraceException(
                                Fault.PARTITION_NOT_FOUND,
                                "topic " + lane.topic + " has "
                                        + info.partitions().size() + " partitions, so there is no partition "
                                        + lane.partition));
            } else {
                lane.onTopicFound(info.topicId());
            }
        });
    }

    private void giveUpTopic(Lane lane, MillraceException cause) {
        onTopicGone.accept(lane.topic);
        lane.input.close(cause);
        lane.failAll(cause);
        unwatch(lane);
    }

    // ---- outcomes

    void succeed(Lane lane, OutBatch batch, Frames.Published published) {
        if (!batch.finish()) {
            return;
        }
        budget.release(batch.reservedBytes());
        batch.succeedBlocked(published.baseOffset(), published.appendTimeMs(), published.duplicate());
        if (batch.hasRest()) {
            tell(() -> {
                batch.succeedRest(published.baseOffset(), published.appendTimeMs(), published.duplicate());
                settle(lane, batch);
            });
        } else {
            settle(lane, batch);
        }
    }

    void fail(Lane lane, OutBatch batch, MillraceException cause) {
        if (!batch.finish()) {
            return;
        }
        budget.release(batch.reservedBytes());
        batch.failBlocked(cause);
        tell(() -> {
            batch.failRest(cause);
            settle(lane, batch);
        });
    }

    /** Hands outcomes to the callers' code: all of one turn of the loop together, as answers come by the hundred. */
    private void tell(Runnable outcome) {
        if (!link.loop().inEventLoop()) {
            // The loop is gone: see wake.
            callbacks.execute(outcome);
            return;
        }
        untold.add(outcome);
        if (closed || (untold.size() == 1 && !link.onLoop(this::tellAll))) {
            tellAll();
        }
    }

    private void tellAll() {
        if (!untold.isEmpty()) {
            List<Runnable> outcomes = List.copyOf(untold);
            untold.clear();
            callbacks.execute(() -> outcomes.forEach(Runnable::run));
        }
    }

    private static void settle(Lane lane, OutBatch batch) {
        lane.input.settled(batch);
        batch.settled.complete(null);
    }

    // ---- connection, deadlines, the end

    @Override
    public void onUp(Connection up) {
        connection = up;
        List.copyOf(lanes).forEach(Lane::pump);
    }

    @Override
    public void onDown(MillraceException cause) {
        connection = null;
    }

    private void armSweep() {
        if (!sweeping && !lanes.isEmpty() && !closed) {
            sweeping = true;
            schedule(sweepNanos, this::sweep);
        }
    }

    private void sweep() {
        sweeping = false;
        long nowNanos = nanoTime();
        for (Lane lane : List.copyOf(lanes)) {
            lane.expire(nowNanos);
            if (!lane.hasWork()) {
                unwatch(lane);
            }
        }
        armSweep();
    }

    void close() {
        closed = true;
        tellAll();
        link.removeListener(this);
        for (Lane lane = woken.poll(); lane != null; lane = woken.poll()) {
            watch(lane);
        }
        List.copyOf(lanes).forEach(lane -> lane.failAll(Link.closedException()));
        lanes.clear();
    }
}
