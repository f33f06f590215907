package dev.millrace.client.internal;

import dev.millrace.client.AppendResult;
import dev.millrace.client.AppendResult.Clause;
import dev.millrace.client.AppendResult.Conflict;
import dev.millrace.client.AppendResult.FailedCondition;
import dev.millrace.client.Event;
import dev.millrace.client.EventFilter;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceException;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StreamFrames;
import dev.millrace.core.wire.StreamFrames.EventsAppended;
import dev.millrace.core.wire.StreamFrames.StreamEvents;
import dev.millrace.core.wire.TopicFrames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/** One request for each question, in the words of the public API. Thread: any. */
final class NativeEventStreams implements EventStreams {
    private static final int PAGE_EVENTS = 1000;
    private static final int PAGE_BYTES = 2 << 20;
    private static final int DUPLICATE = 1;
    private static final int CONFLICT = 2;
    private static final int CONDITION_FAILED = 3;

    private final Link link;
    private final String topic;
    private final Inbound inbound;
    /** The topic as the broker described it; streams never change their partition. */
    private volatile TopicFrames.TopicInfo known;

    NativeEventStreams(Link link, String topic) {
        this.link = link;
        this.topic = topic;
        this.inbound = new Inbound(link.telemetry(), null);
    }

    // ---- appending

    @Override
    public AppendResult append(byte[] key, Expected expected, List<Event> events) {
        return tryAppend(
                        events.stream().map(event -> new Addressed(key, event)).toList(),
                        List.of(new Check(key, expected)))
                .orThrow();
    }

    @Override
    public AppendResult tryAppend(List<Addressed> events, List<Check> checks) {
        return appendIf(events, checks, new Condition(null, -1, null));
    }

    @Override
    public AppendResult appendIf(List<Addressed> events, List<Check> checks, Condition condition) {
        Checks.require(!events.isEmpty() || !checks.isEmpty(), "events", 0, "an event or a check, or more");
        return link.telemetry() == null || events.isEmpty()
                ? write(events, checks, condition)
                : new Outbound(link.telemetry()).append(topic, events, traced -> write(traced, checks, condition));
    }

    private AppendResult write(List<Addressed> events, List<Check> checks, Condition condition) {
        byte[] first = events.isEmpty() ? checks.get(0).key() : events.get(0).key();
        Place place = placeOf(first);
        EventsAppended answer = ask(
                new StreamFrames.AppendEvents(
                        place.topic.topicId(),
                        place.partition,
                        checks.stream()
                                .map(check -> new StreamFrames.Check(
                                        check.key(), check.expected().value()))
                                .toList(),
                        toWire(condition.failIfMatch()),
                        condition.afterOffset(),
                        toWire(condition.failIfExists()),
                        EventBatchWriter.write(events)),
                EventsAppended.class);
        return result(place.partition, condition, answer);
    }

    private AppendResult result(int partition, Condition condition, EventsAppended answer) {
        List<Conflict> conflicts = answer.status() == CONFLICT ? conflicts(answer) : List.of();
        FailedCondition failed = answer.status() == CONDITION_FAILED ? failedCondition(answer) : null;
        return new AppendResult(
                partition,
                LongStream.of(answer.versions()).boxed().toList(),
                answer.firstOffset(),
                answer.lastOffset(),
                answer.appendTimeMs(),
                answer.status() == DUPLICATE,
                conflicts,
                failed,
                failed != null
                        ? RefusedAppend.condition(topic, partition, condition, failed)
                        : RefusedAppend.conflicts(topic, conflicts));
    }

    private static List<Conflict> conflicts(EventsAppended answer) {
        return answer.failed().stream()
                .map(failed -> new Conflict(
                        failed.key(), new Expected(failed.expected()), failed.actualVersion(), failed.deleted()))
                .toList();
    }

    private static FailedCondition failedCondition(EventsAppended answer) {
        return new FailedCondition(
                answer.exists() ? Clause.FAIL_IF_EXISTS : Clause.FAIL_IF_MATCH,
                answer.item(),
                LongStream.of(answer.matches()).boxed().toList());
    }

    static EventQuery toWire(EventFilter filter) {
        return filter == null
                ? null
                : new EventQuery(
                        filter.all(),
                        filter.items().stream()
                                .map(item -> new EventQuery.Item(item.types(), item.tags()))
                                .toList());
    }

    // ---- reading

    @Override
    public Slice read(byte[] key, Range range) {
        Checks.require(range.max() > 0, "max", range.max(), "1 or more");
        Place place = placeOf(key);
        List<StoredEvent> events = new ArrayList<>();
        long from = range.from();
        StreamEvents page;
        boolean truncated = false;
        do {
            page = ask(
                    new StreamFrames.ReadStream(
                            place.topic.topicId(),
                            place.partition,
                            key,
                            from,
                            range.backward(),
                            Math.min(PAGE_EVENTS, range.max() - events.size()),
                            PAGE_BYTES,
                            toWire(range.asOf())),
                    StreamEvents.class);
            truncated |= page.truncated() && (events.isEmpty() || range.backward());
            addTo(events, place.partition, page.events());
            from = next(page, range.backward());
        } while (!page.complete() && events.size() < range.max() && from >= 0);
        return new Slice(events, page.firstVersion(), page.lastVersion(), page.readEnd(), truncated);
    }

    /** Where the next page begins; -1 where there is none. */
    private static long next(StreamEvents page, boolean backward) {
        if (page.events().isEmpty()) {
            return -1;
        }
        long last = versionOf(page.events().get(page.events().size() - 1));
        return backward ? last - 1 : last + 1;
    }

    private static long versionOf(StreamFrames.Event event) {
        return StoredEvents.of("", 0, event).version();
    }

    private void addTo(List<StoredEvent> events, int partition, List<StreamFrames.Event> more) {
        more.forEach(event -> events.add(handedOut(partition, event)));
    }

    private StoredEvent handedOut(int partition, StreamFrames.Event event) {
        return inbound.handedOut(StoredEvents.of(topic, partition, event));
    }

    @Override
    public Optional<StoredEvent> last(byte[] key, AsOf asOf) {
        try {
            return read(key, Range.newestFirst().max(1).asOf(asOf)).events().stream()
                    .findFirst();
        } catch (MillraceException e) {
            if (e.fault() == Fault.STREAM_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public Loaded load(byte[] key, String schema, AsOf asOf) {
        Place place = placeOf(key);
        StreamEvents page = ask(
                new StreamFrames.LoadStream(
                        place.topic.topicId(), place.partition, key, schema, 0, PAGE_EVENTS, PAGE_BYTES, toWire(asOf)),
                StreamEvents.class);
        List<StoredEvent> events = new ArrayList<>();
        addTo(events, place.partition, page.events());
        long next = next(page, false);
        if (!page.complete() && next >= 0) {
            // The rest belongs to the same moment.
            AsOf moment = asOf == AsOf.NOW ? AsOf.version(page.lastVersion()) : asOf;
            events.addAll(read(key, Range.from(next).asOf(moment)).events());
        }
        return new Loaded(
                page.snapshot(),
                page.snapshotVersion(),
                new Slice(events, page.firstVersion(), page.lastVersion(), page.readEnd(), page.truncated()));
    }

    @Override
    public void putSnapshot(byte[] key, long version, String schema, byte[] state) {
        Place place = placeOf(key);
        ask(
                new StreamFrames.PutSnapshot(place.topic.topicId(), place.partition, key, version, schema, state),
                Frames.Done.class);
    }

    @Override
    public void latest(String prefix, AsOf asOf, Consumer<StoredEvent> events) {
        TopicFrames.TopicInfo info = topic();
        for (int partition = 0; partition < info.partitions().size(); partition++) {
            StreamFrames.Cursor cursor = new StreamFrames.Cursor(null, -1);
            StreamFrames.LatestPage page;
            do {
                page = ask(
                        new StreamFrames.LatestEvents(
                                info.topicId(), partition, utf8(prefix), toWire(asOf), cursor, PAGE_EVENTS),
                        StreamFrames.LatestPage.class);
                for (StreamFrames.Event event : page.events()) {
                    events.accept(handedOut(partition, event));
                }
                cursor = page.next();
            } while (page.more());
        }
    }

    @Override
    public Found find(int partition, EventFilter filter, long fromOffset, int max) {
        Checks.require(max > 0, "max", max, "1 or more");
        List<StoredEvent> events = new ArrayList<>();
        long next = fromOffset;
        StreamFrames.EventsFound page;
        do {
            page = ask(
                    new StreamFrames.FindEvents(
                            topic().topicId(),
                            partition,
                            toWire(filter),
                            next,
                            Math.min(PAGE_EVENTS, max - events.size())),
                    StreamFrames.EventsFound.class);
            addTo(events, partition, page.events());
            next = page.next();
        } while (events.size() < max && next < page.readEnd());
        return new Found(events, next);
    }

    // ---- streams themselves

    @Override
    public void list(String prefix, Consumer<Info> streams) {
        TopicFrames.TopicInfo info = topic();
        for (int partition = 0; partition < info.partitions().size(); partition++) {
            StreamFrames.Cursor cursor = new StreamFrames.Cursor(null, -1);
            StreamFrames.StreamsPage page;
            do {
                page = ask(
                        new StreamFrames.ListStreams(info.topicId(), partition, utf8(prefix), cursor, PAGE_EVENTS),
                        StreamFrames.StreamsPage.class);
                for (StreamFrames.StreamInfo stream : page.streams()) {
                    streams.accept(info(partition, stream));
                }
                cursor = page.next();
            } while (page.more());
        }
    }

    @Override
    public Info describe(byte[] key) {
        Place place = placeOf(key);
        return change(place, new StreamFrames.DescribeStream(place.topic.topicId(), place.partition, key));
    }

    @Override
    public Info truncateBefore(byte[] key, long version) {
        Checks.atLeast("version", version, 0);
        Place place = placeOf(key);
        return change(
                place, new StreamFrames.LimitStream(place.topic.topicId(), place.partition, key, version, -1, -1));
    }

    @Override
    public Info setPolicy(byte[] key, long maxCount, Duration maxAge) {
        Checks.atLeast("maxCount", maxCount, 0);
        Checks.notNegative("maxAge", maxAge);
        Place place = placeOf(key);
        return change(
                place,
                new StreamFrames.LimitStream(
                        place.topic.topicId(), place.partition, key, -1, maxCount, maxAge.toMillis()));
    }

    @Override
    public Info delete(byte[] key, Expected expected) {
        Place place = placeOf(key);
        return change(
                place,
                new StreamFrames.DeleteStream(place.topic.topicId(), place.partition, key, expected.value(), false));
    }

    @Override
    public Info tombstone(byte[] key, Expected expected) {
        Place place = placeOf(key);
        return change(
                place,
                new StreamFrames.DeleteStream(place.topic.topicId(), place.partition, key, expected.value(), true));
    }

    @Override
    public Info erase(byte[] key, long fromVersion, long toVersion) {
        Place place = placeOf(key);
        return change(
                place,
                new StreamFrames.EraseEvents(place.topic.topicId(), place.partition, key, fromVersion, toVersion));
    }

    private Info change(Place place, Frame request) {
        return info(place.partition, ask(request, StreamFrames.Stream.class).stream());
    }

    private static Info info(int partition, StreamFrames.StreamInfo stream) {
        return new Info(
                stream.key(),
                stream.state(),
                partition,
                stream.firstVersion(),
                stream.lastVersion(),
                stream.lastTimestampMs(),
                stream.countMax(),
                stream.ageMsMax(),
                stream.erasedMs(),
                stream.purgedMs());
    }

    // ---- asking

    private record Place(TopicFrames.TopicInfo topic, int partition) {}

    private Place placeOf(byte[] key) {
        TopicFrames.TopicInfo info = topic();
        return new Place(info, Murmur2.partition(key, info.partitions().size()));
    }

    private TopicFrames.TopicInfo topic() {
        TopicFrames.TopicInfo info = known;
        if (info == null) {
            info = Waiting.on(new TopicDirectory(link).describe(topic));
            known = info;
        }
        return info;
    }

    /** All of them may be sent twice: appends are recognised by the events' ids, the others end the same. */
    private <A extends Frame> A ask(Frame request, Class<A> answerType) {
        try {
            return Waiting.on(link.call(request, answerType, true));
        } catch (MillraceException e) {
            if (e.fault() == Fault.TOPIC_NOT_FOUND) {
                // It was deleted, and may have been made again.
                known = null;
            }
            throw e;
        }
    }

    private static StreamFrames.AsOf toWire(AsOf asOf) {
        return new StreamFrames.AsOf((byte) asOf.kind(), asOf.value());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Events as the broker sends them. */
    static final class StoredEvents {
        private StoredEvents() {}

        static StoredEvent of(String topic, int partition, StreamFrames.Event event) {
            List<RecordHeader> headers = event.headers().stream()
                    .map(header -> new RecordHeader(header.name(), header.value()))
                    .toList();
            return new StoredEvent(
                    topic,
                    partition,
                    event.offset(),
                    event.key(),
                    dev.millrace.core.record.EventHeaders.versionOf(headers),
                    event.timestampMs(),
                    event.value(),
                    headers);
        }
    }
}
