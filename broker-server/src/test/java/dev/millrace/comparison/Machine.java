package dev.millrace.comparison;

import dev.millrace.faults.PeerServer;
import dev.millrace.system.Distribution;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the figures were measured on. */
final class Machine {
    private Machine() {}

    static Map<String, String> describe(Path data) throws IOException {
        FileStore store = Files.getFileStore(data);
        if (store.type().equals("tmpfs") || store.type().equals("ramfs")) {
            throw new IllegalStateException(data + " lies in memory (" + store.type()
                    + "), where a sync costs nothing. Give a directory on a disk: -Dcompare.directory=/path");
        }
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put("CPU", field(Path.of("/proc/cpuinfo"), "model name"));
        machine.put("Cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        machine.put(
                "Memory",
                gib(Long.parseLong(field(Path.of("/proc/meminfo"), "MemTotal").replaceAll("\\D", ""))));
        machine.put("Disk", gib(store.getTotalSpace() >> 10) + ", " + store.type());
        machine.put("Kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        return machine;
    }

    static Map<String, String> versions() throws IOException {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("Millrace", distributed("broker-server-"));
        versions.put("Kafka server", jarVersion("kafka-server-"));
        versions.put("Kafka client", distributed("kafka-clients-"));
        versions.put(
                "JDK of all processes",
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        return versions;
    }

    /** The version of a jar of the distribution. */
    private static String distributed(String prefix) throws IOException {
        Path lib = Distribution.underTest().home().resolve("lib");
        try (var jars = Files.newDirectoryStream(lib, prefix + "*.jar")) {
            for (Path jar : jars) {
                return jar.getFileName().toString().replace(prefix, "").replace(".jar", "");
            }
        }
        throw new IllegalStateException("no " + prefix + "….jar in " + lib);
    }

    /** Today, and the checkout's commit where git knows it. */
    static String build() throws IOException {
        String today = LocalDate.now(ZoneOffset.UTC).toString();
        try {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty")
                    .directory(Distribution.projectRoot().toFile())
                    .start();
            String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return commit.isEmpty() ? today : today + ", " + commit;
        } catch (IOException noGit) {
            return today;
        }
    }

    private static String jarVersion(String prefix) throws IOException {
        for (String jar : PeerServer.peersClassPath().split(File.pathSeparator)) {
            String name = Path.of(jar).getFileName().toString();
            if (name.matches(prefix + "\\d.*")) {
                return name.substring(prefix.length(), name.length() - ".jar".length());
            }
        }
        throw new IllegalStateException("no " + prefix + "… on the peers' class path");
    }

    private static String field(Path file, String name) throws IOException {
        List<String> lines = Files.readAllLines(file);
        for (String line : lines) {
            if (line.startsWith(name))
                return line.substring(line.indexOf(':') + 1).strip();
        }
        return "unknown";
    }

    private static String gib(long kib) {
        return Math.round(kib / 1048576.0) + " GiB";
    }
}
