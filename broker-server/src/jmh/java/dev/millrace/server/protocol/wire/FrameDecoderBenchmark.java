package dev.millrace.server.protocol.wire;

import dev.millrace.core.record.BatchShape;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.server.net.PeerMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Cuts a publish out of the byte stream and decodes it; {@code readBytes} is what one read from the socket brings. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FrameDecoderBenchmark {
    private static final int FRAME_BYTES_MAX = 16 << 20;

    @Param({"2048", "131072"})
    public int readBytes;

    private EmbeddedChannel channel;
    private ByteBuf stream;
    private int requestId;

    @Setup
    public void open(BatchShape shape) {
        ByteBuffer frame = FrameCodec.encode(1, new Frames.Publish(new UUID(1, 2), 3, shape.batch()));
        stream = PooledByteBufAllocator.DEFAULT.directBuffer(frame.remaining()).writeBytes(frame);
        channel = new EmbeddedChannel(
                new FrameDecoder(FRAME_BYTES_MAX, new PeerMemory(128L << 20), () -> false), new Taker());
    }

    /** What comes after the decoder: takes the frame and lets it go. */
    private final class Taker extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf frame = (ByteBuf) message;
            requestId = FrameCodec.decode(frame.nioBuffer()).requestId();
            frame.release();
        }
    }

    @Benchmark
    public int decode() {
        for (int at = 0; at < stream.readableBytes(); at += readBytes) {
            channel.pipeline()
                    .fireChannelRead(stream.retainedSlice(at, Math.min(readBytes, stream.readableBytes() - at)));
        }
        return requestId;
    }

    @TearDown
    public void close() {
        channel.close();
        stream.release();
    }
}
