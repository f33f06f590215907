package dev.millrace.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The checker finds what it is for, and finds nothing in a history that is as it should be. */
class HistoryTest {
    /** For producers whose payloads do not tell the keys. */
    private static final byte[] NO_KEY = null;

    private final AtomicLong clock = new AtomicLong();
    private final History history = new History(clock::incrementAndGet);
    private final Writer writer = history.writer("w", true);

    private long publish(int log, long offset) {
        long counter = writer.invoke();
        writer.ok(counter, log, offset);
        return counter;
    }

    private byte[] value(long counter) {
        return Payload.of(writer.number(), counter, 40);
    }

    /** A full read of partition 0 that gives these records, from offset zero. */
    private List<Violation> drained(long... counters) {
        Drain drain = history.drain();
        drain.starts(0, 0);
        for (int offset = 0; offset < counters.length; offset++) {
            drain.read(0, offset, NO_KEY, value(counters[offset]));
        }
        drain.ends(0, counters.length);
        return drain.check();
    }

    private static void assertFound(List<Violation> violations, Property property) {
        assertThat(violations).extracting(Violation::property).contains(property);
    }

    @Test
    void findsNothingInAHistoryAsItShouldBe() {
        publish(0, 0);
        long refused = writer.invoke();
        writer.failed(refused);
        long unknownButThere = writer.invoke();
        writer.unknown(unknownButThere);
        long unknownAndGone = writer.invoke();
        writer.unknown(unknownAndGone);
        publish(0, 2);
        Reader reader = history.reader("r");
        history.commitInvoked("g", 0, 1);
        history.commitAccepted("g", 0, 1);
        reader.assignedBy("g", 0);
        reader.read(0, 1, NO_KEY, value(unknownButThere));
        reader.read(0, 2, NO_KEY, value(4));
        history.commitFetched("g", 0, 1);
        history.topicCreated("t");
        history.topicsSeen(Set.of("t"));
        history.askEnd(0).answered(3);
        assertThat(drained(0, 2, 4)).isEmpty();
        assertThat(history.acknowledgedCount()).isEqualTo(2);
    }

    @Test
    void findsAnAcknowledgedRecordThatIsGone() {
        publish(0, 0);
        publish(0, 1);
        publish(0, 2);
        assertFound(drained(0, 1), Property.NO_LOST_WRITE);
    }

    @Test
    void findsAnAcknowledgedRecordAtAnotherOffset() {
        publish(0, 0);
        publish(0, 1);
        assertFound(drained(1, 0), Property.NO_LOST_WRITE);
    }

    @Test
    void findsALogThatStartsLaterThanItMay() {
        publish(0, 0);
        publish(0, 1);
        history.allowStart(0, 1);
        Drain drain = history.drain();
        drain.starts(0, 2);
        drain.ends(0, 2);
        assertFound(drain.check(), Property.NO_LOST_WRITE);
    }

    @Test
    void acceptsThatRetentionTookWhatItMay() {
        publish(0, 0);
        publish(0, 1);
        history.allowStart(0, 1);
        Drain drain = history.drain();
        drain.starts(0, 1);
        drain.read(0, 1, NO_KEY, value(1));
        drain.ends(0, 2);
        assertThat(drain.check()).isEmpty();
    }

    @Test
    void acceptsThatRetentionTookOnlyWhatIsOldEnough() {
        publish(0, 0);
        clock.addAndGet(100);
        publish(0, 1);
        history.allowExpired(Duration.ofNanos(50));
        Drain drain = history.drain();
        drain.starts(0, 1);
        assertThat(history.violations()).isEmpty();
        history.drain().starts(0, 2);
        assertFound(history.violations(), Property.NO_LOST_WRITE);
    }

    @Test
    void acceptsThatRetentionTookWhatLayInTheLogThroughAnOutageBeforeItWasAcknowledged() {
        long counter = writer.invoke();
        clock.addAndGet(100);
        writer.ok(counter, 0, 0);
        history.allowExpired(Duration.ofNanos(50));
        history.drain().starts(0, 1);
        assertThat(history.violations()).isEmpty();
    }

    @Test
    void findsChangedBytesAndRecordsThatNobodyPublished() {
        publish(0, 0);
        byte[] changed = value(0);
        changed[20] ^= 1;
        history.reader("r").assigned(0, 0);
        Reader reader = history.reader("r");
        reader.assigned(0, 0);
        reader.read(0, 0, NO_KEY, changed);
        assertFound(history.violations(), Property.NO_PHANTOM);
        History other = new History();
        Reader stranger = other.reader("r");
        stranger.assigned(0, 0);
        stranger.read(0, 0, NO_KEY, value(0));
        assertFound(other.violations(), Property.NO_PHANTOM);
    }

    @Test
    void findsARecordUnderTheKeyOfAnother() {
        Writer keyed = history.writer("keyed", true).keyed(50);
        keyed.ok(keyed.invoke(), 0, 0);
        keyed.ok(keyed.invoke(), 0, 1);
        Reader reader = history.reader("r");
        reader.assigned(0, 0);
        reader.read(0, 0, Payload.key(keyed.number(), 0, 50), Payload.of(keyed.number(), 0, 40));
        assertThat(history.violations()).isEmpty();
        reader.read(0, 1, Payload.key(keyed.number(), 0, 50), Payload.of(keyed.number(), 1, 40));
        assertThat(history.violations()).hasSize(1);
        Drain drain = history.drain();
        drain.starts(0, 0);
        drain.read(0, 0, NO_KEY, Payload.of(keyed.number(), 0, 40));
        assertThat(history.violations()).hasSize(2);
        assertFound(history.violations(), Property.NO_PHANTOM);
    }

    @Test
    void findsARefusedRecordInTheLog() {
        writer.failed(writer.invoke());
        assertFound(drained(0), Property.NO_FAILED_READ);
    }

    @Test
    void findsTwoRecordsAcknowledgedAtOneOffset() {
        publish(0, 0);
        publish(0, 0);
        assertFound(history.violations(), Property.ONE_VALUE_PER_OFFSET);
    }

    @Test
    void findsARecordThatChangedOrVanishedAfterAReaderSawIt() {
        writer.invoke();
        writer.invoke();
        Reader reader = history.reader("r");
        reader.assigned(0, 0);
        reader.read(0, 0, NO_KEY, value(0));
        assertFound(drained(1), Property.STABLE_READ);
        History vanishing = new History();
        Writer unsure = vanishing.writer("w", true);
        unsure.invoke();
        Reader shown = vanishing.reader("r");
        shown.assigned(0, 0);
        shown.read(0, 0, NO_KEY, Payload.of(unsure.number(), 0, 40));
        Drain drain = vanishing.drain();
        drain.starts(0, 0);
        drain.ends(0, 0);
        assertFound(drain.check(), Property.STABLE_READ);
    }

    @Test
    void findsDuplicatesAndTellsThoseAfterARestart() {
        publish(0, 0);
        assertFound(drained(0, 0), Property.NO_DUPLICATE);
        history.restarted();
        assertFound(drained(0, 0), Property.NO_DUPLICATE_AFTER_RESTART);
    }

    @Test
    void letsAProducerWithoutIdempotenceHaveDuplicates() {
        History plain = new History();
        Writer again = plain.writer("w", false);
        again.ok(again.invoke(), 0, 0);
        Drain drain = plain.drain();
        drain.starts(0, 0);
        drain.read(0, 0, NO_KEY, Payload.of(again.number(), 0, 40));
        drain.read(0, 1, NO_KEY, Payload.of(again.number(), 0, 40));
        drain.ends(0, 2);
        assertThat(drain.check()).isEmpty();
    }

    @Test
    void findsRecordsOfOneProducerOutOfOrder() {
        writer.invoke();
        writer.invoke();
        assertFound(drained(1, 0), Property.WRITER_ORDER);
    }

    @Test
    void findsARecordInFrontOfOneThatWasAcknowledgedBeforeItBegan() {
        publish(0, 1);
        Writer later = history.writer("later", true);
        later.ok(later.invoke(), 0, 0);
        Drain drain = history.drain();
        drain.starts(0, 0);
        drain.read(0, 0, NO_KEY, Payload.of(later.number(), 0, 40));
        drain.read(0, 1, NO_KEY, value(0));
        drain.ends(0, 2);
        assertFound(drain.check(), Property.REAL_TIME_ORDER);
    }

    @Test
    void findsSkipsRepetitionsAndRecordsOfAPartitionThatWasTakenAway() {
        for (int offset = 0; offset < 4; offset++) {
            publish(0, offset);
        }
        Reader skips = history.reader("skips");
        skips.assigned(0, 0);
        skips.read(0, 1, NO_KEY, value(1));
        assertThat(history.violations()).hasSize(1);
        skips.read(0, 1, NO_KEY, value(1));
        assertThat(history.violations()).hasSize(2);
        skips.revoked(0);
        skips.read(0, 2, NO_KEY, value(2));
        assertThat(history.violations()).hasSize(3);
        assertFound(history.violations(), Property.CONTIGUOUS_READS);
    }

    @Test
    void findsAMemberThatStartsAnywhereButAtTheCommittedOffset() {
        for (int offset = 0; offset < 4; offset++) {
            publish(0, offset);
        }
        history.commitInvoked("g", 0, 2);
        history.commitAccepted("g", 0, 2);
        Reader behind = history.reader("behind");
        behind.assignedBy("g", 0);
        behind.read(0, 1, NO_KEY, value(1));
        assertFound(history.violations(), Property.DURABLE_COMMIT);
        Reader ahead = history.reader("ahead");
        ahead.assignedBy("g", 0);
        ahead.read(0, 3, NO_KEY, value(3));
        assertFound(history.violations(), Property.CONTIGUOUS_READS);
    }

    @Test
    void findsCommitsThatFallOrComeFromNowhere() {
        history.commitInvoked("g", 0, 5);
        history.commitAccepted("g", 0, 5);
        history.commitFetched("g", 0, 4);
        assertThat(history.violations()).hasSize(1);
        history.commitFetched("g", 0, 6);
        assertThat(history.violations()).hasSize(2);
        history.commitReset("g", 0, 1);
        history.commitFetched("g", 0, 1);
        assertThat(history.violations()).hasSize(2);
        history.zombieCommitAccepted("m", "g", 0, 9);
        history.owns("g", 3, 0, "m");
        history.owns("g", 3, 0, "other");
        assertThat(history.violations()).hasSize(4);
        assertFound(history.violations(), Property.DURABLE_COMMIT);
    }

    @Test
    void findsAnEndThatFalls() {
        History.EndQuery early = history.askEnd(0);
        publish(0, 0);
        early.answered(0);
        assertThat(history.violations()).isEmpty();
        history.askEnd(0).answered(0);
        assertFound(history.violations(), Property.END_NEVER_FALLS);
    }

    @Test
    void findsTopicsThatVanishOrComeBack() {
        history.topicCreated("a");
        history.topicCreated("b");
        history.topicDeleteInvoked("b");
        history.topicsSeen(Set.of("a", "b"));
        assertThat(history.violations()).isEmpty();
        history.topicDeleted("b");
        history.topicsSeen(Set.of("b"));
        assertThat(history.violations()).hasSize(2);
        assertFound(history.violations(), Property.DURABLE_TOPICS);
    }

    @Test
    void findsAGroupThatDoesNotReachTheEnd() {
        history.demandAtEnd(new GroupStand("g", 0, 7, 3, 7));
        history.demandAtEnd(new GroupStand("g", 1, 0, 0, 0));
        assertThat(history.violations()).isEmpty();
        history.demandAtEnd(new GroupStand("g", 2, 6, 3, 7));
        assertThat(history.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.property()).isEqualTo(Property.PROGRESS);
            assertThat(violation.text()).contains("g has committed 6 in partition 2", "to 7");
        });
        history.demandAtEnd(new GroupStand("g", 3, 8, 0, 7));
        assertThat(history.violations()).hasSize(2);
    }

    @Test
    void asksAGroupForNoRecordThatRetentionTookBeforeItWasRead() {
        history.demandAtEnd(new GroupStand("g", 0, 2, 7, 7));
        assertThat(history.violations()).isEmpty();
        history.demandAtEnd(new GroupStand("g", 0, 2, 6, 7));
        assertFound(history.violations(), Property.PROGRESS);
    }

    @Test
    void findsWhatALogShouldNotHoldAndAllowsWhatWasProvoked() {
        new LogHygiene()
                .allow("refused the connection", "the test opens too many")
                .check("INFO ok\nERROR refused the connection\nLEAK: ByteBuf.release()\n", history);
        assertThat(history.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.property()).isEqualTo(Property.CLEAN_LOG);
            assertThat(violation.text()).startsWith("LEAK");
        });
    }

    @Test
    void countsWhatItNoLongerSpellsOut() {
        for (int offset = 0; offset < 50; offset++) {
            publish(0, offset);
        }
        List<Violation> violations = drained();
        assertThat(violations).hasSizeLessThan(20);
        assertThat(violations).extracting(Violation::text).anyMatch(text -> text.equals("and 40 more"));
    }
}
