package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Where deliveries wait for {@code poll}: the loop puts chunks in, one polling thread takes messages out.
 *
 * <p>The credit that each subscription grants bounds what can wait here. Thread: any, by its lock; decoding happens
 * outside of the lock.
 */
final class FeedBuffer {
    /** Reports that a chunk was handed out whole, so that its bytes can be granted again. */
    interface Returns {
        void onConsumed(TopicPartition partition, int generation, int bytes);
    }

    /** One partition. A new generation begins with each seek, and makes what is on its way worthless. */
    private static final class Slot {
        final TopicPartition partition;
        final Deque<Chunk> chunks = new ArrayDeque<>();
        int generation;
        long position = -1;
        /** Where the broker began this generation; -1 until it has told. */
        long begunAt = -1;

        long endOffset = -1;
        boolean paused;
        boolean queued;
        /** Of a filtered subscription: whether its markers say that it is at the end. */
        boolean signalledEnd;

        MillraceException problem;

        Slot(TopicPartition partition, int generation) {
            this.partition = partition;
            this.generation = generation;
        }

        boolean isReady() {
            return !paused && !chunks.isEmpty();
        }

        /** What was delivered before the problem comes before it. */
        boolean isBroken() {
            return !paused && chunks.isEmpty() && problem != null;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<TopicPartition, Slot> slots = new LinkedHashMap<>();
    private final Deque<Slot> ready = new ArrayDeque<>();
    private final Returns returns;
    private int lastGeneration;
    private boolean woken;
    private boolean closed;

    FeedBuffer(Returns returns) {
        this.returns = returns;
    }

    // ---- the loop's side

    void onStarted(TopicPartition partition, int generation, long startOffset, long endOffset) {
        update(partition, generation, slot -> {
            slot.begunAt = slot.begunAt < 0 ? startOffset : slot.begunAt;
            // After a reconnect the subscription starts behind what still waits here.
            slot.position = slot.position < 0 ? startOffset : slot.position;
            slot.endOffset = endOffset;
        });
    }

    /** Returns false where nobody wants the chunk any more. */
    boolean onDelivered(TopicPartition partition, int generation, Chunk chunk, long endOffset) {
        return update(partition, generation, slot -> {
            slot.endOffset = endOffset;
            if (slot.problem == null) {
                slot.chunks.add(chunk);
                enqueue(slot);
            }
        });
    }

    /** The partition cannot be read on; {@link #poll} says so behind what was delivered, until it is sought or removed. */
    void onProblem(TopicPartition partition, int generation, MillraceException problem) {
        update(partition, generation, slot -> slot.problem = problem);
    }

    private boolean update(TopicPartition partition, int generation, Consumer<Slot> change) {
        lock.lock();
        try {
            Slot slot = slots.get(partition);
            if (slot == null || slot.generation != generation) {
                return false;
            }
            change.accept(slot);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void enqueue(Slot slot) {
        if (!slot.queued && slot.isReady()) {
            slot.queued = true;
            ready.add(slot);
        }
    }

    // ---- the polling thread's side

    /**
     * Up to {@code countMax} messages; waits for the first until the time is over or {@link #wakeUp} is called. With 0 it
     * only waits.
     *
     * <p>Fails: the problem of a partition, which {@code onProblem} may take away; CLIENT_CLOSED.
     */
    List<ReceivedMessage> poll(
            int countMax, long timeoutNanos, BiConsumer<TopicPartition, MillraceException> onProblem) {
        List<ReceivedMessage> messages = new ArrayList<>();
        long deadlineNanos = System.nanoTime() + timeoutNanos;
        Slot slot = await(countMax > 0, timeoutNanos, onProblem);
        while (slot != null && messages.size() < countMax) {
            read(slot, countMax, messages);
            // What is left of a chunk may hold only records before the position: then the wait goes on.
            slot = messages.isEmpty()
                    ? await(true, deadlineNanos - System.nanoTime(), onProblem)
                    : takeReady(countMax - messages.size());
        }
        return messages;
    }

    private Slot await(boolean takes, long timeoutNanos, BiConsumer<TopicPartition, MillraceException> onProblem) {
        long leftNanos = timeoutNanos;
        while (true) {
            Slot broken;
            lock.lock();
            try {
                if (closed) {
                    throw Link.closedException();
                }
                broken = firstBroken();
                while (broken == null) {
                    Slot slot = takes ? takeReadyLocked() : null;
                    if (slot != null || woken || leftNanos <= 0) {
                        woken = false;
                        return slot;
                    }
                    leftNanos = changed.awaitNanos(leftNanos);
                    if (closed) {
                        throw Link.closedException();
                    }
                    broken = firstBroken();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            } finally {
                lock.unlock();
            }
            onProblem.accept(broken.partition, broken.problem);
        }
    }

    private Slot firstBroken() {
        for (Slot slot : slots.values()) {
            if (slot.isBroken()) {
                return slot;
            }
        }
        return null;
    }

    private Slot takeReady(int room) {
        lock.lock();
        try {
            return room > 0 ? takeReadyLocked() : null;
        } finally {
            lock.unlock();
        }
    }

    private Slot takeReadyLocked() {
        for (Slot slot = ready.poll(); slot != null; slot = ready.poll()) {
            slot.queued = false;
            if (slot.isReady()) {
                return slot;
            }
        }
        return null;
    }

    private void read(Slot slot, int countMax, List<ReceivedMessage> messages) {
        int generation;
        long position;
        Chunk chunk;
        lock.lock();
        try {
            generation = slot.generation;
            position = slot.position;
            chunk = slot.chunks.peek();
        } finally {
            lock.unlock();
        }
        if (chunk == null) {
            return;
        }
        List<ReceivedMessage> read = new ArrayList<>();
        MillraceException problem = null;
        long next = position;
        try {
            next = chunk.read(position, countMax - messages.size(), read);
        } catch (MillraceException e) {
            problem = e;
            next = read.isEmpty() ? position : read.get(read.size() - 1).offset() + 1;
        }
        if (finishRead(slot, generation, next, chunk, problem)) {
            messages.addAll(read);
        }
    }

    /** Returns false where a seek came in between, so that what was read must not be handed out. */
    private boolean finishRead(Slot slot, int generation, long next, Chunk chunk, MillraceException problem) {
        lock.lock();
        try {
            if (slots.get(slot.partition) != slot || slot.generation != generation || slot.paused) {
                return unread(slot, generation);
            }
            slot.position = next;
            if (problem != null) {
                // Nothing behind it may be handed out; a problem that the loop was told meanwhile lies behind it, too.
                slot.problem = problem;
                slot.chunks.clear();
            } else if (chunk.isExhausted()) {
                slot.chunks.remove();
                slot.signalledEnd = chunk.signal() == 1 || (slot.signalledEnd && chunk.signal() != 2);
            }
            enqueue(slot);
        } finally {
            lock.unlock();
        }
        if (chunk.isExhausted()) {
            returns.onConsumed(slot.partition, generation, chunk.sizeBytes());
        }
        return true;
    }

    /** A pause that came while decoding: the chunk was read from, so it is wound back for the next time. */
    private boolean unread(Slot slot, int generation) {
        if (slot.generation == generation && slots.get(slot.partition) == slot) {
            Chunk chunk = slot.chunks.remove();
            slot.chunks.addFirst(chunk.rewound());
        }
        return false;
    }

    // ---- steering, from any thread

    /** Makes room for a partition and returns its generation. */
    int add(TopicPartition partition) {
        lock.lock();
        try {
            slots.put(partition, new Slot(partition, ++lastGeneration));
            return lastGeneration;
        } finally {
            lock.unlock();
        }
    }

    void remove(Collection<TopicPartition> partitions) {
        lock.lock();
        try {
            partitions.forEach(slots::remove);
            ready.removeIf(slot -> partitions.contains(slot.partition));
        } finally {
            lock.unlock();
        }
    }

    /** Drops what waits and returns the new generation; -1 where the partition is not here. */
    int restart(TopicPartition partition, long position) {
        lock.lock();
        try {
            Slot slot = slots.get(partition);
            if (slot == null) {
                return -1;
            }
            slot.generation = ++lastGeneration;
            slot.position = position;
            slot.begunAt = -1;
            slot.chunks.clear();
            slot.problem = null;
            return slot.generation;
        } finally {
            lock.unlock();
        }
    }

    void setPaused(Collection<TopicPartition> partitions, boolean paused) {
        lock.lock();
        try {
            for (TopicPartition partition : partitions) {
                Slot slot = slots.get(partition);
                if (slot != null) {
                    slot.paused = paused;
                    enqueue(slot);
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    Set<TopicPartition> partitions() {
        lock.lock();
        try {
            return Set.copyOf(slots.keySet());
        } finally {
            lock.unlock();
        }
    }

    /** Of each partition the next offset to be handed out, where it is known. */
    Map<TopicPartition, Long> positions() {
        lock.lock();
        try {
            Map<TopicPartition, Long> positions = new HashMap<>();
            slots.values().stream()
                    .filter(slot -> slot.position >= 0)
                    .forEach(slot -> positions.put(slot.partition, slot.position));
            return positions;
        } finally {
            lock.unlock();
        }
    }

    long position(TopicPartition partition) {
        return read(partition, slot -> slot.position);
    }

    long endOffset(TopicPartition partition) {
        return read(partition, slot -> slot.endOffset);
    }

    /** Where the partition was begun, after the latest seek or restart. */
    long begunAt(TopicPartition partition) {
        return read(partition, slot -> slot.begunAt);
    }

    private long read(TopicPartition partition, ToLongFunction<Slot> field) {
        lock.lock();
        try {
            Slot slot = slots.get(partition);
            return slot == null ? -1 : field.applyAsLong(slot);
        } finally {
            lock.unlock();
        }
    }

    /** Whether all filtered subscriptions were told to be at the end. */
    boolean signalledEnd() {
        lock.lock();
        try {
            return slots.values().stream().allMatch(slot -> slot.signalledEnd);
        } finally {
            lock.unlock();
        }
    }

    boolean caughtUp() {
        lock.lock();
        try {
            return slots.values().stream().allMatch(slot -> slot.endOffset >= 0 && slot.position >= slot.endOffset);
        } finally {
            lock.unlock();
        }
    }

    /** Ends the wait of {@link #poll}, or its next one. */
    void wakeUp() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            slots.clear();
            ready.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
