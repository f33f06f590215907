package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Disk space held in a file, to be given up when something else has filled the disk to the last byte: it lets a broker
 * start, finish its flushes and serve reads and commits until a person has made room.
 *
 * <p>Thread: one at a time.
 */
public final class Ballast {
    private static final String FILE = "ballast";
    private static final int PIECE_BYTES = 1 << 20;

    private final Path path;
    private final long bytes;

    /** @param bytes 0 for none */
    public Ballast(Path directory, long bytes) {
        this.path = directory.resolve(FILE);
        this.bytes = bytes;
    }

    public long bytes() {
        return bytes;
    }

    /** Whether there is something to give up. */
    public boolean isHeld() {
        return path.toFile().length() > 0;
    }

    /** Whether all of it is there; a start or a write cut short leaves less. */
    public boolean isWhole() {
        return path.toFile().length() == bytes;
    }

    /** Gives the space back to the disk. Safe twice. */
    public void release() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new StoreException(Kind.IO, "cannot delete " + path + ": " + e, e);
        }
    }

    /** Fills the file. Needs no sync: what is lost of it in a crash is made anew. */
    public void take() {
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, bytes)];
        // Zeros would take no space where the file system compresses.
        new SplittableRandom(bytes).nextBytes(piece);
        File file = path.toFile();
        try (RandomAccessFile out = new RandomAccessFile(file, "rw")) {
            out.setLength(0);
            for (long left = bytes; left > 0; left -= piece.length) {
                out.write(piece, 0, (int) Math.min(piece.length, left));
            }
        } catch (IOException e) {
            release();
            throw new StoreException(Kind.IO, "cannot write " + path + ": " + e, e);
        }
    }
}
