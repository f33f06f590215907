package dev.millrace.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ListenerTest {
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress("127.0.0.1", 0);

    private EventLoops loops = EventLoops.start(1);

    @AfterEach
    void stop() {
        loops.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void acceptsAgainAfterFileDescriptorsRanOut(boolean nio) throws IOException {
        if (nio) {
            loops.close();
            loops = EventLoops.startNio(1);
        }
        try (Listener listener = listen(new ConnectionGate(10))) {
            assertThat(greeting(listener)).isEqualTo("hi");
            listener.channel().pipeline().fireExceptionCaught(new IOException("Too many open files"));
            // It waits in the backlog meanwhile, and is served after the pause.
            assertThat(greeting(listener)).isEqualTo("hi");
            assertThat(listener.channel().isOpen()).isTrue();
        }
    }

    @Test
    void servesThoseWithinTheLimitWhileManyAreRefused() throws IOException {
        ConnectionGate gate = new ConnectionGate(1);
        try (Listener listener = listen(gate);
                Socket admitted = connect(listener)) {
            assertThat(admitted.getInputStream().read()).isEqualTo('h');
            for (int i = 0; i < 200; i++) {
                try (Socket refused = connect(listener)) {
                    assertThat(refused.getInputStream().readNBytes(2)).isIn(bytes("no"), bytes(""));
                }
            }
            assertThat(admitted.getInputStream().read()).isEqualTo('i');
            assertThat(gate.open()).isEqualTo(1);
            assertThat(gate.refused()).isEqualTo(200);
        }
    }

    private Listener listen(ConnectionGate gate) {
        return Listener.bind(
                loops,
                ANY_PORT,
                gate,
                new Listener.Service(
                        "test",
                        "test.bind",
                        ListenerTest::greet,
                        detail -> Unpooled.copiedBuffer("no", StandardCharsets.US_ASCII)));
    }

    private static void greet(Channel channel) {
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext active) {
                active.writeAndFlush(Unpooled.copiedBuffer("hi", StandardCharsets.US_ASCII));
            }
        });
    }

    private static String greeting(Listener listener) throws IOException {
        try (Socket socket = connect(listener)) {
            return new String(socket.getInputStream().readNBytes(2), StandardCharsets.US_ASCII);
        }
    }

    private static Socket connect(Listener listener) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(10_000);
        socket.connect(listener.address());
        return socket;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
