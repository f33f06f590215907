package dev.millrace.server.trace;

import dev.millrace.client.Position;
import dev.millrace.client.Retry;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Trace;
import dev.millrace.client.TracedMessage;
import dev.millrace.core.Broker;
import dev.millrace.core.DeadLetterOperations;
import dev.millrace.core.DeadLetterOperations.PageRequest;
import dev.millrace.core.DeadLetterOperations.Selection;
import dev.millrace.core.GroupOperations;
import dev.millrace.core.TraceOperations;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.TraceSearch;
import dev.millrace.core.wire.DeadLetterNames;
import dev.millrace.server.trace.TraceReport.Letter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;

/** Asks the broker of this process. Fails: {@link CompletionException} with what the broker said. */
public final class BrokerTraceSource implements TraceSource {
    /** Of keys and headers in memory at a time: what asks may be many, and each record's headers a megabyte. */
    private static final long BYTES_MAX = 8L << 20;

    private static final int PAGE_COUNT = 1_000;

    private final Broker broker;

    public BrokerTraceSource(Broker broker) {
        this.broker = broker;
    }

    @Override
    public Trace trace(String id, int countMax) {
        return Trace.of(new TraceSearch(this::page, countMax, BYTES_MAX), id);
    }

    private TraceSearch.Page page(String id, TraceSearch.Place from) {
        TraceOperations.Place start = new TraceOperations.Place(from.topic(), from.partition(), from.offset());
        TraceOperations.Page page =
                broker.traces().find(id, start, TraceOperations.COUNT_MAX).join();
        return new TraceSearch.Page(
                page.found().stream().map(BrokerTraceSource::found).toList(),
                page.next() == null ? null : place(page.next()));
    }

    private static TraceSearch.Found found(TraceOperations.Found found) {
        return new TraceSearch.Found(
                place(found.place()), found.timestampMs(), found.key(), found.valueBytes(), found.headers());
    }

    private static TraceSearch.Place place(TraceOperations.Place place) {
        return new TraceSearch.Place(place.topic(), place.partition(), place.offset());
    }

    @Override
    public Map<String, Map<TopicPartition, Long>> committed(Set<TopicPartition> partitions) {
        Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
        for (GroupOperations.Summary group : broker.groups().list().join()) {
            try {
                Map<TopicPartition, Long> offsets = new HashMap<>();
                for (GroupOperations.Progress progress :
                        broker.groups().describe(group.group()).join().partitions()) {
                    TopicPartition partition = new TopicPartition(
                            progress.topic(), progress.partition().partition());
                    if (partitions.contains(partition)) {
                        offsets.put(partition, progress.committedOffset());
                    }
                }
                if (!offsets.isEmpty()) {
                    committed.put(group.group(), offsets);
                }
            } catch (CompletionException e) {
                // Deleted since it was listed: then it has nothing to say.
                if (!(e.getCause() instanceof FaultException refused) || refused.fault() != Fault.GROUP_NOT_FOUND) {
                    throw e;
                }
            }
        }
        return committed;
    }

    @Override
    public List<Letter> deadLetters(List<Position> positions) {
        List<DeadLetterOperations.Place> places = positions.stream()
                .map(position ->
                        new DeadLetterOperations.Place(position.topic(), position.partition(), position.offset()))
                .toList();
        Selection selection = new Selection(null, null, null, places);
        List<Letter> letters = new ArrayList<>();
        List<DeadLetterOperations.Info> page;
        do {
            PageRequest wanted = new PageRequest(letters.size(), PAGE_COUNT, true, false);
            page = broker.deadLetters().list(selection, wanted).join().letters();
            page.forEach(letter -> letters.add(letter(letter)));
        } while (page.size() == PAGE_COUNT);
        return letters;
    }

    @Override
    public List<Retry> retries(List<TracedMessage> messages) {
        List<TraceOperations.Asked> asked =
                messages.stream().map(BrokerTraceSource::asked).toList();
        List<Retry> retries = new ArrayList<>();
        for (int from = 0; from < asked.size(); ) {
            TraceOperations.Retries answer = broker.traces()
                    .retries(asked.subList(from, Math.min(asked.size(), from + TraceOperations.COUNT_MAX)))
                    .join();
            answer.retries().forEach(retry -> retries.add(retry(retry)));
            from += answer.looked();
        }
        return retries;
    }

    private static TraceOperations.Asked asked(TracedMessage message) {
        Position at = message.position();
        return new TraceOperations.Asked(
                new TraceOperations.Place(at.topic(), at.partition(), at.offset()),
                DeadLetterNames.keyHash(message.key()));
    }

    private static Retry retry(TraceOperations.Retry retry) {
        TraceOperations.Place place = retry.place();
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

    private static Letter letter(DeadLetterOperations.Info letter) {
        DeadLetterOperations.Place source = letter.source();
        return new Letter(
                letter.group(),
                new Position(source.topic(), source.partition(), source.offset()),
                letter.state(),
                letter.reason(),
                letter.attempts(),
                letter.firstFailureMs(),
                letter.lastFailureMs());
    }
}
