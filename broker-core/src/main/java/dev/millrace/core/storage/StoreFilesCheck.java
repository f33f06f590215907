package dev.millrace.core.storage;

import dev.millrace.core.storage.Beacon.Mark;
import dev.millrace.core.storage.LogFileScan.End;
import dev.millrace.core.storage.LogFileScan.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Checks the files of one store, each by the checksums of its own kind, and then what they add up to.
 *
 * <p>What a crash leaves is no damage: table files that never became part of the store, and a write-ahead log that ends
 * inside a record, as long as all that was acknowledged lies before.
 */
final class StoreFilesCheck {
    private static final String CURRENT = "CURRENT";

    private final Path root;
    private final Path directory;
    private final Findings findings;
    /** Sizes of the table files of the store by name, or null where nobody knows. */
    private final Map<String, Long> liveTables;

    private final List<String> tornEnds = new ArrayList<>();
    private long newestSequence;

    /**
     * @param store what could be opened, or null
     * @param refused why a broker would not open it, or null
     * @param mark the beacon's, or null
     */
    record Recovered(Store store, StoreException refused, Mark mark) {}

    StoreFilesCheck(Path root, Path directory, Findings findings, Map<String, Long> liveTables) {
        this.root = root;
        this.directory = directory;
        this.findings = findings;
        this.liveTables = liveTables;
    }

    void check(Path file) {
        String name = file.getFileName().toString();
        try {
            if (name.endsWith(".sst")) {
                checkTable(file, name);
            } else if (name.endsWith(".log")) {
                checkLog(file);
            } else if (name.startsWith("MANIFEST-")) {
                checkManifest(file, name);
            } else {
                checkText(file, name);
            }
        } catch (IOException e) {
            damaged(file, "cannot be read: " + e);
        }
    }

    private void checkTable(Path file, String name) throws IOException {
        String problem = RocksTableCheck.problemIn(file);
        long bytes = Files.size(file);
        boolean live = liveTables == null || liveTables.containsKey(name);
        if (problem != null && live) {
            damaged(file, problem);
        } else if (live && liveTables != null && liveTables.get(name) != bytes) {
            damaged(file, "has " + bytes + " bytes, it should have " + liveTables.get(name));
        } else if (!live) {
            findings.note(nameOf(file) + " belongs to no version of the store, as a crash may leave it");
        }
        findings.advance(bytes);
    }

    private void checkLog(Path file) throws IOException {
        Sequences sequences = new Sequences();
        Outcome outcome = LogFileScan.run(file, sequences::add, findings::advance);
        newestSequence = Math.max(newestSequence, sequences.last);
        if (outcome.end() == End.DAMAGED) {
            damaged(file, outcome.problem());
        } else if (sequences.problem != null) {
            damaged(file, sequences.problem);
        } else if (outcome.end() == End.TORN) {
            tornEnds.add(nameOf(file) + " ends at " + outcome.problem() + "; sequence " + sequences.last
                    + " is the last before");
        }
    }

    /** Each commit begins where the one before it has ended. */
    private static final class Sequences {
        private long last;
        private String problem;

        void add(ByteBuffer head, int headBytes) {
            if (headBytes < LogFileScan.COMMIT_HEAD_BYTES) {
                problem = "a commit of " + headBytes + " bytes";
                return;
            }
            long first = head.getLong(0);
            if (last != 0 && first != last + 1 && problem == null) {
                problem = "sequence " + first + " follows on sequence " + last + ": commits are missing between";
            }
            last = first + Integer.toUnsignedLong(head.getInt(Long.BYTES)) - 1;
        }
    }

    private void checkManifest(Path file, String name) throws IOException {
        Outcome outcome = LogFileScan.run(file, (head, bytes) -> {}, findings::advance);
        boolean current = Files.exists(directory.resolve(CURRENT))
                && Files.readString(directory.resolve(CURRENT)).strip().equals(name);
        if (!current) {
            findings.note(nameOf(file) + " is not the manifest in use, as a crash may leave it");
        } else if (outcome.end() == End.DAMAGED || outcome.recordCount() == 0) {
            damaged(file, outcome.problem().isEmpty() ? "is empty" : outcome.problem());
        } else if (outcome.end() == End.TORN) {
            tornEnds.add(nameOf(file) + " ends at " + outcome.problem());
        }
    }

    private void checkText(Path file, String name) throws IOException {
        findings.advance(Files.size(file));
        if (name.equals(CURRENT)) {
            checkCurrent(file);
        } else if (name.equals("IDENTITY")) {
            requireText(file, "[-0-9a-fA-F]{36}\n?", "an id of 36 characters");
        } else if (name.startsWith("OPTIONS-") && !name.endsWith(".dbtmp")) {
            checkOptions(file);
        } else if (!name.matches("LOCK|LOG|LOG\\.old\\..*|.*\\.dbtmp|.*\\.trash")) {
            findings.note(nameOf(file) + " is no file of a store");
        }
    }

    private void checkCurrent(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (!text.matches("MANIFEST-[0-9]+\n")) {
            damaged(file, "does not name a manifest");
        } else if (!Files.exists(directory.resolve(text.strip()))) {
            damaged(directory.resolve(text.strip()), "is missing although CURRENT names it");
        }
    }

    /** RocksDB writes it for people; it carries no checksum, and no broker reads it. */
    private void checkOptions(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        for (String line : text.split("\n")) {
            String stripped = line.strip();
            boolean good = stripped.isEmpty()
                    || stripped.startsWith("#")
                    || stripped.matches("\\[[ -~]+]|[A-Za-z0-9_.]+=[ -~]*");
            if (!good) {
                damaged(file, "is no list of options: \"" + printable(stripped) + "\"");
                return;
            }
        }
        if (!text.contains("[CFOptions \"" + RocksOptions.LOG + "\"]")) {
            damaged(file, "the options of the log are missing");
        }
    }

    private void requireText(Path file, String pattern, String what) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (!text.matches(pattern)) {
            damaged(file, "must hold " + what + ", and holds \"" + printable(text) + "\"");
        }
    }

    private static String printable(String text) {
        String shown = text.replaceAll("[^ -~]", "?");
        return shown.length() <= 60 ? shown : shown.substring(0, 60) + "...";
    }

    /** Compares what recovery finds with what the logs hold and with what the beacon says was acknowledged. */
    void checkAgainst(Recovered recovered) {
        if (liveTables != null) {
            liveTables.keySet().stream()
                    .map(directory::resolve)
                    .filter(file -> !Files.exists(file))
                    .forEach(file -> damaged(file, "is missing"));
        }
        if (recovered.refused() != null) {
            findings.damaged(
                    Damage.ofFile(nameOf(directory), recovered.refused().getMessage()));
        } else if (Files.exists(directory.resolve(CURRENT))) {
            checkSequence(recovered);
        } else {
            findings.damaged(Damage.ofFile(nameOf(directory) + "/" + CURRENT, "is missing"));
        }
        boolean closedCleanly = recovered.mark() != null && recovered.mark().clean();
        for (String torn : tornEnds) {
            if (closedCleanly) {
                findings.damaged(Damage.ofFile(
                        torn.substring(0, torn.indexOf(' ')), torn + ", although the broker was stopped in order"));
            } else {
                findings.note(torn + ": a write that was cut short, or damage behind what the beacon vouches for");
            }
        }
    }

    private void checkSequence(Recovered recovered) {
        try {
            WriteAheadLogs.recoverable(directory).checkContinuity();
        } catch (StoreException gap) {
            findings.damaged(Damage.ofFile(nameOf(directory), gap.getMessage()));
        }
        long found = recovered.store().committedSequence();
        if (recovered.mark() != null && found < recovered.mark().sequence()) {
            findings.damaged(Damage.ofFile(
                    nameOf(directory),
                    "ends at sequence " + found + ", but everything up to sequence "
                            + recovered.mark().sequence() + " was acknowledged: data is missing at the end ("
                            + WriteAheadLogs.describe(directory) + ")"));
        } else if (found < newestSequence) {
            findings.damaged(Damage.ofFile(
                    nameOf(directory),
                    "recovery ends at sequence " + found + ", although commits up to " + newestSequence
                            + " lie in its write-ahead logs"));
        }
    }

    private void damaged(Path file, String problem) {
        findings.damaged(Damage.ofFile(nameOf(file), problem));
    }

    private String nameOf(Path file) {
        return root.relativize(file).toString();
    }
}
