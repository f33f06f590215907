package dev.millrace.server.bench;

import dev.millrace.server.bench.LatencyRecorder.Measured;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What a run measured, and where.
 *
 * @param published null where nothing was measured while publishing
 * @param delivered null where nothing was read
 * @param unsent records that were due but that client and broker did not take in time
 * @param brokerCpuSeconds null where unknown
 * @param topicsCreated by the run, in {@code createSeconds}
 */
public record BenchReport(
        BenchPlan plan,
        Flow published,
        Flow delivered,
        long unsent,
        double clientCpuSeconds,
        Double brokerCpuSeconds,
        Surroundings surroundings,
        int topicsCreated,
        double createSeconds,
        List<Second> series) {
    private static final double MEBIBYTE = 1 << 20;
    private static final double MICROS_PER_MS = 1000;

    public BenchReport {
        series = List.copyOf(series);
    }

    /** What the run is about: published, except where only reading was measured. */
    public Flow headline() {
        return published == null ? delivered : published;
    }

    /** The run's own latency; null where none was measured. */
    public Latency latency() {
        return plan.window().subject() == BenchPlan.Subject.DELIVERIES
                ? delivered.latency()
                : headline().latency();
    }

    public long errors() {
        return (published == null ? 0 : published.errors()) + (delivered == null ? 0 : delivered.errors());
    }

    /** The message of the first failure; null where nothing failed. */
    public String firstError() {
        if (published != null && published.firstError() != null) return published.firstError();
        return delivered == null ? null : delivered.firstError();
    }

    /** Writes the percentiles of {@link #latency()} as HdrHistogram's tools read them, in milliseconds. */
    public void writeHistogram(PrintStream out) {
        Latency latency = latency();
        if (latency == null) {
            throw new BenchException("this run measured no latency, so there is nothing to write for --hgrm.");
        }
        latency.micros.outputPercentileDistribution(out, MICROS_PER_MS);
    }

    /**
     * Records that went one way.
     *
     * @param seconds from the start of the measurement to the last of them
     * @param latency null where none was measured
     * @param firstError null where nothing failed
     */
    public record Flow(long records, long bytes, double seconds, Latency latency, long errors, String firstError) {
        static Flow of(Measured measured, long startNanos) {
            double seconds = measured.records() == 0 ? 0 : (measured.lastNanos() - startNanos) / 1e9;
            Throwable failure = measured.firstFailure();
            return new Flow(
                    measured.records(),
                    measured.bytes(),
                    Math.max(seconds, measured.records() == 0 ? 0 : 1e-6),
                    Latency.of(measured.latencyMicros),
                    measured.errors(),
                    failure == null ? null : String.valueOf(failure.getMessage()));
        }

        public double recordsPerSecond() {
            return records == 0 ? 0 : records / seconds;
        }

        public double mebibytesPerSecond() {
            return records == 0 ? 0 : bytes / seconds / MEBIBYTE;
        }
    }

    /** Percentiles, in milliseconds. */
    public static final class Latency {
        private final Histogram micros;

        private Latency(Histogram micros) {
            this.micros = micros;
        }

        static Latency of(Histogram micros) {
            return micros.getTotalCount() == 0 ? null : new Latency(micros);
        }

        /** @param percentile 0 to 100 */
        public double atPercentile(double percentile) {
            return micros.getValueAtPercentile(percentile) / MICROS_PER_MS;
        }

        public double mean() {
            return micros.getMean() / MICROS_PER_MS;
        }

        public double max() {
            return micros.getMaxValue() / MICROS_PER_MS;
        }
    }

    /**
     * One second of the measurement.
     *
     * @param latency null where none was measured
     */
    public record Second(double fromSeconds, double seconds, long records, long bytes, Latency latency, long errors) {
        static Second of(Measured since, long fromNanos, long lengthNanos) {
            double unit = TimeUnit.SECONDS.toNanos(1);
            return new Second(
                    fromNanos / unit,
                    lengthNanos / unit,
                    since.records(),
                    since.bytes(),
                    Latency.of(since.latencyMicros),
                    since.errors());
        }
    }
}
