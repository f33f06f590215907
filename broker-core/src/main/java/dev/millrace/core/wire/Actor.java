package dev.millrace.core.wire;

/**
 * Who asks for a change, as far as the broker knows it; the audit log names it. All texts may be empty, none is null.
 *
 * @param protocol by which the request came
 * @param client what the client calls itself; nobody has checked that
 * @param address the peer's, with its port
 */
public record Actor(String protocol, String client, String address) {
    /** The broker itself, or code in its process. */
    public static final Actor BROKER = new Actor("internal", "broker", "");

    private static final int CHARS_MAX = 256;

    public Actor {
        protocol = cut(protocol);
        client = cut(client);
        address = cut(address);
    }

    private static String cut(String text) {
        return text.length() <= CHARS_MAX ? text : text.substring(0, CHARS_MAX);
    }
}
