package dev.millrace.client;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Dead letters of consumer groups: look at them, send them back, or give them up. Each call of {@link #topic}, {@link #key}
 * and {@link #ids} narrows the selection and answers a new one. Thread: any.
 *
 * <pre>{@code
 * client.admin().deadLetters("billing").key("customer-7").replay();
 * }</pre>
 */
public interface DeadLetters {
    /** Those that came from this topic. */
    DeadLetters topic(String topic);

    /** Those with this key. */
    DeadLetters key(byte[] key);

    /** Those with this key, as UTF-8. */
    DeadLetters key(String key);

    /** These alone; at most 1000. */
    DeadLetters ids(Collection<DeadLetter.Id> ids);

    /** How many are selected. */
    int count();

    /**
     * Parked and replaying ones, by group, source topic, partition and offset.
     *
     * @param countMax at most 1000
     */
    List<DeadLetter> list(int skip, int countMax);

    /** As {@link #list}, and those that were handled or discarded within the last days. */
    List<DeadLetter> listAll(int skip, int countMax);

    /** One with its message; also one that was handled or discarded. */
    Optional<DeadLetter> show(DeadLetter.Id id);

    /**
     * Sends the parked ones back to the group that could not handle them, and to no other; the earliest of each key first.
     * Their handlers get them as the original messages, with a new count of attempts.
     */
    Moved replay();

    /**
     * As {@link #replay()} for one, with another value: for a message that no handler will ever understand as it is. Where
     * the handler fails again, the dead letter has the new value.
     */
    Moved replay(DeadLetter.Id id, byte[] value);

    /** As {@link #replay(DeadLetter.Id, byte[])}, as UTF-8. */
    default Moved replay(DeadLetter.Id id, String value) {
        return replay(id, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Gives the parked ones up: they are never handled, and later messages of their keys go on. */
    Moved discard(String why);

    /**
     * What was done.
     *
     * @param skipped how many of the selection were left alone
     * @param reasons of the first hundred of these
     */
    record Moved(int count, int skipped, List<Skipped> reasons) {}

    /** One that was left alone, and why. */
    record Skipped(DeadLetter.Id id, String reason) {}
}
