package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Changes of directories that survive a power cut. */
public final class SyncedFiles {
    private SyncedFiles() {}

    /** Durable on return; {@code to} is there whole or not at all. */
    public static void rename(Path from, Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            DataDirectory.syncDirectory(to.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot rename " + from + " to " + to + ": " + e, e);
        }
    }

    /** Deletes a directory with all in it; follows no symbolic link. */
    public static void deleteTree(Path directory) throws IOException {
        List<Path> paths;
        try (Stream<Path> found = Files.walk(directory)) {
            paths = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }
}
