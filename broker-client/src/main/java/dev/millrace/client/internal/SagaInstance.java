package dev.millrace.client.internal;

import dev.millrace.client.Codec;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.record.EventHeaders;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An instance of a saga as its stream tells it.
 *
 * @param version of the latest event, -1 for none
 * @param inputs ids of the events that it was given
 */
record SagaInstance<S>(String key, long version, S state, SagaProgress progress, Set<String> inputs) {
    static <S> SagaInstance<S> none(String key) {
        return new SagaInstance<>(key, -1, null, SagaProgress.begin(), Set.of());
    }

    /** @param events all of its stream, the first one first; one or more */
    static <S> SagaInstance<S> of(String key, List<StoredEvent> events, Codec<S> states) {
        Set<String> inputs = new HashSet<>();
        events.forEach(event -> inputs.add(event.header(EventHeaders.CAUSATION)));
        StoredEvent last = events.get(events.size() - 1);
        S state = last.value() == null ? null : states.decode(last.value());
        return new SagaInstance<>(key, last.version(), state, progressOf(last), inputs);
    }

    static SagaProgress progressOf(StoredEvent event) {
        return SagaProgress.decode(event.toString(), EventHeaders.find(event.headers(), SagaProgress.HEADER));
    }

    boolean isNew() {
        return version < 0;
    }
}
