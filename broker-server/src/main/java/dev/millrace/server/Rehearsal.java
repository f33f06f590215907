package dev.millrace.server;

import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.StartFrom;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * Asks a broker, on an empty directory of its own, what clients ask first, so that the start-up archive holds the classes
 * of the answers, too: without them the first health check loaded 480 of Jackson and Netty, a fifth of a start.
 */
final class Rehearsal {
    private static final String TOPIC = "rehearsal";
    private static final int TIMEOUT_MS = 30_000;

    private Rehearsal() {}

    /** Fails: IOException, ClientException; then there is no archive to keep. */
    static void run(BrokerServer.Addresses addresses) throws IOException {
        get(addresses.httpAddress(), "/health/live");
        get(addresses.httpAddress(), "/health/ready");
        get(addresses.httpAddress(), "/metrics");
        try (MillraceClient client = MillraceClient.connect(BrokerServer.Addresses.text(addresses.nativeAddress()))) {
            client.admin().createTopic(TOPIC, 1, Map.of());
            try (Producer producer = client.producer().build()) {
                producer.publish(Message.to(TOPIC).key("key").value("value"));
            }
            try (Consumer consumer =
                    client.consumer().topics(TOPIC).from(StartFrom.earliest()).open()) {
                consumer.poll(Duration.ofMillis(TIMEOUT_MS));
            }
        }
    }

    private static void get(InetSocketAddress address, String path) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.connect(address, TIMEOUT_MS);
            OutputStream out = socket.getOutputStream();
            out.write(("GET " + path + " HTTP/1.1\r\nHost: " + BrokerServer.Addresses.text(address)
                            + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }
}
