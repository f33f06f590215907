package dev.millrace.client.internal;

import dev.millrace.client.Position;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceSearch;
import dev.millrace.core.wire.TraceFrames;
import java.util.List;

/** Asks the broker for what belongs to an id. Thread: any. */
final class TraceLookup {
    private static final int PAGE = 1_000;

    private final Link link;

    TraceLookup(Link link) {
        this.link = link;
    }

    Trace find(String id, int countMax) {
        TraceSearch search = new TraceSearch(this::page, countMax, Long.MAX_VALUE);
        List<TracedMessage> messages =
                search.search(id).stream().map(TraceLookup::message).toList();
        return Trace.of(messages, search.truncated());
    }

    private TraceSearch.Page page(String id, TraceSearch.Place from) {
        TraceFrames.Place start = new TraceFrames.Place(from.topic(), from.partition(), from.offset());
        TraceFrames.Correlated page = Waiting.on(
                link.call(new TraceFrames.FindCorrelated(id, start, PAGE), TraceFrames.Correlated.class, true));
        return new TraceSearch.Page(
                page.found().stream().map(TraceLookup::found).toList(), page.more() ? place(page.next()) : null);
    }

    private static TraceSearch.Found found(TraceFrames.Found found) {
        List<RecordHeader> headers = found.headers().stream()
                .map(header -> new RecordHeader(header.name(), header.value()))
                .toList();
        return new TraceSearch.Found(
                place(found.place()), found.timestampMs(), found.key(), found.valueBytes(), headers);
    }

    private static TraceSearch.Place place(TraceFrames.Place place) {
        return new TraceSearch.Place(place.topic(), place.partition(), place.offset());
    }

    private static TracedMessage message(TraceSearch.Found found) {
        TraceSearch.Place place = found.place();
        return new TracedMessage(
                new Position(place.topic(), place.partition(), place.offset()),
                found.timestampMs(),
                found.key(),
                found.valueBytes(),
                found.headers());
    }
}
