package dev.millrace.core.wire;

import dev.millrace.core.record.BatchShape;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The envelope of a publish and of its answer; the payload is never copied, so its size must not matter. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FrameCodecBenchmark {
    private static final int REQUEST_ID = 4711;

    private Frame publish;
    private Frame published;
    private ByteBuffer publishBody;

    @Setup
    public void build(BatchShape shape) {
        publish = new Frames.Publish(new UUID(1, 2), 3, shape.directBatch());
        published = new Frames.Published(1L << 40, BatchShape.TIME_MS, false);
        ByteBuffer whole = FrameCodec.encode(REQUEST_ID, publish);
        int bodyBytes = whole.remaining() - FrameCodec.LENGTH_BYTES;
        publishBody = ByteBuffer.allocateDirect(bodyBytes)
                .put(whole.slice(FrameCodec.LENGTH_BYTES, bodyBytes))
                .flip();
    }

    @Benchmark
    public FrameCodec.Envelope decodePublish() {
        return FrameCodec.decode(publishBody);
    }

    @Benchmark
    public ByteBuffer encodePublishHead() {
        return FrameCodec.encodeHead(REQUEST_ID, publish);
    }

    @Benchmark
    public ByteBuffer encodePublished() {
        return FrameCodec.encodeHead(REQUEST_ID, published);
    }
}
