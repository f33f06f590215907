package dev.millrace.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A data directory that a real load left, with a copy from half the way and what the load was promised.
 *
 * @param killed left by SIGKILL in the middle of appends, so that the write-ahead log matters; else closed in order
 */
record DamageImage(Path directory, DamageOracle oracle, boolean killed) {
    private static final int SYNCED_MARKS_BYTES = 8192;

    /** Runs the load in a process of its own. The lines it printed are kept beside the data, in {@code acked}. */
    static DamageImage make(Path directory, long seed, int batchCount, boolean killed) throws Exception {
        Path data = directory.resolve("data");
        Path stale = directory.resolve("stale");
        Process load = java(
                DamageLoad.class,
                data.toString(),
                Long.toString(seed),
                Integer.toString(batchCount),
                killed ? "go-on" : "close");
        List<String> lines;
        try {
            lines = drive(load, data, stale, killed);
        } catch (IOException | RuntimeException e) {
            load.destroyForcibly();
            throw e;
        }
        load.waitFor();
        if (lines.isEmpty() || !lines.contains("DONE")) {
            throw new AssertionError("the load ended early, exit " + load.exitValue() + ", last lines "
                    + lines.subList(Math.max(0, lines.size() - 5), lines.size()));
        }
        Files.write(directory.resolve("acked"), lines);
        return load(directory, seed, killed);
    }

    /** Returns what the load printed up to its end. */
    private static List<String> drive(Process load, Path data, Path stale, boolean killed) throws IOException {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(load.getInputStream(), UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
                if (line.equals("HALF")) {
                    copy(data, stale);
                    load.getOutputStream().write('\n');
                    load.getOutputStream().flush();
                } else if (killed && line.equals("DONE")) {
                    // What it printed before can still be read: Process.destroy would close that.
                    load.toHandle().destroyForcibly();
                }
            }
        }
        return lines;
    }

    /** One that {@link #make} left. */
    static DamageImage load(Path directory, long seed, boolean killed) throws IOException {
        DamageOracle oracle = new DamageOracle(seed);
        Files.readAllLines(directory.resolve("acked")).forEach(oracle::note);
        DamageImage image = new DamageImage(directory, oracle, killed);
        Path whole = image.copyTo(
                directory.resolve("whole-" + ProcessHandle.current().pid()));
        DamageExam.noteWholeEnds(whole, oracle);
        delete(whole);
        return image;
    }

    Path data() {
        return directory.resolve("data");
    }

    Path stale() {
        return directory.resolve("stale");
    }

    Path copyTo(Path target) throws IOException {
        delete(target);
        Files.createDirectories(target.getParent());
        copy(data(), target);
        return target;
    }

    /**
     * Takes the mark away that was written but not synced, as a power failure may; the
     * write-ahead log stays as it is.
     */
    void loseUnsyncedMark() throws IOException {
        try (RandomAccessFile beacon =
                new RandomAccessFile(data().resolve("shard-0.beacon").toFile(), "rw")) {
            beacon.setLength(SYNCED_MARKS_BYTES);
        }
    }

    /** A process of this JVM's classes. */
    static Process java(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** A file that its owner deletes meanwhile is left out. */
    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (File file : from.toFile().listFiles()) {
            Path copy = to.resolve(file.getName());
            if (file.isDirectory()) {
                copy(file.toPath(), copy);
                continue;
            }
            try {
                Files.copy(file.toPath(), copy);
            } catch (NoSuchFileException gone) {
                Files.deleteIfExists(copy);
            }
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
