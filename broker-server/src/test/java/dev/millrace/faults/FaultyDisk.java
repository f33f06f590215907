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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The disk below one daemon, made to fail on demand: {@code src/test/c/faultio.c}, compiled here, and the page that it
 * shares with this process. Needs gcc and Linux.
 */
final class FaultyDisk {
    private static final int PAGE_BYTES = 4096;
    private static final int PATH_AT = 1024;
    private static final int PATH_BYTES = 1000;
    private static final int FILTER_AT = 2048;
    private static final int FILTER_BYTES = 100;
    private static final int COUNTS = 16;
    private static final int NO_FAULT = -1;

    private enum Field {
        KIND,
        AT,
        ACTION,
        STICKY,
        HITS,
        HIT_NANOS,
        DELAY_MS
    }

    /** What is counted; in the order of faultio.c. */
    enum Kind {
        WRITE,
        SYNC,
        RANGE,
        TRUNCATE,
        ALLOCATE,
        RENAME,
        UNLINK,
        OPEN,
        READ
    }

    /** What a call is made to do. */
    enum Action {
        EIO(5, "Input/output error"),
        ENOSPC(28, "No space left on device"),
        EMFILE(24, "Too many open files"),
        EDQUOT(122, "Disk quota exceeded"),
        EINTR(4, "Interrupted system call"),
        /** Half of what was asked for. */
        SHORT(-1, null),
        /** The call works, half a second late. */
        DELAY(-2, null);

        private final int code;
        private final String words;

        Action(int code, String words) {
            this.code = code;
            this.words = words;
        }

        /** What the daemon must have said, or null where it need not notice. */
        String words() {
            return words;
        }
    }

    /** @param sticky whether all later calls of the kind fail, too */
    record Plan(Kind kind, long at, Action action, boolean sticky) {
        @Override
        public String toString() {
            return kind + " " + (sticky ? "from " : "no. ") + at + " " + action;
        }
    }

    private final Path library;
    private final Path pageFile;
    private final MappedByteBuffer page;

    FaultyDisk(Path directory) throws IOException, InterruptedException {
        library = compile(directory);
        pageFile = directory.resolve("faultio.page");
        try (FileChannel file = FileChannel.open(
                pageFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            page = file.map(FileChannel.MapMode.READ_WRITE, 0, PAGE_BYTES);
        }
        page.order(ByteOrder.nativeOrder());
        reset();
    }

    private static Path compile(Path directory) throws IOException, InterruptedException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "failing I/O is injected on Linux only");
        Path source = Distribution.projectRoot().resolve("broker-server/src/test/c/faultio.c");
        Path target = directory.resolve("faultio.so");
        ProcessBuilder command = new ProcessBuilder("gcc", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC");
        command.command().addAll(List.of("-o", target.toString(), source.toString(), "-ldl"));
        Process compiler;
        try {
            compiler = command.redirectErrorStream(true).start();
        } catch (IOException missing) {
            assumeTrue(false, "failing I/O needs gcc: " + missing.getMessage());
            throw missing;
        }
        String output = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(compiler.waitFor()).as(output).isZero();
        return target;
    }

    /** All processes of the daemon launched from now on stand on this disk. */
    void under(Daemon daemon) {
        daemon.environment("LD_PRELOAD", library.toString());
        daemon.environment("FAULTIO_DIR", daemon.data().toString());
        daemon.environment("FAULTIO_PAGE", pageFile.toString());
    }

    /** The file system of the daemon's processes launched from now on has no direct I/O. */
    void withoutDirectIo(Daemon daemon) {
        daemon.environment("FAULTIO_NO_DIRECT", "1");
    }

    /** Processes launched from now on stand on the real disk. */
    void notUnder(Daemon daemon) {
        daemon.environment("LD_PRELOAD", null);
    }

    /** No fault, all counts zero; for before a launch. */
    void reset() {
        heal();
        for (int at = Long.BYTES; at < PAGE_BYTES; at += Long.BYTES) {
            page.putLong(at, 0);
        }
    }

    /** Only files whose path contains this text count from now on; empty: all. */
    void onlyFiles(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(bytes).hasSizeLessThan(FILTER_BYTES);
        page.put(FILTER_AT, bytes).put(FILTER_AT + bytes.length, (byte) 0);
    }

    /** Arms a fault by the number of the call since the last {@link #reset}. */
    void arm(Plan plan) {
        heal();
        put(Field.HITS, 0);
        put(Field.HIT_NANOS, 0);
        put(Field.AT, plan.at());
        put(Field.ACTION, plan.action().code);
        put(Field.STICKY, plan.sticky() ? 1 : 0);
        // Each of a hundred calls in turn must still fit in a burst.
        put(Field.DELAY_MS, plan.sticky() ? 50 : 500);
        put(Field.KIND, plan.kind().ordinal());
    }

    /** Arms a fault by the number of the call from now on. */
    void armFromNow(Plan plan) {
        arm(new Plan(plan.kind(), count(plan.kind()) + plan.at(), plan.action(), plan.sticky()));
    }

    /** No fault any more; what was hit stays readable. */
    void heal() {
        put(Field.KIND, NO_FAULT);
    }

    /** Whether the armed fault is one after which what was written cannot be trusted. */
    boolean failsWriteOrSync() {
        long kind = get(Field.KIND);
        return (kind == Kind.WRITE.ordinal() || kind == Kind.SYNC.ordinal())
                && get(Field.ACTION) > 0
                && get(Field.ACTION) != Action.EINTR.code;
    }

    long hits() {
        return get(Field.HITS);
    }

    /** When the fault was first hit, by this machine's monotonic clock; 0 where it was not. */
    long hitNanos() {
        return get(Field.HIT_NANOS);
    }

    /** The file of the first hit. */
    String hitPath() {
        byte[] bytes = new byte[PATH_BYTES];
        page.get(PATH_AT, bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.substring(0, text.indexOf(0));
    }

    long count(Kind kind) {
        return page.getLong((COUNTS + kind.ordinal()) * Long.BYTES);
    }

    Map<Kind, Long> counts() {
        Map<Kind, Long> counts = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            counts.put(kind, count(kind));
        }
        return counts;
    }

    private void put(Field field, long value) {
        page.putLong(field.ordinal() * Long.BYTES, value);
    }

    private long get(Field field) {
        return page.getLong(field.ordinal() * Long.BYTES);
    }
}
