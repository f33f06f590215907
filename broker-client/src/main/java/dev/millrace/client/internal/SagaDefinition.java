package dev.millrace.client.internal;

import dev.millrace.client.Codec;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Saga;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** What a saga consists of; does not change once it runs. */
record SagaDefinition<S>(
        String name,
        Codec<S> states,
        List<Route<S>> routes,
        Map<String, Saga.TimeoutHandler<S>> timeouts,
        Map<String, Saga.Compensator<S>> compensators,
        SagaRetries retries) {
    private static final String PREFIX = "saga.";

    /** For which instances a handler is. */
    enum Kind {
        STARTS,
        RUNNING,
        FAILED
    }

    record Route<S>(String topic, Kind kind, Function<ReceivedMessage, String> key, Saga.Handler<S> handler) {}

    SagaDefinition {
        routes = List.copyOf(routes);
        timeouts = Map.copyOf(timeouts);
        compensators = Map.copyOf(compensators);
    }

    static String stateTopic(String name) {
        return PREFIX + name;
    }

    String stateTopic() {
        return stateTopic(name);
    }

    String timeoutTopic() {
        return PREFIX + name + ".timeouts";
    }

    String compensationTopic() {
        return PREFIX + name + ".compensations";
    }

    String group() {
        return PREFIX + name;
    }

    /** All topics that the group reads. */
    Set<String> topics() {
        Set<String> topics = new LinkedHashSet<>();
        routes.forEach(route -> topics.add(route.topic));
        topics.add(timeoutTopic());
        topics.add(compensationTopic());
        return topics;
    }
}
