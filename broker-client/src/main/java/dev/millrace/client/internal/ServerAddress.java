package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;

/** Where the broker listens. */
record ServerAddress(String host, int port) {
    static final int DEFAULT_PORT = 7650;
    private static final String SCHEME = "millrace://";

    /** Fails: INVALID_REQUEST for what is not {@code host}, {@code host:port}, {@code [ipv6]:port}. */
    static ServerAddress parse(String text) {
        String rest = text == null ? "" : text.trim();
        if (rest.startsWith(SCHEME)) {
            rest = rest.substring(SCHEME.length());
        }
        int colon = rest.lastIndexOf(':');
        boolean bareIpv6 = colon >= 0 && rest.indexOf(':') != colon && !rest.contains("]");
        if (colon < 0 || bareIpv6 || rest.endsWith("]")) {
            return checked(text, rest, DEFAULT_PORT);
        }
        try {
            return checked(text, rest.substring(0, colon), Integer.parseInt(rest.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw invalid(text);
        }
    }

    private static ServerAddress checked(String text, String host, int port) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        if (bare.isEmpty() || bare.contains("/") || port < 1 || port > 65535) {
            throw invalid(text);
        }
        return new ServerAddress(bare, port);
    }

    private static MillraceException invalid(String text) {
        return new MillraceException(
                Fault.INVALID_REQUEST, "server address '" + text + "' is not host:port, such as localhost:7650");
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
