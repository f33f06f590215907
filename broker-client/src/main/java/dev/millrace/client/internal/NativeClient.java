package dev.millrace.client.internal;

import dev.millrace.client.MillraceClient;

/** The client that speaks the native protocol. */
public final class NativeClient {
    private NativeClient() {}

    public static MillraceClient open(ClientOptions options) {
        throw new UnsupportedOperationException("not yet: " + options);
    }
}
