package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/** A file system of its own that a test can fill to the last byte. Needs root. */
final class SmallDisk implements AutoCloseable {
    /** What it is made of. */
    enum Make {
        EXT4,
        TMPFS
    }

    private static final int PIECE_BYTES = 1 << 20;
    private static final int LAST_BYTES = 4096;

    private final Path mountPoint;
    private final Path sibling;
    private final Path image;
    private volatile boolean greedy;
    private Thread eater;

    private SmallDisk(Path mountPoint, Path image) {
        this.mountPoint = mountPoint;
        this.sibling = mountPoint.resolve("lost+found/sibling");
        this.image = image;
    }

    /** Mounts one at {@code mountPoint}, which must not exist. */
    static SmallDisk mount(Path mountPoint, Make make, long bytes) throws IOException, InterruptedException {
        Files.createDirectories(mountPoint);
        Path image = mountPoint.resolveSibling("disk.img");
        boolean mounted;
        if (make == Make.TMPFS) {
            mounted = run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", mountPoint.toString());
        } else {
            mounted = run("truncate", "-s", Long.toString(bytes), image.toString())
                    && run("mkfs.ext4", "-q", "-F", "-m", "0", image.toString())
                    && run("mount", "-o", "loop", image.toString(), mountPoint.toString());
        }
        assumeTrue(mounted, "a disk that can be filled needs root, to mount a small file system");
        SmallDisk disk = new SmallDisk(mountPoint, image);
        // Where a data directory may lie in a file system of its own, this directory is no stranger.
        Files.createDirectories(disk.sibling.getParent());
        return disk;
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            boolean done = process.waitFor() == 0;
            if (!done) {
                System.out.println(String.join(" ", command) + ": " + output);
            }
            return done;
        } catch (IOException missing) {
            System.out.println(missing.getMessage());
            return false;
        }
    }

    long usableBytes() throws IOException {
        return Files.getFileStore(mountPoint).getUsableSpace();
    }

    /** Something else takes all there is, at once. */
    void fill() throws IOException {
        eat(PIECE_BYTES);
        eat(LAST_BYTES);
    }

    /** Something else takes all but so much, at once. */
    void fillUpTo(long freeBytes) throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        try (OutputStream out = Files.newOutputStream(sibling, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (usableBytes() > freeBytes) {
                out.write(piece);
            }
        }
    }

    /** As {@link #fill}, and goes on to take whatever is given back, until {@link #free}. */
    void fillAndStayGreedy() throws IOException {
        fill();
        greedy = true;
        eater = new Thread(this::eatWhatIsGivenBack, "sibling");
        eater.start();
    }

    private synchronized void eatWhatIsGivenBack() {
        try {
            while (greedy) {
                eat(LAST_BYTES);
                TimeUnit.MILLISECONDS.timedWait(this, 1);
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void eat(int pieceBytes) throws IOException {
        byte[] piece = new byte[pieceBytes];
        try (OutputStream out = Files.newOutputStream(sibling, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (true) {
                out.write(piece);
            }
        } catch (IOException full) {
            if (!String.valueOf(full.getMessage()).contains("No space left")) {
                throw full;
            }
        }
    }

    /** The sibling goes. */
    void free() throws IOException, InterruptedException {
        greedy = false;
        if (eater != null) {
            eater.join();
            eater = null;
        }
        Files.deleteIfExists(sibling);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        free();
        assertThat(run("umount", "-l", mountPoint.toString())).isTrue();
        Files.deleteIfExists(image);
    }
}
