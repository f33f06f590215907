package dev.millrace.architecture.broken.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.ReferenceCounted;
import java.util.List;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
public abstract class ShowsNetty implements ReferenceCounted {
    protected Channel channel;
    private ByteBuf hidden;

    public abstract void send(List<ByteBuf> buffers);

    abstract ByteBuf hidden();
}
