package dev.millrace.faults;

import dev.millrace.system.Daemon;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** Sets a daemon's wall clock while it runs, through libfaketime; its monotonic clock stays true, as on a real machine. */
final class FakeWallClock {
    private static final Path LIBRARIES = Path.of("/usr/lib");

    private final Path file;

    /** Must come before the daemon's start. */
    FakeWallClock(Daemon daemon, Path library, Path directory) throws IOException {
        file = directory.resolve("faketime");
        set("+0");
        daemon.environment("LD_PRELOAD", library.toString());
        daemon.environment("FAKETIME_TIMESTAMP_FILE", file.toString());
        daemon.environment("FAKETIME_NO_CACHE", "1");
        daemon.environment("DONT_FAKE_MONOTONIC", "1");
        daemon.environment("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    /** Where Debian's package {@code faketime} has put it, if it is there. */
    static Optional<Path> library() throws IOException {
        try (DirectoryStream<Path> architectures = Files.newDirectoryStream(LIBRARIES, "*-linux-gnu*")) {
            for (Path architecture : architectures) {
                Path library = architecture.resolve("faketime/libfaketime.so.1");
                if (Files.exists(library)) {
                    return Optional.of(library);
                }
            }
        }
        return Optional.empty();
    }

    /** How far the wall clock is ahead of the true one. */
    void aheadBySeconds(long seconds) throws IOException {
        set((seconds < 0 ? "" : "+") + seconds);
    }

    /** Whole at once: the daemon reads it at every look at its clock. */
    private void set(String offset) throws IOException {
        Path next = file.resolveSibling("faketime.next");
        Files.writeString(next, offset + "\n");
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
