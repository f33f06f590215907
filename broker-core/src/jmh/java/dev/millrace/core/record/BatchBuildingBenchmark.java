package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a publishing client spends on one batch: encoding its records, compressing them, the checksum. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchBuildingBenchmark {
    private BatchShape.Content[] contents;
    private RecordBatchBuilder builder;

    @Setup
    public void prepare(BatchShape shape) {
        contents = shape.contents();
        builder = shape.builder();
    }

    @Benchmark
    public ByteBuffer build() {
        builder.reset();
        for (BatchShape.Content content : contents) {
            builder.append(BatchShape.TIME_MS, content.key(), content.value(), List.of());
        }
        return builder.build();
    }
}
