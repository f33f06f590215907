package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The wall clock of one daemon, set while it runs; its monotonic clock stays true. {@code src/test/c/wallclock.c},
 * compiled here, and the page that it shares with this process. Needs gcc and Linux.
 */
final class FakeWallClock {
    private static final int PAGE_BYTES = 4096;

    private final MappedByteBuffer page;

    /** Sets up the daemon's processes that are launched from now on. */
    FakeWallClock(Daemon daemon, Path directory) throws IOException, InterruptedException {
        Path library = compile(directory);
        Path pageFile = directory.resolve("wallclock.page");
        try (FileChannel file = FileChannel.open(
                pageFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            page = file.map(FileChannel.MapMode.READ_WRITE, 0, PAGE_BYTES);
        }
        page.order(ByteOrder.nativeOrder());
        daemon.environment("LD_PRELOAD", library.toString());
        daemon.environment("WALLCLOCK_PAGE", pageFile.toString());
    }

    private static Path compile(Path directory) throws IOException, InterruptedException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "the daemon's wall clock is set on Linux only");
        Path source = Distribution.projectRoot().resolve("broker-server/src/test/c/wallclock.c");
        Path target = directory.resolve("wallclock.so");
        ProcessBuilder command = new ProcessBuilder("gcc", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC");
        command.command().addAll(List.of("-o", target.toString(), source.toString(), "-ldl"));
        Process compiler;
        try {
            compiler = command.redirectErrorStream(true).start();
        } catch (IOException missing) {
            assumeTrue(false, "setting the daemon's wall clock needs gcc: " + missing.getMessage());
            throw missing;
        }
        String output = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(compiler.waitFor()).as(output).isZero();
        return target;
    }

    /** How far the wall clock is ahead of the true one from now on. */
    void aheadByMs(long ms) {
        page.putLong(0, TimeUnit.MILLISECONDS.toNanos(ms));
    }
}
