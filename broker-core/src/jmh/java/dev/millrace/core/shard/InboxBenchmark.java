package dev.millrace.core.shard;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The queue before the shard: on one thread, so many requests a turn; and between an event loop and the shard. */
@State(Scope.Group)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class InboxBenchmark {
    private static final int SIZE_BYTES = 1024;
    private static final Object REQUEST = new Object();

    private final Inbox<Object> inbox = new Inbox<>(65_536, 256L << 20);

    /** A turn's worth of requests, by one thread. */
    @State(Scope.Thread)
    public static class Turn {
        private final Inbox<Object> inbox = new Inbox<>(65_536, 256L << 20);

        @Param({"1", "64", "1000"})
        public int requests;
    }

    @Benchmark
    @Group("turn")
    @GroupThreads(1)
    public List<Object> offerAndDrain(Turn turn) {
        for (int i = 0; i < turn.requests; i++) {
            turn.inbox.offer(REQUEST, 1, SIZE_BYTES);
        }
        return turn.inbox.drain(4096, 4L << 20);
    }

    /** Refused when full, which costs less: read it together with the drains. */
    @Benchmark
    @Group("apart")
    @GroupThreads(1)
    public boolean offer() {
        return inbox.offer(REQUEST, 1, SIZE_BYTES);
    }

    @Benchmark
    @Group("apart")
    @GroupThreads(1)
    public List<Object> drain() {
        return inbox.drain(4096, 4L << 20);
    }
}
