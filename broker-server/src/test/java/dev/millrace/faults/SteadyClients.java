package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Two clients that behave: one publishes at a fixed rate, one reads along. They measure what others do to them. A
 * latency counts from the moment at which the message was due, so that a stall is seen by all messages that it delays.
 */
final class SteadyClients implements AutoCloseable {
    static final int MESSAGES_PER_SECOND = 500;
    private static final String TOPIC = "steady";
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1) / MESSAGES_PER_SECOND;
    private static final int VALUE_BYTES = 200;

    private final MillraceClient producing;
    private final MillraceClient consuming;
    private final Producer producer;
    private final Consumer consumer;
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Samples acknowledged = new Samples();
    private final Samples delivered = new Samples();
    private final AtomicLong publishedCount = new AtomicLong();
    private final AtomicLong acknowledgedCount = new AtomicLong();
    private final AtomicLong deliveredCount = new AtomicLong();
    /** After the stop one more may be published: the publisher was waiting until it is due. */
    private volatile boolean allPublished;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread publishing = new Thread(this::publish, "steady-producer");
    private final Thread polling = new Thread(this::poll, "steady-consumer");

    /** Latencies of one window. Units: microseconds. */
    record Window(double acknowledgedP50, double acknowledgedP99, double deliveredP50, double deliveredP99) {
        /** The median of each figure over several windows: one hiccup of the machine moves one window only. */
        static Window median(List<Window> windows) {
            return new Window(
                    median(windows.stream().mapToDouble(Window::acknowledgedP50).toArray()),
                    median(windows.stream().mapToDouble(Window::acknowledgedP99).toArray()),
                    median(windows.stream().mapToDouble(Window::deliveredP50).toArray()),
                    median(windows.stream().mapToDouble(Window::deliveredP99).toArray()));
        }

        private static double median(double[] values) {
            Arrays.sort(values);
            int middle = values.length / 2;
            return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
        }
    }

    private static final class Samples {
        private long[] nanos = new long[1 << 16];
        private int count;

        synchronized void add(long latencyNanos) {
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
            nanos[count++] = latencyNanos;
        }

        synchronized long[] drainSorted() {
            long[] sorted = Arrays.copyOf(nanos, count);
            count = 0;
            Arrays.sort(sorted);
            return sorted;
        }
    }

    SteadyClients(String server) {
        producing = connect(server);
        consuming = connect(server);
        producing.admin().createTopic(TOPIC, 1);
        consumer = consuming.consumer().topics(TOPIC).from(StartFrom.earliest()).open();
        producer = producing.producer().build();
        polling.start();
        publishing.start();
    }

    private static MillraceClient connect(String server) {
        return MillraceClient.builder().server(server).clientId("steady").build();
    }

    private void publish() {
        long due = System.nanoTime();
        try {
            for (long n = 0; stop.getCount() > 0; n++) {
                due += PERIOD_NANOS;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                publishOne(n, due);
            }
        } catch (RuntimeException e) {
            failures.add(e);
        } finally {
            allPublished = true;
        }
    }

    private void publishOne(long number, long dueNanos) {
        byte[] value = ByteBuffer.allocate(VALUE_BYTES)
                .putLong(number)
                .putLong(dueNanos)
                .array();
        publishedCount.incrementAndGet();
        producer.publishAsync(Message.to(TOPIC).value(value)).whenComplete((receipt, error) -> {
            acknowledged.add(System.nanoTime() - dueNanos);
            if (error != null) {
                failures.add(error);
            } else if (receipt.duplicate() || receipt.offset() != number) {
                failures.add(new AssertionError("message " + number + " acknowledged as " + receipt));
            }
            acknowledgedCount.incrementAndGet();
        });
    }

    private void poll() {
        long next = 0;
        try {
            while (!allPublished || deliveredCount.get() < publishedCount.get()) {
                for (ReceivedMessage message : consumer.poll(Duration.ofSeconds(1))) {
                    ByteBuffer value = ByteBuffer.wrap(message.value());
                    long number = value.getLong();
                    if (number != next++) {
                        failures.add(new AssertionError("message " + number + " where " + (next - 1) + " is next"));
                        return;
                    }
                    delivered.add(System.nanoTime() - value.getLong());
                    deliveredCount.incrementAndGet();
                }
            }
        } catch (RuntimeException e) {
            failures.add(e);
        }
    }

    /** Measures for so many windows, one after the other. */
    List<Window> measure(int windowCount, long windowMs) throws InterruptedException {
        List<Window> windows = new ArrayList<>();
        acknowledged.drainSorted();
        delivered.drainSorted();
        for (int i = 0; i < windowCount; i++) {
            assertThat(stop.await(windowMs, TimeUnit.MILLISECONDS)).isFalse();
            long[] ack = acknowledged.drainSorted();
            long[] delivery = delivered.drainSorted();
            long expected = windowMs * MESSAGES_PER_SECOND / 1000;
            assertThat(ack.length).as("acknowledgements in a window").isGreaterThan((int) (expected / 2));
            assertThat(delivery.length).as("deliveries in a window").isGreaterThan((int) (expected / 2));
            windows.add(new Window(
                    quantile(ack, 0.5), quantile(ack, 0.99), quantile(delivery, 0.5), quantile(delivery, 0.99)));
        }
        assertUnharmed();
        return windows;
    }

    private static double quantile(long[] sortedNanos, double quantile) {
        return sortedNanos[(int) Math.min(sortedNanos.length - 1, quantile * sortedNanos.length)] / 1e3;
    }

    void assertUnharmed() {
        assertThat(failures).as("what the well-behaved clients met").isEmpty();
    }

    /** Stops, and demands that everything published was acknowledged and delivered, once and in order. */
    long finish() throws InterruptedException {
        stop.countDown();
        publishing.join(TimeUnit.SECONDS.toMillis(60));
        producer.flush();
        awaitCallbacks();
        polling.join(TimeUnit.SECONDS.toMillis(60));
        assertUnharmed();
        assertThat(acknowledgedCount).hasValue(publishedCount.get());
        assertThat(deliveredCount).hasValue(publishedCount.get());
        return publishedCount.get();
    }

    /** The futures are complete; what depends on them may still be running. */
    private void awaitCallbacks() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (acknowledgedCount.get() < publishedCount.get() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Override
    public void close() {
        stop.countDown();
        producing.close();
        consuming.close();
    }
}
