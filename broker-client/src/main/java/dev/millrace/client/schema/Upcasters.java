package dev.millrace.client.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Brings events of older versions up to date, step by step: {@code (type, version) → next}. What is stored is never
 * rewritten; only readers see the newest form. Immutable. Thread: any.
 *
 * <pre>
 * Upcasters.&lt;JsonNode&gt;builder()
 *         .step("OrderPlaced", 1, event -&gt; event.next(renamed(event.data(), "sum", "total")))
 *         .step("OrderPlaced", 2, event -&gt; event.next(withCurrency(event.data(), event.metadata())))
 *         .split("OrderPaidAndShipped", 1, event -&gt; List.of(event.as("OrderPaid", 1, ..), event.as("OrderShipped", 1, ..)))
 *         .drop("OrderPinged", 1)
 *         .build();
 * </pre>
 *
 * @param <T> the events' data: a JSON tree, an Avro record, a map
 */
public final class Upcasters<T> {
    /** Steps that one event may take; more is a circle. */
    private static final int STEPS_MAX = 1_000;

    private final Map<Form, Function<Event<T>, List<Event<T>>>> steps;
    private final Map<String, Integer> newest;
    private final UnknownNewer unknownNewer;

    /** A type in one version. */
    public record Form(String type, int version) {}

    /**
     * An event in one version.
     *
     * @param metadata what is known about it beside its data, such as its headers
     */
    public record Event<T>(String type, int version, T data, Map<String, String> metadata) {
        public Event {
            metadata = Map.copyOf(metadata);
        }

        /** The same event in the next version. */
        public Event<T> next(T changed) {
            return new Event<>(type, version + 1, changed, metadata);
        }

        /** An event of another type that comes of this one. */
        public Event<T> as(String otherType, int otherVersion, T otherData) {
            return new Event<>(otherType, otherVersion, otherData, metadata);
        }
    }

    /** What to do with a version that this program does not know yet. */
    public enum UnknownNewer {
        /** Throws {@link UnknownVersionException}. */
        FAIL,
        /** Leaves the event out. */
        SKIP,
        /** Hands the event on as it is. */
        RAW
    }

    /** An event is of a newer version than this program knows. */
    public static final class UnknownVersionException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnknownVersionException(String message) {
            super(message);
        }
    }

    private Upcasters(Builder<T> builder) {
        this.steps = Map.copyOf(builder.steps);
        this.unknownNewer = builder.unknownNewer;
        Map<String, Integer> known = new HashMap<>(builder.current);
        steps.keySet().forEach(form -> known.merge(form.type(), form.version() + 1, Math::max));
        builder.dropped.forEach(form -> known.merge(form.type(), form.version(), Math::max));
        this.newest = Map.copyOf(known);
    }

    public static <T> Builder<T> builder() {
        return new Builder<>();
    }

    /** The event, or the events that come of it, in their newest versions; none where it is left out. */
    public List<Event<T>> upcast(Event<T> event) {
        List<Event<T>> done = new ArrayList<>();
        List<Event<T>> waiting = new ArrayList<>(List.of(event));
        for (int taken = 0; !waiting.isEmpty(); taken++) {
            if (taken > STEPS_MAX) {
                throw new IllegalStateException("the upcasters of " + event.type() + " version " + event.version()
                        + " take more than " + STEPS_MAX + " steps: they lead in a circle");
            }
            Event<T> next = waiting.remove(0);
            Function<Event<T>, List<Event<T>>> step = steps.get(new Form(next.type(), next.version()));
            if (step != null) {
                waiting.addAll(0, step.apply(next));
            } else if (isKnown(next)) {
                done.add(next);
            }
        }
        return done;
    }

    /** False where the event is to be left out. */
    private boolean isKnown(Event<T> event) {
        Integer last = newest.get(event.type());
        if (last == null || event.version() <= last) {
            return true;
        }
        return switch (unknownNewer) {
            case RAW -> true;
            case SKIP -> false;
            case FAIL ->
                throw new UnknownVersionException("an event of type " + event.type() + " has version " + event.version()
                        + " and this program knows " + last + ": update it before the writers");
        };
    }

    /** All types and versions that the chain takes a step from, in order. */
    public List<Form> forms() {
        TreeSet<Form> forms =
                new TreeSet<>(java.util.Comparator.comparing(Form::type).thenComparing(Form::version));
        forms.addAll(steps.keySet());
        return List.copyOf(forms);
    }

    /** Collects steps. Not thread-safe. */
    public static final class Builder<T> {
        private final Map<Form, Function<Event<T>, List<Event<T>>>> steps = new HashMap<>();
        private final Map<String, Integer> current = new HashMap<>();
        private final List<Form> dropped = new ArrayList<>();
        private UnknownNewer unknownNewer = UnknownNewer.FAIL;

        private Builder() {}

        /** How an event of this version becomes one of the next, or of another type. */
        public Builder<T> step(String type, int version, Function<Event<T>, Event<T>> step) {
            return split(type, version, event -> List.of(step.apply(event)));
        }

        /** How an event of this version becomes several, or none. */
        public Builder<T> split(String type, int version, Function<Event<T>, List<Event<T>>> step) {
            if (steps.putIfAbsent(new Form(type, version), step) != null) {
                throw new IllegalArgumentException(
                        "there is a step from version " + version + " of " + type + " already");
            }
            return this;
        }

        /** Leaves events of this version out. */
        public Builder<T> drop(String type, int version) {
            dropped.add(new Form(type, version));
            return split(type, version, event -> List.of());
        }

        /** The newest version of a type that no step leads to. */
        public Builder<T> current(String type, int version) {
            current.put(type, version);
            return this;
        }

        /** Default {@link UnknownNewer#FAIL}. */
        public Builder<T> unknownNewer(UnknownNewer decision) {
            unknownNewer = decision;
            return this;
        }

        public Upcasters<T> build() {
            return new Upcasters<>(this);
        }
    }
}
