package dev.millrace.comparison;

import dev.millrace.faults.PeerServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A broker and the settings it is measured with. Its heap is the same everywhere, all else is as it ships. */
enum Contender {
    MILLRACE("Millrace", "millrace") {
        @Override
        PeerServer server(Path disk, Path home) {
            return new PeerServer.Millrace(disk, home, HEAP);
        }
    },
    /** As its launcher starts it: what it needs when nobody gave it a heap. */
    MILLRACE_AS_SHIPPED("Millrace", "millrace") {
        @Override
        PeerServer server(Path disk, Path home) {
            return new PeerServer.Millrace(disk, home);
        }
    },
    /** Acknowledges from the page cache. Its own launcher gives it the same heap. */
    KAFKA("Kafka", "kafka") {
        @Override
        PeerServer server(Path disk, Path home) {
            return kafka(disk, home);
        }
    },
    /** Acknowledges after a sync, as Millrace does. */
    KAFKA_SYNCED("Kafka, flush.messages=1", "kafka") {
        @Override
        PeerServer server(Path disk, Path home) {
            return kafka(disk, home, "log.flush.interval.messages=1");
        }
    };

    static final String HEAP = "-Xms1g -Xmx1g";
    /** KAFKA_JVM_PERFORMANCE_OPTS of bin/kafka-run-class.sh. */
    static final String KAFKA_JVM =
            "-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 "
                    + "-XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true";

    final String title;
    private final String scheme;

    Contender(String title, String scheme) {
        this.title = title;
        this.scheme = scheme;
    }

    /**
     * @param disk for its data
     * @param home for its settings and its log
     */
    abstract PeerServer server(Path disk, Path home);

    String target(String address) {
        return scheme + "://" + address;
    }

    private static PeerServer kafka(Path disk, Path home, String... settings) {
        List<String> options = new ArrayList<>(List.of(HEAP.split(" ")));
        options.addAll(List.of(KAFKA_JVM.split(" ")));
        return new PeerServer.Kafka(disk, home, options, List.of(settings));
    }
}
