package dev.millrace.client.internal;

import dev.millrace.client.DeadLetter;
import dev.millrace.client.DeadLetters;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.wire.DeadLetterFrames;
import dev.millrace.core.wire.DeadLetterFrames.Place;
import dev.millrace.core.wire.DeadLetterFrames.Selection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks the broker for dead letters. Thread: any. */
record NativeDeadLetters(Link link, String group, String topic, byte[] key, List<DeadLetter.Id> ids)
        implements DeadLetters {
    /** A hundred thousand dead letters are read one by one. */
    private static final long MOVE_NANOS = TimeUnit.MINUTES.toNanos(10);

    private static final int RECORD_BYTES_MAX = 256 << 20;

    @Override
    public DeadLetters topic(String name) {
        return new NativeDeadLetters(link, group, name, key, ids);
    }

    @Override
    public DeadLetters key(byte[] wanted) {
        return new NativeDeadLetters(link, group, topic, wanted, ids);
    }

    @Override
    public DeadLetters key(String wanted) {
        return key(wanted.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public DeadLetters ids(Collection<DeadLetter.Id> wanted) {
        Checks.require(!wanted.isEmpty(), "ids", wanted, "one or more");
        return new NativeDeadLetters(link, group, topic, key, List.copyOf(wanted));
    }

    private Selection selection() {
        return new Selection(
                group,
                topic,
                key != null,
                ByteBuffer.wrap(key == null ? new byte[0] : key),
                ids.stream()
                        .map(id -> new Place(id.topic(), id.partition(), id.offset()))
                        .toList());
    }

    @Override
    public int count() {
        return ask(0, 0, false, false).total();
    }

    @Override
    public List<DeadLetter> list(int skip, int countMax) {
        return ask(skip, countMax, false, false).letters().stream()
                .map(NativeDeadLetters::toPublic)
                .toList();
    }

    @Override
    public List<DeadLetter> listAll(int skip, int countMax) {
        return ask(skip, countMax, true, false).letters().stream()
                .map(NativeDeadLetters::toPublic)
                .toList();
    }

    @Override
    public Optional<DeadLetter> show(DeadLetter.Id id) {
        return new NativeDeadLetters(link, group, topic, key, List.of(id))
                .ask(0, 1, true, true).letters().stream()
                        .map(NativeDeadLetters::toPublic)
                        .findFirst();
    }

    private DeadLetterFrames.DeadLetters ask(int skip, int countMax, boolean ended, boolean withRecords) {
        return Waiting.on(link.call(
                new DeadLetterFrames.ListDeadLetters(selection(), skip, countMax, ended, withRecords),
                DeadLetterFrames.DeadLetters.class,
                true));
    }

    @Override
    public Moved replay() {
        return move(false, "replayed by " + link.options().clientId(), null);
    }

    @Override
    public Moved replay(DeadLetter.Id id, byte[] value) {
        return new NativeDeadLetters(link, group, topic, key, List.of(id))
                .move(false, "replayed with another value by " + link.options().clientId(), ByteBuffer.wrap(value));
    }

    @Override
    public Moved discard(String why) {
        String who = "discarded by " + link.options().clientId();
        return move(true, why.isEmpty() ? who : who + ": " + why, null);
    }

    private Moved move(boolean discard, String note, ByteBuffer value) {
        // Repeatable: what was moved already is not parked any more.
        DeadLetterFrames.DeadLettersMoved moved = Waiting.on(link.call(
                new DeadLetterFrames.MoveDeadLetters(selection(), discard, note, value),
                DeadLetterFrames.DeadLettersMoved.class,
                true,
                MOVE_NANOS));
        return new Moved(
                moved.count(),
                moved.skippedCount(),
                moved.skipped().stream()
                        .map(skipped -> new Skipped(idOf(skipped.source()), skipped.reason()))
                        .toList());
    }

    private static DeadLetter.Id idOf(Place place) {
        return new DeadLetter.Id(place.topic(), place.partition(), place.offset());
    }

    private static DeadLetter toPublic(DeadLetterFrames.DeadLetter letter) {
        byte[] key = new byte[letter.key().remaining()];
        letter.key().get(key);
        Place copy = letter.copy();
        boolean copied = copy.offset() >= 0;
        return new DeadLetter(
                letter.group(),
                idOf(letter.source()),
                letter.state(),
                key,
                letter.reason(),
                letter.summary(),
                letter.attempts(),
                letter.firstFailureMs(),
                letter.lastFailureMs(),
                copied ? new TopicPartition(copy.topic(), copy.partition()) : null,
                copy.offset(),
                letter.changedMs(),
                letter.note(),
                messageOf(letter));
    }

    private static ReceivedMessage messageOf(DeadLetterFrames.DeadLetter letter) {
        if (!letter.batch().hasRemaining()) {
            return null;
        }
        ByteBuffer batch = letter.batch().slice();
        Record record =
                RecordBatch.at(batch, 0).records(RECORD_BYTES_MAX).iterator().next();
        return new ReceivedMessage(
                letter.copy().topic(),
                letter.copy().partition(),
                letter.copy().offset(),
                record.timestampMs(),
                record.key(),
                record.value(),
                record.headers());
    }
}
