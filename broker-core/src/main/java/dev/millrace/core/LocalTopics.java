package dev.millrace.core;

import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.Audited;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.group.TopicPattern;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.DeadLetterNames;
import dev.millrace.core.wire.SchemaNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Topics of a {@link LocalBroker}: stamps ids and limits, and proposes. */
final class LocalTopics implements TopicOperations {
    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final BrokerOptions options;
    private final Actor actor;

    LocalTopics(ShardRuntime<BrokerStateMachine> runtime, PartitionLookup lookup, BrokerOptions options) {
        this(runtime, lookup, options, Actor.BROKER);
    }

    private LocalTopics(
            ShardRuntime<BrokerStateMachine> runtime, PartitionLookup lookup, BrokerOptions options, Actor actor) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.options = options;
        this.actor = actor;
    }

    LocalTopics as(Actor other) {
        return new LocalTopics(runtime, lookup, options, other);
    }

    @Override
    public CompletableFuture<Topic> create(String name, int partitions, Map<String, String> settings) {
        if (DeadLetterNames.isInternal(name)) {
            return CompletableFuture.failedFuture(internal(name, "created"));
        }
        return createAny(name, partitions, settings);
    }

    /** Also one of the broker's own. */
    CompletableFuture<Topic> createAny(String name, int partitions, Map<String, String> settings) {
        return createAny(name, partitions, settings, options.topics().partitionsMax());
    }

    /** One of the broker's own that it cannot do without; the limit is for the others. */
    CompletableFuture<Topic> createNeeded(String name, Map<String, String> settings) {
        return createAny(name, 1, settings, Integer.MAX_VALUE);
    }

    private CompletableFuture<Topic> createAny(
            String name, int partitions, Map<String, String> settings, int partitionsMax) {
        int count = partitions == 0 ? options.topics().partitions() : partitions;
        UUID topicId = options.world().ids().get();
        return Answers.map(
                runtime.<dev.millrace.core.topic.Topic>submit(new Audited(
                        actor, new CreateTopic(topicId, name, count, new TreeMap<>(settings), partitionsMax))),
                LocalTopics::describe);
    }

    @Override
    public Optional<Topic> find(String name) {
        return Optional.ofNullable(lookup.directory().find(name)).map(LocalTopics::describe);
    }

    @Override
    public Optional<Topic> find(UUID topicId) {
        return Optional.ofNullable(lookup.directory().find(topicId)).map(LocalTopics::describe);
    }

    @Override
    public List<Topic> list(String pattern) {
        TopicPattern matcher = parse(pattern);
        return lookup.directory().all().stream()
                .filter(topic -> matcher.matches(topic.name()))
                .map(LocalTopics::describe)
                .toList();
    }

    private static TopicPattern parse(String pattern) {
        try {
            return TopicPattern.of(pattern);
        } catch (IllegalArgumentException e) {
            throw new FaultException(Fault.INVALID_TOPIC, e.getMessage(), e);
        }
    }

    @Override
    public CompletableFuture<Topic> alter(String name, int partitions, Map<String, String> settings) {
        if (name.equals(SchemaNames.TOPIC)) {
            return CompletableFuture.failedFuture(new FaultException(
                    Fault.INVALID_TOPIC,
                    "topic \"" + name
                            + "\" is one of the broker's own: it keeps every schema, without which stored values"
                            + " cannot be read, so neither its settings nor its partitions can be changed"));
        }
        return Answers.map(
                runtime.<dev.millrace.core.topic.Topic>submit(new Audited(
                        actor,
                        new AlterTopic(
                                name,
                                partitions,
                                new TreeMap<>(settings),
                                options.topics().partitionsMax()))),
                LocalTopics::describe);
    }

    @Override
    public CompletableFuture<Void> delete(String name) {
        if (DeadLetterNames.isInternal(name)) {
            return CompletableFuture.failedFuture(internal(name, "deleted"));
        }
        return Answers.map(runtime.submit(new Audited(actor, new DeleteTopic(name))), deleted -> null);
    }

    private static FaultException internal(String name, String done) {
        return new FaultException(
                Fault.INVALID_TOPIC,
                "topic \"" + name + "\" is one of the broker's own: it comes and goes with its group and cannot be "
                        + done);
    }

    private static Topic describe(dev.millrace.core.topic.Topic topic) {
        return new Topic(
                topic.name(),
                topic.topicId(),
                topic.partitionCount(),
                topic.settings().texts());
    }
}
