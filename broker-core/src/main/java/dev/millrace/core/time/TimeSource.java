package dev.millrace.core.time;

/** Where all time comes from, so that tests and the simulator can move it by hand. Thread-safe. */
public interface TimeSource {
    /** Wall clock. Units: milliseconds since 1970-01-01T00:00:00Z. May step backwards. */
    long nowMs();

    /** Monotonic clock for durations. Units: nanoseconds from an arbitrary origin. */
    long nanoTime();

    TimeSource SYSTEM = new TimeSource() {
        @Override
        public long nowMs() {
            return System.currentTimeMillis();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    };
}
