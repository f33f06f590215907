package dev.millrace.core.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.OptionalLong;

/**
 * Remembers by how much the believed time is ahead of the machine's monotonic clock, so that a broker that is started again
 * on a machine that went on knows how long it was down, whatever the wall clock says. Thread: one.
 *
 * <p>The file holds the boot's id and the milliseconds. It is not synced: within one boot it need not be, and of another it
 * is of no use. Whoever cannot read or write it does without.
 */
public final class ClockAnchor {
    private static final String FILE = "clock";
    /** The file is written anew when it is off by more: the clock is followed in small steps. */
    private static final long SLACK_MS = 5;

    private final Path file;
    private final String bootId;
    private OptionalLong written = OptionalLong.empty();

    /** @param bootId empty where the machine does not tell; then nothing is remembered */
    public ClockAnchor(Path directory, String bootId) {
        this.file = directory.resolve(FILE);
        this.bootId = bootId;
    }

    /** What was remembered in this boot, or nothing. */
    public OptionalLong read() {
        try {
            String[] words = Files.readString(file).strip().split(" ");
            return !bootId.isEmpty() && words.length == 2 && words[0].equals(bootId)
                    ? OptionalLong.of(Long.parseLong(words[1]))
                    : OptionalLong.empty();
        } catch (IOException | RuntimeException unreadable) {
            return OptionalLong.empty();
        }
    }

    /** Remembers, where that differs from what is there. */
    public void keep(long aheadMs) {
        boolean same = written.isPresent() && Math.abs(written.getAsLong() - aheadMs) <= SLACK_MS;
        if (bootId.isEmpty() || same) {
            return;
        }
        try {
            Path next = file.resolveSibling(FILE + ".new");
            Files.write(next, (bootId + " " + aheadMs + "\n").getBytes(StandardCharsets.UTF_8));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            written = OptionalLong.of(aheadMs);
        } catch (IOException full) {
            // The next time may work; without it, timers wait until the clock has proved itself.
            written = OptionalLong.empty();
        }
    }
}
