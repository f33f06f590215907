package dev.millrace.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which of the standard streams a person looks at.
 *
 * @param columns its width, 0 where unknown
 */
public record Terminal(boolean in, boolean out, boolean err, int columns) {
    /** Files and pipes only. */
    public static final Terminal NONE = new Terminal(false, false, false, 0);

    /** Asks the operating system; the launcher's {@code millrace.columns} tells the width. */
    public static Terminal detect(Map<String, String> env) {
        return new Terminal(isTerminal(0), isTerminal(1), isTerminal(2), columns(env));
    }

    /** Colours are for people who did not opt out: https://no-color.org. */
    boolean colours(Map<String, String> env) {
        return out
                && env.getOrDefault("NO_COLOR", "").isEmpty()
                && !env.getOrDefault("TERM", "").equals("dumb");
    }

    /** Java 17 knows only whether input and output both are one, so /proc is asked first. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException noProc) {
            return Runtime.version().feature() < 22 && System.console() != null;
        }
    }

    private static int columns(Map<String, String> env) {
        for (String text : new String[] {System.getProperty("millrace.columns"), env.get("COLUMNS")}) {
            if (text != null && text.matches("[1-9][0-9]{0,3}")) return Integer.parseInt(text);
        }
        return 0;
    }
}
