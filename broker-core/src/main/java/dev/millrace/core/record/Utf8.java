package dev.millrace.core.record;

/** How long a string becomes in UTF-8, without encoding it. */
final class Utf8 {
    private Utf8() {}

    /** As {@link String#getBytes} would: a lone surrogate becomes one question mark. */
    static int bytesOf(String text) {
        int count = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                continue;
            }
            if (c < 0x800) {
                count++;
            } else if (!Character.isSurrogate(c)) {
                count += 2;
            } else if (pairAt(text, i)) {
                count += 2; // four bytes for two chars
                i++;
            }
        }
        return count;
    }

    private static boolean pairAt(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
    }
}
