package dev.millrace.client.internal;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.error.Fault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * What a projection with its checkpoints in the broker has to remember beside them, as events of two streams of the topic {@code
 * millrace.projections}: which version serves, in the stream of the name; who runs it and what is parked, in the stream of
 * name and version. Thread: any, by its monitor.
 *
 * <pre>
 *   order-totals     Live 1 ────────────────────────────────────────── Live 2
 *   order-totals.v1  Started a, Began, Parked, Unparked, Started b, ── Replaced 2
 *   order-totals.v2                        Started c, Began, …
 * </pre>
 */
final class ProjectionLog {
    static final String TOPIC = "millrace.projections";
    private static final String LIVE = "Live";
    private static final String STARTED = "Started";
    private static final String BEGAN = "Began";
    private static final String REPLACED = "Replaced";
    private static final String PARKED = "Parked";
    private static final String UNPARKED = "Unparked";
    private static final String NONE = "-";

    private final EventStreams streams;
    private final ProjectionDatabase.Name name;
    private final String owner = UUID.randomUUID().toString();
    // What the stream of this version says, up to an event:
    private final Map<Position, ParkedEvent> parked = new LinkedHashMap<>();
    private long readVersion = -1;
    private String startedBy;
    private boolean began;
    private boolean replaced;

    ProjectionLog(Link link, ProjectionDatabase.Name name) {
        this.streams = new NativeEventStreams(link, TOPIC);
        this.name = name;
    }

    /** Makes the topic where it is missing. */
    static void createTopic(Link link) {
        try {
            new NativeAdmin(link).createTopic(TOPIC, 1, Map.of("stream.index", "key"));
        } catch (MillraceException e) {
            if (e.fault() != Fault.TOPIC_EXISTS) {
                throw e;
            }
        }
    }

    /** Empty where no version serves yet. */
    static OptionalInt liveVersion(Link link, String name) {
        try {
            return new NativeEventStreams(link, TOPIC)
                    .last(name)
                    .map(event -> OptionalInt.of(Integer.parseInt(event.valueText())))
                    .orElse(OptionalInt.empty());
        } catch (MillraceException e) {
            if (e.fault() == Fault.TOPIC_NOT_FOUND) {
                return OptionalInt.empty();
            }
            throw e;
        }
    }

    /** Takes the projection over. The first version that starts serves. Fails: INVALID_REQUEST where a later one does. */
    synchronized void open() {
        streams.tryAppend(name.name(), Expected.none(), live());
        int live = liveVersion();
        if (live > name.version()) {
            throw superseded(name, live);
        }
        append(STARTED, owner);
        readOn();
    }

    static MillraceException superseded(ProjectionDatabase.Name name, int live) {
        return new MillraceException(
                Fault.INVALID_REQUEST,
                "version " + name.version() + " of projection " + name.name() + " was replaced by version " + live
                        + ", which serves now; start that one, or build version " + (live + 1));
    }

    private Event live() {
        return Event.of(LIVE, Integer.toString(name.version()));
    }

    private int liveVersion() {
        return Integer.parseInt(streams.last(name.name()).orElseThrow().valueText());
    }

    private void append(String type, String value) {
        streams.append(name.id(), Expected.any(), Event.of(type, value));
    }

    // ---- reading

    private void readOn() {
        EventStreams.Slice slice = streams.read(name.id(), EventStreams.Range.from(readVersion + 1));
        for (StoredEvent event : slice.events()) {
            apply(event);
            readVersion = event.version();
        }
    }

    private void apply(StoredEvent event) {
        String value = event.valueText();
        switch (event.type()) {
            case STARTED -> {
                startedBy = value;
                replaced = false;
            }
            case BEGAN -> began = true;
            case REPLACED -> replaced = true;
            case PARKED -> {
                ParkedEvent put = parse(value);
                parked.putIfAbsent(put.position(), put);
            }
            case UNPARKED -> parked.remove(position(value.split(" ")));
            default -> {
                // Of a later version of this client.
            }
        }
    }

    synchronized List<ParkedEvent> parked() {
        return new ArrayList<>(parked.values());
    }

    /** Whether checkpoints were kept before, so that there must be some. */
    synchronized boolean began() {
        return began;
    }

    synchronized void begin() {
        if (!began) {
            append(BEGAN, "");
            began = true;
        }
    }

    synchronized Projection.State state() {
        readOn();
        if (replaced) {
            return Projection.State.REPLACED;
        } else if (!owner.equals(startedBy)) {
            return Projection.State.FAILED;
        }
        return liveVersion() == name.version() ? Projection.State.LIVE : Projection.State.BUILDING;
    }

    // ---- versions

    /** Tells the version that serves to end; empty where that is this one. */
    synchronized Optional<ProjectionDatabase.Name> retireLive() {
        int live = liveVersion();
        if (live == name.version()) {
            return Optional.empty();
        }
        ProjectionDatabase.Name before = new ProjectionDatabase.Name(name.name(), live);
        streams.append(before.id(), Expected.any(), Event.of(REPLACED, Integer.toString(name.version())));
        return Optional.of(before);
    }

    synchronized void makeLive() {
        StoredEvent last = streams.last(name.name()).orElseThrow();
        int live = Integer.parseInt(last.valueText());
        if (live > name.version()) {
            throw superseded(name, live);
        }
        if (live < name.version()) {
            AppendResult result = streams.tryAppend(name.name(), Expected.version(last.version()), live());
            if (!result.written()) {
                makeLive();
            }
        }
    }

    // ---- parked events, as lines of text

    synchronized void append(List<ParkedEvent> events) {
        for (ParkedEvent event : events) {
            streams.append(name.id(), Expected.any(), parkedEvent(event));
        }
    }

    synchronized void appendUnparked(Position position) {
        streams.append(name.id(), Expected.any(), unparkedEvent(position));
    }

    static Event parkedEvent(ParkedEvent event) {
        return Event.of(
                PARKED,
                place(event.position()) + " " + event.attempts() + " " + event.parkedAtMs() + " " + encode(event.key())
                        + " "
                        + encode(event.error() == null ? null : event.error().getBytes(StandardCharsets.UTF_8)));
    }

    static Event unparkedEvent(Position position) {
        return Event.of(UNPARKED, place(position));
    }

    static ParkedEvent parse(String value) {
        String[] fields = value.split(" ");
        byte[] error = decode(fields[6]);
        return new ParkedEvent(
                position(fields),
                decode(fields[5]),
                error == null ? null : new String(error, StandardCharsets.UTF_8),
                Integer.parseInt(fields[3]),
                Long.parseLong(fields[4]));
    }

    private static String place(Position position) {
        return position.topic() + " " + position.partition() + " " + position.offset();
    }

    private static Position position(String[] fields) {
        return new Position(fields[0], Integer.parseInt(fields[1]), Long.parseLong(fields[2]));
    }

    /** The mark keeps an empty key apart from none. */
    private static String encode(byte[] bytes) {
        return bytes == null ? NONE : "=" + Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] decode(String field) {
        return field.equals(NONE) ? null : Base64.getDecoder().decode(field.substring(1));
    }
}
