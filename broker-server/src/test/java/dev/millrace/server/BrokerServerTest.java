package dev.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.BrokerStatus;
import dev.millrace.core.error.Fault;
import dev.millrace.core.storage.RecoveryWatch;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.server.net.ListenException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BrokerServerTest {
    @TempDir
    private Path directory;

    private final FakeBroker broker = new FakeBroker();

    @Test
    void isNotReadyButAliveWhileTheLogIsRecovered() throws Exception {
        int httpPort = freePort();
        CompletableFuture<Void> recovery = new CompletableFuture<>();
        CompletableFuture<Void> recovering = new CompletableFuture<>();
        CompletableFuture<BrokerServer> opening =
                CompletableFuture.supplyAsync(() -> BrokerServer.open(options(0, httpPort), watch -> {
                    watch.onStep(RecoveryWatch.Step.REPLAYING, 300L << 20);
                    recovering.complete(null);
                    recovery.join();
                    return broker;
                }));
        recovering.join();
        assertThat(get(httpPort, "/health/ready").body())
                .contains("\"status\":\"starting\"", "the write-ahead log is being replayed: 300.0 MiB to replay, 0 s");
        assertThat(get(httpPort, "/health/ready").statusCode()).isEqualTo(503);
        assertThat(get(httpPort, "/health/live").statusCode()).isEqualTo(200);
        assertThat(get(httpPort, "/metrics").body()).contains("millrace_ready 0.0");
        recovery.complete(null);
        try (BrokerServer server = opening.join()) {
            assertThat(get(httpPort, "/health/ready").statusCode()).isEqualTo(200);
            assertThat(get(httpPort, "/metrics").body()).contains("millrace_ready 1.0");
        }
        assertThat(broker.closed).isTrue();
    }

    @Test
    void isAliveButNotReadyWhileTheDiskIsFull() throws Exception {
        try (BrokerServer server = BrokerServer.open(options(0, 0), watch -> broker)) {
            int port = server.addresses().httpAddress().getPort();
            broker.status = new BrokerStatus.DiskFull(5, 10);
            assertThat(get(port, "/health/ready").statusCode()).isEqualTo(503);
            assertThat(get(port, "/health/ready").body()).contains("5 bytes", "storage.diskReserve keeps 10");
            assertThat(get(port, "/health/live").statusCode()).isEqualTo(200);
            broker.status = new BrokerStatus.Serving();
            assertThat(get(port, "/health/ready").statusCode()).isEqualTo(200);
            broker.status = new BrokerStatus.Halted(Fault.STORAGE_FAILED, "sync failed");
            assertThat(get(port, "/health/ready").body()).contains("\"code\":\"storage_failed\"", "sync failed");
            assertThat(get(port, "/health/live").statusCode()).isEqualTo(503);
        }
    }

    @Test
    void namesAddressCauseAndRemedyWhereAPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            assertThatThrownBy(() -> BrokerServer.open(options(port, 0), watch -> broker))
                    .isInstanceOf(ListenException.class)
                    .hasMessageContaining("127.0.0.1:" + port)
                    .hasMessageContaining("the address is in use")
                    .hasMessageContaining("listeners.native.bind");
            assertThat(broker.closed).as("nothing stays open").isTrue();
            assertThatThrownBy(() -> BrokerServer.open(options(0, port), watch -> {
                        throw new AssertionError("the log must not be opened");
                    }))
                    .isInstanceOf(ListenException.class)
                    .hasMessageContaining("listeners.http.bind");
        }
    }

    @Test
    void namesAddressThatIsNotOfThisMachine() {
        ServerOptions options = new ServerOptions(
                directory,
                new InetSocketAddress("192.0.2.1", 0),
                new InetSocketAddress("127.0.0.1", 0),
                ConnectionLimits.DEFAULTS,
                new ServerOptions.Http(1000, 0, Map.of()),
                1000,
                ServerOptions.Schemas.DEFAULTS,
                ServerOptions.Tracing.OFF);
        assertThatThrownBy(() -> BrokerServer.open(options, watch -> broker))
                .hasMessageContaining("not an address of this machine");
    }

    @Test
    void leavesNothingOpenWhereTheLogCannotBeOpened() throws Exception {
        int port = freePort();
        assertThatThrownBy(() -> BrokerServer.open(options(0, port), watch -> {
                    throw new IllegalStateException("in use");
                }))
                .hasMessage("in use");
        new ServerSocket(port, 1, java.net.InetAddress.getLoopbackAddress()).close();
    }

    @Test
    void closesTwiceWithoutHarm() {
        BrokerServer server = BrokerServer.open(options(0, 0), watch -> broker);
        server.close();
        server.close();
        assertThat(broker.closed).isTrue();
    }

    @Test
    void isNotReadyWhileItDrains() throws Exception {
        BrokerServer server = BrokerServer.open(options(0, 0), watch -> broker);
        int port = server.addresses().httpAddress().getPort();
        AtomicReference<String> seen = new AtomicReference<>();
        broker.onClose = () -> seen.set(body(port));
        server.close();
        assertThat(seen.get()).contains("\"status\":\"draining\"");
    }

    private ServerOptions options(int nativePort, int httpPort) {
        return new ServerOptions(
                directory,
                new InetSocketAddress("127.0.0.1", nativePort),
                new InetSocketAddress("127.0.0.1", httpPort),
                ConnectionLimits.DEFAULTS,
                new ServerOptions.Http(1000, 0, Map.of()),
                1000,
                ServerOptions.Schemas.DEFAULTS,
                ServerOptions.Tracing.OFF);
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String body(int port) {
        try {
            return get(port, "/health/ready").body();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
