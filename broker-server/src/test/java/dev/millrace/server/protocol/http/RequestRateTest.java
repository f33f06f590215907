package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.time.TimeSource;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestRateTest {
    private final AtomicLong nanos = new AtomicLong(-5);
    private final TimeSource time = new TimeSource() {
        @Override
        public long nowMs() {
            return 0;
        }

        @Override
        public long nanoTime() {
            return nanos.get();
        }
    };

    private static InetAddress address(int last) throws Exception {
        return InetAddress.getByAddress(new byte[] {10, 0, (byte) (last >> 8), (byte) last});
    }

    @Test
    void admitsASecondsWorthAtOnceAndThenSoManyPerSecond() throws Exception {
        RequestRate rate = new RequestRate(10, time);
        for (int i = 0; i < 10; i++) {
            assertThat(rate.admits(address(1))).isTrue();
        }
        assertThat(rate.admits(address(1))).isFalse();
        assertThat(rate.admits(address(2))).as("another address").isTrue();
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(150));
        assertThat(rate.admits(address(1))).isTrue();
        assertThat(rate.admits(address(1))).isFalse();
        nanos.addAndGet(TimeUnit.HOURS.toNanos(1));
        for (int i = 0; i < 10; i++) {
            assertThat(rate.admits(address(1))).isTrue();
        }
        assertThat(rate.admits(address(1))).as("saves no more than a second").isFalse();
    }

    @Test
    void noLimitAdmitsAll() throws Exception {
        RequestRate rate = new RequestRate(0, time);
        for (int i = 0; i < 100_000; i++) {
            assertThat(rate.admits(address(1))).isTrue();
        }
    }

    @Test
    void forgetsTheAddressesThatWereSeenLongestAgo() throws Exception {
        RequestRate rate = new RequestRate(1, time);
        for (int i = 0; i < 2_000; i++) {
            assertThat(rate.admits(address(i))).isTrue();
        }
        assertThat(rate.admits(address(1_999))).isFalse();
        assertThat(rate.admits(address(0))).isTrue();
    }
}
