package dev.millrace.faults;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.history.Payload;
import dev.millrace.history.Writer;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/** One producer process: publishes at its rate until it is stopped, and notes every answer. */
final class ProducerLoad {
    private static final int IN_FLIGHT_MAX = 2000;
    private static final int KEYS = 500;

    private final Producer producer;
    private final Writer writer;
    private final Load load;
    private final Random random;
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
    private final Thread thread;
    private volatile boolean stopped;

    ProducerLoad(MillraceClient client, Writer writer, Load load, long seed) {
        this.producer = client.producer().build();
        this.writer = writer;
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

    /** Waits until all that was sent is answered. */
    void stop() throws InterruptedException {
        abandon();
        thread.join();
        producer.close();
    }

    void abandon() {
        stopped = true;
    }

    @Override
    public String toString() {
        return "producer " + writer.number();
    }
}
