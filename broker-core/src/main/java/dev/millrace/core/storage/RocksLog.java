package dev.millrace.core.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RocksDB's own log, asked for what its errors leave out: when one of its threads failed to write or sync a file, every
 * other one is told no more than that there was an error before.
 */
final class RocksLog {
    private static final List<String> NAMELESS = List.of("Writer has previous error", "Seen error.");
    private static final Pattern CAUSE = Pattern.compile("Background IO error (.*), reason [0-9]+");
    private static final int TAIL_BYTES = 256 * 1024;

    private RocksLog() {}

    /** Whether a failed write or sync is only the consequence of another one. */
    static boolean isNameless(String text) {
        return NAMELESS.stream().anyMatch(text::contains);
    }

    /** The text, with the error before it where it speaks of one. */
    static String withCause(String text, Path directory) {
        if (!isNameless(text)) {
            return text;
        }
        try {
            return newestCause(tailOf(directory.resolve("LOG")), text);
        } catch (IOException unreadable) {
            return text + " (RocksDB's log does not tell which: " + unreadable + ")";
        }
    }

    private static String newestCause(String log, String text) {
        String cause = null;
        Matcher matcher = CAUSE.matcher(log);
        while (matcher.find()) {
            if (!isNameless(matcher.group(1))) {
                cause = matcher.group(1);
            }
        }
        return cause == null ? text : text + " It was: " + cause;
    }

    private static String tailOf(Path log) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] tail = new byte[(int) Math.min(TAIL_BYTES, file.length())];
            file.seek(file.length() - tail.length);
            file.readFully(tail);
            return new String(tail, StandardCharsets.UTF_8);
        }
    }
}
