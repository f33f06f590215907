package dev.millrace.server.protocol.wire;

/** Guesses from four bytes which other protocol a lost client speaks, so that its user sees the mistake at once. */
final class ForeignProtocol {
    private static final int TLS_HANDSHAKE = 0x1603;

    private ForeignProtocol() {}

    /** A remark to append to an error, or nothing. */
    static String hint(int firstFourBytes) {
        String text = new String(new char[] {
            (char) (firstFourBytes >>> 24),
            (char) (firstFourBytes >>> 16 & 0xff),
            (char) (firstFourBytes >>> 8 & 0xff),
            (char) (firstFourBytes & 0xff)
        });
        return switch (text) {
            case "GET ", "HEAD", "POST", "PUT ", "DELE", "OPTI", "PATC" ->
                "; this looks like HTTP, which has a port of its own";
            case "AMQP" -> "; this looks like AMQP, which this port does not speak";
            default ->
                firstFourBytes >>> 16 == TLS_HANDSHAKE ? "; this looks like TLS, which this port does not speak" : "";
        };
    }
}
