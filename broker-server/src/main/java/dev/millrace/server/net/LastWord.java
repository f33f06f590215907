package dev.millrace.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection so that the peer can read why. A plain close with input still unread resets the connection, and
 * the reset throws away what was just sent; so the output is shut first, and input is discarded for a moment.
 */
public final class LastWord {
    /** Longer than a round trip, short enough that refused connections cannot pile up. */
    private static final long LINGER_MS = 1_000;

    private LastWord() {}

    /** Sends {@code word}, which it owns, and closes. Thread: the channel's event loop. */
    public static void say(Channel channel, ByteBuf word) {
        if (!channel.isActive() || channel.pipeline().get(Discard.class) != null) {
            word.release();
            return;
        }
        Discard discard = new Discard();
        channel.pipeline().addFirst(discard);
        var deadline = channel.eventLoop().schedule(() -> channel.close(), LINGER_MS, TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(closed -> deadline.cancel(false));
        // From the first handler, past all encoders: the word is bytes already.
        channel.pipeline().context(discard).writeAndFlush(word).addListener((ChannelFutureListener) sent -> {
            if (sent.isSuccess() && channel instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            } else {
                channel.close();
            }
        });
        // Also a paused connection must see the peer's end.
        channel.config().setAutoRead(true);
    }

    private static final class Discard extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }
    }
}
