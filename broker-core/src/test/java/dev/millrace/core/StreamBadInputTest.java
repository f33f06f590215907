package dev.millrace.core;

import static dev.millrace.core.StreamWorld.get;
import static dev.millrace.core.StreamWorld.refused;
import static dev.millrace.core.StreamWorld.span;
import static dev.millrace.core.StreamWorld.utf8;
import static dev.millrace.core.StreamWorld.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.core.StreamOperations.AsOf;
import dev.millrace.core.StreamOperations.Condition;
import dev.millrace.core.StreamOperations.Cursor;
import dev.millrace.core.StreamOperations.Filter;
import dev.millrace.core.StreamWorld.Ev;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.EventQuery.Item;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is too much, too little or nonsense is refused with the values that were sent, and what is just allowed is not. */
class StreamBadInputTest {
    @TempDir
    Path directory;

    private StreamWorld world;

    @BeforeEach
    void open() {
        world = new StreamWorld(directory, Map.of("stream.index", "key+tags"));
    }

    @AfterEach
    void close() {
        world.close();
    }

    // ---- queries

    /** In both clauses of a condition, in a search and in a subscription. */
    private void refuses(EventQuery query, String... words) {
        Ev event = Ev.of("a", "x");
        FaultException match =
                refused(Fault.INVALID_REQUEST, world.appendSoon(List.of(), new Condition(query, -1, null), event));
        FaultException exists =
                refused(Fault.INVALID_REQUEST, world.appendSoon(List.of(), new Condition(null, -1, query), event));
        FaultException find =
                refused(Fault.INVALID_REQUEST, world.broker.streams().find(world.topic, query, 0, 10));
        assertThat(List.of(match, exists, find, refusedFilter(new Filter(null, null, query))))
                .extracting(FaultException::detail)
                .allSatisfy(detail -> assertThat(detail).contains(words));
    }

    private FaultException refusedFilter(Filter filter) {
        FaultException refused = catchThrowableOfType(
                FaultException.class, () -> world.broker.streams().filter(world.topic.topicId(), filter));
        assertThat(refused).as("%s", filter).isNotNull();
        assertThat(refused.fault()).isEqualTo(Fault.INVALID_REQUEST);
        return refused;
    }

    private void allows(EventQuery query) {
        assertThat(world.appendIf(query, -1, query, Ev.of("a", "x"))).isInstanceOf(StreamOperations.Appended.class);
        assertThat(get(world.broker.streams().find(world.topic, query, 0, 10)).events())
                .isEmpty();
        assertThat(world.broker.streams().filter(world.topic.topicId(), new Filter(null, null, query)))
                .isNotNull();
    }

    private static EventQuery items(int count) {
        return new EventQuery(false, Collections.nCopies(count, new Item(List.of("T"), List.of("t"))));
    }

    private static EventQuery item(List<String> types, List<String> tags) {
        return EventQuery.of(new Item(types, tags));
    }

    @Test
    void aQueryHas32ItemsAtMostAndOneAtLeast() {
        allows(items(32));
        refuses(items(33), "33 items; at most 32");
        refuses(items(0), "no item");
    }

    @Test
    void anItemHas16TypesAndTagsAtMostAndOneOfEitherAtLeast() {
        List<String> most = Collections.nCopies(16, "n");
        List<String> tooMany = Collections.nCopies(17, "n");
        allows(item(most, most));
        refuses(item(tooMany, most), "17 types and 16 tags; at most 16");
        refuses(item(List.of(), tooMany), "0 types and 17 tags; at most 16");
        refuses(item(List.of(), List.of()), "an item with neither type nor tag");
        refuses(
                EventQuery.of(new Item(List.of("T"), List.of()), new Item(List.of(), List.of())),
                "an item with neither type nor tag");
    }

    @Test
    void typesAndTagsOfAQueryAreAsLongAsThoseOfAnEvent() {
        allows(item(List.of("T".repeat(256)), List.of("t".repeat(256))));
        refuses(item(List.of("T".repeat(257)), List.of()), "a type of 257 bytes; a type has 1 to 256");
        refuses(item(List.of(), List.of("ä".repeat(129))), "a tag of 258 bytes; a tag has 1 to 256");
        refuses(item(List.of(""), List.of()), "a type of 0 bytes; a type has 1 to 256");
        refuses(item(List.of("T"), List.of("t", "")), "a tag of 0 bytes; a tag has 1 to 256");
    }

    // ---- keys

    @Test
    void aKeyPrefixIsAsLongAsAKeyAtMost() {
        byte[] longest = utf8("k".repeat(4096));
        byte[] tooLong = utf8("k".repeat(4097));
        StreamOperations streams = world.broker.streams();
        get(streams.list(world.topic, longest, Cursor.START, 10));
        get(streams.latest(world.topic, longest, AsOf.NOW, Cursor.START, 10));
        assertThat(streams.filter(world.topic.topicId(), new Filter(null, longest, null)))
                .isNotNull();
        assertThat(List.of(
                        refused(Fault.INVALID_REQUEST, streams.list(world.topic, tooLong, Cursor.START, 10)),
                        refused(
                                Fault.INVALID_REQUEST,
                                streams.latest(world.topic, tooLong, AsOf.NOW, Cursor.START, 10)),
                        refusedFilter(new Filter(null, tooLong, null))))
                .extracting(FaultException::detail)
                .containsOnly("a key prefix of 4097 bytes; a key has at most 4096");
        assertThat(refusedFilter(new Filter(tooLong, null, null)).detail()).contains("1 to 4096 bytes, not 4097");
        assertThat(refusedFilter(new Filter(new byte[0], null, null)).detail()).contains("1 to 4096 bytes, not 0");
    }

    // ---- ids

    @Test
    void anEventIdHas16Bytes() {
        for (int bytes : new int[] {0, 15, 17}) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
            List<RecordHeader> headers = List.of(new RecordHeader(EventHeaders.ID, new byte[bytes]));
            builder.append(1000, utf8("a"), utf8("x"), headers);
            FaultException refused = refused(
                    Fault.INVALID_REQUEST,
                    world.broker.streams().append(world.topic, builder.build(), List.of(), null));
            assertThat(refused.detail()).contains("event 1 of 1", "$id has " + bytes + " bytes; an event id has 16");
        }
        assertThat(world.broker.logs().bounds(world.topic).endOffset()).isZero();
    }

    // ---- moments and limits

    @Test
    void aMomentMayBeBeforeAllEventsButNoNonsense() {
        world.append("a", ExpectedVersion.NONE, "0", "1");
        for (AsOf.Kind kind : List.of(AsOf.Kind.VERSION, AsOf.Kind.OFFSET)) {
            assertThat(world.read("a", span(0, false, 9, new AsOf(kind, -1))).events())
                    .isEmpty();
            AsOf nonsense = new AsOf(kind, -2);
            String said = "as of " + kind.name().toLowerCase(java.util.Locale.ROOT) + " -2; -1 is the least";
            StreamOperations streams = world.broker.streams();
            assertThat(List.of(
                            refused(
                                    Fault.INVALID_REQUEST,
                                    streams.read(world.topic, utf8("a"), span(0, false, 9, nonsense))),
                            refused(
                                    Fault.INVALID_REQUEST,
                                    streams.load(world.topic, utf8("a"), "v1", span(0, false, 9, nonsense))),
                            refused(
                                    Fault.INVALID_REQUEST,
                                    streams.latest(world.topic, utf8(""), nonsense, Cursor.START, 9))))
                    .extracting(FaultException::detail)
                    .allSatisfy(detail -> assertThat(detail).contains(said));
        }
        AsOf before1970 = new AsOf(AsOf.Kind.TIME, Long.MIN_VALUE);
        assertThat(world.read("a", span(0, false, 9, before1970)).events()).isEmpty();
        assertThat(get(world.broker.streams().latest(world.topic, utf8(""), before1970, Cursor.START, 9))
                        .events())
                .isEmpty();
    }

    @Test
    void aReadAsksForOneEventOrMoreFromAVersionThatCanBe() {
        world.append("a", ExpectedVersion.NONE, "0");
        StreamOperations streams = world.broker.streams();
        assertThat(refused(Fault.INVALID_REQUEST, streams.read(world.topic, utf8("a"), span(0, false, 0, AsOf.NOW)))
                        .detail())
                .contains("a read of 0 events");
        assertThat(refused(Fault.INVALID_REQUEST, streams.read(world.topic, utf8("a"), span(-2, false, 1, AsOf.NOW)))
                        .detail())
                .contains("from version -2");
        assertThat(refused(Fault.INVALID_REQUEST, streams.list(world.topic, utf8(""), Cursor.START, 0))
                        .detail())
                .contains("a page of 0");
    }

    @Test
    void limitsOfAStreamAreNotNegative() {
        world.append("a", ExpectedVersion.NONE, "0", "1");
        for (long[] limits : new long[][] {{-2, -1, -1}, {-1, -2, -1}, {-1, -1, -2}}) {
            assertThat(refused(
                                    Fault.INVALID_REQUEST,
                                    world.broker
                                            .streams()
                                            .limit(world.topic, utf8("a"), limits[0], limits[1], limits[2]))
                            .detail())
                    .contains("before version " + limits[0], limits[1] + " events", limits[2] + " ms");
        }
        assertThat(values(world.read("a").events())).containsExactly("0", "1");
    }
}
