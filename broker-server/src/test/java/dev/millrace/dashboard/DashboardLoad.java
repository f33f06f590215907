package dev.millrace.dashboard;

import dev.millrace.client.FailurePolicy;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.client.schema.SchemaRegistryException;
import dev.millrace.system.Daemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Work for a broker that leaves no panel of the dashboard empty, and that shows what it is like when something goes
 * wrong.
 *
 * <pre>
 *  payments   millrace bench, as its own process, with two groups that keep up
 *  orders     billing fails on some, until it is repaired and its dead letters are replayed; has two members meanwhile
 *             reports is too slow, until half of the time is over
 *  reminders  timers
 *  receipts   transactions that stay open for a moment
 *  invoices   refuses records without a schema; its subject refuses an incompatible one
 * </pre>
 */
final class DashboardLoad implements AutoCloseable {
    private static final int PAUSE_MS = 20;
    private static final int SLOW_MS = 60;
    private static final int FAILING = 150;
    private static final int BENCH_START_SECONDS = 4;

    private final Daemon daemon;
    private final MillraceClient client;
    private final SchemaRegistryClient registry;
    private final Producer producer;
    private final Transactions transactions;
    private final List<RunningConsumer> consumers = new ArrayList<>();
    private final CountDownLatch never = new CountDownLatch(1);
    private final CountDownLatch halfOver = new CountDownLatch(1);

    private volatile boolean repaired;
    private Transaction open;

    DashboardLoad(Daemon daemon) {
        this.daemon = daemon;
        client = MillraceClient.connect(daemon.server());
        registry = SchemaRegistryClient.of(daemon.httpUrl());
        for (String topic : List.of("payments", "orders", "reminders", "receipts")) {
            client.admin().createTopic(topic, 4);
        }
        client.admin().createTopic("invoices", 1, Map.of("schema.validation", "id"));
        registry.register("invoices-value", RegistrySchema.avro(schema("string")));
        producer = client.producer().build();
        transactions = client.transactional("receipts-1");
        consumers.add(billing());
        consumers.add(client.group("reports").topics("orders").start(this::report));
        consumers.add(client.group("mails").topics("reminders", "receipts").start(message -> {}));
    }

    private static String schema(String type) {
        return """
                {"type": "record", "name": "Invoice", "fields": [{"name": "sum", "type": "%s"}]}""".formatted(type);
    }

    private RunningConsumer billing() {
        return client.group("billing")
                .topics("orders")
                .onFailure(FailurePolicy.retryThenDeadLetter(2, Duration.ofMillis(50)))
                .start(this::bill);
    }

    private void bill(ReceivedMessage order) {
        if (!repaired && Integer.parseInt(order.valueText()) % FAILING == 0) {
            throw new IllegalStateException("the price list has no entry");
        }
    }

    /** Slow, until half of the time is over. */
    private void report(ReceivedMessage order) throws InterruptedException {
        halfOver.await(SLOW_MS, TimeUnit.MILLISECONDS);
    }

    /** Works for so long; what it did stays in the broker. */
    void run(int seconds) throws Exception {
        Process bench = bench(seconds - BENCH_START_SECONDS);
        long startNanos = System.nanoTime();
        RunningConsumer second = null;
        for (int i = 1; ; i++) {
            double share = (System.nanoTime() - startNanos) / 1e9 / seconds;
            if (share >= 1) break;
            if (share > 1 / 4.0 && second == null) second = billing();
            if (share > 1 / 2.0) halfOver.countDown();
            if (share > 3 / 4.0 && !repaired) {
                repaired = true;
                second.close();
                client.admin().deadLetters("billing").replay();
            }
            step(i);
            never.await(PAUSE_MS, TimeUnit.MILLISECONDS);
        }
        producer.flush();
        for (RunningConsumer consumer : consumers) {
            if (consumer.finished().isDone()) throw new IllegalStateException("a consumer has ended");
        }
        if (!bench.waitFor(seconds, TimeUnit.SECONDS) || bench.exitValue() != 0) {
            bench.destroyForcibly();
            throw new IllegalStateException("millrace bench did not end well");
        }
    }

    private void step(int i) {
        producer.publishAsync(Message.to("orders").key("order-" + i).value("" + i));
        if (i % 5 == 0) {
            producer.publishAsync(Message.to("reminders").key("order-" + i).delay(Duration.ofSeconds(20)));
        }
        if (i % 50 == 0)
            open = transactions.begin().publish(Message.to("receipts").value("" + i));
        if (i % 50 == 25 && open != null) open.commit();
        if (i % 100 == 0) doWhatIsRefused();
    }

    private void doWhatIsRefused() {
        try {
            producer.publish(Message.to("invoices").value("without a schema"));
            throw new IllegalStateException("a record without a schema was taken");
        } catch (MillraceException refused) {
            // As it should be.
        }
        try {
            registry.register("invoices-value", RegistrySchema.avro(schema("int")));
            throw new IllegalStateException("an incompatible schema was taken");
        } catch (SchemaRegistryException refused) {
            // As it should be.
        }
    }

    private Process bench(int seconds) throws Exception {
        String load = "bench mixed --topic payments --keep --rate 1000 --size 512B --groups 2 --warmup 1s --duration ";
        Path log = daemon.data().resolveSibling("bench.log");
        return daemon.command((load + seconds + "s").split(" "))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    @Override
    public void close() {
        consumers.forEach(RunningConsumer::close);
        transactions.close();
        producer.close();
        client.close();
    }
}
