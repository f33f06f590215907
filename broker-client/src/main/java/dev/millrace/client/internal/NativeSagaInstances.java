package dev.millrace.client.internal;

import dev.millrace.client.Codec;
import dev.millrace.client.EventStreams;
import dev.millrace.client.MillraceException;
import dev.millrace.client.SagaInstances;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.EventHeaders;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads a saga's instances from the streams of its topic. Thread: any. */
record NativeSagaInstances<S>(EventStreams streams, Codec<S> states) implements SagaInstances<S> {
    @Override
    public Optional<Instance<S>> describe(String key) {
        return streams.last(key).map(this::instance);
    }

    @Override
    public void list(String prefix, Consumer<Instance<S>> instances) {
        streams.latest(prefix, EventStreams.AsOf.NOW, event -> instances.accept(instance(event)));
    }

    @Override
    public List<TakenStep<S>> history(String key) {
        try {
            return streams.read(key).events().stream().map(this::step).toList();
        } catch (MillraceException e) {
            if (e.fault() == Fault.STREAM_NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }

    private Instance<S> instance(StoredEvent event) {
        SagaProgress progress = SagaInstance.progressOf(event);
        return new Instance<>(
                event.keyText(),
                progress.status(),
                stateOf(event),
                event.version() + 1,
                progress.reason(),
                progress.timeouts().keySet().stream()
                        .filter(name -> !name.equals(SagaStep.AWAIT_TIMEOUT))
                        .toList(),
                undoOf(progress),
                progress.attempt(),
                progress.lastFailure(),
                event.timestampMs());
    }

    private static List<String> undoOf(SagaProgress progress) {
        List<String> undo = new ArrayList<>();
        progress.undo().forEach(one -> undo.add(one.name() + "(" + one.argument() + ")"));
        Collections.reverse(undo);
        return undo;
    }

    private TakenStep<S> step(StoredEvent event) {
        SagaProgress progress = SagaInstance.progressOf(event);
        return new TakenStep<>(
                event.version() + 1,
                event.timestampMs(),
                event.type(),
                event.header(EventHeaders.CAUSATION),
                progress.status(),
                stateOf(event),
                progress.outputs());
    }

    private S stateOf(StoredEvent event) {
        return event.value() == null ? null : states.decode(event.value());
    }
}
