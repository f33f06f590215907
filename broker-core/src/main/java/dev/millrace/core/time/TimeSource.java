package dev.millrace.core.time;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where all time comes from, so that tests and the simulator can move it by hand. Thread-safe. */
public interface TimeSource {
    /** Wall clock. Units: milliseconds since 1970-01-01T00:00:00Z. May step backwards. */
    long nowMs();

    /** Monotonic clock for durations. Units: nanoseconds from an arbitrary origin. */
    long nanoTime();

    /** Names the time since the machine was started, in which {@link #nanoTime} is one clock for all; empty where unknown. */
    default String bootId() {
        return "";
    }

    TimeSource SYSTEM = new TimeSource() {
        @Override
        public long nowMs() {
            return System.currentTimeMillis();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public String bootId() {
            try {
                return Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                        .strip();
            } catch (IOException | RuntimeException notLinux) {
                return "";
            }
        }
    };
}
