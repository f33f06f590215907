package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Codec;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.Projection;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.Saga;
import dev.millrace.client.SagaInstances;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Transactions;
import dev.millrace.client.jdbc.OutboxRelay;
import dev.millrace.client.jdbc.ProjectionTables;
import dev.millrace.server.testing.EmbeddedMillrace;
import dev.millrace.server.testing.MillraceExtension;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.sql.DataSource;
import javax.tools.ToolProvider;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the examples of broker-client, which README and docs/CLIENT.md show, against a real broker. They lie in the client's
 * test sources, which this module does not see, so they are compiled here, as in a user's project.
 */
@Timeout(120)
@ExtendWith(MillraceExtension.class)
class ClientExamplesTest {
    private static final Path SOURCES = Path.of("..", "broker-client/src/test/java/dev/millrace/examples");
    private static final int PUBLISHED = 1001;

    @TempDir
    private static Path classes;

    private static URLClassLoader loader;

    @BeforeAll
    static void compile() throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        try (Stream<Path> sources = Files.walk(SOURCES)) {
            sources.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        assertThat(arguments).hasSizeGreaterThanOrEqualTo(5 + 6);
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int result = ToolProvider.getSystemJavaCompiler().run(null, null, errors, arguments.toArray(String[]::new));
        assertThat(result).as(errors.toString(StandardCharsets.UTF_8)).isZero();
        loader = new URLClassLoader(new URL[] {classes.toUri().toURL()}, ClientExamplesTest.class.getClassLoader());
    }

    @AfterAll
    static void close() throws IOException {
        loader.close();
    }

    @Test
    void eventStreamExamplePaysTheOrderOnce(EmbeddedMillrace millrace) throws Exception {
        try (MillraceClient client = MillraceClient.connect(millrace.address())) {
            client.admin().createTopic("example.streams", 2, Map.of("stream.index", "key"));
        }
        assertThat(run("EventStreamExample", millrace.address(), "example.streams"))
                .isEqualTo(1L);
    }

    @Test
    void doWhatTheySay(EmbeddedMillrace millrace) throws Exception {
        String server = millrace.address();
        assertThat(printedBy("AdminExample", server, "orders", "billing"))
                .contains("0: 0..0", "7: 0..0", "would move orders/0 to 0");
        assertThat(printedBy("PublishExample", server, "orders")).contains("on disk: partition ");
        assertThat(printedBy("SubscribeExample", server, "orders"))
                .contains("order-999 shipped")
                .hasLineCount(PUBLISHED);

        Set<String> handled = ConcurrentHashMap.newKeySet();
        CountDownLatch stop = new CountDownLatch(1);
        MessageHandler handler = message -> {
            handled.add(message.toString());
            if (handled.size() == PUBLISHED) {
                stop.countDown();
            }
        };
        run("GroupConsumerExample", server, "orders", handler, stop);
        assertThat(handled).hasSize(PUBLISHED);

        assertThat(run("PullGroupExample", server, "orders", PUBLISHED)).isEqualTo(PUBLISHED);

        togetherAndLater(server);

        run("AdminExample", server, "order-events", "none");
        assertThat(run("JsonCodecExample", server, "order-events"))
                .asString()
                .isEqualTo("Order[customer=Ada, total=20]");
    }

    private static void togetherAndLater(String server) throws Exception {
        try (MillraceClient client = MillraceClient.connect(server);
                Producer producer = client.producer().build();
                Transactions transactions = client.transactional("shop-1")) {
            for (String topic : List.of("payments", "audit", "reminders", "invoices")) {
                client.admin().createTopic(topic, 1);
            }
            Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
            assertThat(run("TimerExample", client, producer, "reminders", "o-17", Duration.ofMinutes(15), tomorrow))
                    .isEqualTo(true);
            assertThat((List<?>) run("TransactionExample", transactions, "o-17"))
                    .hasSize(2);
            TopicPartition invoices = new TopicPartition("invoices", 0);
            BooleanSupplier running = () ->
                    client.admin().findOffset(invoices, StartFrom.latest()).offset() < 1;
            run("ExactlyOnceExample", server, "invoicing-1", "payments", "invoices", running);
        }
    }

    @Test
    void tracingExampleFindsTheInvoiceBelowItsOrder(EmbeddedMillrace millrace) throws Exception {
        try (MillraceClient client = MillraceClient.connect(millrace.address());
                Producer producer = client.producer().build()) {
            runNamed("TracingExample", "place", client, "process-7");
            try (RunningConsumer billing =
                    (RunningConsumer) runNamed("TracingExample", "startBilling", client, producer)) {
                while (client.admin().trace("process-7", 10).nodes().size() < 2) {
                    Thread.onSpinWait();
                }
            }
            assertThat(runNamed("TracingExample", "trace", client, "process-7"))
                    .asString()
                    .matches("\\[shop-orders/\\d@0,   shop-invoices/\\d@0\\]");
        }
    }

    @Test
    void deadLettersInboxAndOutboxDoWhatTheySay(EmbeddedMillrace millrace) throws Exception {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:examples;DB_CLOSE_DELAY=-1");
        try (MillraceClient client = MillraceClient.connect(millrace.address());
                Producer producer = client.producer().build();
                Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            client.admin().createTopic("bookings", 1);
            producer.publish(Message.to("bookings").key("acc-1").value("10"));
            AtomicBoolean broken = new AtomicBoolean(true);
            CountDownLatch handled = new CountDownLatch(1);
            MessageHandler handler = message -> {
                if (broken.get()) {
                    throw new IllegalStateException("the bank is closed");
                }
                handled.countDown();
            };
            try (RunningConsumer consumer =
                    (RunningConsumer) runNamed("DeadLetterExample", "consume", client, "bookings", handler)) {
                while (client.admin().deadLetters("billing").count() == 0) {
                    consumer.assignment();
                    Thread.onSpinWait();
                }
                broken.set(false);
                assertThat(runNamed("DeadLetterExample", "replay", client)).isEqualTo(1);
                handled.await();
            }
            client.admin().deleteGroup("billing");

            statement.execute("CREATE TABLE account (id VARCHAR(20) PRIMARY KEY, paid INT)");
            statement.execute("INSERT INTO account VALUES ('acc-1', 0)");
            try (RunningConsumer consumer = (RunningConsumer) run("InboxExample", client, database, "bookings")) {
                await(statement, "SELECT paid FROM account", 10);
            }
            client.admin().deleteGroup("billing");
            producer.publish(Message.to("bookings").key("acc-1").value("5"));
            try (RunningConsumer again = (RunningConsumer) run("InboxExample", client, database, "bookings")) {
                await(statement, "SELECT paid FROM account", 15);
            }

            statement.execute("CREATE TABLE orders (id INT PRIMARY KEY, total INT)");
            statement.execute("CREATE TABLE outbox (id VARCHAR(40) PRIMARY KEY, aggregatetype VARCHAR(40),"
                    + " aggregateid VARCHAR(40), type VARCHAR(40), payload VARCHAR(400))");
            runNamed("OutboxExample", "placeOrder", database);
            try (OutboxRelay relay = (OutboxRelay) runNamed("OutboxExample", "startRelay", client, database)) {
                await(statement, "SELECT COUNT(*) FROM outbox", 0);
            }
            assertThat(client.admin().describeTopic("placed-orders").messages()).isEqualTo(1);
        }
    }

    @Test
    void paymentSagaPaysAndShipsOrGivesTheMoneyBack(EmbeddedMillrace millrace) throws Exception {
        try (MillraceClient client = MillraceClient.connect(millrace.address());
                Producer producer = client.producer().build()) {
            for (String topic : List.of("orders.placed", "bank", "bank.answers", "depot", "depot.answers")) {
                client.admin().createTopic(topic, 2);
            }
            AtomicBoolean running = new AtomicBoolean(true);
            AtomicBoolean closed = new AtomicBoolean(true);
            Function<ReceivedMessage, String> bank = command -> {
                if (command.valueText().startsWith("charge")) {
                    return command.keyText().equals("poor") ? "declined" : "charged";
                }
                return closed.get() ? "closed" : "refunded";
            };
            Function<ReceivedMessage, String> depot =
                    command -> command.keyText().equals("rare")
                            ? "out of stock"
                            : command.keyText().equals("lost") ? null : "shipped";
            List<Thread> services =
                    List.of(service(client, "bank", bank, running), service(client, "depot", depot, running));
            try (RunningConsumer saga = (RunningConsumer)
                    runNamed("payment.PaymentSaga", "start", client, "orders.placed", Duration.ofSeconds(2))) {
                SagaInstances<String> instances = client.sagaInstances("payment", Codec.string());
                for (String order : List.of("fine", "poor", "rare", "lost")) {
                    producer.publish("orders.placed", order, "ada 12");
                }
                await(instances, "fine", Saga.Status.COMPLETED);
                for (String order : List.of("poor", "rare", "lost")) {
                    await(instances, order, Saga.Status.PARKED); // the bank is closed
                }
                closed.set(false);
                while (client.admin().deadLetters("saga.payment").count() > 0) {
                    client.admin().deadLetters("saga.payment").replay();
                }
                for (String order : List.of("poor", "rare", "lost")) {
                    await(instances, order, Saga.Status.COMPENSATED);
                }
                assertThat(instances.describe("lost").orElseThrow().reason()).isEqualTo("no answer in PT2S");
                assertThat(instances.describe("fine").orElseThrow().state()).contains("\"step\":\"done\"");
                assertThat(saga.finished()).isNotDone();
            } finally {
                running.set(false);
                for (Thread service : services) {
                    service.join();
                }
            }
        }
    }

    private static Thread service(
            MillraceClient client, String topic, Function<ReceivedMessage, String> answers, AtomicBoolean running) {
        Thread thread = new Thread(
                () -> {
                    try {
                        runNamed("payment.Services", "answer", client, topic, answers, (BooleanSupplier) running::get);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                },
                topic + "-service");
        thread.start();
        return thread;
    }

    private static void await(SagaInstances<String> instances, String key, Saga.Status status) {
        while (instances.describe(key).map(SagaInstances.Instance::status).orElse(null) != status) {
            Thread.onSpinWait();
        }
    }

    @Test
    void theReadmesThreePatternsWorkTogether(EmbeddedMillrace millrace) throws Exception {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:turnover;DB_CLOSE_DELAY=-1");
        try (MillraceClient client = MillraceClient.connect(millrace.address());
                Producer producer = client.producer().build();
                Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            ProjectionTables.in(database).createTables(connection);
            statement.execute("CREATE TABLE turnover (total INT)");
            statement.execute("INSERT INTO turnover VALUES (0)");
            client.admin().createTopic("sold", 2, Map.of("stream.index", "key"));
            for (String topic : List.of("parcels", "shipped", "lost", "refunds")) {
                client.admin().createTopic(topic, 1);
            }
            EventStreams orders = client.streams("sold");
            for (String order : List.of("o-1", "o-2")) {
                orders.append(order, Expected.none(), Event.of("OrderPlaced", "12"));
                assertThat(runNamed("EventDrivenExample", "pay", orders, order)).isEqualTo(true);
                assertThat(runNamed("EventDrivenExample", "pay", orders, order)).isEqualTo(false);
            }
            try (Projection turnover =
                            (Projection) runNamed("EventDrivenExample", "turnover", client, "sold", database);
                    RunningConsumer shipping =
                            (RunningConsumer) runNamed("EventDrivenExample", "shipping", client, "sold")) {
                await(statement, "SELECT total FROM turnover", 24);
                SagaInstances<String> instances = client.sagaInstances("shipping", Codec.string());
                await(instances, "o-1", Saga.Status.RUNNING);
                await(instances, "o-2", Saga.Status.RUNNING);
                producer.publish(Message.to("shipped").key("o-1").value("yes"));
                producer.publish(Message.to("lost").key("o-2").value("yes"));
                await(instances, "o-1", Saga.Status.COMPLETED);
                await(instances, "o-2", Saga.Status.COMPENSATED);
                assertThat(turnover.finished()).isNotDone();
                assertThat(shipping.finished()).isNotDone();
            }
            assertThat(client.admin().describeTopic("refunds").messages()).isEqualTo(1);
        }
    }

    @Test
    void accountsCountAPaymentThatComesTwiceOnce(EmbeddedMillrace millrace) throws Exception {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:accounts;DB_CLOSE_DELAY=-1");
        Class<?> type = loader.loadClass("dev.millrace.examples.idempotent.Accounts");
        Object accounts = type.getConstructor(DataSource.class).newInstance(database);
        type.getMethod("createTables").invoke(accounts);
        Method start = type.getMethod("start", MillraceClient.class, String.class);
        try (MillraceClient client = MillraceClient.connect(millrace.address());
                Producer producer = client.producer().build();
                Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            client.admin().createTopic("account.payments", 4);
            for (int i = 0; i < 100; i++) {
                producer.publish(
                        Message.to("account.payments").key("acc-" + i % 5).value("1"));
            }
            try (RunningConsumer consumer = (RunningConsumer) start.invoke(accounts, client, "account.payments")) {
                await(statement, "SELECT COALESCE(SUM(balance), 0) FROM account", 100);
                assertThat(consumer.finished()).isNotDone();
            }
            // All of it comes again, with one payment more behind it.
            client.admin().resetOffsets("accounts", "account.payments", StartFrom.earliest(), false);
            producer.publish(Message.to("account.payments").key("acc-0").value("1"));
            try (RunningConsumer consumer = (RunningConsumer) start.invoke(accounts, client, "account.payments")) {
                while (client.admin().describeGroup("accounts").lagMessages() > 0) {
                    Thread.onSpinWait();
                }
                await(statement, "SELECT SUM(balance) FROM account", 101);
                await(statement, "SELECT COUNT(*) FROM millrace_inbox", 101);
                assertThat(consumer.finished()).isNotDone();
            }
            assertThat(type.getMethod("purge", Duration.class).invoke(accounts, Duration.ofDays(7)))
                    .isEqualTo(0);
        }
    }

    private static void await(Statement statement, String query, int wanted) throws Exception {
        int found = wanted - 1;
        while (found != wanted) {
            try (ResultSet rows = statement.executeQuery(query)) {
                rows.next();
                found = rows.getInt(1);
            }
            Thread.onSpinWait();
        }
    }

    private static String printedBy(String example, Object... arguments) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            run(example, arguments);
        } finally {
            System.setOut(before);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    private static Object run(String example, Object... arguments) throws Exception {
        return runNamed(example, "run", arguments);
    }

    private static Object runNamed(String example, String name, Object... arguments) throws Exception {
        Class<?> type = loader.loadClass("dev.millrace.examples." + example);
        for (Method method : type.getDeclaredMethods()) {
            if (method.getName().equals(name)) {
                return method.invoke(null, arguments);
            }
        }
        throw new AssertionError(example + " has no method " + name);
    }
}
