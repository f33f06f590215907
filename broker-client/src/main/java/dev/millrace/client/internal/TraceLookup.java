package dev.millrace.client.internal;

import dev.millrace.client.Position;
import dev.millrace.client.Retry;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceSearch;
import dev.millrace.core.wire.DeadLetterNames;
import dev.millrace.core.wire.TraceFrames;
import java.util.ArrayList;
import java.util.List;

/** Asks the broker for what belongs to an id. Thread: any. */
final class TraceLookup {
    private static final int PAGE = 1_000;

    private final Link link;

    TraceLookup(Link link) {
        this.link = link;
    }

    Trace find(String id, int countMax) {
        return Trace.of(new TraceSearch(this::page, countMax, Long.MAX_VALUE), id);
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

    List<Retry> retries(List<TracedMessage> messages) {
        List<TraceFrames.Asked> asked =
                messages.stream().map(TraceLookup::asked).toList();
        List<Retry> retries = new ArrayList<>();
        for (int from = 0; from < asked.size(); ) {
            List<TraceFrames.Asked> some = asked.subList(from, Math.min(asked.size(), from + PAGE));
            TraceFrames.Retries answer =
                    Waiting.on(link.call(new TraceFrames.FindRetries(some), TraceFrames.Retries.class, true));
            answer.retries().forEach(retry -> retries.add(retry(retry)));
            from += Math.max(1, answer.looked());
        }
        return retries;
    }

    private static TraceFrames.Asked asked(TracedMessage message) {
        Position at = message.position();
        return new TraceFrames.Asked(
                new TraceFrames.Place(at.topic(), at.partition(), at.offset()), DeadLetterNames.keyHash(message.key()));
    }

    private static Retry retry(TraceFrames.Retry retry) {
        TraceFrames.Place place = retry.place();
        return new Retry(
                new Position(place.topic(), place.partition(), place.offset()),
                retry.group(),
                retry.attempts(),
                retry.attemptsMax(),
                retry.lastError(),
                retry.lastFailureMs(),
                retry.nextTryMs(),
                retry.keyParked());
    }
}
