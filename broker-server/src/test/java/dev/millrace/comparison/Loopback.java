package dev.millrace.comparison;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** The two ends of a blocking TCP connection over the loopback interface. */
record Loopback(SocketChannel near, SocketChannel far) implements AutoCloseable {
    static Loopback open() throws IOException {
        try (ServerSocketChannel server =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            SocketChannel near = SocketChannel.open(server.getLocalAddress());
            SocketChannel far = server.accept();
            near.setOption(StandardSocketOptions.TCP_NODELAY, true);
            far.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return new Loopback(near, far);
        }
    }

    /** Returns when all of it is written. */
    static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Returns when the buffer is full; false where the other end closed. */
    static boolean fill(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Reads what is there, at least one byte. */
    static void readSome(SocketChannel channel, ByteBuffer bytes) throws IOException {
        if (channel.read(bytes) < 0) {
            throw new EOFException("the other end closed the connection");
        }
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
    }
}
