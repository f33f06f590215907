package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.config.Loaded;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartCommandTest {
    @TempDir
    Path dir;

    /** A broker that only remembers what happened to it. */
    private static final class Recorder implements Daemon {
        private final CompletableFuture<String> halted = new CompletableFuture<>();
        private Loaded configuration;
        private boolean closed;
        private Runnable onOpen = () -> {};

        @Override
        public Running open(Loaded configuration, PrintStream banner) {
            this.configuration = configuration;
            banner.println("ready");
            onOpen.run();
            return new Running() {
                @Override
                public CompletableFuture<String> halted() {
                    return halted;
                }

                @Override
                public void rehearse() {
                    throw new AssertionError("no rehearsal was asked for");
                }

                @Override
                public void close() {
                    closed = true;
                }
            };
        }
    }

    private final Recorder daemon = new Recorder();

    @Test
    void servesUntilStoppedThenDrainsAndSucceeds() {
        StopSignal stop = new StopSignal();
        daemon.onOpen = stop::request;
        Ran ran = new Ran.Setup().daemon(daemon).stop(stop).run("start", "--data", dir.toString());
        assertThat(ran).isEqualTo(new Ran(0, "ready\n", ""));
        assertThat(daemon.closed).isTrue();
        assertThat(daemon.configuration.config().node().dataDir()).isEqualTo(dir);
    }

    @Test
    void failsWhenTheStorageHalts() {
        daemon.onOpen = () -> daemon.halted.complete("the disk failed. Check the disk.");
        Ran ran = new Ran.Setup().daemon(daemon).run("start");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err()).isEqualTo("error: the broker has stopped: the disk failed. Check the disk.\n");
        assertThat(daemon.closed).isTrue();
    }

    @Test
    void aStopThatComesAfterAHaltDoesNotHideIt() {
        StopSignal stop = new StopSignal();
        daemon.onOpen = () -> {
            daemon.halted.complete("the disk failed.");
            stop.request();
        };
        assertThat(new Ran.Setup().daemon(daemon).stop(stop).run("start").exit())
                .isEqualTo(1);
    }

    @Test
    void saysWhyTheBrokerDoesNotStart() {
        daemon.onOpen = () -> {
            throw new CommandFailure("the port is in use. Choose another.");
        };
        assertThat(new Ran.Setup().daemon(daemon).run("start"))
                .isEqualTo(new Ran(1, "ready\n", "error: the port is in use. Choose another.\n"));
    }

    @Test
    void takesFileEnvironmentAndOptionsInThatOrder() throws Exception {
        Path file = Files.writeString(dir.resolve("m.yaml"), "topics:\n  partitions: 5\n  partitionsMax: 1000\n");
        daemon.halted.complete("enough");
        new Ran.Setup()
                .daemon(daemon)
                .env("MILLRACE_TOPICS__PARTITIONS", "6")
                .env("MILLRACE_PRODUCERS__IDRETENTION", "2d")
                .run("start", "--config", file.toString(), "--set", "topics.partitions=7");
        assertThat(daemon.configuration.config().topics().partitions()).isEqualTo(7);
        assertThat(daemon.configuration.config().topics().partitionsMax()).isEqualTo(1000);
        assertThat(daemon.configuration.config().producers().idRetention()).hasDays(2);
    }

    @Test
    void reportsEveryProblemOfTheConfigurationAtOnce() {
        Ran ran = new Ran.Setup().daemon(daemon).run("start", "--set", "topics.x=1", "--set", "limits.connections=no");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err())
                .startsWith("error: 2 problems in the configuration:")
                .contains("topics.x")
                .contains("limits.connections");
        assertThat(daemon.configuration).isNull();
    }
}
