package dev.millrace.core;

import static dev.millrace.core.StreamWorld.check;
import static dev.millrace.core.StreamWorld.get;
import static dev.millrace.core.StreamWorld.refused;
import static dev.millrace.core.StreamWorld.span;
import static dev.millrace.core.StreamWorld.utf8;
import static dev.millrace.core.StreamWorld.values;
import static dev.millrace.core.StreamWorld.versions;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.StreamOperations.Appended;
import dev.millrace.core.StreamOperations.AsOf;
import dev.millrace.core.StreamOperations.Conflict;
import dev.millrace.core.StreamOperations.Cursor;
import dev.millrace.core.StreamOperations.Events;
import dev.millrace.core.StreamOperations.LatestPage;
import dev.millrace.core.StreamOperations.State;
import dev.millrace.core.StreamOperations.StreamInfo;
import dev.millrace.core.StreamOperations.StreamsPage;
import dev.millrace.core.StreamWorld.Ev;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Record;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.ExpectedVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading event streams and looking after them, through the facade on a real disk. */
class StreamReadTest {
    private static final long ANY = ExpectedVersion.ANY;
    private static final long NONE = ExpectedVersion.NONE;

    @TempDir
    Path directory;

    private final StreamWorld.Clock time = new StreamWorld.Clock();
    private StreamWorld world;

    @BeforeEach
    void open() {
        world = new StreamWorld(directory, time, Map.of("stream.index", "key+tags"));
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static AsOf time(long ms) {
        return new AsOf(AsOf.Kind.TIME, ms);
    }

    // ---- reading

    @Test
    void aStreamReadsForwardBackwardFromAVersionAndUpToACount() {
        world.append("a", NONE, "0", "1", "2", "3", "4");
        assertThat(values(world.read("a", span(2, false, 2, AsOf.NOW)).events()))
                .containsExactly("2", "3");
        assertThat(values(world.read("a", span(-1, true, 2, AsOf.NOW)).events()))
                .containsExactly("4", "3");
        assertThat(values(world.read("a", span(2, true, 9, AsOf.NOW)).events())).containsExactly("2", "1", "0");
        assertThat(values(world.read("a", span(-1, false, 9, AsOf.NOW)).events()))
                .containsExactly("4");
        Events all = world.read("a");
        assertThat(all.complete()).isTrue();
        assertThat(all.lastVersion()).isEqualTo(4);
        assertThat(all.readEnd()).isEqualTo(5);
        assertThat(world.read("a", span(0, false, 2, AsOf.NOW)).complete()).isFalse();
        assertThat(world.read("a", span(5, false, 2, AsOf.NOW)).events()).isEmpty();
        refused(
                Fault.INVALID_REQUEST,
                world.broker.streams().read(world.topic, utf8("a"), span(0, false, 0, AsOf.NOW)));
        assertThat(refused(
                                Fault.STREAM_NOT_FOUND,
                                world.broker.streams().read(world.topic, utf8("b"), span(0, false, 1, AsOf.NOW)))
                        .detail())
                .contains("\"b\" holds no event");
    }

    @Test
    void aReadIsBoundedInBytesAndGoesOn() {
        for (int i = 0; i < 20; i++) {
            world.append("a", ANY, i + "-" + "x".repeat(100_000));
        }
        List<Record> read = new ArrayList<>();
        while (read.size() < 20) {
            Events part = world.read("a", new StreamOperations.Span(read.size(), false, 100, 250_000, AsOf.NOW));
            assertThat(part.events()).hasSizeBetween(1, 3);
            read.addAll(part.events());
        }
        assertThat(versions(read)).isSorted().hasSize(20);
    }

    @Test
    void aStreamReadsAsOfATimeAVersionAndAnOffset() {
        world.append(
                List.of(),
                Ev.of("a", "0").at(100),
                Ev.of("a", "1").at(200),
                Ev.of("b", "x").at(250),
                Ev.of("a", "2").at(300));
        // Late: it counts by its own time.
        world.append(List.of(), Ev.of("a", "3").at(150));
        assertThat(values(world.read("a", span(0, false, 9, time(99))).events()))
                .isEmpty();
        assertThat(values(world.read("a", span(0, false, 9, time(100))).events()))
                .containsExactly("0");
        assertThat(values(world.read("a", span(-1, true, 9, time(200))).events()))
                .containsExactly("3", "1", "0");
        assertThat(world.read("a", span(0, false, 9, time(200))).lastVersion()).isEqualTo(3);
        assertThat(values(world.read("a", span(0, false, 9, new AsOf(AsOf.Kind.VERSION, 1)))
                        .events()))
                .containsExactly("0", "1");
        assertThat(values(world.read("a", span(0, false, 9, new AsOf(AsOf.Kind.OFFSET, 3)))
                        .events()))
                .containsExactly("0", "1", "2");
        assertThat(values(latest("", time(200)).events())).containsExactly("3");
        assertThat(values(latest("", time(250)).events())).containsExactly("3", "x");
        assertThat(values(latest("", time(120)).events())).containsExactly("0");
    }

    private LatestPage latest(String prefix, AsOf asOf) {
        return get(world.broker.streams().latest(world.topic, utf8(prefix), asOf, Cursor.START, 1000));
    }

    @Test
    void latestIsPagedByKeyAndShowsOneMoment() {
        for (int i = 0; i < 25; i++) {
            world.append(String.format("k-%02d", i), NONE, "old");
        }
        world.append("other", NONE, "old");
        List<Record> found = new ArrayList<>();
        Cursor cursor = Cursor.START;
        while (cursor != null) {
            LatestPage page = get(world.broker.streams().latest(world.topic, utf8("k-"), AsOf.NOW, cursor, 10));
            found.addAll(page.events());
            cursor = page.next();
            world.append("k-24", ANY, "new");
            world.append(String.format("k-99-%d", found.size()), NONE, "new");
        }
        assertThat(found)
                .extracting(event -> new String(event.key(), StandardCharsets.UTF_8))
                .isSorted()
                .hasSize(25);
        assertThat(values(found)).containsOnly("old");
    }

    @Test
    void latestFindsEveryStreamWhereverItsEventLiesAndHoweverLargeItIs() {
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < 300; i++) {
            // 37 and 300 have no divisor in common: each number once, and not in order.
            int number = i * 37 % 300;
            String key = String.format("k-%03d", number);
            String value = (number >= 270 ? "x".repeat(300_000) : "v") + number;
            world.append(key, NONE, "before", value);
            expected.put(key, value);
            if (number % 10 == 3) {
                get(world.broker.streams().delete(world.topic, utf8(key), ANY, false));
                expected.remove(key);
            }
        }
        Map<String, String> found = new LinkedHashMap<>();
        Cursor cursor = Cursor.START;
        while (cursor != null) {
            LatestPage page = get(world.broker.streams().latest(world.topic, utf8(""), AsOf.NOW, cursor, 1000));
            for (Record event : page.events()) {
                String key = new String(event.key(), StandardCharsets.UTF_8);
                assertThat(found.put(key, new String(event.value(), StandardCharsets.UTF_8)))
                        .as(key)
                        .isNull();
            }
            cursor = page.next();
        }
        assertThat(found).isEqualTo(expected);
        assertThat(List.copyOf(found.keySet())).isSorted();
    }

    @Test
    void streamsAreListedAndDescribed() {
        world.append("a", NONE, "0", "1");
        world.append("b", NONE, "0");
        get(world.broker.streams().delete(world.topic, utf8("b"), ANY, false));
        StreamsPage page = get(world.broker.streams().list(world.topic, utf8(""), Cursor.START, 10));
        assertThat(page.streams()).extracting(info -> new String(info.key())).containsExactly("a");
        StreamInfo a = get(world.broker.streams().describe(world.topic, utf8("a")));
        assertThat(a.state()).isEqualTo("live");
        assertThat(a.lastVersion()).isEqualTo(1);
        assertThat(get(world.broker.streams().describe(world.topic, utf8("b"))).state())
                .isEqualTo("deleted");
        refused(Fault.STREAM_NOT_FOUND, world.broker.streams().describe(world.topic, utf8("c")));
    }

    @Test
    void eventsAreFoundByTagsWithAPositionToAppendAfter() {
        world.append(
                List.of(),
                Ev.of("a", "0").tags("t"),
                Ev.of("a", "1"),
                Ev.of("b", "2").type("T").tags("t", "u"));
        EventQuery tagged = EventQuery.of(new EventQuery.Item(List.of(), List.of("t")));
        StreamOperations.MatchPage found = get(world.broker.streams().find(world.topic, tagged, 0, 10));
        assertThat(values(found.events())).containsExactly("0", "2");
        assertThat(found.next()).isEqualTo(3);
        assertThat(world.appendIf(tagged, found.next() - 1, null, Ev.of("c", "x")))
                .isInstanceOf(Appended.class);
        StreamOperations.MatchPage one = get(world.broker.streams().find(world.topic, tagged, 0, 1));
        assertThat(one.next()).isEqualTo(1);
    }

    // ---- snapshots

    @Test
    void loadAnswersTheNewestSnapshotOfItsSchemaAndTheTail() {
        world.append("a", NONE, "0", "1", "2", "3", "4");
        for (long version : new long[] {0, 1, 3}) {
            get(world.broker.streams().putSnapshot(world.topic, utf8("a"), version, "v1", utf8("state " + version)));
        }
        assertThat(loaded("v1", AsOf.NOW)).isEqualTo("state 3 + [4]");
        assertThat(loaded("v1", new AsOf(AsOf.Kind.VERSION, 2))).isEqualTo("state 1 + [2]");
        // The two newest are kept.
        assertThat(loaded("v1", new AsOf(AsOf.Kind.VERSION, 0))).isEqualTo("none + [0]");
        assertThat(loaded("v2", AsOf.NOW)).isEqualTo("none + [0, 1, 2, 3, 4]");
        world.restart();
        assertThat(loaded("v1", AsOf.NOW)).isEqualTo("state 3 + [4]");
        refused(Fault.INVALID_REQUEST, world.broker.streams().putSnapshot(world.topic, utf8("a"), 5, "v1", utf8("x")));
        refused(Fault.STREAM_NOT_FOUND, world.broker.streams().putSnapshot(world.topic, utf8("b"), 0, "v1", utf8("x")));
        refused(
                Fault.MESSAGE_TOO_LARGE,
                world.broker.streams().putSnapshot(world.topic, utf8("a"), 0, "v1", new byte[(1 << 20) + 1]));
    }

    private String loaded(String schema, AsOf asOf) {
        State state = get(world.broker.streams().load(world.topic, utf8("a"), schema, span(0, false, 100, asOf)));
        String snapshot =
                state.snapshot() == null ? "none" : new String(state.snapshot().state());
        return snapshot + " + " + values(state.tail().events());
    }

    // ---- limits and ends

    @Test
    void truncatedEventsAreHiddenAndVersionsGoOn() {
        world.append("a", NONE, "0", "1", "2", "3");
        StreamInfo info = get(world.broker.streams().limit(world.topic, utf8("a"), 2, -1, -1));
        assertThat(info.firstVersion()).isEqualTo(2);
        Events read = world.read("a");
        assertThat(values(read.events())).containsExactly("2", "3");
        assertThat(read.truncated()).isTrue();
        assertThat(read.firstVersion()).isEqualTo(2);
        assertThat(((Appended) world.append("a", 3, "4")).versions()).containsExactly(4);
        world.restart();
        assertThat(values(world.read("a").events())).containsExactly("2", "3", "4");
        refused(Fault.INVALID_REQUEST, world.broker.streams().limit(world.topic, utf8("a"), 9, -1, -1));
        refused(Fault.STREAM_NOT_FOUND, world.broker.streams().limit(world.topic, utf8("b"), 0, -1, -1));
        // All of them: an expectation of the last version still holds.
        get(world.broker.streams().limit(world.topic, utf8("a"), 5, -1, -1));
        refused(
                Fault.STREAM_NOT_FOUND,
                world.broker.streams().read(world.topic, utf8("a"), span(0, false, 1, AsOf.NOW)));
        assertThat(((Appended) world.append("a", 4, "5")).versions()).containsExactly(5);
    }

    @Test
    void aStreamKeepsItsNewestEventsByCountAndByAge() {
        world.append("count", NONE, "0", "1", "2");
        get(world.broker.streams().limit(world.topic, utf8("count"), -1, 2, -1));
        assertThat(values(world.read("count").events())).containsExactly("1", "2");
        world.append("count", ANY, "3");
        assertThat(values(world.read("count").events())).containsExactly("2", "3");

        long now = time.nowMs();
        world.append(
                List.of(), Ev.of("age", "0").at(now - 1000), Ev.of("age", "1").at(now));
        get(world.broker.streams().limit(world.topic, utf8("age"), -1, -1, 5000));
        assertThat(values(world.read("age").events())).containsExactly("0", "1");
        time.advanceMs(4500);
        assertThat(values(world.read("age").events())).containsExactly("1");
        world.append(List.of(), Ev.of("age", "2").at(time.nowMs()));
        time.advanceMs(1000);
        assertThat(values(world.read("age").events())).containsExactly("2");
    }

    @Test
    void aDeletedStreamReadsAsNoneAndGoesOnWithItsVersions() {
        world.append("a", NONE, "0", "1");
        assertThat(refused(
                                Fault.WRONG_EXPECTED_VERSION,
                                world.broker.streams().delete(world.topic, utf8("a"), 0, false))
                        .detail())
                .contains("at version 1, not at the expected 0");
        get(world.broker.streams().delete(world.topic, utf8("a"), 1, false));
        assertThat(refused(
                                Fault.STREAM_NOT_FOUND,
                                world.broker.streams().read(world.topic, utf8("a"), span(0, false, 1, AsOf.NOW)))
                        .detail())
                .contains("was deleted at version 1");
        refused(Fault.STREAM_DELETED, world.broker.streams().delete(world.topic, utf8("a"), ANY, false));
        refused(Fault.STREAM_DELETED, world.broker.streams().limit(world.topic, utf8("a"), 0, -1, -1));
        Conflict conflict = (Conflict) world.append("a", 1, "x");
        assertThat(conflict.failed().get(0).deleted()).isTrue();
        assertThat(conflict.failed().get(0).actualVersion()).isEqualTo(-1);
        assertThat(((Appended) world.append("a", NONE, "2")).versions()).containsExactly(2);
        world.restart();
        assertThat(values(world.read("a").events())).containsExactly("2");
    }

    @Test
    void aTombstoneIsForGood() {
        world.append("a", NONE, "0");
        get(world.broker.streams().delete(world.topic, utf8("a"), 0, true));
        world.restart();
        assertThat(refused(Fault.STREAM_TOMBSTONED, world.appendSoon(List.of(check("a", NONE)), null, Ev.of("a", "x")))
                        .detail())
                .contains("\"a\" was ended for good at version 0");
        refused(
                Fault.STREAM_TOMBSTONED,
                world.broker.streams().read(world.topic, utf8("a"), span(0, false, 1, AsOf.NOW)));
        refused(Fault.STREAM_TOMBSTONED, world.broker.streams().delete(world.topic, utf8("a"), ANY, true));
    }

    // ---- erasing

    @Test
    void erasedEventsAreGoneFromReadsSubscriptionsAndTheDisk() throws IOException {
        String secret = "the secret of customer seven";
        world.append(List.of(), Ev.of("a", secret + " 0").type("T").tags("customer:7"), Ev.of("b", "kept"));
        world.append("a", 0, secret + " 1", "after");
        get(world.broker.streams().putSnapshot(world.topic, utf8("a"), 1, "v1", utf8(secret)));
        assertThat(filesThatHold(secret)).isNotEmpty();

        StreamInfo info = get(world.broker.streams().erase(world.topic, utf8("a"), 0, 1));
        assertThat(info.erasedMs()).isPositive();
        Events read = world.read("a");
        assertThat(values(read.events())).containsExactly(null, null, "after");
        assertThat(versions(read.events())).containsExactly(0L, 1L, 2L);
        Record erased = read.events().get(0);
        assertThat(EventHeaders.find(erased.headers(), EventHeaders.ERASED)).isNotNull();
        assertThat(EventHeaders.find(erased.headers(), EventHeaders.TYPE)).isNotNull();
        assertThat(EventHeaders.find(erased.headers(), EventHeaders.TAGS)).isNull();
        var slice = get(world.broker.logs().read(world.topic, 0, 1 << 20));
        byte[] bytes = new byte[slice.batches().remaining()];
        slice.batches().get(slice.batches().position(), bytes);
        slice.release();
        assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                .doesNotContain(secret)
                .contains("kept");
        assertThat(world.appendIf(
                        EventQuery.of(new EventQuery.Item(List.of(), List.of("customer:7"))),
                        -1,
                        null,
                        Ev.of("c", "x")))
                .isInstanceOf(Appended.class);

        awaitPurged("a");
        assertThat(filesThatHold(secret)).isEmpty();
        world.restart();
        assertThat(values(world.read("a").events())).containsExactly(null, null, "after");
        assertThat(values(world.read("b").events())).containsExactly("kept");
    }

    /** How a stream's first two events come to be hidden. */
    private enum Hiding {
        TRUNCATION,
        COUNT,
        AGE,
        DELETION,
        DELETION_AND_NEW_EVENTS,
        TOMBSTONE
    }

    private void hide(String key, Hiding hiding) {
        StreamOperations streams = world.broker.streams();
        switch (hiding) {
            case TRUNCATION -> get(streams.limit(world.topic, utf8(key), 2, -1, -1));
            case COUNT -> get(streams.limit(world.topic, utf8(key), -1, 1, -1));
            case AGE -> {
                get(streams.limit(world.topic, utf8(key), -1, -1, 5000));
                time.advanceMs(60_000);
                world.append(key, ANY, "young");
            }
            case DELETION -> get(streams.delete(world.topic, utf8(key), ANY, false));
            case DELETION_AND_NEW_EVENTS -> {
                get(streams.delete(world.topic, utf8(key), ANY, false));
                world.append(key, NONE, "new");
            }
            case TOMBSTONE -> get(streams.delete(world.topic, utf8(key), ANY, true));
        }
    }

    /** The log holds it still, so the promise that it is gone from the disk has to mean it, too. */
    @Test
    void whatIsHiddenIsErasedToo() throws IOException {
        for (Hiding hiding : Hiding.values()) {
            String secret = "the secret hidden by " + hiding + "!";
            world.append(hiding.name(), NONE, secret + " 0", secret + " 1", "last");
            hide(hiding.name(), hiding);
            assertThat(filesThatHold(secret)).isNotEmpty();

            get(world.broker.streams().erase(world.topic, utf8(hiding.name()), 0, Long.MAX_VALUE));
            awaitPurged(hiding.name());

            assertThat(filesThatHold(secret)).as("files that hold %s", secret).isEmpty();
        }
    }

    @Test
    void erasingTwiceInOneCommitErasesBoth() {
        world.append(List.of(), Ev.of("a", "0"), Ev.of("b", "0"), Ev.of("c", "0"));
        var first = world.broker.streams().erase(world.topic, utf8("a"), 0, 9);
        var second = world.broker.streams().erase(world.topic, utf8("b"), 0, 9);
        get(first);
        get(second);
        assertThat(values(world.read("a").events())).containsExactly((String) null);
        assertThat(values(world.read("b").events())).containsExactly((String) null);
        assertThat(values(world.read("c").events())).containsExactly("0");
        refused(Fault.STREAM_NOT_FOUND, world.broker.streams().erase(world.topic, utf8("d"), 0, 9));
        refused(Fault.INVALID_REQUEST, world.broker.streams().erase(world.topic, utf8("a"), 3, 9));
    }

    private void awaitPurged(String key) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (get(world.broker.streams().describe(world.topic, utf8(key))).purgedMs() == 0) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(10_000_000);
        }
    }

    /** The purge of an earlier erasure may take files away meanwhile, between the list of them and a look at each, too. */
    private List<Path> filesThatHold(String text) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                try {
                    if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
                        found.add(file);
                    }
                } catch (NoSuchFileException removed) {
                    return visitFileFailed(file, removed);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        return found;
    }
}
