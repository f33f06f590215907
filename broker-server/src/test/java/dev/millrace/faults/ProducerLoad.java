package dev.millrace.faults;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.history.History;
import dev.millrace.history.Payload;
import dev.millrace.history.Property;
import dev.millrace.history.Writer;
import dev.millrace.system.LoadEnd;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One producer process: publishes at its rate until it is stopped, and notes every answer. */
final class ProducerLoad {
    private static final int IN_FLIGHT_MAX = 2000;
    private static final int KEYS = 500;
    private static final long TOLD_SECONDS_MAX = 60;

    private final Producer producer;
    private final History history;
    private final Writer writer;
    private final Load load;
    private final Random random;
    /** Fair: who pauses the producer asks for all of it. */
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX, true);

    private final Thread thread;
    private volatile boolean stopped;
    private boolean paused;

    ProducerLoad(MillraceClient client, History history, String name, Load load, long seed) {
        this.producer = client.producer().build();
        this.history = history;
        this.writer = history.writer(name, true).keyed(KEYS);
        this.load = load;
        this.random = new Random(seed);
        this.thread = new Thread(this::publishUntilStopped, "load-" + writer.number());
        thread.start();
    }

    private void publishUntilStopped() {
        long dueNanos = System.nanoTime();
        while (!stopped) {
            inFlight.acquireUninterruptibly();
            publish();
            if (load.ratePerSecond() > 0) {
                // An outage is not made up for by a burst.
                dueNanos = Math.max(dueNanos + 1_000_000_000L / load.ratePerSecond(), System.nanoTime() - 100_000_000);
                LockSupport.parkNanos(dueNanos - System.nanoTime());
            }
        }
    }

    private void publish() {
        long counter = writer.invoke();
        byte[] value = Payload.of(writer.number(), counter, random.nextInt(load.valueBytesMax()));
        Message message = Message.to(Workload.TOPIC)
                .key(Payload.key(writer.number(), counter, KEYS))
                .value(value);
        try {
            producer.publishAsync(message).whenComplete((receipt, error) -> answered(counter, receipt, error));
        } catch (MillraceException e) {
            answered(counter, null, e);
        }
    }

    private void answered(long counter, Receipt receipt, Throwable error) {
        if (error == null) {
            writer.ok(counter, receipt.partition(), receipt.offset());
        } else if (error instanceof MillraceException e && !e.outcomeUnknown()) {
            writer.failed(counter);
        } else {
            writer.unknown(counter);
        }
        inFlight.release();
    }

    long okCount() {
        return writer.okCount();
    }

    /** Publishes nothing from now on, and waits until all that was sent is answered; false where that takes longer. */
    boolean pause(Duration limit) throws InterruptedException {
        paused = inFlight.tryAcquire(IN_FLIGHT_MAX, limit.toMillis(), TimeUnit.MILLISECONDS);
        return paused;
    }

    /** Goes on where it was paused. */
    void resume() {
        if (paused) {
            paused = false;
            inFlight.release(IN_FLIGHT_MAX);
        }
    }

    /** Waits until all that was sent is answered. */
    void stop() throws InterruptedException {
        abandon();
        LoadEnd.await(thread, history);
        producer.close();
        // All is answered now; that the answers are noted may take a moment more.
        if (!inFlight.tryAcquire(IN_FLIGHT_MAX, TOLD_SECONDS_MAX, TimeUnit.SECONDS)) {
            history.report(Property.PROGRESS, this + " was not told what became of all that it published");
        }
    }

    void abandon() {
        stopped = true;
        resume();
    }

    @Override
    public String toString() {
        return "producer " + writer.number();
    }
}
