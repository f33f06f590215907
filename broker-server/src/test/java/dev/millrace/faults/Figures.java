package dev.millrace.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a run of the fault lab measured: one line each, printed and kept in {@code target/fault-lab/figures.txt}. */
final class Figures {
    private static final Path FILE = Path.of("target/fault-lab/figures.txt");

    private Figures() {}

    static void print(String test, String format, Object... values) throws IOException {
        String line = test + ": " + String.format(format, values);
        System.out.println(line);
        Files.createDirectories(FILE.getParent());
        Files.writeString(FILE, line + System.lineSeparator(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
