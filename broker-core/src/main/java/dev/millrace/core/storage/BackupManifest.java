package dev.millrace.core.storage;

import dev.millrace.core.storage.BackupFiles.Label;
import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * What a backup consists of: the file {@value #FILE} in it. JSON for everybody else; read back here only as it was
 * written, which its last line, the checksum of all before, makes sure of.
 *
 * @param sequence of the last commit in the backup
 */
public record BackupManifest(Label label, long sequence, List<Entry> files) {
    static final String FILE = "manifest.json";

    private static final int FORMAT = 1;
    private static final Pattern CHECKSUM = Pattern.compile("  \"checksum\": \"([0-9a-f]{8})\"\n}\n");
    private static final Pattern HEAD = Pattern.compile("\\{\n  \"format\": (\\d+),\n  \"name\": \"([^\"]*)\",\n"
            + "  \"createdAt\": \"([^\"]*)\",\n  \"version\": \"([^\"]*)\",\n  \"sequence\": (\\d+),\n");
    private static final Pattern ENTRY =
            Pattern.compile("    \\{\"path\": \"([^\"]+)\", \"bytes\": (\\d+), \"crc32c\": \"([0-9a-f]{8})\"}");

    /** A file of the backup, relative to its directory. */
    public record Entry(String path, long bytes, long crc32c) {}

    /** Bytes of all files; those that a running broker still needs are not stored twice. */
    public long bytes() {
        return files.stream().mapToLong(Entry::bytes).sum();
    }

    String text() {
        StringBuilder text = new StringBuilder("{\n  \"format\": " + FORMAT + ",\n");
        text.append("  \"name\": \"").append(label.name()).append("\",\n");
        text.append("  \"createdAt\": \"").append(label.createdAt()).append("\",\n");
        text.append("  \"version\": \"").append(label.version()).append("\",\n");
        text.append("  \"sequence\": ").append(sequence).append(",\n  \"files\": [\n");
        for (int i = 0; i < files.size(); i++) {
            Entry file = files.get(i);
            text.append(String.format(
                    "    {\"path\": \"%s\", \"bytes\": %d, \"crc32c\": \"%08x\"}%s\n",
                    file.path, file.bytes, file.crc32c, i < files.size() - 1 ? "," : ""));
        }
        text.append("  ],\n");
        return text + "  \"checksum\": \"" + String.format("%08x", crcOf(text.toString())) + "\"\n}\n";
    }

    private static long crcOf(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    /** True where a directory has one, good or bad. */
    public static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE));
    }

    /** Fails: DAMAGED where it is not as it was written, FORMAT_VERSION for one of a newer release, IO. */
    public static BackupManifest read(Path backup) {
        Path file = backup.resolve(FILE);
        String text;
        try {
            text = Files.readString(file);
        } catch (CharacterCodingException e) {
            throw damaged(file);
        } catch (IOException e) {
            throw new StoreException(
                    Kind.IO,
                    "the directory " + backup.toAbsolutePath() + " is no backup: its " + FILE + " cannot be read (" + e
                            + "). Name the directory of one backup.",
                    e);
        }
        return parse(file, text);
    }

    private static BackupManifest parse(Path file, String text) {
        Matcher checksum = CHECKSUM.matcher(text);
        int at = text.lastIndexOf("  \"checksum\"");
        if (at < 0
                || !checksum.region(at, text.length()).matches()
                || Long.parseLong(checksum.group(1), 16) != crcOf(text.substring(0, at))) {
            throw damaged(file);
        }
        Matcher head = HEAD.matcher(text);
        if (!head.lookingAt() || !head.group(1).equals(Integer.toString(FORMAT))) {
            throw new StoreException(
                    Kind.FORMAT_VERSION,
                    "the backup's manifest " + file + " is of another format than " + FORMAT
                            + ". Use the release that made the backup.");
        }
        List<Entry> files = new ArrayList<>();
        Matcher entry = ENTRY.matcher(text);
        for (int from = head.end(); entry.find(from); from = entry.end()) {
            files.add(new Entry(entry.group(1), Long.parseLong(entry.group(2)), Long.parseLong(entry.group(3), 16)));
        }
        return new BackupManifest(
                new Label(head.group(2), head.group(3), head.group(4)), Long.parseLong(head.group(5)), files);
    }

    private static StoreException damaged(Path file) {
        return new StoreException(Kind.DAMAGED, "the backup's manifest " + file + " is damaged. Use another backup.");
    }
}
