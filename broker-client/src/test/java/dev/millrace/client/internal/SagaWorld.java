package dev.millrace.client.internal;

import dev.millrace.client.Codec;
import dev.millrace.client.Message;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RejectedException;
import dev.millrace.client.Saga.Status;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * As much of a broker as a saga needs, on one thread: topics, streams with versions, timers on a clock that is moved by hand.
 * With a random source, messages come twice and out of order, and processes die before and after their commit.
 */
final class SagaWorld {
    private record Timer(long dueMs, Message message) {}

    final SagaDefinition<String> saga;
    final SagaLogic<String> logic;
    long nowMs = 1_000_000;
    /** All that the saga published, but for its time-outs and compensations. */
    final List<ReceivedMessage> published = new ArrayList<>();
    /** What the saga told itself. */
    final List<ReceivedMessage> told = new ArrayList<>();

    final List<ReceivedMessage> deadLetters = new ArrayList<>();
    final List<String> failures = new ArrayList<>();
    private final Map<String, List<StoredEvent>> streams = new TreeMap<>();
    private final Map<String, Timer> timers = new TreeMap<>();
    private final Deque<ReceivedMessage> arriving = new ArrayDeque<>();
    private final Random random;
    private long offset;

    /** @param random null for a world without mishaps */
    SagaWorld(SagaDefinition<String> saga, Random random) {
        this.saga = saga;
        this.logic = new SagaLogic<>(saga);
        this.random = random;
    }

    // ---- what happens

    ReceivedMessage send(String topic, String key, String value) {
        ReceivedMessage message = received(Message.to(topic).key(key).value(value));
        arriving.add(message);
        run();
        return message;
    }

    ReceivedMessage received(Message message) {
        List<RecordHeader> headers = message.headers();
        return new ReceivedMessage(message.topic(), 0, offset++, nowMs, message.key(), message.value(), headers);
    }

    /** Delivers all that is there. */
    private void run() {
        while (!arriving.isEmpty()) {
            ReceivedMessage next = arriving.remove();
            if (random != null && random.nextInt(4) == 0) {
                arriving.add(next); // another partition is faster
                next = arriving.remove();
            }
            deliver(next);
            if (random != null && random.nextInt(4) == 0) {
                deliver(next);
            }
        }
    }

    /** As {@link SagaRunner} does, with deaths. */
    void deliver(ReceivedMessage message) {
        for (String key : logic.keysOf(message)) {
            SagaInstance<String> before = instance(key);
            if (random != null && random.nextInt(5) == 0) {
                decide(before, message); // died before its commit
            }
            SagaDecision decision = decide(before, message);
            if (decision == null) {
                continue;
            }
            commit(decision);
            RejectedException parked = logic.parkedBy(decision);
            if (parked != null) {
                deadLetters.add(message);
                failures.add(parked.getMessage());
            }
        }
    }

    SagaDecision decide(SagaInstance<String> before, ReceivedMessage message) {
        try {
            return logic.decide(before, message);
        } catch (Exception e) {
            deadLetters.add(message);
            failures.add(e.getMessage());
            return null;
        }
    }

    /** All or nothing; false where the version is another. */
    boolean commit(SagaDecision decision) {
        List<StoredEvent> stream = streams.computeIfAbsent(decision.key(), key -> new ArrayList<>());
        if (decision.version() != stream.size() - 1) {
            return false;
        }
        stream.add(new StoredEvent(
                saga.stateTopic(),
                0,
                offset++,
                utf8(decision.key()),
                stream.size(),
                nowMs,
                decision.state(),
                List.of(
                        EventHeaders.type(decision.cause()),
                        new RecordHeader(SagaProgress.HEADER, decision.after().encode()),
                        new RecordHeader(EventHeaders.CAUSATION, utf8(decision.inputId())),
                        new RecordHeader(
                                EventHeaders.VERSION,
                                ByteBuffer.allocate(8).putLong(stream.size()).array()))));
        decision.cancelledTimers().forEach(timers::remove);
        decision.messages().forEach(this::publish);
        return true;
    }

    private void publish(Message message) {
        boolean own = message.topic().startsWith("saga.");
        if (message.later() != null) {
            String key = message.later().timerKey() == null
                    ? "$" + offset++
                    : message.later().timerKey();
            timers.put(key, new Timer(nowMs + message.later().delayMs(), message));
            return;
        }
        ReceivedMessage received = received(message);
        (own ? told : published).add(received);
        if (own) {
            arriving.add(received);
        }
    }

    /** Moves the clock; timers fire in due order. */
    void advanceMs(long ms) {
        long endMs = nowMs + ms;
        while (true) {
            String key = timers.keySet().stream()
                    .filter(timer -> timers.get(timer).dueMs <= endMs)
                    .min(Comparator.comparingLong(timer -> timers.get(timer).dueMs))
                    .orElse(null);
            if (key == null) {
                nowMs = endMs;
                return;
            }
            Timer due = timers.remove(key);
            nowMs = due.dueMs;
            ReceivedMessage fired = received(due.message);
            told.add(fired);
            arriving.add(fired);
            run();
        }
    }

    /** What an operator does. */
    void replayDeadLetters() {
        List<ReceivedMessage> parked = List.copyOf(deadLetters);
        deadLetters.clear();
        parked.forEach(arriving::add);
        run();
    }

    // ---- what is to be seen

    SagaInstance<String> instance(String key) {
        List<StoredEvent> stream = streams.getOrDefault(key, List.of());
        return stream.isEmpty() ? SagaInstance.none(key) : SagaInstance.of(key, stream, Codec.string());
    }

    Status status(String key) {
        return instance(key).progress().status();
    }

    List<String> instances() {
        return List.copyOf(streams.keySet());
    }

    int timersWaiting() {
        return timers.size();
    }

    long nextTimerMs() {
        return timers.values().stream().mapToLong(Timer::dueMs).min().orElse(-1) - nowMs;
    }

    /** Values that the saga published to a topic for a key. */
    List<String> values(String topic, String key) {
        return published.stream()
                .filter(message ->
                        message.topic().equals(topic) && message.keyText().equals(key))
                .map(ReceivedMessage::valueText)
                .toList();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
