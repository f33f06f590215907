package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** Speaks the native protocol over a plain blocking socket, and can say anything wrong. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MS = 10_000;

    private final Socket socket = new Socket();
    private final DataInputStream in;

    RawClient(InetSocketAddress address) throws IOException {
        this(address, 0);
    }

    /** @param receiveBufferBytes small, for a peer that soon takes nothing more; 0 for the system's */
    RawClient(InetSocketAddress address, int receiveBufferBytes) throws IOException {
        if (receiveBufferBytes > 0) {
            socket.setReceiveBufferSize(receiveBufferBytes);
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MS);
        socket.connect(address, PATIENCE_MS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Connects and says hello. */
    static RawClient greeted(InetSocketAddress address) throws IOException {
        return new RawClient(address).hello();
    }

    RawClient hello() throws IOException {
        send(1, new Frames.Hello(1, 1, 0, "raw", "test"));
        assertThat(read().frame()).isInstanceOf(Frames.HelloOk.class);
        return this;
    }

    void send(int requestId, Frame frame) throws IOException {
        send(FrameCodec.encode(requestId, frame));
    }

    void send(ByteBuffer bytes) throws IOException {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        send(copy);
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    FrameCodec.Envelope read() throws IOException {
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return FrameCodec.decode(ByteBuffer.wrap(body));
    }

    <F extends Frame> F read(int requestId, Class<F> type) throws IOException {
        FrameCodec.Envelope envelope = read();
        assertThat(envelope.frame()).isInstanceOf(type);
        assertThat(envelope.requestId()).isEqualTo(requestId);
        return type.cast(envelope.frame());
    }

    Frames.Error readError(int requestId, Fault fault) throws IOException {
        Frames.Error error = read(requestId, Frames.Error.class);
        assertThat(Fault.ofCode(error.code())).isEqualTo(fault);
        return error;
    }

    <F extends Frame> F ask(int requestId, Frame request, Class<F> answer) throws IOException {
        send(requestId, request);
        return read(requestId, answer);
    }

    /** The broker has closed, without anything more to read. */
    void assertClosed() throws IOException {
        try {
            int next = in.read();
            assertThat(next).as("end of stream").isEqualTo(-1);
        } catch (EOFException | java.net.SocketException closed) {
            return;
        }
    }

    /** Nothing has come that was not read; a PING proves it, since its answer comes after all that was sent before. */
    void assertQuiet() throws IOException {
        int id = 0x7fffffff;
        send(id, new Frames.Ping());
        read(id, Frames.Pong.class);
    }

    int available() throws IOException {
        return in.available();
    }

    void timeoutMs(int ms) throws IOException {
        socket.setSoTimeout(ms);
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
