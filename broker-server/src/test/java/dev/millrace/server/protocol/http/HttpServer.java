package dev.millrace.server.protocol.http;

import dev.millrace.core.error.Fault;
import dev.millrace.server.metrics.DeliveryMeters;
import dev.millrace.server.metrics.ProtocolMeters;
import dev.millrace.server.net.ConnectionGate;
import dev.millrace.server.net.EventLoops;
import dev.millrace.server.net.Listener;
import io.netty.util.ResourceLeakDetector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** An HTTP listener on a free port whose answers the test sets. */
final class HttpServer implements AutoCloseable {
    static {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    volatile Health live = Health.ok("live");
    volatile Health ready = Health.ok("ready");
    volatile Supplier<String> metrics = () -> "metric 1\n";
    final ProtocolMeters meters = new ProtocolMeters("http", new DeliveryMeters(500));
    final HttpProtocol protocol;
    private final EventLoops loops = EventLoops.start(1);
    private final Listener listener;

    HttpServer(int connectionsMax, int timeoutMs) {
        this(connectionsMax, timeoutMs, true);
    }

    HttpServer(int connectionsMax, int timeoutMs, boolean started) {
        protocol = new HttpProtocol(
                new HttpOptions(() -> live, () -> ready, () -> metrics.get(), 1_000, 0, timeoutMs, timeoutMs), meters);
        if (started) {
            protocol.routes().open(List.of());
        }
        listener = Listener.bind(
                loops,
                new InetSocketAddress("127.0.0.1", 0),
                new ConnectionGate(connectionsMax),
                new Listener.Service(
                        "http",
                        "listeners.http.bind",
                        protocol::accept,
                        detail -> protocol.refusal(Fault.TOO_MANY_CONNECTIONS, detail)));
    }

    InetSocketAddress address() {
        return listener.address();
    }

    Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(10_000);
        socket.connect(address());
        return socket;
    }

    /** Sends the text, and reads all until the server closes. */
    String exchange(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return readAll(socket);
        }
    }

    static String readAll(Socket socket) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        socket.getInputStream().transferTo(bytes);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        listener.close();
        protocol.drain().orTimeout(10, TimeUnit.SECONDS).join();
        loops.close();
    }
}
