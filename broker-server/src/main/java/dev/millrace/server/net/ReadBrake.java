package dev.millrace.server.net;

import io.netty.channel.Channel;

/**
 * Pauses the reading of one connection while too much of it waits: requests without an answer, of this connection or of
 * all, or answers that the peer does not take. The peer then feels it through TCP, and nobody else does.
 *
 * <p>Thread: the connection's event loop.
 */
public final class ReadBrake {
    private final Channel channel;
    private final InFlightBytes total;
    private final long bytesMax;
    private final long unsentBytesMax;
    private long bytes;
    private boolean ownIsOver;
    private boolean totalIsOver;
    private boolean unsentIsOver;
    private boolean paused;

    /** @param unsentBytesMax answers beyond the channel's low water mark that the peer has not taken */
    public ReadBrake(Channel channel, InFlightBytes total, long bytesMax, long unsentBytesMax) {
        this.channel = channel;
        this.total = total;
        this.bytesMax = bytesMax;
        this.unsentBytesMax = unsentBytesMax;
    }

    /** A request came in. */
    public void add(long count) {
        bytes += count;
        total.add(count);
        ownIsOver |= bytes > bytesMax;
        if (!totalIsOver && total.isOver()) {
            totalIsOver = true;
            total.whenBelowHalf(() -> channel.eventLoop().execute(this::totalIsBelowHalf));
        }
        apply();
    }

    /** A request was answered, or its connection is gone. */
    public void release(long count) {
        bytes -= count;
        total.release(count);
        ownIsOver &= bytes > bytesMax / 2;
        apply();
    }

    /** Looks at how much the peer has left unread; call after writes and when writability changes. */
    public void checkUnsent() {
        if (channel.isWritable()) {
            unsentIsOver = false;
        } else if (channel.bytesBeforeWritable() > unsentBytesMax) {
            unsentIsOver = true;
        }
        apply();
    }

    public boolean isPaused() {
        return paused;
    }

    private void totalIsBelowHalf() {
        totalIsOver = false;
        apply();
    }

    private void apply() {
        boolean pause = ownIsOver || totalIsOver || unsentIsOver;
        if (pause == paused) {
            return;
        }
        paused = pause;
        if (pause) {
            total.countPause();
        }
        channel.config().setAutoRead(!pause);
    }
}
