package dev.millrace.core.record;

import java.util.HexFormat;
import java.util.function.LongSupplier;

/**
 * The header {@code traceparent} of W3C Trace Context: which trace a message belongs to, and which span sent it.
 *
 * <pre>
 *   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *   version   trace id (16 bytes)        span id (8)     flags
 * </pre>
 *
 * @param traceId 32 hexadecimal digits in lower case, not all zero
 * @param spanId 16 of them, not all zero
 * @param flags 1: sampled; 2: the trace id is random
 */
public record TraceParent(String traceId, String spanId, int flags) {
    private static final int TEXT_CHARS = 55;
    private static final int KNOWN_FLAGS = 3;

    /** Null for no text and for one that is malformed, which then counts as absent. */
    public static TraceParent parse(String text) {
        if (text == null || text.length() < TEXT_CHARS || !dashesAndDigitsFit(text)) {
            return null;
        }
        String version = text.substring(0, 2);
        // A later version may say more, behind a dash; "ff" is none.
        boolean endFits = text.length() == TEXT_CHARS || !version.equals("00") && text.charAt(TEXT_CHARS) == '-';
        String traceId = text.substring(3, 35);
        String spanId = text.substring(36, 52);
        if (version.equals("ff") || !endFits || isZero(traceId) || isZero(spanId)) {
            return null;
        }
        return new TraceParent(traceId, spanId, HexFormat.fromHexDigits(text, 53, TEXT_CHARS));
    }

    private static boolean dashesAndDigitsFit(String text) {
        for (int i = 0; i < TEXT_CHARS; i++) {
            char c = text.charAt(i);
            boolean dash = i == 2 || i == 35 || i == 52;
            boolean digit = c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
            if (dash ? c != '-' : !digit) {
                return false;
            }
        }
        return true;
    }

    private static boolean isZero(String digits) {
        return digits.chars().allMatch(c -> c == '0');
    }

    /** The same trace with a new span id. */
    public TraceParent next(LongSupplier random) {
        long span;
        do {
            span = random.getAsLong();
        } while (span == 0);
        return new TraceParent(traceId, HexFormat.of().toHexDigits(span), flags & KNOWN_FLAGS);
    }

    /** As it stands in the header. */
    @Override
    public String toString() {
        return "00-" + traceId + "-" + spanId + "-" + HexFormat.of().toHexDigits((byte) flags);
    }
}
