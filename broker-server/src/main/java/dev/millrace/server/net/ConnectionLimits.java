package dev.millrace.server.net;

/**
 * What one connection, and all together, may cost.
 *
 * @param connections of one listener, at most
 * @param frameBytesMax length of one frame, without its length field
 * @param messageBytesMax one record; told to clients, checked by the broker
 * @param inFlightBytesPerConnection requests of one connection not yet answered; above it the connection is not read
 * @param inFlightBytesTotal requests of all connections not yet answered; above it no connection is read
 * @param helloBytesMax length of the first frame
 * @param helloTimeoutMs for the first frame to arrive whole
 * @param idleTimeoutMs for which a client may be silent
 * @param subscriptionsPerConnection at most
 */
public record ConnectionLimits(
        int connections,
        int frameBytesMax,
        int messageBytesMax,
        int inFlightBytesPerConnection,
        long inFlightBytesTotal,
        int helloBytesMax,
        int helloTimeoutMs,
        int idleTimeoutMs,
        int subscriptionsPerConnection) {
    private static final int MIB = 1 << 20;

    public static final ConnectionLimits DEFAULTS =
            new ConnectionLimits(10_000, 16 * MIB, 8 * MIB, 32 * MIB, 512L * MIB, 8192, 10_000, 600_000, 10_000);
}
