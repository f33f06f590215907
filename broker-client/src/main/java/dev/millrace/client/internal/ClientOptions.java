package dev.millrace.client.internal;

import java.time.Duration;

/** What a client was configured with; see {@link dev.millrace.client.ClientBuilder}. */
public record ClientOptions(
        String server,
        String clientId,
        Duration requestTimeout,
        Duration connectTimeout,
        Duration backoffMin,
        Duration backoffMax) {}
