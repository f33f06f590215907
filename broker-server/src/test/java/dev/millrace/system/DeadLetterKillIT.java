package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.DeadLetter;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.RunningConsumer;
import dev.millrace.history.History;
import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Dead letters where the broker, or the consumer's process, dies by SIGKILL. */
@Timeout(300)
class DeadLetterKillIT {
    private static final String GROUP = DeadLetterLoad.GROUP;
    private static final int KILLS = Integer.getInteger("deadletter.kills", 6);

    @TempDir
    Path directory;

    private MillraceClient connect(Daemon daemon) {
        return MillraceClient.builder()
                .server(daemon.server())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .requestTimeout(Duration.ofSeconds(60))
                .build();
    }

    @Test
    void nothingIsLostAndKeysKeepTheirOrderThroughKillsOfTheBroker() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        History history = new History();
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            try (MillraceClient client = connect(daemon);
                    DeadLetterLoad load = new DeadLetterLoad(client, history, seed)) {
                for (int kill = 0; kill < KILLS; kill++) {
                    daemon.process().waitFor(500 + random.nextInt(900), TimeUnit.MILLISECONDS);
                    daemon.kill();
                    daemon.start();
                }
                load.stop();
                assertThat(load.check()).as("dead letters").isPositive();
                assertThat(history.violations()).isEmpty();
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    // ---- a process that its handler ends

    @Test
    void aHandlerThatEndsItsProcessIsParkedAfterItsAttempts() throws Exception {
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            try (MillraceClient client = connect(daemon);
                    Producer producer = client.producer().build()) {
                client.admin().createTopic("orders", 1);
                for (String value : List.of("fine", "deadly", "after")) {
                    producer.publish(Message.to("orders").key(value).value(value));
                }
                int deaths = 0;
                int exit = DIED;
                while (exit == DIED && deaths < 10) {
                    exit = runMember(daemon.server());
                    deaths += exit == DIED ? 1 : 0;
                }
                assertThat(exit).isZero();
                // The first death is not known to be one; from then on attempts are counted.
                assertThat(deaths).isEqualTo(1 + ATTEMPTS);
                List<DeadLetter> letters = client.admin().deadLetters(GROUP).list(0, 10);
                assertThat(letters).hasSize(1);
                assertThat(letters.get(0).reason()).isEqualTo("max-deliveries");
                assertThat(letters.get(0).attempts()).isEqualTo(ATTEMPTS);
                assertThat(letters.get(0).id().toString()).isEqualTo("orders/0@1");
            }
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static final int ATTEMPTS = 2;
    private static final int DIED = 77;

    private static int runMember(String server) throws Exception {
        Process member = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DeadLetterKillIT.class.getName(),
                        server)
                .inheritIO()
                .start();
        try {
            assertThat(member.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return member.exitValue();
        } finally {
            member.destroyForcibly();
        }
    }

    /** A member that ends at once where it is given what is deadly, and in order once it has handled what comes after. */
    public static void main(String[] args) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (MillraceClient client = MillraceClient.connect(args[0]);
                RunningConsumer consumer = client.group(GROUP)
                        .topics("orders")
                        .sessionTimeout(Duration.ofSeconds(1))
                        .onFailure(FailurePolicy.retryThenDeadLetter(ATTEMPTS, Duration.ofMillis(5)))
                        .start(message -> {
                            if (message.valueText().equals("deadly")) {
                                Runtime.getRuntime().halt(DIED);
                            } else if (message.valueText().equals("after")) {
                                done.countDown();
                            }
                        })) {
            done.await();
        }
    }
}
