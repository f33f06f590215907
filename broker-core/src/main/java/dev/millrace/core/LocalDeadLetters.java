package dev.millrace.core;

import dev.millrace.core.command.Audited;
import dev.millrace.core.command.BeginDelivery;
import dev.millrace.core.command.DiscardDeadLetters;
import dev.millrace.core.command.MemberClaim;
import dev.millrace.core.command.NoteFailure;
import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.command.ReplayDeadLetters;
import dev.millrace.core.command.SettleReplay;
import dev.millrace.core.deadletter.DeadLetter;
import dev.millrace.core.deadletter.RecordId;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.machine.TopicDirectory;
import dev.millrace.core.record.Record;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Dead letters of a {@link LocalBroker}: reads what is to be copied, makes the topics that are missing, and proposes.
 */
final class LocalDeadLetters implements DeadLetterOperations {
    private static final int KEY_SHOWN_BYTES_MAX = 64;
    private static final int TEXT_CHARS_MAX = 1024;
    private static final int PAGE_COUNT_MAX = 1000;
    private static final int PAGE_RECORDS_MAX = 100;
    private static final int PLACES_MAX = 1000;
    /** Dead letters of one replay or discard command. */
    private static final int MOVE_COUNT_MAX = 100;
    /** Their records take about so much in one replay command; a single one may be larger. */
    private static final long MOVE_BYTES_MAX = 4 << 20;

    private static final int SKIPPED_TOLD_MAX = 100;
    private static final long RETRY_IN_MS_MAX = 366 * 86_400_000L;
    private static final Map<String, String> KEPT = Map.of("retention", "unlimited");
    private static final Set<String> REASONS = Set.of(
            DeadLetterNames.HANDLER_ERROR,
            DeadLetterNames.REJECTED,
            DeadLetterNames.DESERIALIZATION,
            DeadLetterNames.MAX_DELIVERIES,
            DeadLetterNames.KEY_PARKED);

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final LocalTopics topics;
    private final DiskGuard disk;
    private final DeadLetterCopies copies;
    private final Actor actor;

    LocalDeadLetters(
            ShardRuntime<BrokerStateMachine> runtime,
            PartitionLookup lookup,
            LocalTopics topics,
            DiskGuard disk,
            DeadLetterCopies copies) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.topics = topics;
        this.disk = disk;
        this.copies = copies;
        this.actor = Actor.BROKER;
    }

    private LocalDeadLetters(LocalDeadLetters same, Actor actor) {
        this.runtime = same.runtime;
        this.lookup = same.lookup;
        this.topics = same.topics;
        this.disk = same.disk;
        this.copies = same.copies;
        this.actor = actor;
    }

    LocalDeadLetters as(Actor other) {
        return new LocalDeadLetters(this, other);
    }

    /** Turns a fault that is thrown into the answer's. */
    private static <T> CompletableFuture<T> asked(Supplier<CompletableFuture<T>> request) {
        try {
            return request.get();
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    /** As {@code thenCompose}, but passes a fault on as it is, not wrapped. */
    private static <T, R> CompletableFuture<R> then(
            CompletableFuture<T> answer, Function<T, CompletableFuture<R>> next) {
        CompletableFuture<R> result = new CompletableFuture<>();
        Answers.map(answer, next).whenComplete((following, error) -> {
            if (error != null) {
                result.completeExceptionally(error);
            } else {
                Answers.map(following, Function.identity()).whenComplete((value, failed) -> {
                    if (failed != null) {
                        result.completeExceptionally(failed);
                    } else {
                        result.complete(value);
                    }
                });
            }
        });
        return result;
    }

    // ---- members

    @Override
    public CompletableFuture<List<DeliveryState>> deliveryState(String group, List<TopicPartition> partitions) {
        return asked(() -> {
            List<Integer> ids = partitions.stream().map(lookup::partitionId).toList();
            return Answers.map(
                    runtime.query(machine -> ids.stream()
                            .map(id -> machine.deadLetters().deliveryState(group, id))
                            .toList()),
                    found -> {
                        List<DeliveryState> states = new ArrayList<>();
                        for (int i = 0; i < found.size(); i++) {
                            states.add(new DeliveryState(
                                    partitions.get(i),
                                    found.get(i).askBelow(),
                                    found.get(i).parkedKeys()));
                        }
                        return states;
                    });
        });
    }

    private MemberClaim toCommand(Claim claim) {
        if (claim.offset() < 0) {
            throw new FaultException(Fault.INVALID_REQUEST, "offset " + claim.offset() + " is negative");
        }
        return new MemberClaim(
                claim.group(),
                claim.memberId(),
                claim.memberEpoch(),
                lookup.partitionId(claim.partition()),
                claim.offset(),
                isReplay(claim));
    }

    private boolean isReplay(Claim claim) {
        return lookup.topic(claim.partition()).name().equals(DeadLetterNames.retryTopic(claim.group()));
    }

    @Override
    public CompletableFuture<Begun> begin(Claim claim, long keyHash, int attemptsKnown, long firstFailureMs) {
        return asked(() -> Answers.map(
                runtime.<dev.millrace.core.deadletter.Begun>submit(
                        new BeginDelivery(toCommand(claim), keyHash, Math.max(0, attemptsKnown), firstFailureMs)),
                begun -> new Begun(
                        switch (begun.verdict()) {
                            case HANDLE -> Verdict.HANDLE;
                            case DONE -> Verdict.DONE;
                            case BLOCKED -> Verdict.BLOCKED;
                        },
                        begun.attempts(),
                        begun.firstFailureMs())));
    }

    @Override
    public CompletableFuture<Void> noteFailure(Claim claim, FailedAttempt failed) {
        return asked(() -> {
            if (failed.attempts() < 1 || failed.attemptsMax() <= failed.attempts() || failed.retryInMs() < 0) {
                throw new FaultException(
                        Fault.INVALID_REQUEST,
                        "attempt " + failed.attempts() + " of " + failed.attemptsMax() + " failed, the next in "
                                + failed.retryInMs() + " ms: allowed are 1 or more, of more than these, in 0 or more");
            }
            NoteFailure note = new NoteFailure(
                    toCommand(claim),
                    failed.attempts(),
                    failed.attemptsMax(),
                    failed.firstFailureMs(),
                    DeadLetterCopies.inALine(failed.error()),
                    Math.min(failed.retryInMs(), RETRY_IN_MS_MAX));
            return Answers.map(runtime.submit(note), noted -> null);
        });
    }

    @Override
    public CompletableFuture<Void> settle(Claim claim) {
        return asked(() -> Answers.map(runtime.submit(new SettleReplay(toCommand(claim))), settled -> null));
    }

    @Override
    public CompletableFuture<Parked> park(Claim claim, Failure failure, Placement placement) {
        return asked(() -> {
            checkFailure(failure);
            MemberClaim member = toCommand(claim);
            return then(copies.read(claim.partition(), claim.offset()), record -> {
                Place source = member.replay()
                        ? DeadLetterCopies.sourceOf(record)
                        : new Place(
                                lookup.topic(claim.partition()).name(),
                                claim.partition().partition(),
                                claim.offset());
                String target =
                        placement.topic() == null ? DeadLetterNames.deadLetterTopic(source.topic()) : placement.topic();
                if (DeadLetterNames.isInternal(target)) {
                    throw new FaultException(
                            Fault.INVALID_TOPIC, "\"" + target + "\" is not a name for a dead-letter topic");
                }
                Supplier<ParkRecord> park =
                        () -> parkCommand(member, record, source, target, failure, placement.parkKey());
                return then(
                        ensureTopic(target, partitionCount(source.topic())), there -> submitPark(park.get(), target));
            });
        });
    }

    private static void checkFailure(Failure failure) {
        if (!REASONS.contains(failure.reason())) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "the reason of a dead letter is one of "
                            + REASONS.stream().sorted().toList() + ", not \""
                            + DeadLetterCopies.cut(failure.reason(), 100) + "\"");
        }
        if (failure.attempts() < 0) {
            throw new FaultException(Fault.INVALID_REQUEST, failure.attempts() + " attempts");
        }
    }

    private ParkRecord parkCommand(
            MemberClaim member, Record record, Place source, String target, Failure failure, boolean parkKey) {
        byte[] key = record.key() == null ? new byte[0] : record.key();
        ByteBuffer batch = DeadLetterCopies.deadLetter(record, source, member.group(), failure);
        disk.admit(batch.remaining());
        return new ParkRecord(
                member,
                target,
                source.partition(),
                parkKey ? DeadLetterNames.keyHash(record.key()) : DeadLetterNames.NO_KEY,
                ByteBuffer.wrap(Arrays.copyOf(key, Math.min(key.length, KEY_SHOWN_BYTES_MAX))),
                new ParkRecord.Failure(
                        failure.reason(),
                        DeadLetterCopies.summary(failure),
                        failure.attempts(),
                        failure.firstFailureMs(),
                        failure.lastFailureMs()),
                batch);
    }

    private CompletableFuture<Parked> submitPark(ParkRecord park, String target) {
        return Answers.map(runtime.<dev.millrace.core.deadletter.Parked>submit(park), parked -> {
            Place copy = place(parked.copy());
            Outcome outcome = switch (parked.outcome()) {
                case PARKED -> Outcome.PARKED;
                case QUEUED -> Outcome.QUEUED;
                case DONE -> Outcome.DONE;
                case FREE -> Outcome.FREE;
            };
            return copy == null
                    ? new Parked(outcome, target, -1, -1)
                    : new Parked(outcome, copy.topic(), copy.partition(), copy.offset());
        });
    }

    private int partitionCount(String topic) {
        var found = lookup.directory().find(topic);
        return found == null ? 0 : found.partitionCount();
    }

    private CompletableFuture<Boolean> ensureTopic(String name, int partitions) {
        if (lookup.directory().find(name) != null) {
            return CompletableFuture.completedFuture(true);
        }
        CompletableFuture<Boolean> made = new CompletableFuture<>();
        topics.createAny(name, partitions, KEPT).whenComplete((topic, error) -> {
            boolean there = error == null || error instanceof FaultException f && f.fault() == Fault.TOPIC_EXISTS;
            if (there) {
                made.complete(true);
            } else {
                made.completeExceptionally(error);
            }
        });
        return made;
    }

    // ---- operators

    /** A dead letter of a group, from one look at the state. */
    private record Found(String group, DeadLetter letter) {}

    private CompletableFuture<List<Found>> find(Selection selection, boolean ended) {
        checkSelection(selection);
        Set<RecordId> wanted = new HashSet<>();
        selection.places().forEach(place -> wanted.add(idOf(place)));
        long keyHash = DeadLetterNames.keyHash(selection.key());
        return runtime.query(machine -> {
            List<Found> found = new ArrayList<>();
            List<String> groups =
                    selection.group() == null ? machine.deadLetters().groups() : List.of(selection.group());
            for (String group : groups) {
                for (DeadLetter letter : machine.deadLetters().list(group)) {
                    boolean fits = (ended || letter.state().open())
                            && (wanted.isEmpty() || wanted.contains(letter.source()))
                            && (selection.topic() == null || isOf(selection.topic(), letter))
                            && (selection.key() == null || hasKey(letter, selection.key(), keyHash));
                    if (fits) {
                        found.add(new Found(group, letter));
                    }
                }
            }
            return found;
        });
    }

    private boolean isOf(String topic, DeadLetter letter) {
        TopicDirectory.Place place = lookup.directory().placeOf(letter.source().partitionId());
        return place != null && place.topic().name().equals(topic);
    }

    private static boolean hasKey(DeadLetter letter, byte[] key, long keyHash) {
        byte[] shown = Arrays.copyOf(key, Math.min(key.length, KEY_SHOWN_BYTES_MAX));
        return Arrays.equals(letter.keyShown(), shown) && (letter.keyHash() == 0 || letter.keyHash() == keyHash);
    }

    private static void checkSelection(Selection selection) {
        if (selection.places().size() > PLACES_MAX) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    selection.places().size() + " dead letters named at once; at most " + PLACES_MAX + " can be");
        }
    }

    /** Fails: TOPIC_NOT_FOUND, PARTITION_NOT_FOUND. */
    private RecordId idOf(Place place) {
        var topic = lookup.directory().find(place.topic());
        if (topic == null) {
            throw new FaultException(Fault.TOPIC_NOT_FOUND, "topic \"" + place.topic() + "\" does not exist");
        }
        TopicPartition partition = new TopicPartition(topic.topicId(), place.partition());
        return new RecordId(lookup.partitionId(partition), place.offset());
    }

    private Place place(RecordId id) {
        TopicDirectory.Place place = id == null ? null : lookup.directory().placeOf(id.partitionId());
        return place == null ? null : new Place(place.topic().name(), place.partition(), id.offset());
    }

    private Place placeOrUnknown(RecordId id) {
        Place place = place(id);
        return place == null ? new Place("(deleted)", 0, id.offset()) : place;
    }

    @Override
    public CompletableFuture<Page> list(Selection selection, PageRequest page) {
        return asked(() -> then(find(selection, page.ended()), found -> {
            int countMax = Math.min(page.countMax(), page.withRecords() ? PAGE_RECORDS_MAX : PAGE_COUNT_MAX);
            List<Found> shown = found.stream()
                    .skip(Math.max(0, page.skip()))
                    .limit(Math.max(0, countMax))
                    .toList();
            CompletableFuture<List<Info>> infos = CompletableFuture.completedFuture(new ArrayList<>());
            for (Found letter : shown) {
                infos = then(
                        infos,
                        list -> then(
                                page.withRecords() ? copyOf(letter.letter) : CompletableFuture.completedFuture(null),
                                copy -> {
                                    list.add(info(letter, copy));
                                    return CompletableFuture.completedFuture(list);
                                }));
            }
            return Answers.map(infos, list -> new Page(found.size(), list));
        }));
    }

    private Info info(Found found, Record copy) {
        DeadLetter letter = found.letter;
        return new Info(
                found.group,
                placeOrUnknown(letter.source()),
                letter.state().name().toLowerCase(Locale.ROOT),
                letter.keyShown(),
                letter.failure().reason(),
                letter.failure().summary(),
                letter.failure().attempts(),
                letter.failure().firstFailureMs(),
                letter.failure().lastFailureMs(),
                place(letter.copy()),
                letter.changedMs(),
                letter.note(),
                copy == null ? null : DeadLetterCopies.batchOf(copy, copy.headers()));
    }

    /** The copy, or null where it is gone. */
    private CompletableFuture<Record> copyOf(DeadLetter letter) {
        RecordId where = letter.copy() != null ? letter.copy() : letter.replay();
        TopicPartition partition = where == null ? null : lookup.partitionOf(where.partitionId());
        if (partition == null) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Record> copy = new CompletableFuture<>();
        copies.read(partition, where.offset()).whenComplete((record, error) -> {
            if (error == null) {
                copy.complete(record);
            } else if (Answers.faultOfRead(error).fault() == Fault.OFFSET_OUT_OF_RANGE) {
                copy.complete(null);
            } else {
                copy.completeExceptionally(Answers.faultOfRead(error));
            }
        });
        return copy;
    }

    @Override
    public CompletableFuture<Moved> replay(Replay replay) {
        return asked(() -> {
            checkText("the name of who replays", replay.who());
            Selection selection = replay.selection();
            if (replay.value() != null && selection.places().size() != 1) {
                throw new FaultException(
                        Fault.INVALID_REQUEST,
                        "another value is for one dead letter that is named; "
                                + selection.places().size() + " were named");
            }
            return then(parkedOf(selection), found -> {
                if (found.isEmpty()) {
                    return CompletableFuture.completedFuture(unknown(selection, found));
                }
                Place first = place(found.get(0).letter.source());
                return then(
                        ensureTopic(
                                DeadLetterNames.retryTopic(selection.group()),
                                first == null ? 0 : partitionCount(first.topic())),
                        there -> inSteps(found, unknown(selection, found), step -> replayStep(replay, step)));
            });
        });
    }

    private CompletableFuture<List<Found>> parkedOf(Selection selection) {
        if (selection.group() == null || selection.group().isEmpty()) {
            throw new FaultException(Fault.INVALID_REQUEST, "dead letters are replayed or discarded of one group");
        }
        return then(
                runtime.query(machine -> machine.groups()
                                .describe(selection.group())
                                .isPresent()
                        || !machine.deadLetters().list(selection.group()).isEmpty()),
                known -> {
                    if (!known) {
                        throw new FaultException(
                                Fault.GROUP_NOT_FOUND, "group \"" + selection.group() + "\" does not exist");
                    }
                    return Answers.map(
                            find(selection, false),
                            found -> found.stream()
                                    .filter(f -> f.letter.state() == DeadLetter.State.PARKED)
                                    .toList());
                });
    }

    /** What was named and is not parked. */
    private Moved unknown(Selection selection, List<Found> found) {
        Set<RecordId> there = new HashSet<>();
        found.forEach(f -> there.add(f.letter.source()));
        List<Skipped> skipped = selection.places().stream()
                .filter(place -> !there.contains(idOf(place)))
                .map(place -> new Skipped(place, "it is not parked for group \"" + selection.group() + "\""))
                .toList();
        return new Moved(
                0, skipped.size(), skipped.stream().limit(SKIPPED_TOLD_MAX).toList());
    }

    /** What a step did with the first of those that it was given. */
    private record Step(int taken, Moved moved) {}

    private CompletableFuture<Moved> inSteps(
            List<Found> found, Moved before, Function<List<Found>, CompletableFuture<Step>> move) {
        if (found.isEmpty()) {
            return CompletableFuture.completedFuture(before);
        }
        return then(
                move.apply(found.subList(0, Math.min(MOVE_COUNT_MAX, found.size()))),
                step -> inSteps(found.subList(step.taken, found.size()), sum(before, step.moved), move));
    }

    private static Moved sum(Moved a, Moved b) {
        List<Skipped> skipped = new ArrayList<>(a.skipped());
        skipped.addAll(b.skipped());
        return new Moved(
                a.count() + b.count(),
                a.skippedCount() + b.skippedCount(),
                skipped.stream().limit(SKIPPED_TOLD_MAX).toList());
    }

    /** Copies that go back together. */
    private final class Copies {
        final List<ReplayDeadLetters.Entry> entries = new ArrayList<>();
        final List<Skipped> gone = new ArrayList<>();
        long bytes;

        void add(DeadLetter letter, ByteBuffer batch) {
            RecordId source = letter.source();
            entries.add(new ReplayDeadLetters.Entry(
                    source.partitionId(), source.offset(), letter.copy().offset(), batch));
            bytes += batch.remaining();
        }

        void addGone(DeadLetter letter) {
            gone.add(new Skipped(placeOrUnknown(letter.source()), "its copy is gone from the dead-letter topic"));
        }

        boolean isFull() {
            return bytes >= MOVE_BYTES_MAX;
        }

        Step moved(Moved moved) {
            return new Step(entries.size() + gone.size(), sum(new Moved(0, gone.size(), gone), moved));
        }
    }

    private CompletableFuture<Step> replayStep(Replay replay, List<Found> step) {
        Copies taken = new Copies();
        CompletableFuture<Boolean> read = CompletableFuture.completedFuture(true);
        for (Found found : step) {
            read = then(
                    read,
                    sofar -> taken.isFull() ? CompletableFuture.completedFuture(true) : take(found, replay, taken));
        }
        return then(read, done -> {
            disk.admit((int) taken.bytes);
            return Answers.map(
                    runtime.<dev.millrace.core.deadletter.Moved>submit(new Audited(
                            actor, new ReplayDeadLetters(replay.selection().group(), taken.entries, replay.who()))),
                    moved -> taken.moved(toMoved(moved)));
        });
    }

    private CompletableFuture<Boolean> take(Found found, Replay replay, Copies taken) {
        return Answers.map(copyOf(found.letter), record -> {
            if (record == null) {
                taken.addGone(found.letter);
            } else if (replay.value() == null) {
                taken.add(found.letter, DeadLetterCopies.batchOf(record, record.headers()));
            } else {
                taken.add(found.letter, copies.edited(record, replay.value()));
            }
            return true;
        });
    }

    private Moved toMoved(dev.millrace.core.deadletter.Moved moved) {
        return new Moved(
                moved.count(),
                moved.skipped().size(),
                moved.skipped().stream()
                        .map(s -> new Skipped(placeOrUnknown(s.source()), s.reason()))
                        .toList());
    }

    @Override
    public CompletableFuture<Moved> discard(Selection selection, String note) {
        return asked(() -> {
            checkText("the note", note);
            return then(
                    parkedOf(selection),
                    found -> inSteps(
                            found, unknown(selection, found), step -> discardStep(selection.group(), step, note)));
        });
    }

    private CompletableFuture<Step> discardStep(String group, List<Found> step, String note) {
        List<DiscardDeadLetters.Entry> entries = step.stream()
                .map(f -> new DiscardDeadLetters.Entry(
                        f.letter.source().partitionId(), f.letter.source().offset()))
                .toList();
        return Answers.map(
                runtime.<dev.millrace.core.deadletter.Moved>submit(
                        new Audited(actor, new DiscardDeadLetters(group, entries, note))),
                moved -> new Step(step.size(), toMoved(moved)));
    }

    private static void checkText(String what, String text) {
        if (text.length() > TEXT_CHARS_MAX) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    what + " has " + text.length() + " characters; at most " + TEXT_CHARS_MAX + " are allowed");
        }
    }
}
