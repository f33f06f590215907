package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk whose power can fail: ext4 in a file. The cut shuts the file system down without flushing its journal, so that
 * all pages not yet on disk are gone; a mere SIGKILL would keep them. Needs root, loop devices, mkfs.ext4 and python3.
 */
final class PowerCutDisk implements AutoCloseable {
    /** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: not even the journal gets out. */
    private static final String SHUTDOWN = "import fcntl, os, struct, sys;"
            + "fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

    private final Path image;
    private final Path mountPoint;

    private PowerCutDisk(Path image, Path mountPoint) {
        this.image = image;
        this.mountPoint = mountPoint;
    }

    /** Makes and mounts a disk, or ends the test as skipped, saying what is missing. */
    static PowerCutDisk in(Path directory, String size) throws Exception {
        Path image = directory.resolve("disk");
        Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
        PowerCutDisk disk = new PowerCutDisk(image, mountPoint);
        boolean ready = run("python3", "-c", "import fcntl")
                && run("truncate", "-s", size, image.toString())
                && run("mkfs.ext4", "-q", image.toString())
                && disk.mount();
        assumeTrue(ready, "skipped: a power cut needs root, a loop device, mkfs.ext4 and python3");
        return disk;
    }

    Path path() {
        return mountPoint;
    }

    private boolean mount() throws InterruptedException {
        return run("mount", "-o", "loop", image.toString(), mountPoint.toString());
    }

    /** The power fails now. */
    void cut() throws InterruptedException {
        assertThat(run("python3", "-c", SHUTDOWN, mountPoint.toString()))
                .as("the file system was shut down")
                .isTrue();
    }

    /** The power is back: the journal is replayed. No process may use the disk. */
    void restore() throws InterruptedException {
        assertThat(run("umount", mountPoint.toString())).as("unmounted").isTrue();
        assertThat(mount()).as("mounted again").isTrue();
    }

    @Override
    public void close() throws InterruptedException {
        run("umount", mountPoint.toString());
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException commandMissing) {
            return false;
        }
    }
}
