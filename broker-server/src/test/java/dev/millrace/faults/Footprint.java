package dev.millrace.faults;

import dev.millrace.system.Daemon;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a daemon holds: memory in use, not memory kept for later. A JVM does not give its heap back, so what counts is
 * what a collection leaves, the bytes of network buffers that are in use, and direct memory.
 *
 * @param heapBytes used after a full collection
 * @param pinnedBytes network buffers in use
 * @param directBytes direct memory outside of the network's pool: tail cache and read buffers
 * @param residentBytes of the process, for the record
 */
record Footprint(long heapBytes, long pinnedBytes, long directBytes, long residentBytes, int sockets, int files) {
    private static final Pattern HEAP_USED = Pattern.compile("used (\\d+)K");

    static Footprint of(Daemon daemon) throws IOException, InterruptedException {
        long pid = daemon.process().pid();
        jcmd(pid, "GC.run");
        Matcher heap = HEAP_USED.matcher(jcmd(pid, "GC.heap_info"));
        if (!heap.find()) {
            throw new AssertionError("no heap usage told by GC.heap_info");
        }
        String metrics = daemon.get("/metrics");
        int[] descriptors = descriptors(pid);
        return new Footprint(
                Long.parseLong(heap.group(1)) << 10,
                gauge(metrics, "netty_allocator_memory_pinned{.*memory_type=\"direct\".*}"),
                gauge(metrics, "jvm_buffer_memory_used_bytes{id=\"direct\"}"),
                status(pid, "VmRSS"),
                descriptors[0],
                descriptors[1]);
    }

    static int sockets(Daemon daemon) throws IOException {
        return descriptors(daemon.process().pid())[0];
    }

    /** Resident memory at this moment. */
    static long residentBytes(Daemon daemon) throws IOException {
        return status(daemon.process().pid(), "VmRSS");
    }

    static long gauge(String metrics, String name) {
        Pattern line = Pattern.compile(
                "^" + name.replace("{", "\\{").replace("}", "\\}") + " ([0-9.eE+]+)$", Pattern.MULTILINE);
        Matcher found = line.matcher(metrics);
        if (!found.find()) {
            throw new AssertionError("no gauge " + name + " in\n" + metrics);
        }
        return (long) Double.parseDouble(found.group(1));
    }

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid), command)
                .redirectErrorStream(true)
                .start();
        String out = new String(jcmd.getInputStream().readAllBytes());
        if (!jcmd.waitFor(60, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
            throw new AssertionError("jcmd " + command + " failed: " + out);
        }
        return out;
    }

    private static long status(long pid, String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new AssertionError("no " + field + " of process " + pid);
    }

    private static int[] descriptors(long pid) throws IOException {
        int sockets = 0;
        int files = 0;
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path link : links) {
                try {
                    if (Files.readSymbolicLink(link).toString().startsWith("socket:")) {
                        sockets++;
                    } else {
                        files++;
                    }
                } catch (NoSuchFileException closedMeanwhile) {
                    files += 0;
                }
            }
        }
        return new int[] {sockets, files};
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "heap %.1f MiB, buffers in use %.1f MiB, direct %.1f MiB, resident %.1f MiB, %d sockets, %d other files",
                mib(heapBytes),
                mib(pinnedBytes),
                mib(directBytes),
                mib(residentBytes),
                sockets,
                files);
    }

    static double mib(long bytes) {
        return bytes / 1048576.0;
    }
}
