package dev.millrace.server.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Deals one publishing thread its records: topics in turn, keys and payloads from the pools. <em>Thread:</em> one.
 *
 * <p>With a stamp a payload begins with the number of the run and the time from which it counts, both 8 bytes.
 */
final class RecordSource {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final String[] topics;
    private final PayloadPool payloads;
    private final KeyPool keys;
    private int nextTopic;
    private int nextPayload;
    private int nextKey;

    RecordSource(List<String> topics, PayloadPool payloads, KeyPool keys, SplittableRandom random) {
        this.topics = topics.toArray(String[]::new);
        this.payloads = payloads;
        this.keys = keys;
        nextTopic = random.nextInt(this.topics.length);
        nextPayload = random.nextInt(payloads.count());
        nextKey = random.nextInt(keys.count());
    }

    String topic() {
        int index = nextTopic;
        nextTopic = index + 1 == topics.length ? 0 : index + 1;
        return topics[index];
    }

    byte[] key() {
        int index = nextKey;
        nextKey = index + 1 == keys.count() ? 0 : index + 1;
        return keys.get(index);
    }

    byte[] value() {
        int index = nextPayload;
        nextPayload = index + 1 == payloads.count() ? 0 : index + 1;
        return payloads.get(index);
    }

    byte[] stampedValue(long run, long startNanos) {
        byte[] value = value().clone();
        LONGS.set(value, 0, run);
        LONGS.set(value, Long.BYTES, startNanos);
        return value;
    }

    /** Whether the value was stamped by this run. */
    static boolean isOf(long run, byte[] value) {
        return value != null && value.length >= BenchPlan.STAMP_BYTES && (long) LONGS.get(value, 0) == run;
    }

    static long startNanos(byte[] value) {
        return (long) LONGS.get(value, Long.BYTES);
    }
}
