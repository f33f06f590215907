package dev.millrace.server.protocol;

import dev.millrace.core.error.Fault;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.concurrent.CompletableFuture;

/** Speaks one protocol on the connections of one listener, and translates it to calls of the broker. Thread: any. */
public interface ProtocolAdapter {
    /** Short, for logs and metric labels: native, http. */
    String name();

    /** Sets up a fresh connection. Thread: the connection's event loop. */
    void accept(Channel channel);

    /** What a connection hears that is refused; the caller owns the buffer. */
    ByteBuf refusal(Fault fault, String detail);

    /**
     * Refuses new requests, answers those accepted, then closes the connections.
     *
     * @return completes when the last connection is closed; the caller decides how long it waits
     */
    CompletableFuture<Void> drain();
}
