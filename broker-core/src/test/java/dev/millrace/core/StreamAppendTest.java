package dev.millrace.core;

import static dev.millrace.core.StreamWorld.batch;
import static dev.millrace.core.StreamWorld.check;
import static dev.millrace.core.StreamWorld.get;
import static dev.millrace.core.StreamWorld.refused;
import static dev.millrace.core.StreamWorld.utf8;
import static dev.millrace.core.StreamWorld.values;
import static dev.millrace.core.StreamWorld.versions;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.StreamOperations.Appended;
import dev.millrace.core.StreamOperations.Condition;
import dev.millrace.core.StreamOperations.ConditionFailed;
import dev.millrace.core.StreamOperations.Conflict;
import dev.millrace.core.StreamOperations.FailedCheck;
import dev.millrace.core.StreamOperations.Outcome;
import dev.millrace.core.StreamWorld.Ev;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.EventQuery.Item;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appending to event streams, through the facade on a real disk. */
class StreamAppendTest {
    private static final long ANY = ExpectedVersion.ANY;
    private static final long NONE = ExpectedVersion.NONE;
    private static final long EXISTS = ExpectedVersion.EXISTS;

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

    private long endOffset() {
        return world.broker.logs().bounds(world.topic).endOffset();
    }

    // ---- versions and expectations

    @Test
    void versionsOfAStreamAreDenseFromZeroAndStandInTheRecords() {
        assertThat(((Appended) world.append("a", NONE, "a0", "a1")).versions()).containsExactly(0, 1);
        assertThat(((Appended) world.append("b", NONE, "b0")).versions()).containsExactly(0);
        assertThat(((Appended) world.append("a", 1, "a2")).versions()).containsExactly(2);
        assertThat(versions(world.read("a").events())).containsExactly(0L, 1L, 2L);
        assertThat(values(world.read("a").events())).containsExactly("a0", "a1", "a2");
        world.restart();
        assertThat(((Appended) world.append("a", 2, "a3")).versions()).containsExactly(3);
        assertThat(values(world.read("a").events())).containsExactly("a0", "a1", "a2", "a3");
        assertThat(values(world.read("b").events())).containsExactly("b0");
    }

    @Test
    void anExpectationThatDoesNotHoldAnswersTheActualVersionAndCostsNothing() {
        world.append("a", NONE, "a0", "a1");
        long end = endOffset();
        assertThat(conflict(world.append("a", NONE, "x"))).isEqualTo("a expected none actual 1");
        assertThat(conflict(world.append("a", 0, "x"))).isEqualTo("a expected 0 actual 1");
        assertThat(conflict(world.append("a", 2, "x"))).isEqualTo("a expected 2 actual 1");
        assertThat(conflict(world.append("b", EXISTS, "x"))).isEqualTo("b expected exists actual -1");
        assertThat(conflict(world.append("b", 0, "x"))).isEqualTo("b expected 0 actual -1");
        assertThat(endOffset()).isEqualTo(end);
        assertThat(((Appended) world.append("a", EXISTS, "a2")).versions()).containsExactly(2);
        assertThat(((Appended) world.append("a", ANY, "a3")).versions()).containsExactly(3);
        assertThat(((Appended) world.append("b", ANY, "b0")).versions()).containsExactly(0);
        assertThat(((Appended) world.append("b", ANY, "b1")).firstOffset()).isEqualTo(end + 3);
    }

    private static String conflict(Outcome outcome) {
        FailedCheck failed = ((Conflict) outcome).failed().get(0);
        return new String(failed.key()) + " expected " + ExpectedVersion.describe(failed.expected()) + " actual "
                + failed.actualVersion();
    }

    @Test
    void aConflictWithAWriteThatIsNotDurableYetIsAnsweredOnlyAfterIt() {
        List<CompletableFuture<Outcome>> all = new ArrayList<>();
        List<Integer> order = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 50; i++) {
            int number = i;
            CompletableFuture<Outcome> one =
                    world.appendSoon(List.of(check("a", NONE)), null, Ev.of("a", "value " + i));
            all.add(one.whenComplete((outcome, error) -> {
                order.add(number);
                // Whoever hears of a conflict and reads must find what it conflicts with.
                assertThat(endOffset()).isPositive();
            }));
        }
        long written = all.stream()
                .map(StreamWorld::get)
                .filter(Appended.class::isInstance)
                .count();
        assertThat(written).isEqualTo(1);
        assertThat(world.read("a").events()).hasSize(1);
        assertThat(order.get(0)).isZero();
    }

    @Test
    void racingWritersLeaveDenseVersionsWithOneWinnerEach() throws Exception {
        int writers = 8;
        int rounds = 40;
        List<Thread> threads = new ArrayList<>();
        List<Long> won = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int w = 0; w < writers; w++) {
            Thread thread = new Thread(() -> {
                long expected = NONE;
                for (int done = 0; done < rounds; ) {
                    Outcome outcome = world.append("hot", expected, "x");
                    if (outcome instanceof Appended appended) {
                        won.add(appended.versions()[0]);
                        expected = appended.versions()[0];
                        done++;
                    } else {
                        expected = ((Conflict) outcome).failed().get(0).actualVersion();
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        List<Long> dense = java.util.stream.LongStream.range(0, (long) writers * rounds)
                .boxed()
                .toList();
        assertThat(won.stream().sorted().toList()).isEqualTo(dense);
        assertThat(versions(world.read("hot").events())).isEqualTo(dense);
    }

    @Test
    void severalStreamsAreWrittenAtOnceOrNotAtAllAndEveryFailedCheckIsTold() {
        world.append("a", NONE, "a0");
        Outcome refusedOutcome = world.append(
                List.of(check("a", NONE), check("b", NONE), check("c", EXISTS)), Ev.of("a", "a1"), Ev.of("b", "b0"));
        assertThat(((Conflict) refusedOutcome).failed())
                .extracting(failed -> new String(failed.key()) + failed.actualVersion())
                .containsExactly("a0", "c-1");
        refused(Fault.STREAM_NOT_FOUND, world.broker.streams().read(world.topic, utf8("b"), any()));

        Outcome written = world.append(
                List.of(check("a", 0), check("b", NONE), check("c", NONE)),
                Ev.of("a", "a1"),
                Ev.of("b", "b0"),
                Ev.of("a", "a2"));
        assertThat(((Appended) written).versions()).containsExactly(1, 0, 2);
        assertThat(values(world.read("a").events())).containsExactly("a0", "a1", "a2");
    }

    private static StreamOperations.Span any() {
        return StreamWorld.span(0, false, 10, StreamOperations.AsOf.NOW);
    }

    @Test
    void anAppendOfNothingIsACheck() {
        world.append("a", NONE, "a0");
        assertThat(world.append(List.of(check("a", 0)))).isInstanceOf(Appended.class);
        assertThat(world.append(List.of(check("a", 7)))).isInstanceOf(Conflict.class);
        assertThat(endOffset()).isEqualTo(1);
    }

    // ---- ids

    @Test
    void eventsThatComeAgainAreAnsweredWithTheirFirstVersions() {
        Ev first = Ev.of("a", "a0");
        Ev second = Ev.of("a", "a1");
        Appended once = (Appended) world.append(List.of(check("a", NONE)), first, second);
        world.append("a", 1, "a2");
        // Before the expectation, which does not hold any more: a retry after a lost answer must succeed.
        Appended again = (Appended) world.append(List.of(check("a", NONE)), first, second);
        assertThat(again.duplicate()).isTrue();
        assertThat(again.versions()).containsExactly(0, 1);
        assertThat(again.firstOffset()).isEqualTo(once.firstOffset());
        assertThat(again.appendTimeMs()).isEqualTo(once.appendTimeMs());
        world.restart();
        assertThat(((Appended) world.append(List.of(check("a", NONE)), first, second)).duplicate())
                .isTrue();
        assertThat(world.read("a").events()).hasSize(3);
    }

    @Test
    void eventsThatComeAgainInTheSameCommitAreRecognised() {
        Ev event = Ev.of("a", "a0");
        List<CompletableFuture<Outcome>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(world.appendSoon(List.of(), null, event));
        }
        assertThat(all.stream().map(StreamWorld::get).filter(outcome -> !((Appended) outcome).duplicate()))
                .hasSize(1);
        assertThat(world.read("a").events()).hasSize(1);
    }

    @Test
    void anIdWithOtherContentOrCompanyIsAConflict() {
        Ev first = Ev.of("a", "a0");
        world.append(List.of(), first);
        long end = endOffset();
        assertThat(refused(
                                Fault.ID_CONFLICT,
                                world.appendSoon(
                                        List.of(), null, Ev.of("b", "a0").id(first.id())))
                        .detail())
                .contains(first.id().toString(), "another stream than \"b\"");
        assertThat(refused(
                                Fault.ID_CONFLICT,
                                world.appendSoon(
                                        List.of(), null, Ev.of("a", "x").id(first.id())))
                        .detail())
                .contains("another type or value");
        assertThat(refused(Fault.ID_CONFLICT, world.appendSoon(List.of(), null, first, Ev.of("a", "new")))
                        .detail())
                .contains("1 of the 2 events of this append were not");
        Ev twice = Ev.of("a", "x");
        assertThat(refused(Fault.ID_CONFLICT, world.appendSoon(List.of(), null, twice, twice))
                        .detail())
                .contains("stands twice in the append");
        assertThat(endOffset()).isEqualTo(end);
    }

    @Test
    void anIdIsForgottenAfterItsWindowAndNotBefore() {
        StreamWorld.Clock time = new StreamWorld.Clock();
        world.close();
        world = new StreamWorld(
                directory.resolve("manual"), time, Map.of("stream.index", "key", "stream.idWindow", "10d"));
        Ev event = Ev.of("a", "a0");
        world.append(List.of(), event);
        time.advanceMs(10 * 86_400_000L - 60_000);
        assertThat(((Appended) world.append(List.of(), event)).duplicate()).isTrue();
        time.advanceMs(2 * 60_000);
        assertThat(((Appended) world.append(List.of(), event)).duplicate()).isFalse();
        assertThat(versions(world.read("a").events())).containsExactly(0L, 1L);
    }

    // ---- conditions

    @Test
    void anAppendFailsIfEventsThatMatchCameAfterThePosition() {
        world.append(List.of(), Ev.of("s1", "x").type("Enrolled").tags("course:1", "student:1"));
        world.append(List.of(), Ev.of("s2", "x").type("Enrolled").tags("course:2", "student:2"));
        EventQuery course1 = EventQuery.of(new Item(List.of("Enrolled", "Left"), List.of("course:1")));
        assertThat(world.appendIf(course1, 0, null, Ev.of("s1", "y"))).isInstanceOf(Appended.class);
        ConditionFailed failed = (ConditionFailed) world.appendIf(course1, -1, null, Ev.of("s1", "y"));
        assertThat(failed.offsets()).containsExactly(0L);
        assertThat(failed.exists()).isFalse();
        assertThat(failed.item()).isZero();
        // Another type, another tag, and two tags of which only one is borne.
        assertThat(world.appendIf(
                        EventQuery.of(new Item(List.of("Left"), List.of("course:1"))), -1, null, Ev.of("s1", "z")))
                .isInstanceOf(Appended.class);
        assertThat(world.appendIf(
                        EventQuery.of(new Item(List.of(), List.of("course:1", "student:2"))),
                        -1,
                        null,
                        Ev.of("s1", "z")))
                .isInstanceOf(Appended.class);
        assertThat(((ConditionFailed) world.appendIf(
                                EventQuery.of(
                                        new Item(List.of("Nothing"), List.of()),
                                        new Item(List.of("Enrolled"), List.of())),
                                -1,
                                null,
                                Ev.of("s1", "z")))
                        .item())
                .isEqualTo(1);
        world.restart();
        assertThat(world.appendIf(course1, -1, null, Ev.of("s1", "y"))).isInstanceOf(ConditionFailed.class);
    }

    @Test
    void ofTwoDecisionsOnTheSameFactsInOneCommitOneFails() {
        EventQuery query = EventQuery.of(new Item(List.of(), List.of("seat:1")));
        List<CompletableFuture<Outcome>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(world.appendSoon(
                    List.of(),
                    new Condition(query, -1, null),
                    Ev.of("s" + i, "taken").tags("seat:1")));
        }
        assertThat(all.stream().map(StreamWorld::get).filter(Appended.class::isInstance))
                .hasSize(1);
    }

    @Test
    void theClauseForUniquenessLooksEverywhereAndTheOneForEverythingAtTheEnd() {
        world.append(List.of(), Ev.of("u1", "x").tags("mail:a"));
        EventQuery mail = EventQuery.of(new Item(List.of(), List.of("mail:a")));
        ConditionFailed failed = (ConditionFailed) world.appendIf(null, 100, mail, Ev.of("u2", "x"));
        assertThat(failed.exists()).isTrue();
        assertThat(world.appendIf(EventQuery.everything(), 0, null, Ev.of("u2", "x")))
                .isInstanceOf(Appended.class);
        assertThat(world.appendIf(EventQuery.everything(), 0, null, Ev.of("u2", "x")))
                .isInstanceOf(ConditionFailed.class);
    }

    // ---- plain publishing

    @Test
    void plainPublishingAppendsToStreams() {
        get(world.broker
                .logs()
                .append(world.topic, batch(Compression.ZSTD, Ev.of("a", "a0").id(null), Ev.of("b", "b0"))));
        get(world.broker.logs().append(world.topic, batch(Compression.NONE, Ev.of("a", "a1"))));
        assertThat(((Appended) world.append("a", 1, "a2")).versions()).containsExactly(2);
        assertThat(values(world.read("a").events())).containsExactly("a0", "a1", "a2");
        assertThat(versions(world.read("b").events())).containsExactly(0L);
    }

    @Test
    void anIdempotentProducerStaysIdempotentInATopicWithStreams() {
        var producer = get(world.broker.logs().initProducer());
        for (int sequence = 0; sequence < 3; sequence++) {
            for (int time = 0; time < 2; time++) {
                ByteBuffer built =
                        batch(Compression.NONE, Ev.of("a", "a" + sequence).id(null));
                RecordBatchBuilder.stampProducer(built, producer.producerId(), producer.producerEpoch(), sequence);
                assertThat(get(world.broker.logs().append(world.topic, built)).duplicate())
                        .isEqualTo(time == 1);
            }
        }
        assertThat(values(world.read("a").events())).containsExactly("a0", "a1", "a2");
    }

    @Test
    void aTopicWithoutStreamsRefusesThemAndIsUntouched() {
        TopicPartition plain = new TopicPartition(
                get(world.broker.topics().create("plain", 1, Map.of())).topicId(), 0);
        get(world.broker.logs().append(plain, batch(Compression.NONE, Ev.of(null, "x"))));
        assertThat(refused(
                                Fault.INDEX_DISABLED,
                                world.broker
                                        .streams()
                                        .append(plain, batch(Compression.NONE, Ev.of("a", "x")), List.of(), null))
                        .detail())
                .contains("\"plain\"", "stream.index is none");
        refused(Fault.INDEX_DISABLED, world.broker.streams().read(plain, utf8("a"), any()));
    }

    // ---- bad input

    @Test
    void badEventsAreRefusedWithWhatIsWrong() {
        assertThat(refused(Fault.INVALID_REQUEST, world.appendSoon(List.of(), null, Ev.of(null, "x")))
                        .detail())
                .contains("event 1 of 1: it has no key");
        assertThat(refused(
                                Fault.INVALID_REQUEST,
                                world.broker.logs().append(world.topic, batch(Compression.NONE, Ev.of(null, "x"))))
                        .detail())
                .contains("\"events\"", "no key");
        refused(Fault.INVALID_REQUEST, world.appendSoon(List.of(), null, Ev.of("k".repeat(4097), "x")));
        String[] many = new String[17];
        java.util.Arrays.setAll(many, i -> "t" + i);
        assertThat(refused(
                                Fault.TAG_LIMIT,
                                world.appendSoon(
                                        List.of(), null, Ev.of("a", "x").tags(many)))
                        .detail())
                .contains("17 tags; at most 16");
        refused(
                Fault.TAG_LIMIT,
                world.appendSoon(List.of(), null, Ev.of("a", "x").tags("t".repeat(257))));
        refused(
                Fault.TAG_LIMIT,
                world.appendSoon(List.of(), null, Ev.of("a", "x").tags("a", "", "b")));
        refused(
                Fault.INVALID_REQUEST,
                world.appendSoon(List.of(), null, Ev.of("a", "x").type("t".repeat(257))));
        refused(Fault.INVALID_REQUEST, world.appendSoon(List.of(check("a", -3)), null, Ev.of("a", "x")));
        refused(Fault.INVALID_REQUEST, world.appendSoon(List.of(), new Condition(null, -2, null), Ev.of("a", "x")));
        refused(
                Fault.INVALID_REQUEST,
                world.appendSoon(
                        List.of(), new Condition(new EventQuery(false, List.of()), -1, null), Ev.of("a", "x")));
        assertThat(endOffset()).isZero();
    }

    @Test
    void tooManyEventsAndTooManyBytesAreRefused() {
        Ev[] events = new Ev[1001];
        java.util.Arrays.setAll(events, i -> Ev.of("a", "x"));
        assertThat(refused(Fault.BATCH_TOO_LARGE, world.appendSoon(List.of(), null, events))
                        .detail())
                .contains("1001 events; at most 1000");
        Ev[] large = new Ev[5];
        java.util.Arrays.setAll(large, i -> Ev.of("a", "x".repeat(1_000_000)));
        refused(Fault.BATCH_TOO_LARGE, world.appendSoon(List.of(), null, large));
        refused(Fault.MESSAGE_TOO_LARGE, world.appendSoon(List.of(), null, Ev.of("a", "x".repeat(1 << 20))));
    }

    @Test
    void anEventOfAnotherPartitionIsRefused() {
        TopicPartition wide = new TopicPartition(
                get(world.broker.topics().create("wide", 16, Map.of("stream.index", "key")))
                        .topicId(),
                0);
        List<Integer> accepted = new ArrayList<>();
        for (int partition = 0; partition < 16; partition++) {
            CompletableFuture<Outcome> append = world.broker
                    .streams()
                    .append(
                            new TopicPartition(wide.topicId(), partition),
                            batch(Compression.NONE, Ev.of("order-1", "x")),
                            List.of(),
                            null);
            try {
                get(append);
                accepted.add(partition);
            } catch (dev.millrace.core.error.FaultException e) {
                assertThat(e.fault()).isEqualTo(Fault.CROSS_PARTITION);
                assertThat(e.detail()).contains("stream \"order-1\" lies in partition", "not " + partition);
            }
        }
        assertThat(accepted).hasSize(1);
    }

    @Test
    void theIndexIsChosenForGoodAndKeepsThePartitionCount() {
        refused(Fault.INVALID_SETTING, world.broker.topics().alter("events", 0, Map.of("stream.index", "none")));
        refused(Fault.INVALID_SETTING, world.broker.topics().alter("events", 0, Map.of("stream.index", "key")));
        refused(Fault.INVALID_SETTING, world.broker.topics().alter("events", 2, Map.of()));
        refused(Fault.INVALID_SETTING, world.broker.topics().create("x", 1, Map.of("stream.index", "tags")));
        refused(Fault.INVALID_SETTING, world.broker.topics().create("x", 1, Map.of("stream.idWindow", "1s")));
        get(world.broker.topics().alter("events", 0, Map.of("stream.idWindow", "30d")));
    }

    @Test
    void aTopicThatIsMadeAgainBeginsAnew() {
        UUID id = UUID.randomUUID();
        world.append(List.of(), Ev.of("a", "old").id(id).tags("t"));
        get(world.broker.topics().delete("events"));
        TopicPartition again = new TopicPartition(
                get(world.broker.topics().create("events", 1, Map.of("stream.index", "key+tags")))
                        .topicId(),
                0);
        Appended appended = (Appended) get(world.broker
                .streams()
                .append(
                        again,
                        batch(Compression.NONE, Ev.of("a", "new").id(id)),
                        List.of(check("a", NONE)),
                        new Condition(EventQuery.of(new Item(List.of(), List.of("t"))), -1, null)));
        assertThat(appended.duplicate()).isFalse();
        assertThat(appended.versions()).containsExactly(0);
    }

    /** Also where both are in one commit: an event without a type matches no type. */
    @Test
    void aConditionOnTypesPassesOverEventsWithoutAType() {
        EventQuery typed = EventQuery.of(new EventQuery.Item(List.of("T"), List.of()));
        var untyped = world.appendSoon(List.of(), null, Ev.of("a", "no type"));
        var conditional = world.appendSoon(List.of(), new StreamOperations.Condition(typed, -1, null), Ev.of("b", "0"));
        assertThat(get(untyped)).isInstanceOf(Appended.class);
        assertThat(get(conditional)).isInstanceOf(Appended.class);
        assertThat(get(world.broker.streams().find(world.topic, typed, 0, 10)).events())
                .isEmpty();
    }
}
