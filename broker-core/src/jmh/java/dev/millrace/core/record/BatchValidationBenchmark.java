package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a publish costs before it is queued: header, checksum and every record of one batch. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchValidationBenchmark {
    private static final BatchLimits LIMITS = BatchLimits.ofBytes(16 << 20);

    private ByteBuffer batch;

    @Setup
    public void build(BatchShape shape) {
        batch = shape.directBatch();
    }

    /** As the broker does it. */
    @Benchmark
    public BatchCheck deepCheck() {
        return BatchValidator.deepCheck(batch, LIMITS);
    }

    /** The part of it that the checksum is. */
    @Benchmark
    public boolean checksum() {
        return RecordBatch.at(batch, 0).checksumValid();
    }
}
