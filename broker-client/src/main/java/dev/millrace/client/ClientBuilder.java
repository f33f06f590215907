package dev.millrace.client;

import dev.millrace.client.internal.ClientOptions;
import dev.millrace.client.internal.NativeClient;
import java.time.Duration;
import java.util.Objects;

/** Options of a {@link MillraceClient}. */
public final class ClientBuilder {
    private String server = "localhost:7650";
    private String clientId = "";
    private Duration requestTimeout = Duration.ofSeconds(30);
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration backoffMin = Duration.ofMillis(50);
    private Duration backoffMax = Duration.ofSeconds(2);
    private Telemetry.Factory telemetry;

    ClientBuilder() {}

    /** {@code host:port}; the port may be left out for 7650. */
    public ClientBuilder server(String server) {
        this.server = server;
        return this;
    }

    /** A name for the broker's logs and group descriptions. */
    public ClientBuilder clientId(String clientId) {
        this.clientId = clientId;
        return this;
    }

    /** The total deadline of a call, reconnects and retries included. Default 30 s. */
    public ClientBuilder requestTimeout(Duration timeout) {
        this.requestTimeout = timeout;
        return this;
    }

    /** How long {@link #build()} and each attempt to connect may take. Default 5 s. */
    public ClientBuilder connectTimeout(Duration timeout) {
        this.connectTimeout = timeout;
        return this;
    }

    /** The pause between attempts to connect: doubles from {@code min} to {@code max}, with jitter. */
    public ClientBuilder reconnectBackoff(Duration min, Duration max) {
        this.backoffMin = min;
        this.backoffMax = max;
        return this;
    }

    /**
     * Makes spans of what is published, polled and handled: with {@code OpenTelemetryTracing.with(openTelemetry)} of {@code
     * dev.millrace.client.otel} by the application's OpenTelemetry. Default: none; then nothing is done for it.
     */
    public ClientBuilder telemetry(Telemetry.Factory telemetry) {
        this.telemetry = Objects.requireNonNull(telemetry, "telemetry");
        return this;
    }

    /**
     * Connects.
     *
     * @throws MillraceException CONNECT_FAILED when no broker answers in time; UNSUPPORTED_VERSION; INVALID_REQUEST for
     *     an option that makes no sense
     */
    public MillraceClient build() {
        return NativeClient.open(
                new ClientOptions(server, clientId, requestTimeout, connectTimeout, backoffMin, backoffMax, telemetry));
    }
}
