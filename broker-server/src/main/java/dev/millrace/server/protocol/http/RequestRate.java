package dev.millrace.server.protocol.http;

import dev.millrace.core.time.TimeSource;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many requests the clients at one address may still send: as many as a second allows at once, and then as many each
 * second. Remembers the addresses that were seen last. Thread: any.
 */
final class RequestRate {
    private static final int ADDRESSES_MAX = 1_024;
    private static final double NANOS_PER_SECOND = 1e9;

    private final int perSecond;
    private final TimeSource time;
    private final Map<InetAddress, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Bucket> eldest) {
            return size() > ADDRESSES_MAX;
        }
    };

    private static final class Bucket {
        private double left;
        private long filledNanos;

        Bucket(double left, long filledNanos) {
            this.left = left;
            this.filledNanos = filledNanos;
        }
    }

    /** @param perSecond 0 for no limit */
    RequestRate(int perSecond, TimeSource time) {
        this.perSecond = perSecond;
        this.time = time;
    }

    int perSecond() {
        return perSecond;
    }

    /** Takes one request off; false where there is none left. */
    boolean admits(InetAddress address) {
        if (perSecond == 0) {
            return true;
        }
        long nowNanos = time.nanoTime();
        synchronized (buckets) {
            Bucket bucket = buckets.computeIfAbsent(address, absent -> new Bucket(perSecond, nowNanos));
            double refill = (nowNanos - bucket.filledNanos) / NANOS_PER_SECOND * perSecond;
            bucket.left = Math.min(perSecond, bucket.left + refill);
            bucket.filledNanos = nowNanos;
            if (bucket.left < 1) {
                return false;
            }
            bucket.left--;
            return true;
        }
    }
}
