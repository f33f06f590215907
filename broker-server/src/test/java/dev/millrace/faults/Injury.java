package dev.millrace.faults;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * One thing done to one file of a data directory behind the broker's back.
 *
 * @param at the byte, or the bit for FLIP_BIT, from which on the file is hurt
 * @param other the file to swap with, the old copy to restore, or the name of the duplicate
 */
record Injury(DamagedFile file, Type type, long at, Path other) {
    private static final int ZEROED_BYTES = 4096;

    enum Type {
        TRUNCATE("cut anywhere"),
        TRUNCATE_AT_BOUNDARY("cut between records"),
        TORN_TAIL("cut in the last 64 KiB"),
        FLIP_BIT("one bit flipped"),
        ZERO("4 KiB zeroed"),
        SWAP("swapped with another"),
        STALE("old copy restored"),
        DELETE("deleted"),
        DUPLICATE("duplicated");

        final String title;

        Type(String title) {
            this.title = title;
        }
    }

    void inflictOn(Path data) throws IOException {
        Path target = data.resolve(file.path());
        switch (type) {
            case TRUNCATE, TRUNCATE_AT_BOUNDARY, TORN_TAIL -> change(target, f -> f.setLength(at));
            case FLIP_BIT ->
                change(target, f -> {
                    f.seek(at / 8);
                    int old = f.read();
                    f.seek(at / 8);
                    f.write(old ^ 1 << at % 8);
                });
            case ZERO ->
                change(target, f -> {
                    f.seek(at);
                    f.write(new byte[(int) Math.min(ZEROED_BYTES, f.length() - at)]);
                });
            case SWAP -> {
                Path second = data.resolve(other);
                Path aside = data.resolveSibling("aside");
                Files.move(target, aside);
                Files.move(second, target);
                Files.move(aside, second);
            }
            case STALE -> Files.copy(other, target, StandardCopyOption.REPLACE_EXISTING);
            case DELETE -> Files.delete(target);
            case DUPLICATE -> Files.copy(target, data.resolve(other));
        }
    }

    /** True where a text for a person names the file that was hurt, or the one that came into it. */
    boolean isNamedIn(String text) {
        return text.contains(file.path().getFileName().toString())
                || other != null && text.contains(other.getFileName().toString());
    }

    /** For another process: read by {@link #ofLine}. */
    String toLine() {
        return String.join(
                "\t",
                file.path().toString(),
                file.kind().name(),
                type.name(),
                Long.toString(at),
                other == null ? "" : other.toString());
    }

    static Injury ofLine(List<String> fields) {
        DamagedFile file = new DamagedFile(Path.of(fields.get(0)), DamagedFile.Kind.valueOf(fields.get(1)));
        Path other = fields.get(4).isEmpty() ? null : Path.of(fields.get(4));
        return new Injury(file, Type.valueOf(fields.get(2)), Long.parseLong(fields.get(3)), other);
    }

    @FunctionalInterface
    private interface Change {
        void of(RandomAccessFile file) throws IOException;
    }

    private static void change(Path target, Change change) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(target.toFile(), "rw")) {
            change.of(file);
        }
    }

    @Override
    public String toString() {
        return file.path() + " " + type + " at=" + at + (other == null ? "" : " with " + other.getFileName());
    }
}
