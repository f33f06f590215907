package dev.millrace.client.internal;

import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.StoredEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which events are parked, each key's in their order. A key with a parked event is parked. Thread: any, by its monitor.
 *
 * <pre>
 *   failed, or behind one that failed ──▶ noted ──stored──▶ parked ──handled or discarded──▶ gone
 * </pre>
 */
final class ParkedKeys {
    /** A stream; an event without a key is one by itself. */
    private record Line(String topic, ByteBuffer key, Position alone) {
        static Line of(Position position, byte[] key) {
            return key == null
                    ? new Line(position.topic(), null, position)
                    : new Line(position.topic(), ByteBuffer.wrap(key), null);
        }
    }

    private static final class Parked {
        private ParkedEvent event;
        private boolean stored;

        Parked(ParkedEvent event, boolean stored) {
            this.event = event;
            this.stored = stored;
        }
    }

    private final Map<Line, Map<Position, Parked>> lines = new LinkedHashMap<>();

    /** Takes up what was stored before. */
    synchronized void load(List<ParkedEvent> stored) {
        stored.forEach(event -> line(event).put(event.position(), new Parked(event, true)));
    }

    private Map<Position, Parked> line(ParkedEvent event) {
        return lines.computeIfAbsent(Line.of(event.position(), event.key()), key -> new LinkedHashMap<>());
    }

    /** Notes an event that failed. Where it is noted already, that stays. */
    synchronized ParkedEvent add(StoredEvent event, String error, int attempts) {
        ParkedEvent parked =
                new ParkedEvent(Position.of(event), event.key(), error, attempts, System.currentTimeMillis());
        return line(parked).computeIfAbsent(parked.position(), key -> new Parked(parked, false)).event;
    }

    /** Notes an event whose key is parked; null where it is not. */
    synchronized ParkedEvent addBehind(StoredEvent event) {
        return isParked(event) ? add(event, null, 0) : null;
    }

    synchronized boolean isParked(StoredEvent event) {
        return lines.containsKey(Line.of(Position.of(event), event.key()));
    }

    synchronized void stored(ParkedEvent event) {
        Map<Position, Parked> line = lines.get(Line.of(event.position(), event.key()));
        if (line != null && line.containsKey(event.position())) {
            line.get(event.position()).stored = true;
        }
    }

    /** It is handled or discarded; where none is left the key goes on. */
    synchronized void remove(ParkedEvent event) {
        Line key = Line.of(event.position(), event.key());
        Map<Position, Parked> line = lines.get(key);
        if (line != null) {
            line.remove(event.position());
            if (line.isEmpty()) {
                lines.remove(key);
            }
        }
    }

    synchronized int count() {
        return lines.values().stream().mapToInt(Map::size).sum();
    }

    /** All that are stored, key by key. */
    synchronized List<ParkedEvent> list() {
        List<ParkedEvent> listed = new ArrayList<>();
        lines.values()
                .forEach(line -> line.values().stream()
                        .filter(parked -> parked.stored)
                        .forEach(parked -> listed.add(parked.event)));
        return listed;
    }

    /** The first event of every line of the key, or of all lines where the key is null. */
    synchronized List<ParkedEvent> firsts(byte[] key) {
        ByteBuffer wanted = key == null ? null : ByteBuffer.wrap(key);
        List<ParkedEvent> firsts = new ArrayList<>();
        lines.forEach((line, parked) -> {
            if (wanted == null || wanted.equals(line.key)) {
                firsts.add(parked.values().iterator().next().event);
            }
        });
        return firsts;
    }

    /** The event that is handled next of the line of this one; empty where none is left. */
    synchronized Optional<ParkedEvent> firstOf(ParkedEvent event) {
        Map<Position, Parked> line = lines.get(Line.of(event.position(), event.key()));
        return line == null
                ? Optional.empty()
                : Optional.of(line.values().iterator().next().event);
    }

    synchronized boolean isStored(ParkedEvent event) {
        Map<Position, Parked> line = lines.get(Line.of(event.position(), event.key()));
        return line != null && line.containsKey(event.position()) && line.get(event.position()).stored;
    }

    synchronized Optional<ParkedEvent> find(Position position) {
        return list().stream()
                .filter(parked -> parked.position().equals(position))
                .findFirst();
    }
}
