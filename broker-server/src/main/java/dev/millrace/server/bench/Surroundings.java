package dev.millrace.server.bench;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/**
 * Where a run took place.
 *
 * @param syncMode what an acknowledgement means for the broker's disk
 * @param disk of the broker's data; null where it is not on this machine
 * @param jvm of the client
 * @param brokerJvm null where unknown
 */
public record Surroundings(
        String software, String syncMode, String disk, String jvm, String brokerJvm, String os, int processors) {
    private static final long MEBIBYTE = 1 << 20;

    static Surroundings of(Target.Facts facts, boolean local) {
        return new Surroundings(
                facts.software(),
                facts.syncMode(),
                local ? disk(facts.dataDirectory()) : null,
                ownJvm(),
                facts.jvm(),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors());
    }

    private static String disk(String dataDirectory) {
        if (dataDirectory == null) return null;
        try {
            FileStore store = Files.getFileStore(Path.of(dataDirectory));
            return store.type() + " " + store.name() + ", " + (store.getUsableSpace() / (1 << 30)) + " GiB free, "
                    + dataDirectory;
        } catch (IOException notHere) {
            return null;
        }
    }

    private static String ownJvm() {
        String collectors = ManagementFactory.getGarbageCollectorMXBeans().stream()
                .map(GarbageCollectorMXBean::getName)
                .collect(Collectors.joining(", "));
        long heapMebibytes = Runtime.getRuntime().maxMemory() / MEBIBYTE;
        return System.getProperty("java.vm.name") + " " + Runtime.version() + ", " + collectors + ", heap "
                + heapMebibytes + " MiB";
    }
}
