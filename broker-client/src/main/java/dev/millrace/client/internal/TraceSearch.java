package dev.millrace.client.internal;

import dev.millrace.client.Position;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.TraceFrames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects what belongs to an id. Where the id is that of one message, all that this message belongs to follows. Thread: one.
 */
final class TraceSearch {
    private static final int PAGE = 1_000;

    private final Link link;
    private final int countMax;
    private final Map<Position, TracedMessage> found = new LinkedHashMap<>();
    private boolean truncated;

    TraceSearch(Link link, int countMax) {
        this.link = link;
        this.countMax = countMax;
    }

    Trace search(String id) {
        collect(id);
        for (String whole : wholes(id)) {
            collect(whole);
        }
        return Trace.of(new ArrayList<>(found.values()), truncated);
    }

    /** What the messages belong to that have the id as their own. */
    private Set<String> wholes(String id) {
        Set<String> wholes = new LinkedHashSet<>();
        for (TracedMessage message : found.values()) {
            String correlation = message.correlation();
            if (message.id().equals(id) && correlation != null && !correlation.equals(id)) {
                wholes.add(correlation);
            }
        }
        return wholes;
    }

    private void collect(String id) {
        TraceFrames.Place next = new TraceFrames.Place("", 0, 0);
        while (next != null) {
            TraceFrames.Correlated page = Waiting.on(
                    link.call(new TraceFrames.FindCorrelated(id, next, PAGE), TraceFrames.Correlated.class, true));
            for (TraceFrames.Found each : page.found()) {
                TracedMessage message = message(each);
                if (found.size() >= countMax && !found.containsKey(message.position())) {
                    truncated = true;
                    return;
                }
                found.put(message.position(), message);
            }
            next = page.more() ? page.next() : null;
        }
    }

    private static TracedMessage message(TraceFrames.Found found) {
        List<RecordHeader> headers = found.headers().stream()
                .map(header -> new RecordHeader(header.name(), header.value()))
                .toList();
        TraceFrames.Place place = found.place();
        return new TracedMessage(
                new Position(place.topic(), place.partition(), place.offset()),
                found.timestampMs(),
                found.key(),
                found.valueBytes(),
                headers);
    }
}
