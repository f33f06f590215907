package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.faults.Crowd.Size;
import dev.millrace.faults.SteadyClients.Window;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bad clients harm no good ones: while they do their worst, well-behaved clients get their answers within twice the
 * time that they need alone, meet no error, and afterwards the daemon holds no more than before.
 *
 * <p>Each kind of abuse is framed by windows in which the good clients are alone; its windows are compared with those of
 * both sides, so that a machine that is slower for a while is no reason to fail.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class AbusiveClientsIT {
    private static final int WINDOWS = 5;
    private static final long WINDOW_MS = 2_000;
    private static final double SLOWDOWN_MAX = 2;
    private static final int ROUNDS_MAX = 3;
    /** Twice a quarter of limits.inFlightTotal, and one frame that came before it was noticed. */
    private static final long HELD_BYTES_MAX = (2 * 32 + 16) << 20;

    private static final String BACKLOG = "backlog";
    private static final int BACKLOG_MESSAGES = 1_536;
    private static final int BACKLOG_MESSAGE_BYTES = 64 << 10;
    /** Buffers of requests that happen to be under way, and a heap that breathes. */
    private static final long PINNED_BYTES_MORE_MAX = 2 << 20;

    private static final long HEAP_BYTES_MORE_MAX = 16 << 20;
    /**
     * Idle read buffers are kept for the next reads, 32 of 1 MiB and 32 of 256 KiB, and nobody knows how many are at the
     * beginning; the tail cache grows and shrinks by two pieces of 4 MiB.
     */
    private static final long DIRECT_BYTES_MORE_MAX = 48 << 20;

    private static final int WARM_UP_READERS = 60;
    /** Files of the store come and go. */
    private static final int FILES_MORE_MAX = 32;

    private static final long SETTLE_SECONDS_MAX = 20;

    @TempDir
    static Path directory;

    private final Random random = new Random(Seeds.next());
    private Daemon daemon;
    private InetSocketAddress address;
    private MillraceClient admin;
    private SteadyClients good;
    private UUID backlogId;
    private Footprint before;
    private List<Window> lastAlone;

    @BeforeAll
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void startWithGoodClients() throws Exception {
        daemon = new Daemon(
                Distribution.underTest(), directory, "storage.tailCache=16MiB", "limits.inFlightTotal=128MiB");
        daemon.start();
        address = new InetSocketAddress(
                "127.0.0.1", Integer.parseInt(daemon.server().split(":")[1]));
        admin = MillraceClient.connect(daemon.server());
        backlogId = admin.admin().createTopic(BACKLOG, 1).id();
        publishBacklog();
        good = new SteadyClients(daemon.server());
        // Compiled code and filled pools first: what follows compares like with like.
        try (Crowd readers = new Crowd(address, new Size(WARM_UP_READERS, 20), new Abuses.SlowReader(backlogId))) {
            good.measure(WINDOWS, WINDOW_MS);
            assertThat(readers.admitted()).isGreaterThanOrEqualTo(WARM_UP_READERS);
        }
        lastAlone = good.measure(WINDOWS, WINDOW_MS);
        before = Footprint.of(daemon);
        Figures.print("good clients alone", "%s; %s", text(Window.median(lastAlone)), before);
    }

    private void publishBacklog() {
        byte[] value = new byte[BACKLOG_MESSAGE_BYTES];
        try (Producer producer = admin.producer().build()) {
            for (int i = 0; i < BACKLOG_MESSAGES; i++) {
                random.nextBytes(value);
                producer.publishAsync(Message.to(BACKLOG).value(value.clone()));
            }
            producer.flush();
        }
        assertThat(admin.admin().describeTopic(BACKLOG).messages()).isEqualTo(BACKLOG_MESSAGES);
    }

    @AfterAll
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void goodClientsLostNothing() throws Exception {
        try {
            long messages = good.finish();
            Figures.print("good clients", "%d messages, no error", messages);
            assertThat(daemon.log().lines().filter(line -> line.contains(" WARN ") || line.contains(" ERROR ")))
                    .as("what the daemon's log complains about")
                    .isEmpty();
            good.close();
            admin.close();
            assertThat(daemon.terminate()).isZero();
        } finally {
            daemon.close();
        }
    }

    @Test
    void readersThatNeverReadStallNobody() throws Exception {
        endure("slow readers", new Size(400, 20), new Abuses.SlowReader(backlogId), 150);
    }

    @Test
    void readersWithTinyCreditOnManySubscriptionsStallNobody() throws Exception {
        endure("subscription hoarders", new Size(20, 10), new Abuses.SubscriptionHoarder(backlogId), 20);
    }

    @Test
    void writersOfOneByteAtATimeStallNobody() throws Exception {
        endure("slow writers before hello", new Size(300, 60), new Abuses.SlowHello(), 300);
        endure("slow writers of large frames", new Size(300, 60), new Abuses.SlowPublisher(), 300);
    }

    @Test
    void framesThatNeverEndStallNobody() throws Exception {
        endure("unfinished frames", new Size(200, 20), new Abuses.UnfinishedFrames(), 150);
    }

    @Test
    void connectionsThatVanishHalfwayStallNobody() throws Exception {
        endure("half-open connections", new Size(200, 60), new Abuses.HalfOpen(), 400);
    }

    @Test
    void garbageAndGiantFramesStallNobody() throws Exception {
        endure("garbage", new Size(100, 100), new Abuses.Garbage(random), 900);
    }

    @Test
    void thousandsOfIdleConnectionsStallNobody() throws Exception {
        endure("idle connections", new Size(5_000, 1_000), new Abuses.Idle(), 5_000);
    }

    @Test
    void connectionChurnStallsNobody() throws Exception {
        endure("connection churn", new Size(100, 300), new Abuses.Churn(), 2_500);
    }

    /** Compares until the verdict is clear or the rounds are over: more samples where they scatter, never another bound. */
    private void endure(String name, Size size, Crowd.Manner manner, int admittedMin) throws Exception {
        List<Window> alone = new ArrayList<>(lastAlone);
        List<Window> during = new ArrayList<>();
        for (int round = 1; round <= ROUNDS_MAX; round++) {
            try (Crowd crowd = new Crowd(address, size, manner)) {
                during.addAll(good.measure(WINDOWS, WINDOW_MS));
                assertThat(crowd.admitted()).as("%s that were there", name).isGreaterThanOrEqualTo(admittedMin);
                assertThat(Footprint.gauge(daemon.get("/metrics"), "millrace_peers_held_bytes"))
                        .as("bytes held for peers")
                        .isLessThanOrEqualTo(HELD_BYTES_MAX);
            }
            long residentBytes = Footprint.residentBytes(daemon);
            awaitLeft();
            lastAlone = good.measure(WINDOWS, WINDOW_MS);
            alone.addAll(lastAlone);
            Footprint then = Footprint.of(daemon);
            Figures.print(
                    name,
                    "round=%d alone %s; during %s, resident %.0f MiB; after: %s",
                    round,
                    text(Window.median(alone)),
                    text(Window.median(during)),
                    Footprint.mib(residentBytes),
                    then);
            compare(then);
            if (isUnharmed(Window.median(alone), Window.median(during))) {
                return;
            }
        }
        compare(name, Window.median(alone), Window.median(during));
    }

    private static boolean isUnharmed(Window alone, Window during) {
        return during.acknowledgedP99() <= SLOWDOWN_MAX * alone.acknowledgedP99()
                && during.deliveredP99() <= SLOWDOWN_MAX * alone.deliveredP99();
    }

    private static void compare(String name, Window alone, Window during) {
        assertThat(during.acknowledgedP99())
                .as("p99 of acknowledgements with %s, in microseconds", name)
                .isLessThanOrEqualTo(SLOWDOWN_MAX * alone.acknowledgedP99());
        assertThat(during.deliveredP99())
                .as("p99 of deliveries with %s, in microseconds", name)
                .isLessThanOrEqualTo(SLOWDOWN_MAX * alone.deliveredP99());
    }

    private void compare(Footprint then) {
        assertThat(then.sockets()).as("sockets").isLessThanOrEqualTo(before.sockets());
        assertThat(then.files()).as("files").isLessThanOrEqualTo(before.files() + FILES_MORE_MAX);
        assertThat(then.pinnedBytes())
                .as("bytes of network buffers in use")
                .isLessThanOrEqualTo(before.pinnedBytes() + PINNED_BYTES_MORE_MAX);
        assertThat(then.heapBytes())
                .as("heap after a collection")
                .isLessThanOrEqualTo(before.heapBytes() + HEAP_BYTES_MORE_MAX);
        assertThat(then.directBytes())
                .as("direct memory")
                .isLessThanOrEqualTo(before.directBytes() + DIRECT_BYTES_MORE_MAX);
    }

    private void awaitLeft() throws IOException, InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS_MAX);
        while (Footprint.sockets(daemon) > before.sockets()) {
            assertThat(System.nanoTime())
                    .as("%d sockets stay where %d were before", Footprint.sockets(daemon), before.sockets())
                    .isLessThan(deadline);
            assertThat(never.await(50, TimeUnit.MILLISECONDS)).isFalse();
        }
    }

    private static String text(Window window) {
        return String.format(
                Locale.ROOT,
                "p50/p99 ack %.2f/%.2f ms, delivery %.2f/%.2f ms",
                window.acknowledgedP50() / 1e3,
                window.acknowledgedP99() / 1e3,
                window.deliveredP50() / 1e3,
                window.deliveredP99() / 1e3);
    }
}
