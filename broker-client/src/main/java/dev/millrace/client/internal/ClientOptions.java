package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Telemetry;
import dev.millrace.core.error.Fault;
import java.time.Duration;
import java.util.Objects;

/**
 * What a client was configured with; see {@link dev.millrace.client.ClientBuilder}.
 *
 * @param telemetry null for none
 */
public record ClientOptions(
        String server,
        String clientId,
        Duration requestTimeout,
        Duration connectTimeout,
        Duration backoffMin,
        Duration backoffMax,
        Telemetry.Factory telemetry) {
    public ClientOptions {
        Objects.requireNonNull(clientId, "clientId");
        Checks.positive("requestTimeout", requestTimeout);
        Checks.positive("connectTimeout", connectTimeout);
        Checks.positive("reconnectBackoff min", backoffMin);
        if (backoffMax.compareTo(backoffMin) < 0) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST, "reconnectBackoff max " + backoffMax + " is below min " + backoffMin);
        }
    }

    long requestTimeoutNanos() {
        return requestTimeout.toNanos();
    }
}
