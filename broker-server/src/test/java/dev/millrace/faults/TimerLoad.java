package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.history.History;
import dev.millrace.history.Property;
import dev.millrace.system.LoadEnd;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Schedules, replaces and cancels timers, and reads what fires. Each fires once, never early, in due order, and not when it
 * is known to be cancelled.
 */
final class TimerLoad implements EventLoad.Client {
    static final String TOPIC = "load-timers";
    private static final int KEYS = 4;
    private static final int DELAY_MS_MAX = 1500;
    private static final long PAUSE_NANOS = 5_000_000;
    /** By so much the broker's clock may be beside the one of this process. */
    private static final long CLOCKS_APART_MS = 20;

    private static final long PENDING_SECONDS_MAX = 60;

    private enum Fate {
        /** Nobody knows: it may fire once. */
        UNSURE,
        /** It must fire. */
        SCHEDULED,
        /** It must not fire. */
        CANCELLED
    }

    private final MillraceClient client;
    private final Producer producer;
    private final History history;
    private final Random random;
    private final Thread writer = new Thread(this::scheduleUntilStopped, "timers");
    private final Thread reader = new Thread(this::readUntilStopped, "timers-fired");
    private final AtomicLong okCount = new AtomicLong();
    /** By value; of the writing thread, until it has ended. */
    private final Map<String, Fate> fates = new HashMap<>();
    /** The latest value under each key. */
    private final Map<String, String> latest = new HashMap<>();

    private volatile boolean stopped;

    TimerLoad(MillraceClient client, History history, long seed) {
        this.client = client;
        this.producer = client.producer().build();
        this.history = history;
        this.random = new Random(seed);
        writer.start();
        reader.start();
    }

    private void scheduleUntilStopped() {
        for (long n = 0; !stopped; n++) {
            try {
                if (random.nextInt(4) == 0) {
                    cancel("k" + random.nextInt(KEYS));
                } else {
                    schedule("w" + n, random.nextBoolean() ? null : "k" + random.nextInt(KEYS));
                }
                okCount.incrementAndGet();
            } catch (MillraceException e) {
                history.report(Property.PROGRESS, "timers could not go on: " + e.getMessage());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void schedule(String value, String key) {
        fates.put(value, Fate.UNSURE);
        Message message = Message.to(TOPIC).value(value).delay(Duration.ofMillis(random.nextInt(DELAY_MS_MAX)));
        if (key == null) {
            producer.publish(message);
            fates.put(value, Fate.SCHEDULED);
            return;
        }
        // What it replaces may have fired before.
        String replaced = latest.put(key, value);
        if (replaced != null && fates.get(replaced) == Fate.SCHEDULED) {
            fates.put(replaced, Fate.UNSURE);
        }
        producer.publish(message.timerKey(key));
        fates.put(value, Fate.SCHEDULED);
    }

    private void cancel(String key) {
        String value = latest.remove(key);
        boolean found = client.timers().cancel(TOPIC, key);
        if (value != null) {
            // Not found: it has fired, or a first try whose answer was lost took it back.
            fates.put(value, found ? Fate.CANCELLED : Fate.UNSURE);
        }
    }

    private void readUntilStopped() {
        try (Consumer consumer =
                client.consumer().topics(TOPIC).from(StartFrom.earliest()).open()) {
            while (!stopped) {
                for (ReceivedMessage fired : consumer.poll(Duration.ofMillis(100))) {
                    long earlyMs = fired.dueMs() - System.currentTimeMillis();
                    if (earlyMs > CLOCKS_APART_MS) {
                        history.report(Property.TIMERS, fired + " fired " + earlyMs + " ms early");
                    }
                }
            }
        } catch (MillraceException e) {
            history.report(Property.PROGRESS, "the reader of timers could not go on: " + e.getMessage());
        }
    }

    @Override
    public long okCount() {
        return okCount.get();
    }

    @Override
    public void stop() throws InterruptedException {
        abandon();
        LoadEnd.await(writer, history);
        LoadEnd.await(reader, history);
        producer.close();
    }

    @Override
    public void abandon() {
        stopped = true;
    }

    // ---- the judge

    void awaitNonePending() throws InterruptedException {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(PENDING_SECONDS_MAX);
        while (!client.timers().list(TOPIC, 1).isEmpty()) {
            assertThat(System.nanoTime()).as("timers still wait").isLessThan(deadlineNanos);
            pause();
        }
    }

    private synchronized void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.timedWait(this, 50);
    }

    /** @param log all that fired, those of transactions as well */
    void judge(List<ReceivedMessage> log) {
        Map<String, Integer> counts = new HashMap<>();
        long lastDueMs = 0;
        for (ReceivedMessage fired : log) {
            counts.merge(fired.valueText(), 1, Integer::sum);
            if (fired.dueMs() < lastDueMs) {
                history.report(Property.TIMERS, fired + " was due before the one in front of it");
            }
            lastDueMs = fired.dueMs();
        }
        fates.forEach((value, fate) -> {
            int count = counts.getOrDefault(value, 0);
            if (count > 1) {
                history.report(Property.TIMERS, "timer " + value + " fired " + count + " times");
            } else if (fate == Fate.CANCELLED && count > 0) {
                history.report(Property.TIMERS, "timer " + value + " fired although it was cancelled");
            } else if (fate == Fate.SCHEDULED && count == 0) {
                history.report(Property.TIMERS, "timer " + value + " never fired");
            }
        });
    }
}
