package dev.millrace.client;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What became of a saga's instances. Thread: any; calls wait for the answer.
 *
 * @param <S> as in {@link Saga}
 */
public interface SagaInstances<S> {
    /**
     * An instance.
     *
     * @param steps how many it took
     * @param reason why it failed, or null
     * @param timeouts names of those that wait
     * @param compensations what is left to undo, the next one first; {@code name(argument)}
     * @param attempt how often the next one has failed
     * @param lastFailure what the latest attempt failed with, or null
     * @param changedMs when it took the latest step
     */
    record Instance<S>(
            String key,
            Saga.Status status,
            S state,
            long steps,
            String reason,
            List<String> timeouts,
            List<String> compensations,
            int attempt,
            String lastFailure,
            long changedMs) {}

    /** A message that a step published. */
    record Output(String topic, UUID id) {}

    /**
     * A step of an instance.
     *
     * @param cause the topic of the event, {@code timeout NAME} or {@code compensation NAME}
     * @param inputId the id of the event
     */
    record TakenStep<S>(
            long number,
            long timeMs,
            String cause,
            String inputId,
            Saga.Status status,
            S state,
            List<Output> outputs) {}

    /** None where there is no such instance. */
    Optional<Instance<S>> describe(String key);

    /** Hands over the instances whose key begins with {@code prefix}, partition by partition and by key. */
    void list(String prefix, Consumer<Instance<S>> instances);

    /** All steps of an instance, the first one first; none where there is no such instance. */
    List<TakenStep<S>> history(String key);
}
