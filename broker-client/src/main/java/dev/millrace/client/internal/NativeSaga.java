package dev.millrace.client.internal;

import dev.millrace.client.Admin;
import dev.millrace.client.Codec;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.Saga;
import dev.millrace.client.TopicInfo;
import dev.millrace.core.error.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Collects what a saga consists of, makes its topics and starts it. */
final class NativeSaga<S> implements Saga<S> {
    private static final String NAMES = "[a-zA-Z0-9_-]{1,64}";
    private static final String INNER_NAMES = "[a-zA-Z0-9._-]{1,64}";
    private static final int CONCURRENCY_MAX = 64;
    private static final int PARTITIONS_MAX = 10_000;
    private static final int ATTEMPTS_MAX = 1000;
    private static final String INDEX = "stream.index";

    private final NativeClient client;
    private final String name;
    private final Codec<S> states;
    private final List<SagaDefinition.Route<S>> routes = new ArrayList<>();
    private final Map<String, TimeoutHandler<S>> timeouts = new HashMap<>();
    private final Map<String, Compensator<S>> compensators = new HashMap<>();
    private SagaRetries retries = new SagaRetries(5, Duration.ofMillis(200));
    private int concurrency = 1;
    private int partitions = 4;
    /** Null for a new one. */
    private String instanceId;

    NativeSaga(NativeClient client, String name, Codec<S> states) {
        this.client = client;
        this.name = requireName(name);
        this.states = Objects.requireNonNull(states, "states");
    }

    static String requireName(String name) {
        return Checks.require(
                name != null && name.matches(NAMES), "the saga's name", name, "1 to 64 of a-z A-Z 0-9 _ -");
    }

    @Override
    public Saga<S> startedBy(String topic, Function<ReceivedMessage, String> key, Handler<S> handler) {
        return add(topic, SagaDefinition.Kind.STARTS, key, handler);
    }

    @Override
    public Saga<S> on(String topic, Function<ReceivedMessage, String> key, Handler<S> handler) {
        return add(topic, SagaDefinition.Kind.RUNNING, key, handler);
    }

    @Override
    public Saga<S> afterFailure(String topic, Function<ReceivedMessage, String> key, Handler<S> handler) {
        return add(topic, SagaDefinition.Kind.FAILED, key, handler);
    }

    private Saga<S> add(
            String topic, SagaDefinition.Kind kind, Function<ReceivedMessage, String> key, Handler<S> handler) {
        boolean failed = kind == SagaDefinition.Kind.FAILED;
        boolean taken = routes.stream()
                .anyMatch(
                        route -> route.topic().equals(topic) && failed == (route.kind() == SagaDefinition.Kind.FAILED));
        Checks.require(!taken, "the topic of another handler", topic, "one handler of a kind for each topic");
        routes.add(new SagaDefinition.Route<>(
                Objects.requireNonNull(topic, "topic"),
                kind,
                Objects.requireNonNull(key, "key"),
                Objects.requireNonNull(handler, "handler")));
        return this;
    }

    @Override
    public Saga<S> onTimeout(String timeout, TimeoutHandler<S> handler) {
        requireInnerName("the time-out's name", timeout);
        timeouts.put(timeout, Objects.requireNonNull(handler, "handler"));
        return this;
    }

    @Override
    public Saga<S> compensation(String compensation, Compensator<S> compensator) {
        requireInnerName("the compensation's name", compensation);
        compensators.put(compensation, Objects.requireNonNull(compensator, "compensator"));
        return this;
    }

    private static void requireInnerName(String what, String name) {
        Checks.require(name != null && name.matches(INNER_NAMES), what, name, "1 to 64 of a-z A-Z 0-9 . _ -");
    }

    @Override
    public Saga<S> attempts(int attempts, Duration backoff) {
        retries = new SagaRetries(
                Checks.range("attempts", attempts, 1, ATTEMPTS_MAX), Checks.notNegative("backoff", backoff));
        return this;
    }

    @Override
    public Saga<S> concurrency(int steps) {
        concurrency = Checks.range("concurrency", steps, 1, CONCURRENCY_MAX);
        return this;
    }

    @Override
    public Saga<S> partitions(int count) {
        partitions = Checks.range("partitions", count, 1, PARTITIONS_MAX);
        return this;
    }

    @Override
    public Saga<S> instanceId(String instanceId) {
        this.instanceId = Checks.require(
                instanceId != null && instanceId.matches("[!-~]{1,128}"),
                "instanceId",
                instanceId,
                "1 to 128 printable characters without spaces");
        return this;
    }

    @Override
    public RunningConsumer start() {
        SagaDefinition<S> saga = new SagaDefinition<>(name, states, routes, timeouts, compensators, retries);
        Checks.require(
                routes.stream().anyMatch(route -> route.kind() == SagaDefinition.Kind.STARTS),
                "startedBy",
                "missing",
                "an event that begins an instance, or more");
        makeTopics(saga);
        String process = instanceId == null ? UUID.randomUUID().toString() : instanceId;
        List<String> transactionalIds = IntStream.range(0, concurrency)
                .mapToObj(i -> saga.group() + "." + process + "." + i)
                .toList();
        SagaRunner<S> runner =
                new SagaRunner<>(saga, client.streams(saga.stateTopic()), client::transactional, transactionalIds);
        NativeGroupBuilder group = client.group(saga.group());
        group.topics(saga.topics().toArray(String[]::new))
                .instanceId(instanceId)
                .concurrency(concurrency)
                .onFailure(FailurePolicy.retryThenDeadLetter(retries.attempts(), retries.backoff()));
        try {
            return group.start(runner::handle, runner::close);
        } catch (RuntimeException e) {
            runner.close();
            throw e;
        }
    }

    private void makeTopics(SagaDefinition<S> saga) {
        TopicInfo state = make(saga.stateTopic(), Map.of(INDEX, "key"));
        String index = state.settings().getOrDefault(INDEX, "none");
        if (index.equals("none")) {
            throw new MillraceException(
                    Fault.INDEX_DISABLED,
                    "saga " + name + " keeps its instances in the topic " + state.name() + ", which was created with "
                            + INDEX + "=" + index + "; delete that topic, or give the saga another name");
        }
        // What waits here must outlive a saga that is not running.
        make(saga.timeoutTopic(), Map.of("retention", "unlimited"));
        make(saga.compensationTopic(), Map.of("retention", "unlimited"));
    }

    private TopicInfo make(String topic, Map<String, String> settings) {
        Admin admin = client.admin();
        try {
            return admin.createTopic(topic, partitions, settings);
        } catch (MillraceException e) {
            if (e.fault() != Fault.TOPIC_EXISTS) {
                throw e;
            }
            return admin.describeTopic(topic);
        }
    }
}
