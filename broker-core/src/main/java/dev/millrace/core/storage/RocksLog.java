package dev.millrace.core.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RocksDB's own log, asked for what its errors leave out: when one of its threads failed to write or sync a file, every
 * other one is told no more than "Writer has previous error".
 */
final class RocksLog {
    private static final String NAMELESS = "Writer has previous error";
    private static final Pattern CAUSE = Pattern.compile("Background IO error (.*), reason [0-9]+");
    private static final int TAIL_BYTES = 256 * 1024;

    private RocksLog() {}

    /** The text, with the error before it where it speaks of one. */
    static String withCause(String text, Path directory) {
        if (!text.contains(NAMELESS)) {
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
            if (!matcher.group(1).contains(NAMELESS)) {
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
