package dev.millrace.server.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a listener binds: {@code host:port}, an IPv6 host in brackets. Port 0 takes any free port.
 *
 * <p>Reading one never asks a name server, so a check gives the same answer everywhere.
 */
public record BindAddress(String host, int port) {
    /** The written form, for JSON Schema. */
    static final String PATTERN = "(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}";

    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)\\]|([^:\\[\\]\\s]*)):([0-9]{1,5})");
    private static final Pattern IPV4 = Pattern.compile("[0-9.]+");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?");
    private static final String EXAMPLE = "write host:port, such as 127.0.0.1:7650 or [::1]:7650";

    /** Reads {@code 127.0.0.1:7650}, {@code localhost:0} or {@code [::1]:7650}. */
    public static Parsed<BindAddress> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) return malformed(text);
        int port = Integer.parseInt(form.group(3));
        if (port > 65535) return Parsed.bad("has a port above 65535");
        boolean ipv6 = form.group(1) != null;
        String host = ipv6 ? form.group(1) : form.group(2);
        if (host.isEmpty() || host.equals("*")) {
            return Parsed.bad("names no host", "for all interfaces write 0.0.0.0:" + port);
        }
        if (!ipv6 && !IPV4.matcher(host).matches()) {
            return NAME.matcher(host).matches()
                    ? Parsed.good(new BindAddress(host, port))
                    : Parsed.bad("does not hold a valid host", EXAMPLE);
        }
        boolean valid = ipv6 ? host.indexOf(':') >= 0 && literal(host) != null : validIpv4(host);
        return valid ? Parsed.good(new BindAddress(host, port)) : Parsed.bad("does not hold a valid address", EXAMPLE);
    }

    /** True when only this machine can connect. A name other than localhost counts as public: nobody knows its address. */
    public boolean isLoopback() {
        if (host.equalsIgnoreCase("localhost")) return true;
        InetAddress address = literal(host);
        return address != null && address.isLoopbackAddress();
    }

    /** True when every interface of the machine is bound. */
    public boolean isWildcard() {
        InetAddress address = literal(host);
        return address != null && address.isAnyLocalAddress();
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    private static Parsed<BindAddress> malformed(String text) {
        if (text.matches("[0-9]{1,5}")) return Parsed.bad("has no host", "did you mean 127.0.0.1:" + text + "?");
        if (text.matches("[A-Za-z0-9.-]+")) return Parsed.bad("has no port", "write " + text + ":PORT");
        return Parsed.bad("is not an address", EXAMPLE);
    }

    private static boolean validIpv4(String host) {
        String[] parts = host.split("\\.", -1);
        if (parts.length != 4) return false;
        for (String part : parts) {
            if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) return false;
        }
        return true;
    }

    /** The address that the host spells out, or null for a name. {@code getByName} looks up nothing for literals. */
    private static InetAddress literal(String host) {
        if (host.indexOf(':') < 0 && !validIpv4(host)) return null;
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException notLiteral) {
            return null;
        }
    }
}
