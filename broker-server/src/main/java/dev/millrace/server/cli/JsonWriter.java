package dev.millrace.server.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * Writes JSON text on one line: {@code begin('{').field("offset", 17).end('}')}.
 *
 * <p>A library would cost a third of a short command's time to load.
 */
final class JsonWriter {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final StringBuilder text = new StringBuilder();
    private boolean comma;

    /** @param bracket an opening one */
    JsonWriter begin(char bracket) {
        separate();
        text.append(bracket);
        comma = false;
        return this;
    }

    /** @param bracket a closing one */
    JsonWriter end(char bracket) {
        text.append(bracket);
        comma = true;
        return this;
    }

    JsonWriter name(String name) {
        separate();
        quote(name);
        text.append(':');
        comma = false;
        return this;
    }

    JsonWriter value(String value) {
        separate();
        if (value == null) {
            text.append("null");
        } else {
            quote(value);
        }
        return this;
    }

    JsonWriter value(long value) {
        separate();
        text.append(value);
        return this;
    }

    /** A decimal number with three digits behind the point; null where the value is, or is no number. */
    JsonWriter value(Double value) {
        if (value == null || !Double.isFinite(value)) return value((String) null);
        separate();
        text.append(BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP).toPlainString());
        return this;
    }

    JsonWriter literal(boolean value) {
        separate();
        text.append(value);
        return this;
    }

    /** Bytes as text, or as {@code {"base64":"..."}} where they are no UTF-8. */
    JsonWriter value(byte[] bytes) {
        if (bytes == null) return value((String) null);
        String decoded = new String(bytes, StandardCharsets.UTF_8);
        // Decoding puts U+FFFD for what is no UTF-8; only such texts need the comparison.
        if (decoded.indexOf('\uFFFD') < 0 || Arrays.equals(bytes, decoded.getBytes(StandardCharsets.UTF_8))) {
            return value(decoded);
        }
        return begin('{')
                .field("base64", Base64.getEncoder().encodeToString(bytes))
                .end('}');
    }

    JsonWriter field(String name, String value) {
        return name(name).value(value);
    }

    JsonWriter field(String name, long value) {
        return name(name).value(value);
    }

    JsonWriter field(String name, byte[] value) {
        return name(name).value(value);
    }

    JsonWriter field(String name, Map<String, String> values) {
        name(name).begin('{');
        values.forEach(this::field);
        return end('}');
    }

    /** Ends the line: the next value stands on its own. */
    JsonWriter newLine() {
        text.append('\n');
        comma = false;
        return this;
    }

    int length() {
        return text.length();
    }

    /** Takes what was written and starts afresh. */
    byte[] take() {
        byte[] bytes = toString().getBytes(StandardCharsets.UTF_8);
        text.setLength(0);
        comma = false;
        return bytes;
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private void separate() {
        if (comma) text.append(',');
        comma = true;
    }

    private void quote(String value) {
        text.append('"');
        int plainFrom = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= ' ' && c != '"' && c != '\\') continue;
            text.append(value, plainFrom, i);
            escape(c);
            plainFrom = i + 1;
        }
        text.append(value, plainFrom, value.length()).append('"');
    }

    private void escape(char c) {
        switch (c) {
            case '"', '\\' -> text.append('\\').append(c);
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            case '\t' -> text.append("\\t");
            default -> text.append("\\u00").append(HEX[c >> 4]).append(HEX[c & 15]);
        }
    }
}
