package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testing.Seeds;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a power cut of one node takes of the acknowledged records, by each broker's default settings. Not a part of the
 * fault lab: {@code -Dpeers.powercut=true}, see docs/RELIABILITY.md.
 *
 * <pre>
 *  new disk, start, make topic, sync the disk ─▶ publish for some seconds ─▶ cut, SIGKILL ─▶ remount, start, read all
 * </pre>
 *
 * <p>A record counts as acknowledged when the client had said so before the cut began. The topic itself and all that the
 * server wrote before the load are synced from outside: only what the load wrote is at stake.
 */
final class PeersPowerCutIT {
    private static final int CUTS = Integer.getInteger("peers.cuts", 5);
    private static final int LOAD_MIN_MS = Integer.getInteger("peers.load.min.ms", 3000);
    private static final int LOAD_MAX_MS = Integer.getInteger("peers.load.max.ms", 10_000);
    private static final Path REPORT = Path.of("target/peers-power-cut.md");

    @TempDir
    Path root;

    /** Makes a server with its data in the first directory and all else in the second. */
    private interface Maker {
        PeerServer make(Path disk, Path home);
    }

    /** One cut: how many were acknowledged, how many of them are gone, and how long ago the oldest of those was said safe. */
    private record Cut(long loadMs, int acknowledged, int lost, long oldestLostMs, String outcome) {}

    @BeforeAll
    static void onlyOnDemand() {
        assumeTrue(Boolean.getBoolean("peers.powercut"), "skipped: runs only with -Dpeers.powercut=true");
    }

    @Test
    void millraceLosesNothing() throws Exception {
        assertThat(cutAndReport("Millrace", PeerServer.Millrace::new)).isZero();
    }

    @Test
    void kafkaIsMeasured() throws Exception {
        assumePeersResolved();
        cutAndReport("Kafka", PeerServer.Kafka::new);
    }

    @Test
    void natsIsMeasured() throws Exception {
        assumePeersResolved();
        assumeTrue(Files.isExecutable(PeerServer.Nats.PROGRAM), "skipped: nats-server is not installed");
        cutAndReport("NATS JetStream", PeerServer.Nats::new);
    }

    @Test
    void rabbitClassicQueueIsMeasured() throws Exception {
        assumeRabbit();
        cutAndReport("RabbitMQ, classic queue", (disk, home) -> new PeerServer.Rabbit(disk, home, "classic"));
    }

    @Test
    void rabbitQuorumQueueIsMeasured() throws Exception {
        assumeRabbit();
        cutAndReport("RabbitMQ, quorum queue", (disk, home) -> new PeerServer.Rabbit(disk, home, "quorum"));
    }

    private static void assumeRabbit() {
        assumePeersResolved();
        assumeTrue(Files.isExecutable(PeerServer.Rabbit.PROGRAM), "skipped: rabbitmq-server is not installed");
    }

    private static void assumePeersResolved() {
        assumeTrue(
                Files.exists(PeerServer.PEERS_CLASS_PATH),
                "skipped: first run mvn -f broker-server/src/peers/pom.xml dependency:build-classpath");
    }

    /** Returns how many acknowledged records were lost in all cuts. */
    private int cutAndReport(String name, Maker maker) throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        int lost = 0;
        for (int i = 0; i < CUTS; i++) {
            Path home = Files.createDirectory(root.resolve("cut-" + i));
            Cut cut = cut(maker, home, LOAD_MIN_MS + random.nextInt(LOAD_MAX_MS - LOAD_MIN_MS));
            lost += cut.lost;
            String row = "| %s | %d | %d | %d | %d | %d | %d | %s |\n"
                    .formatted(
                            name, seed, i + 1, cut.loadMs, cut.acknowledged, cut.lost, cut.oldestLostMs, cut.outcome);
            System.out.print(row);
            Files.writeString(REPORT, row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        return lost;
    }

    private static Cut cut(Maker maker, Path home, long loadMs) throws Exception {
        try (PowerCutDisk disk = PowerCutDisk.in(home, "4G")) {
            PeerServer server = maker.make(disk.path(), home);
            Map<Long, Long> acknowledgedAt;
            long cutNanos;
            server.prepare();
            try (PublishingClient client = new PublishingClient(server)) {
                client.start(disk);
                acknowledgedAt = client.acknowledgedAfter(loadMs);
                cutNanos = System.nanoTime();
                disk.cut();
            } finally {
                server.kill();
            }
            disk.restore();
            try {
                Set<Long> there = server.start() ? readAll(server) : null;
                return judged(loadMs, acknowledgedAt, there, cutNanos);
            } finally {
                server.kill();
            }
        }
    }

    private static Cut judged(long loadMs, Map<Long, Long> acknowledgedAt, Set<Long> there, long cutNanos) {
        int lost = 0;
        long oldestNanos = cutNanos;
        for (Map.Entry<Long, Long> each : acknowledgedAt.entrySet()) {
            if (there == null || !there.contains(each.getKey())) {
                lost++;
                oldestNanos = Math.min(oldestNanos, each.getValue());
            }
        }
        long oldestMs = TimeUnit.NANOSECONDS.toMillis(cutNanos - oldestNanos);
        return new Cut(
                loadMs, acknowledgedAt.size(), lost, oldestMs, there == null ? "does not start or read" : "starts");
    }

    /** All numbers that are there, or null where the client cannot read them. */
    private static Set<Long> readAll(PeerServer server) throws Exception {
        Process client = server.client()
                .command("read")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Set<Long> there = new HashSet<>();
        boolean ended = false;
        try (BufferedReader lines = client.inputReader(StandardCharsets.US_ASCII)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                ended = line.equals("end");
                if (!ended) {
                    there.add(Long.parseLong(line));
                }
            }
        }
        assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return ended ? there : null;
    }

    /** A client process that publishes until it is killed, and what it says was acknowledged. */
    private static final class PublishingClient implements AutoCloseable {
        private final Process process;
        private final BufferedReader lines;
        private final Map<Long, Long> acknowledgedAt = new LinkedHashMap<>();
        private final CountDownLatch first = new CountDownLatch(1);

        /** Starts the server too. */
        PublishingClient(PeerServer server) throws Exception {
            assertThat(server.start()).as("%s", server.log()).isTrue();
            process = server.client()
                    .command("publish")
                    .redirectError(server.home.resolve("client.log").toFile())
                    .start();
            lines = process.inputReader(StandardCharsets.US_ASCII);
        }

        /** Waits for the topic, puts all that is there on the disk, and lets the client publish. */
        void start(PowerCutDisk disk) throws Exception {
            assertThat(lines.readLine()).isEqualTo("ready");
            int synced = new ProcessBuilder("sync", "-f", disk.path().toString())
                    .inheritIO()
                    .start()
                    .waitFor();
            assertThat(synced).isZero();
            Thread reader = new Thread(this::read, "acknowledged");
            reader.setDaemon(true);
            reader.start();
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }

        private void read() {
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    synchronized (acknowledgedAt) {
                        acknowledgedAt.put(Long.parseLong(line), System.nanoTime());
                    }
                    first.countDown();
                }
            } catch (IOException killed) {
                System.out.println("the client's output ended: " + killed.getMessage());
            }
        }

        /** What is acknowledged so long after the first, and when it was. The client goes on. */
        Map<Long, Long> acknowledgedAfter(long loadMs) throws InterruptedException {
            assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.waitFor(loadMs, TimeUnit.MILLISECONDS))
                    .as("client ended")
                    .isFalse();
            synchronized (acknowledgedAt) {
                return new LinkedHashMap<>(acknowledgedAt);
            }
        }

        @Override
        public void close() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }
    }
}
