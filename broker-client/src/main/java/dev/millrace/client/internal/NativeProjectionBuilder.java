package dev.millrace.client.internal;

import dev.millrace.client.EventFilter;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionBuilder;
import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

final class NativeProjectionBuilder implements ProjectionBuilder {
    private static final Duration CHECKPOINT_MAX = Duration.ofSeconds(1);

    private final Link link;
    private final OpenThings opened;
    private final String name;
    private List<String> topics = List.of();
    private EventFilter filter;
    private int version = 1;
    private int concurrency = 1;
    private int retries;
    private Duration backoff = Duration.ZERO;
    private boolean parkKeys;
    private Duration checkpointInterval = CHECKPOINT_MAX;

    NativeProjectionBuilder(Link link, OpenThings opened, String name) {
        this.link = link;
        this.opened = opened;
        this.name = name;
    }

    @Override
    public ProjectionBuilder topics(String... namesOrPatterns) {
        topics = List.of(namesOrPatterns);
        return this;
    }

    @Override
    public ProjectionBuilder filter(EventFilter filter) {
        this.filter = filter;
        return this;
    }

    @Override
    public ProjectionBuilder version(int version) {
        this.version = Checks.range("version", version, 1, Integer.MAX_VALUE);
        return this;
    }

    @Override
    public ProjectionBuilder concurrency(int handlers) {
        this.concurrency = Checks.range("concurrency", handlers, 1, ProjectionDatabase.LANES);
        return this;
    }

    @Override
    public ProjectionBuilder retries(int retries, Duration backoff) {
        this.retries = Checks.range("retries", retries, 0, Integer.MAX_VALUE);
        this.backoff = Checks.notNegative("backoff", backoff);
        return this;
    }

    @Override
    public ProjectionBuilder parkKeys() {
        this.parkKeys = true;
        return this;
    }

    @Override
    public ProjectionBuilder checkpointInterval(Duration interval) {
        this.checkpointInterval = Checks.require(
                Checks.positive("checkpointInterval", interval).compareTo(CHECKPOINT_MAX) <= 0,
                "checkpointInterval",
                interval,
                "a time up to 1 s");
        return this;
    }

    @Override
    public <T> Projection start(ProjectionDatabase<T> database, DatabaseHandler<T> handler) {
        Objects.requireNonNull(database, "database");
        Objects.requireNonNull(handler, "handler");
        Inbound inbound = inbound();
        DatabaseHandler<T> following =
                (transaction, event) -> inbound.run(event, () -> handler.handle(transaction, event));
        return start((run, report) -> new DatabaseMode<>(run, database, following, report));
    }

    @Override
    public Projection startAtomic(OutputHandler handler) {
        Objects.requireNonNull(handler, "handler");
        ProjectionLog.createTopic(link);
        Inbound inbound = inbound();
        OutputHandler following = (event, outputs) -> inbound.run(event, () -> handler.handle(event, outputs));
        return start((run, report) -> new AtomicMode(run, following, link));
    }

    @Override
    public Projection start(EventHandler handler) {
        Objects.requireNonNull(handler, "handler");
        ProjectionLog.createTopic(link);
        Inbound inbound = inbound();
        EventHandler following = event -> inbound.run(event, () -> handler.handle(event));
        return start((run, report) -> new BrokerMode(run, following, link, report));
    }

    private Inbound inbound() {
        return new Inbound(link.telemetry(), new ProjectionDatabase.Name(name, version).id());
    }

    private Projection start(BiFunction<ProjectionRun, ProgressReport, ProjectionMode> modes) {
        Checks.require(!topics.isEmpty(), "topics", topics, "one name or pattern, or more");
        ProjectionOptions options = new ProjectionOptions(
                new ProjectionDatabase.Name(name, version),
                topics,
                filter,
                concurrency,
                retries,
                backoff,
                parkKeys,
                checkpointInterval);
        ProjectionSource source = new ProjectionSource(link, options);
        ProjectionRun run = new ProjectionRun(options);
        ProjectionMode mode = modes.apply(run, new ProgressReport(new NativeAdmin(link), options.id()));
        Map<TopicPartition, Long> from = mode.open(source.starts());
        from.forEach((partition, offset) ->
                run.tracks.put(partition, new ProjectionTrack(partition, offset, mode.keepsFinished())));
        ProjectionRunner runner = new ProjectionRunner(run, mode, source, stateOf(mode), opened::remove);
        opened.add(runner);
        runner.start();
        return runner;
    }

    private Projection.State stateOf(ProjectionMode mode) {
        try {
            return mode.state();
        } catch (MillraceException e) {
            throw e;
        } catch (Exception e) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST, "projection " + name + " cannot read which version serves: " + e, e);
        }
    }
}
