package dev.millrace.client.internal;

import dev.millrace.client.FailurePolicy;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RejectedException;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.UndecodableException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.DeadLetterFrames;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * One handler thread that tries messages again and parks those that keep failing. A key whose message waits for its next
 * attempt waits in a line of its own; the other keys of this worker go on.
 *
 * <pre>
 *   queue ──no line for the key──▶ attempt ──handled or parked──▶ finished
 *     └─────line there──▶ line ◀──failed, due later──┘
 * </pre>
 *
 * Thread: its own.
 */
final class RetryingWorker {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final long BROKER_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int EXCEPTION_CHARS_MAX = 500;
    private static final int MESSAGE_CHARS_MAX = 1024;

    /** What a worker needs of its runner. */
    interface Owner {
        boolean isStopping();

        void stop(Throwable cause);

        /** The message is no longer in hand. */
        void over();
    }

    private enum Step {
        FINISHED,
        /** Try again when the line is due. */
        LATER,
        /** The consumer ends; the message stays unfinished. */
        ENDED
    }

    /** What a message waits in: its key in its partition. A message without a key has a line of its own. */
    private record LineKey(TopicPartition source, ByteBuffer key, long offset) {}

    /** Messages of one key, the first of which has failed. */
    private static final class Line {
        final LineKey key;
        final Deque<HandlerTask> tasks = new ArrayDeque<>();
        long dueNanos;
        // Of the first message:
        int attempts;
        long firstFailureMs = -1;
        boolean begun;
        boolean handled;
        Parking.Failure toPark;
        boolean told;

        Line(LineKey key) {
            this.key = key;
        }

        void nextMessage() {
            tasks.remove();
            attempts = 0;
            firstFailureMs = -1;
            begun = false;
            handled = false;
            toPark = null;
            told = false;
        }
    }

    private final BlockingQueue<HandlerTask> queue;
    private final MessageHandler handler;
    private final FailurePolicy policy;
    private final Parking parking;
    private final Owner owner;
    private final RandomGenerator random;
    private final Map<LineKey, Line> lines = new HashMap<>();
    private final PriorityQueue<Line> due = new PriorityQueue<>((a, b) -> Long.signum(a.dueNanos - b.dueNanos));

    RetryingWorker(
            BlockingQueue<HandlerTask> queue,
            MessageHandler handler,
            FailurePolicy policy,
            Parking parking,
            Owner owner,
            RandomGenerator random) {
        this.queue = queue;
        this.handler = handler;
        this.policy = policy;
        this.parking = parking;
        this.owner = owner;
        this.random = random;
    }

    void work() throws InterruptedException {
        while (!owner.isStopping()) {
            Line next = due.peek();
            long waitNanos = next == null ? IDLE_NANOS : next.dueNanos - System.nanoTime();
            if (waitNanos <= 0) {
                due.remove();
                advance(next);
                continue;
            }
            HandlerTask task = queue.poll(waitNanos, TimeUnit.NANOSECONDS);
            if (task != null && task != HandlerTask.END) {
                take(task);
            }
        }
    }

    private void take(HandlerTask task) {
        LineKey key = lineOf(original(task.message()));
        Line line = lines.get(key);
        if (line != null) {
            line.tasks.add(task);
            return;
        }
        line = new Line(key);
        line.tasks.add(task);
        lines.put(key, line);
        advance(line);
    }

    private static LineKey lineOf(ReceivedMessage message) {
        return message.key() == null
                ? new LineKey(message.topicPartition(), null, message.offset())
                : new LineKey(message.topicPartition(), ByteBuffer.wrap(message.key()), -1);
    }

    /** Goes through a line until it is empty, or until its first message has to wait. */
    private void advance(Line line) {
        while (!owner.isStopping()) {
            HandlerTask task = line.tasks.peek();
            if (task == null) {
                lines.remove(line.key);
                return;
            }
            Step step = attempt(line, task);
            if (step == Step.LATER) {
                due.add(line);
                return;
            } else if (step == Step.ENDED) {
                return;
            }
            line.nextMessage();
            owner.over();
        }
    }

    private Step attempt(Line line, HandlerTask task) {
        if (!task.partition().begin()) {
            return Step.FINISHED; // the partition is another's by now
        }
        Step step = Step.ENDED;
        try {
            step = deliver(line, task.message());
        } catch (MillraceException e) {
            step = onBrokerFault(line, task.message(), e);
        } catch (Error e) {
            owner.stop(e);
        } finally {
            task.partition().end(task.entry(), step == Step.FINISHED);
        }
        return step;
    }

    private Step onBrokerFault(Line line, ReceivedMessage message, MillraceException e) {
        boolean gone = e.fault() == Fault.OFFSET_OUT_OF_RANGE && line.toPark != null;
        if (gone) {
            LOG.log(System.Logger.Level.WARNING, "deadletter.gone message={0} cause={1}", message, e.detail());
            return Step.FINISHED;
        }
        if (e.fault() == Fault.INVALID_REQUEST || e.fault() == Fault.INVALID_TOPIC || isEnd(e)) {
            owner.stop(owner.isStopping() ? null : e);
            return Step.ENDED;
        }
        // Where the partition was taken away this ends, too: its messages are dropped then.
        if (!line.told) {
            LOG.log(System.Logger.Level.WARNING, "deadletter.waits message={0} cause={1}", message, e.detail());
            line.told = true;
        }
        line.dueNanos = System.nanoTime() + BROKER_RETRY_NANOS;
        return Step.LATER;
    }

    // ---- one attempt

    private Step deliver(Line line, ReceivedMessage received) {
        if (line.toPark != null) {
            return park(line, received);
        }
        ReceivedMessage message = original(received);
        boolean replay = message != received;
        long keyHash = keyHash(message);
        if (!line.handled
                && (replay
                        || line.attempts > 0
                        || parking.mustAsk(received.topicPartition(), received.offset(), keyHash))) {
            Step step = begin(line, received, keyHash);
            if (step != null) {
                return step;
            }
        }
        if (!line.handled) {
            Step step = handle(line, received, message);
            if (step != null) {
                return step;
            }
            line.handled = true;
        }
        if (replay || line.begun) {
            // Also takes back the attempt: a process that ends before the next commit must not count it.
            parking.settle(received.topicPartition(), received.offset());
        }
        return Step.FINISHED;
    }

    private long keyHash(ReceivedMessage message) {
        return policy.deadLetter().parkKey() ? DeadLetterNames.keyHash(message.key()) : DeadLetterNames.NO_KEY;
    }

    /** Null where the message is to be handled now. */
    private Step begin(Line line, ReceivedMessage received, long keyHash) {
        TopicPartition place = received.topicPartition();
        DeadLetterFrames.DeliveryBegun begun =
                parking.begin(place, received.offset(), keyHash, line.attempts, line.firstFailureMs);
        if (begun.verdict() == DeadLetterFrames.DONE) {
            return Step.FINISHED;
        }
        if (begun.verdict() == DeadLetterFrames.BLOCKED) {
            long nowMs = System.currentTimeMillis();
            line.toPark = new Parking.Failure(DeadLetterNames.KEY_PARKED, "", "", 0, nowMs, nowMs);
            return park(line, received);
        }
        parking.keyIsFreeBefore(place, received.offset(), keyHash);
        line.attempts = begun.attempts();
        line.firstFailureMs = begun.firstFailureMs();
        line.begun = true;
        if (line.attempts <= policy.retries()) {
            return null;
        }
        long nowMs = System.currentTimeMillis();
        long firstMs = line.firstFailureMs < 0 ? nowMs : line.firstFailureMs;
        String message = "handed to a handler " + line.attempts + " times, and never finished";
        line.toPark = new Parking.Failure(DeadLetterNames.MAX_DELIVERIES, "", message, line.attempts, firstMs, nowMs);
        return park(line, received);
    }

    /** Null where the handler is done. */
    private Step handle(Line line, ReceivedMessage received, ReceivedMessage message) {
        try {
            CurrentMessage.run(message, () -> handler.handle(message));
            return null;
        } catch (Exception e) {
            if (e instanceof MillraceException failure && isEnd(failure)) {
                throw failure;
            }
            line.attempts++;
            long nowMs = System.currentTimeMillis();
            line.firstFailureMs = line.firstFailureMs < 0 ? nowMs : line.firstFailureMs;
            String reason = reasonOf(e);
            if (line.attempts > policy.retries() || !reason.equals(DeadLetterNames.HANDLER_ERROR)) {
                line.toPark = failure(line, reason, e, nowMs);
                return park(line, received);
            }
            LOG.log(System.Logger.Level.DEBUG, "handler.retry message={0} attempt={1}", message, line.attempts);
            long pauseNanos = pauseNanos(line.attempts);
            Parking.Failure failure = failure(line, reason, e, nowMs);
            parking.noteFailure(received.topicPartition(), received.offset(), failedAttempt(failure, pauseNanos));
            line.dueNanos = System.nanoTime() + pauseNanos;
            return Step.LATER;
        }
    }

    private Parking.FailedAttempt failedAttempt(Parking.Failure failure, long pauseNanos) {
        String error = failure.message().isEmpty()
                ? failure.exception()
                : failure.exception() + ": " + cut(failure.message(), EXCEPTION_CHARS_MAX);
        return new Parking.FailedAttempt(
                failure.attempts(),
                policy.retries() + 1,
                failure.firstFailureMs(),
                error,
                TimeUnit.NANOSECONDS.toMillis(pauseNanos));
    }

    /** It is the process that cannot go on; the message is not to blame, and comes to another one. */
    private static boolean isEnd(MillraceException e) {
        return e.fault() == Fault.CLIENT_CLOSED || e.fault() == Fault.FENCED_PRODUCER;
    }

    private static String reasonOf(Exception e) {
        if (e instanceof RejectedException) {
            return DeadLetterNames.REJECTED;
        }
        return e instanceof UndecodableException ? DeadLetterNames.DESERIALIZATION : DeadLetterNames.HANDLER_ERROR;
    }

    private static Parking.Failure failure(Line line, String reason, Exception e, long nowMs) {
        String message = e.getMessage() == null ? "" : e.getMessage();
        return new Parking.Failure(
                reason,
                cut(e.getClass().getName(), EXCEPTION_CHARS_MAX),
                cut(message, MESSAGE_CHARS_MAX),
                line.attempts,
                line.firstFailureMs,
                nowMs);
    }

    private static String cut(String text, int charsMax) {
        return text.length() <= charsMax ? text : text.substring(0, charsMax);
    }

    /** Doubles with each attempt up to the limit, and is shortened by up to a half at random. */
    private long pauseNanos(int attempts) {
        long minNanos = policy.backoff().toNanos();
        long maxNanos = policy.deadLetter().backoffMax().toNanos();
        int doublings = Math.min(attempts - 1, 30);
        long whole = minNanos > maxNanos >> doublings ? maxNanos : minNanos << doublings;
        return whole - (long) (random.nextDouble() * whole / 2);
    }

    private Step park(Line line, ReceivedMessage received) {
        Parking.Failure failure = line.toPark;
        FailurePolicy.DeadLetter how = policy.deadLetter();
        TopicPartition place = received.topicPartition();
        DeadLetterFrames.RecordParked parked =
                parking.park(place, received.offset(), how.topic(), how.parkKey(), failure);
        long keyHash = keyHash(original(received));
        if (parked.outcome() == DeadLetterFrames.FREE) {
            // What it had to wait for has just been handled.
            parking.keyIsFreeBefore(place, received.offset(), keyHash);
            line.toPark = null;
            line.dueNanos = System.nanoTime();
            return Step.LATER;
        }
        parking.keyIsParked(place, keyHash);
        if (!failure.reason().equals(DeadLetterNames.KEY_PARKED)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "deadletter.parked message={0} reason={1} attempts={2} exception={3} at={4}/{5}@{6}",
                    original(received),
                    failure.reason(),
                    failure.attempts(),
                    failure.exception(),
                    parked.topic(),
                    parked.partition(),
                    Long.toString(parked.offset()));
        }
        return Step.FINISHED;
    }

    // ---- replays

    /** A message of the retry topic as it was when it came first; any other as it is. */
    private ReceivedMessage original(ReceivedMessage received) {
        if (!parking.isRetryTopic(received.topic())) {
            return received;
        }
        return new ReceivedMessage(
                received.header(DeadLetterNames.TOPIC),
                Integer.parseInt(received.header(DeadLetterNames.PARTITION)),
                Long.parseLong(received.header(DeadLetterNames.OFFSET)),
                received.timestampMs(),
                received.key(),
                received.value(),
                received.headers().stream()
                        .filter(header -> !header.key().startsWith(DeadLetterNames.HEADER_PREFIX))
                        .toList());
    }
}
