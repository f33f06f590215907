package dev.millrace.client.internal;

import dev.millrace.client.FailurePolicy;
import dev.millrace.client.GroupBuilder;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.RebalanceListener;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.core.wire.DeadLetterNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

final class NativeGroupBuilder implements GroupBuilder {
    private static final int BUFFER_BYTES_MIN = 64 << 10;
    private static final int CONCURRENCY_MAX = 1024;

    private final Link link;
    private final Callbacks callbacks;
    private final OpenThings opened;
    private final String group;
    private List<String> topics = List.of();
    private String instanceId;
    private int sessionTimeoutMs;
    private StartFrom startFrom = StartFrom.earliest();
    private StartFrom onOutOfRange = StartFrom.earliest();
    private boolean autoCommit = true;
    private Duration autoCommitInterval = Duration.ofSeconds(1);
    private int concurrency = 1;
    private FailurePolicy failurePolicy = FailurePolicy.stop();
    private RebalanceListener listener = new RebalanceListener() {};
    private int bufferBytes = 32 << 20;
    private int pollCountMax = 1000;

    NativeGroupBuilder(Link link, Callbacks callbacks, OpenThings opened, String group) {
        this.link = link;
        this.callbacks = callbacks;
        this.opened = opened;
        this.group = Objects.requireNonNull(group, "group");
    }

    @Override
    public GroupBuilder topics(String... namesOrPatterns) {
        this.topics = List.of(namesOrPatterns);
        return this;
    }

    @Override
    public GroupBuilder instanceId(String instanceId) {
        this.instanceId = instanceId;
        return this;
    }

    @Override
    public GroupBuilder sessionTimeout(Duration timeout) {
        this.sessionTimeoutMs = (int) Math.min(
                Integer.MAX_VALUE, Checks.positive("sessionTimeout", timeout).toMillis());
        return this;
    }

    @Override
    public GroupBuilder startFrom(StartFrom start) {
        this.startFrom = Objects.requireNonNull(start, "start");
        return this;
    }

    @Override
    public GroupBuilder onOutOfRange(StartFrom start) {
        this.onOutOfRange = Checks.require(
                start != null && start.kind() != StartFrom.Kind.OFFSET,
                "onOutOfRange",
                start,
                "earliest, latest or a time");
        return this;
    }

    @Override
    public GroupBuilder autoCommit(boolean autoCommit) {
        this.autoCommit = autoCommit;
        return this;
    }

    @Override
    public GroupBuilder autoCommitInterval(Duration interval) {
        this.autoCommitInterval = Checks.positive("autoCommitInterval", interval);
        return this;
    }

    @Override
    public GroupBuilder concurrency(int handlers) {
        this.concurrency = Checks.range("concurrency", handlers, 1, CONCURRENCY_MAX);
        return this;
    }

    @Override
    public GroupBuilder onFailure(FailurePolicy policy) {
        this.failurePolicy = Objects.requireNonNull(policy, "policy");
        return this;
    }

    @Override
    public GroupBuilder listener(RebalanceListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    @Override
    public GroupBuilder bufferSize(int bytes) {
        this.bufferBytes = Checks.range("bufferSize", bytes, BUFFER_BYTES_MIN, Integer.MAX_VALUE);
        return this;
    }

    @Override
    public GroupBuilder pollMax(int messages) {
        this.pollCountMax = Checks.range("pollMax", messages, 1, Integer.MAX_VALUE);
        return this;
    }

    @Override
    public GroupConsumer open() {
        Checks.require(
                failurePolicy.deadLetter() == null,
                "onFailure",
                "retryThenDeadLetter",
                "that with start(handler); in pull style the caller handles failures");
        return openNative();
    }

    @Override
    public RunningConsumer start(MessageHandler handler) {
        Objects.requireNonNull(handler, "handler");
        Checks.require(autoCommit, "autoCommit", false, "true with a handler, or open() and poll to commit by hand");
        NativeGroupConsumer consumer = openNative();
        HandlerRunner runner = new HandlerRunner(
                new GroupSource(consumer),
                new Inbound(link.telemetry(), group).traced(handler),
                concurrency,
                failurePolicy,
                consumer.parking(),
                opened::remove);
        opened.add(runner);
        runner.start();
        return runner;
    }

    /** Does what a message means, with the means to commit it in a transaction. */
    @FunctionalInterface
    interface StepHandler {
        void handle(ReceivedMessage message, Delivery delivery) throws Exception;
    }

    /** As {@link #start(MessageHandler)}, for handlers that commit in transactions of their own. */
    RunningConsumer start(StepHandler handler, Runnable onEnd) {
        NativeGroupConsumer consumer = openNative();
        Delivery delivery = new Delivery(consumer);
        HandlerRunner runner = new HandlerRunner(
                new GroupSource(consumer),
                new Inbound(link.telemetry(), group).traced(message -> handler.handle(message, delivery)),
                concurrency,
                failurePolicy,
                consumer.parking(),
                ended -> {
                    opened.remove(ended);
                    onEnd.run();
                });
        delivery.by(runner);
        opened.add(runner);
        runner.start();
        return runner;
    }

    private NativeGroupConsumer openNative() {
        Checks.require(!topics.isEmpty(), "topics", topics, "one name or pattern, or more");
        NativeGroupConsumer consumer = new NativeGroupConsumer(link, callbacks, options(), opened::remove);
        opened.add(consumer);
        consumer.join();
        return consumer;
    }

    private GroupOptions options() {
        boolean deadLetters = failurePolicy.deadLetter() != null;
        List<String> patterns = new ArrayList<>(topics);
        if (deadLetters) {
            patterns.add(DeadLetterNames.retryTopic(group));
        }
        return new GroupOptions(
                group,
                patterns,
                instanceId,
                sessionTimeoutMs,
                startFrom,
                onOutOfRange,
                autoCommit,
                autoCommitInterval.toNanos(),
                listener,
                bufferBytes,
                pollCountMax,
                deadLetters);
    }
}
