package dev.millrace.server.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Headers that the broker sends along with its requests, written as in {@code OTEL_EXPORTER_OTLP_HEADERS}: {@code
 * name=value,name2=value2} with values in percent-encoding; or the file that holds them. What values are is never shown:
 * every text of this has {@code ***} in their place.
 *
 * @param given by their names; empty where a file holds them
 */
public record SecretHeaders(Map<String, String> given, Optional<Path> file) {
    public static final SecretHeaders NONE = new SecretHeaders(Map.of(), Optional.empty());

    private static final String NO_HEADERS = "none";
    private static final String IN_FILE = "file:";
    private static final String MASK = "***";
    private static final int BYTES_MAX = 8 << 10;
    private static final String NAME_FORM = "[0-9A-Za-z!#$%&'*+.^_~-]+";
    private static final String VALUE_FORM = "([!-~]([ -~]*[!-~])?)?";
    private static final String EXAMPLE = "write, say, api-key=SECRET,tenant=shop, or file:/etc/millrace/otlp-headers";

    /** Set by whoever sends the request, or changing what a request is. */
    private static final Set<String> RESERVED = Set.of(
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** The headers as they are now: a file is read anew each time, so that a secret can be replaced. Fails: IOException. */
    public Map<String, String> read() throws IOException {
        if (file.isEmpty()) {
            return given;
        }
        Path path = file.get();
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(BYTES_MAX + 1);
        }
        String text = new String(bytes, StandardCharsets.UTF_8).strip();
        Parsed<Map<String, String>> parsed = pairs(String.join(",", text.split("\\R")));
        if (parsed instanceof Parsed.Bad<Map<String, String>> bad) {
            throw new IOException("file " + path + " " + bad.problem());
        }
        return parsed.orThrow();
    }

    public boolean isEmpty() {
        return given.isEmpty() && file.isEmpty();
    }

    /** The written form, without values. */
    @Override
    public String toString() {
        if (file.isPresent()) {
            return IN_FILE + file.get();
        }
        return given.isEmpty()
                ? NO_HEADERS
                : given.keySet().stream().map(name -> name + "=" + MASK).collect(Collectors.joining(","));
    }

    // ---- the written form

    static Parsed<SecretHeaders> parse(String text) {
        if (text.equals(NO_HEADERS)) {
            return Parsed.good(NONE);
        }
        if (text.startsWith(IN_FILE)) {
            return path(text.substring(IN_FILE.length()))
                    .then(path -> Parsed.good(new SecretHeaders(Map.of(), Optional.of(path))));
        }
        return pairs(text).then(headers -> Parsed.good(new SecretHeaders(headers, Optional.empty())));
    }

    private static Parsed<Path> path(String text) {
        if (text.isBlank()) return Parsed.bad("names no file", EXAMPLE);
        try {
            return Parsed.good(Path.of(text));
        } catch (InvalidPathException invalid) {
            return Parsed.bad("names no file: " + invalid.getReason(), EXAMPLE);
        }
    }

    private static Parsed<Map<String, String>> pairs(String text) {
        if (text.length() > BYTES_MAX) return Parsed.bad("is longer than " + BYTES_MAX + " bytes");
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String pair : text.split(",")) {
            if (pair.isBlank()) continue;
            int equals = pair.indexOf('=');
            String name = equals < 0 ? "" : pair.substring(0, equals).strip();
            if (!name.matches(NAME_FORM)) return Parsed.bad("has no header's name before a =", EXAMPLE);
            if (RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
                return Parsed.bad("sets " + name + ", which is not to be set");
            }
            Parsed<String> value = value(name, pair.substring(equals + 1).strip());
            if (value instanceof Parsed.Bad<String> bad) return new Parsed.Bad<>(bad.problem(), bad.suggestion());
            if (headers.put(name, value.orThrow()) != null) return Parsed.bad("sets " + name + " twice");
        }
        return headers.isEmpty()
                ? Parsed.bad("names no header", EXAMPLE)
                : Parsed.good(Collections.unmodifiableMap(headers));
    }

    private static Parsed<String> value(String name, String text) {
        if (text.equals(MASK)) {
            return Parsed.bad("has *** for " + name + ", which stands for a value that is not shown", EXAMPLE);
        }
        String value;
        try {
            // A plus is one: unlike in forms, it is no space.
            value = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return Parsed.bad("has a % in " + name + " that two hexadecimal digits do not follow", "write %25");
        }
        return value.matches(VALUE_FORM)
                ? Parsed.good(value)
                : Parsed.bad("has characters in " + name + " that no header may have");
    }

    /** The kind of setting that it is. */
    static final class Type implements ValueType<SecretHeaders> {
        @Override
        public Parsed<SecretHeaders> parse(String text) {
            return SecretHeaders.parse(text);
        }

        @Override
        public String format(SecretHeaders headers) {
            return headers.toString();
        }

        @Override
        public String allowed() {
            return "headers as name=value,name2=value2, file:PATH of a file that holds them, or " + NO_HEADERS;
        }

        @Override
        public void describe(ObjectNode schema) {
            String pattern = NO_HEADERS + "|" + IN_FILE + "[!-~]([ -~]*[!-~])?|[^=]+=([ -~]*[!-~])?";
            schema.put("type", "string").put("pattern", "^(" + pattern + ")$");
        }

        @Override
        public boolean secret() {
            return true;
        }
    }
}
