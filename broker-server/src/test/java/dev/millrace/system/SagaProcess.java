package dev.millrace.system;

import dev.millrace.client.Codec;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.Saga;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A saga in a process of its own, so that it can be killed: an order is charged and shipped, or the parcel is called back
 * and then the money refunded.
 */
public final class SagaProcess implements AutoCloseable {
    public static final String NAME = "trade";
    static final Duration PATIENCE = Duration.ofSeconds(3);

    private final String server;
    private final File log;
    private Process process;

    /** @param log what the processes print */
    public SagaProcess(String server, Path log) {
        this.server = server;
        this.log = log.toFile();
    }

    public void start() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SagaProcess.class.getName(),
                        server)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .start();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    // ---- inside the process

    /** What it runs; in the test's process as well, where nobody kills it. */
    static Saga<String> saga(MillraceClient client) {
        return client.saga(NAME, Codec.string())
                .startedBy("orders", (step, order) -> {
                    step.state("charging")
                            .publish(Message.to("bank").key(step.key()).value("charge"));
                    step.compensateWith("refund", "12").timeout("answer", PATIENCE);
                })
                .on("bank.answers", (step, answer) -> {
                    if (answer.valueText().equals("charged")) {
                        step.state("shipping")
                                .publish(Message.to("depot").key(step.key()).value("ship"));
                        step.compensateWith("recall", "parcel").timeout("answer", PATIENCE);
                    } else {
                        step.fail(answer.valueText());
                    }
                })
                .on("depot.answers", (step, answer) -> {
                    if (answer.valueText().equals("shipped")) {
                        step.state("done").complete();
                    } else {
                        step.fail(answer.valueText());
                    }
                })
                .onTimeout("answer", step -> step.fail("no answer"))
                // It answers when it is done, and may say that it cannot.
                .compensation("refund", refund -> {
                    refund.publish(Message.to("bank").key(refund.key()).value("refund"));
                    refund.await(PATIENCE);
                })
                .afterFailure("bank.answers", (step, answer) -> {
                    if (answer.valueText().equals("refunded")) {
                        step.compensated("refund");
                    } else if (answer.valueText().equals("closed")) {
                        step.compensationFailed("refund", "the bank is closed");
                    }
                })
                // It throws now and then, and is done when its command is published.
                .compensation("recall", recall -> {
                    if (recall.attempt() < Math.floorMod(recall.key().hashCode(), 3)) {
                        throw new IllegalStateException("the depot does not listen");
                    }
                    recall.publish(Message.to("depot").key(recall.key()).value("recall"));
                })
                .attempts(3, Duration.ofMillis(20))
                .concurrency(4)
                .instanceId("trade-1");
    }

    public static void main(String[] args) {
        try (MillraceClient client = MillraceClient.builder()
                        .server(args[0])
                        .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                        .connectTimeout(Duration.ofSeconds(30))
                        .build();
                RunningConsumer running = saga(client).start()) {
            running.finished().join();
        }
    }
}
