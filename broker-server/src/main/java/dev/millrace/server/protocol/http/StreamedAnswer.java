package dev.millrace.server.protocol.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Sends a {@link BodyStream} on one connection, in chunks, and closes it behind the last. Thread: event loop. */
final class StreamedAnswer implements BodyStream.Out {
    /** Small, so that a slow client is seen to take something. */
    private static final int CHUNK_BYTES = 16 << 10;

    private static final long NOTHING_UNSENT = -1;

    private final ChannelHandlerContext context;
    private final BodyStream body;
    private Future<?> ticks;
    private long unsentBefore = NOTHING_UNSENT;
    private boolean ended;

    StreamedAnswer(ChannelHandlerContext context, BodyStream body) {
        this.context = context;
        this.body = body;
    }

    /** @param tickMs a client that takes nothing of what waits for it for so long is given up */
    void start(String contentType, int tickMs) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, contentType)
                .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set("x-content-type-options", "nosniff");
        context.writeAndFlush(head);
        ticks = context.executor().scheduleAtFixedRate(this::tick, tickMs, tickMs, TimeUnit.MILLISECONDS);
        body.start(this);
    }

    private void tick() {
        if (ended) {
            // It did not take its last piece.
            context.close();
            return;
        }
        if (context.channel().isWritable()) {
            unsentBefore = NOTHING_UNSENT;
            body.keepAlive();
            return;
        }
        long unsent = context.channel().bytesBeforeWritable();
        if (unsent == unsentBefore) {
            context.close();
        }
        unsentBefore = unsent;
    }

    @Override
    public void write(ByteBuf piece, Runnable afterwards) {
        if (ended) {
            piece.release();
            afterwards.run();
            return;
        }
        while (piece.readableBytes() > CHUNK_BYTES) {
            context.write(new DefaultHttpContent(piece.readRetainedSlice(CHUNK_BYTES)));
        }
        context.writeAndFlush(new DefaultHttpContent(piece)).addListener(sent -> afterwards.run());
    }

    @Override
    public boolean isWritable() {
        return !ended && context.channel().isWritable();
    }

    @Override
    public void end(ByteBuf last) {
        if (ended) {
            last.release();
            return;
        }
        ended = true;
        boolean taken = context.channel().isWritable();
        var sent = context.writeAndFlush(new DefaultLastHttpContent(last));
        if (taken) {
            sent.addListener(ChannelFutureListener.CLOSE);
        } else {
            // Whoever does not read what came before would not read this either.
            context.close();
        }
    }

    @Override
    public void execute(Runnable step) {
        context.executor().execute(step);
    }

    void onWritabilityChanged() {
        if (isWritable()) {
            body.onWritable();
        }
    }

    void stop() {
        body.stop();
    }

    void onClosed() {
        ended = true;
        ticks.cancel(false);
        body.onClosed();
    }
}
