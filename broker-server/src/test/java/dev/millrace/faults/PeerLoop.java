package dev.millrace.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The client's side of a power cut, the same for every broker: publishes numbered records and prints each number as it is
 * acknowledged, or reads all records back and prints their numbers. Runs in a process of its own.
 */
public final class PeerLoop {
    private static final int RECORD_BYTES = 100;
    private static final int RECORDS_PER_SECOND = 2000;
    private static final int IN_FLIGHT_MAX = 1000;

    private final Broker broker;
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);

    private PeerLoop(Broker broker) {
        this.broker = broker;
    }

    /** What the loop needs of a broker: one topic or queue. */
    public interface Broker {
        /** Makes the topic or queue. */
        void create() throws Exception;

        /** Completes when the broker acknowledged the record in the way that it calls safe. */
        CompletionStage<?> publish(byte[] record) throws Exception;

        /** Hands over all records that are there. */
        void readAll(Consumer<byte[]> sink) throws Exception;
    }

    /** Runs the verb {@code publish} or {@code read} and ends the process, with status 1 where that fails. */
    public static void run(Broker broker, String verb) {
        try {
            new PeerLoop(broker).run(verb);
            System.exit(0);
        } catch (Exception e) {
            // The clients' own threads would keep the process alive.
            e.printStackTrace();
            System.exit(1);
        }
    }

    private void run(String verb) throws Exception {
        if (verb.equals("publish")) {
            broker.create();
            System.out.println("ready");
            System.in.read();
            publishUntilKilled();
        }
        broker.readAll(record -> System.out.println(number(record)));
        System.out.println("end");
    }

    private void publishUntilKilled() throws Exception {
        long dueNanos = System.nanoTime();
        for (long number = 0; ; number++) {
            inFlight.acquire();
            publish(number);
            // A slow moment is not made up for by a burst.
            dueNanos = Math.max(dueNanos + 1_000_000_000L / RECORDS_PER_SECOND, System.nanoTime() - 100_000_000);
            LockSupport.parkNanos(dueNanos - System.nanoTime());
        }
    }

    private void publish(long number) throws Exception {
        broker.publish(record(number)).whenComplete((receipt, error) -> {
            if (error == null) {
                System.out.println(number);
            } else {
                System.err.println("not acknowledged: " + number + ": " + error);
            }
            inFlight.release();
        });
    }

    private static byte[] record(long number) {
        byte[] record = new byte[RECORD_BYTES];
        Arrays.fill(record, (byte) '.');
        byte[] digits = String.format("%020d", number).getBytes(US_ASCII);
        System.arraycopy(digits, 0, record, 0, digits.length);
        return record;
    }

    private static long number(byte[] record) {
        return Long.parseLong(new String(record, 0, 20, US_ASCII));
    }
}
