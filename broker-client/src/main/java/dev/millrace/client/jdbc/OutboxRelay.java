package dev.millrace.client.jdbc;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.core.error.Fault;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * Publishes what a business transaction wrote into an outbox table, and then deletes or marks the rows.
 *
 * <p>Each message has the row's id in its header {@code $id}. A relay that ends between the publish and the deletion
 * publishes the row once more; the topic's setting {@code publish.idWindow} makes the broker recognise that, so the topic
 * has it once. The relay refuses a topic without it, unless told otherwise.
 *
 * <p>Rows go out in the order of {@link OutboxTable#orderBy}, as far as they can be seen. A transaction that takes a lower
 * number and commits later is seen later: its rows are published then, never skipped, but after rows with higher numbers.
 * Rows of one aggregate keep their order where their transactions exclude each other, which a lock on the aggregate or a
 * version check gives.
 *
 * <p>Run one relay for a table: two make no duplicates, but may mix the order. Thread: one of its own, or the caller of
 * {@link #runOnce}.
 */
public final class OutboxRelay implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final String ID_HEADER = "$id";
    private static final String TYPE_HEADER = "type";
    private static final String ID_WINDOW = "publish.idWindow";
    private static final Duration FAILURE_PAUSE = Duration.ofSeconds(1);

    private final MillraceClient client;
    private final DataSource dataSource;
    private final Options options;
    private final Producer producer;
    private final Set<String> checkedTopics = new HashSet<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private final Thread thread = new Thread(this::run, "millrace-outbox-relay");
    private boolean started;
    /** At the start and after a failure some rows may have been published: each then waits for the one before it. */
    private boolean oneByOne = true;

    /**
     * How a relay works.
     *
     * @param router from an aggregate type to a topic
     * @param pollInterval pause where there was nothing to publish
     * @param batchCount rows of one round
     * @param requireIdWindow refuse topics in which a row could be there twice
     */
    private record Options(
            OutboxTable table,
            UnaryOperator<String> router,
            Duration pollInterval,
            int batchCount,
            boolean requireIdWindow) {}

    /** Options of a relay. */
    public static final class Builder {
        private final MillraceClient client;
        private final DataSource dataSource;
        private Options options =
                new Options(OutboxTable.standard(), UnaryOperator.identity(), Duration.ofMillis(200), 500, true);

        private Builder(MillraceClient client, DataSource dataSource) {
            this.client = Objects.requireNonNull(client, "client");
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        }

        /** Default {@link OutboxTable#standard()}. */
        public Builder table(OutboxTable table) {
            options = new Options(
                    table, options.router, options.pollInterval, options.batchCount, options.requireIdWindow);
            return this;
        }

        /** The topic for an aggregate type. Default: the same name. */
        public Builder router(UnaryOperator<String> router) {
            options = new Options(
                    options.table, router, options.pollInterval, options.batchCount, options.requireIdWindow);
            return this;
        }

        /** Pause where there was nothing to publish. Default 200 ms. */
        public Builder pollInterval(Duration interval) {
            if (interval.isNegative() || interval.isZero()) {
                throw new IllegalArgumentException("pollInterval is " + interval + "; allowed is a time above 0");
            }
            options = new Options(options.table, options.router, interval, options.batchCount, options.requireIdWindow);
            return this;
        }

        /** Rows of one round, 1 to 10000. Default 500. */
        public Builder batchCount(int rows) {
            if (rows < 1 || rows > 10_000) {
                throw new IllegalArgumentException("batchCount is " + rows + "; allowed is 1 to 10000");
            }
            options = new Options(options.table, options.router, options.pollInterval, rows, options.requireIdWindow);
            return this;
        }

        /** Whether to refuse topics without {@code publish.idWindow}. Default true. */
        public Builder requireIdWindow(boolean require) {
            options = new Options(options.table, options.router, options.pollInterval, options.batchCount, require);
            return this;
        }

        /** A relay for {@link OutboxRelay#runOnce} calls of your own. */
        public OutboxRelay build() {
            return new OutboxRelay(client, dataSource, options);
        }

        /** A relay that works until it is closed. */
        public OutboxRelay start() {
            OutboxRelay relay = build();
            relay.started = true;
            relay.thread.setDaemon(true);
            relay.thread.start();
            return relay;
        }
    }

    private OutboxRelay(MillraceClient client, DataSource dataSource, Options options) {
        this.client = client;
        this.dataSource = dataSource;
        this.options = options;
        this.producer = client.producer().build();
    }

    public static Builder of(MillraceClient client, DataSource dataSource) {
        return new Builder(client, dataSource);
    }

    /** Completes when the relay has ended, with the cause where that was not {@link #close}. */
    public CompletableFuture<Void> finished() {
        return finished.copy();
    }

    private void run() {
        try {
            while (stopping.getCount() > 0) {
                int published = round();
                if (published == 0) {
                    stopping.await(options.pollInterval.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
            finished.complete(null);
        } catch (InterruptedException e) {
            finished.completeExceptionally(e);
        } catch (RuntimeException | Error e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "outbox.stopped table={0} cause={1}",
                    options.table.table(),
                    e.toString());
            finished.completeExceptionally(e);
        } finally {
            producer.close();
        }
    }

    /** What may pass by itself is tried again: a database or a broker that is away. */
    private int round() throws InterruptedException {
        try {
            return runOnce();
        } catch (SQLException e) {
            return pause(e.toString());
        } catch (MillraceException e) {
            if (!e.retriable()) {
                throw e;
            }
            return pause(e.detail());
        }
    }

    private int pause(String cause) throws InterruptedException {
        LOG.log(System.Logger.Level.WARNING, "outbox.waits table={0} cause={1}", options.table.table(), cause);
        stopping.await(FAILURE_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        return 0;
    }

    /**
     * Publishes the rows that can be seen now, as many as one round takes, and deletes or marks them; returns how many.
     *
     * <p>Fails: {@link MillraceException} naming the row that cannot be published; rows before it are done, it and those
     * after it stay.
     */
    public int runOnce() throws SQLException {
        List<OutboxRow> rows = read();
        if (rows.isEmpty()) {
            return 0;
        }
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (OutboxRow row : rows) {
            CompletableFuture<Receipt> receipt = publish(row);
            receipts.add(receipt);
            boolean failed = oneByOne ? failureOf(row, receipt) != null : receipt.isCompletedExceptionally();
            if (failed) {
                break; // nothing may overtake it
            }
        }
        List<OutboxRow> done = new ArrayList<>();
        MillraceException failure = null;
        for (int i = 0; i < receipts.size() && failure == null; i++) {
            failure = failureOf(rows.get(i), receipts.get(i));
            if (failure == null) {
                done.add(rows.get(i));
            }
        }
        oneByOne = failure != null || receipts.stream().anyMatch(OutboxRelay::wasThere);
        receipts.forEach(receipt -> receipt.exceptionally(error -> null).join());
        finish(done);
        if (failure != null) {
            throw failure;
        }
        return done.size();
    }

    private List<OutboxRow> read() throws SQLException {
        List<OutboxRow> rows = new ArrayList<>();
        try (Connection connection = dataSource.getConnection();
                PreparedStatement query = connection.prepareStatement(options.table.select())) {
            query.setMaxRows(options.batchCount);
            try (ResultSet found = query.executeQuery()) {
                while (found.next()) {
                    rows.add(new OutboxRow(
                            found.getObject(1),
                            found.getString(1),
                            found.getString(2),
                            found.getString(3),
                            found.getString(4),
                            bytes(found.getObject(5), found)));
                }
            }
        }
        return rows;
    }

    private static byte[] bytes(Object payload, ResultSet found) throws SQLException {
        if (payload == null || payload instanceof byte[]) {
            return (byte[]) payload;
        }
        if (payload instanceof Blob) {
            return found.getBytes(5);
        }
        return found.getString(5).getBytes(StandardCharsets.UTF_8);
    }

    private CompletableFuture<Receipt> publish(OutboxRow row) {
        String topic = options.router.apply(row.aggregateType());
        try {
            check(topic);
        } catch (MillraceException e) {
            return CompletableFuture.failedFuture(e);
        }
        return producer.publishAsync(message(topic, row));
    }

    private static Message message(String topic, OutboxRow row) {
        Message message =
                Message.to(topic).key(row.aggregateId()).value(row.payload()).header(ID_HEADER, row.id());
        return row.type() == null ? message : message.header(TYPE_HEADER, row.type());
    }

    private void check(String topic) {
        if (options.requireIdWindow && !checkedTopics.contains(topic)) {
            if (!client.admin().describeTopic(topic).settings().containsKey(ID_WINDOW)) {
                throw new MillraceException(
                        Fault.INVALID_SETTING,
                        "topic \"" + topic + "\" has no " + ID_WINDOW
                                + ", so a relay that is restarted may publish rows"
                                + " twice: set it, for instance with millrace topic alter " + topic + " --set "
                                + ID_WINDOW
                                + "=7d, or build the relay with requireIdWindow(false)");
            }
            checkedTopics.add(topic);
        }
    }

    /** Null where the row is published. */
    private MillraceException failureOf(OutboxRow row, CompletableFuture<Receipt> receipt) {
        try {
            receipt.join();
            return null;
        } catch (CompletionException e) {
            MillraceException cause = e.getCause() instanceof MillraceException failure
                    ? failure
                    : new MillraceException(Fault.INTERNAL, "the client failed: " + e.getCause(), e.getCause());
            return cause.fault() == Fault.PARTLY_PUBLISHED ? publishAlone(row) : named(row, cause);
        }
    }

    /** Its batch holds rows that a relay before this one had published, and others. */
    private MillraceException publishAlone(OutboxRow row) {
        try {
            producer.publish(message(options.router.apply(row.aggregateType()), row));
            return null;
        } catch (MillraceException e) {
            return named(row, e);
        }
    }

    private static boolean wasThere(CompletableFuture<Receipt> receipt) {
        return receipt.isCompletedExceptionally() || receipt.join().duplicate();
    }

    private static MillraceException named(OutboxRow row, MillraceException cause) {
        return new MillraceException(
                cause.fault(), row + " cannot be published: " + cause.detail(), cause.outcomeUnknown(), cause);
    }

    private void finish(List<OutboxRow> rows) throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        boolean marks = options.table.publishedAt() != null;
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement done = connection.prepareStatement(options.table.done())) {
                for (OutboxRow row : rows) {
                    if (marks) {
                        done.setLong(1, System.currentTimeMillis());
                    }
                    done.setObject(marks ? 2 : 1, row.primaryKey());
                    done.addBatch();
                }
                done.executeBatch();
                connection.commit();
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            }
        }
    }

    /** Ends after the round under way. */
    @Override
    public void close() {
        stopping.countDown();
        if (!started) {
            producer.close();
            finished.complete(null);
        } else if (thread != Thread.currentThread()) {
            finished.handle((done, error) -> null).join();
        }
    }
}
