package dev.millrace.server.protocol.wire;

import dev.millrace.server.net.PeerMemory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * Watches what a peer has not taken. All that waits for it at one moment is a mark; the peer has moved when everything
 * before the mark is out, and gets a new one. So a peer that reads along moves all the time, also under full load, and
 * one that takes a byte now and then does not.
 *
 * <p>Thread: event loop.
 */
final class UnsentBytes implements PeerMemory.Holder {
    /** Less than this is not worth an account. */
    private static final long SMALL_BYTES = 4 << 10;

    private final ChannelHandlerContext context;
    private final Outbox outbox;
    private final PeerMemory peers;
    private final PeerMemory.Holding holding;
    private final Runnable onCutOff;
    private long mark;

    UnsentBytes(ChannelHandlerContext context, Outbox outbox, PeerMemory peers, Runnable onCutOff) {
        this.context = context;
        this.outbox = outbox;
        this.peers = peers;
        this.onCutOff = onCutOff;
        this.holding = peers.open(context.executor(), this);
    }

    /** To be called after each flush. */
    void look() {
        long unsent = bytes();
        boolean moved = unsent < SMALL_BYTES || hasMoved();
        if (moved) {
            mark = outbox.bytesWritten();
        }
        holding.hold(unsent < SMALL_BYTES ? 0 : unsent, moved);
    }

    @Override
    public boolean hasMoved() {
        return outbox.bytesWritten() - bytes() >= mark;
    }

    @Override
    public void cutOff() {
        onCutOff.run();
    }

    void close() {
        holding.hold(0, true);
    }

    long bytes() {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /** What this connection may leave unsent at present. */
    long share() {
        return peers.share();
    }
}
