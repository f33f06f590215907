package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.BeginDelivery;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.CommitTransaction;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DiscardDeadLetters;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.MemberClaim;
import dev.millrace.core.command.NoteFailure;
import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.command.ReplayDeadLetters;
import dev.millrace.core.command.SettleReplay;
import dev.millrace.core.deadletter.Begun;
import dev.millrace.core.deadletter.DeadLetter;
import dev.millrace.core.deadletter.DeliveryState;
import dev.millrace.core.deadletter.Parked;
import dev.millrace.core.deadletter.RecordId;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.transaction.TransactionTable.Identity;
import dev.millrace.core.wire.DeadLetterNames;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.Operation;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/**
 * Members that fail, park and replay, on a disk that loses what was not synced: every dead letter is in exactly one place,
 * and the records of a key are handled in order.
 */
class DeadLetterCrashTest {
    private static final String GROUP = "g";
    private static final String RETRY = DeadLetterNames.retryTopic(GROUP);
    private static final int RUNS = 30;
    private static final int STEPS = 600;

    private final SimulatedShard shard = new SimulatedShard();
    private final List<Worker> workers = new ArrayList<>();
    /** Offsets by key that a handler has finished, or that were given up. */
    private final Map<String, Set<Long>> over = new TreeMap<>();

    private final Map<String, List<Long>> published = new TreeMap<>();
    private Random random = new Random(1);
    private boolean crashes;
    private boolean failures;
    private int workerCount;

    /** A member with what it knows. */
    private static final class Worker {
        final String id;
        int epoch;
        final Map<Integer, Long> positions = new TreeMap<>();
        final Map<Integer, Set<Long>> parkedKeys = new HashMap<>();
        final Map<Integer, Long> askBelow = new HashMap<>();

        Worker(String id) {
            this.id = id;
        }
    }

    // ---- the world

    /** The answer; null where the power went before it came. */
    private Object call(Command command) {
        CompletableFuture<Object> answer = shard.runtime.submit(command);
        shard.run();
        if (crashes && random.nextInt(40) == 0) {
            shard.crash(random);
            noteDiscarded();
            checkPlaces();
            return null;
        }
        shard.sync();
        try {
            return answer.join();
        } catch (CompletionException e) {
            return ((FaultException) e.getCause()).fault();
        }
    }

    private Topic topic(String name) {
        return shard.machine.directory().find(name);
    }

    private void createTopic(String name, int partitions) {
        while (topic(name) == null) {
            call(new CreateTopic(new UUID(5, name.hashCode()), name, partitions, new TreeMap<>(), 1000));
        }
    }

    private void publish() {
        String key = "k" + random.nextInt(4);
        int partition = key.charAt(1) % 2;
        ByteBuffer batch = batchOf(key, key, List.of());
        Object answer = call(new AppendRecords(topic("s").topicId(), partition, batch));
        if (answer instanceof AppendResult) {
            over.computeIfAbsent(key, k -> new HashSet<>());
        }
    }

    private static ByteBuffer batchOf(String key, String value, List<RecordHeader> headers) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        builder.append(1, key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8), headers);
        return builder.build();
    }

    private Record read(int partitionId, long offset) {
        LogRead read = shard.reader.readStored(shard.machine.logs().find(partitionId), offset, 1);
        if (!(read instanceof LogRead.Batches found)) {
            return null;
        }
        try {
            for (RecordBatch batch : RecordBatch.in(found.batches())) {
                for (Record record : batch.records(1 << 20)) {
                    if (record.offset() == offset) {
                        return record;
                    }
                }
            }
            return null;
        } finally {
            found.releaser().run();
        }
    }

    private boolean isRetry(int partitionId) {
        return shard.machine.directory().placeOf(partitionId).topic().name().equals(RETRY);
    }

    private static RecordId sourceOf(Record record) {
        return new RecordId(
                Integer.parseInt(header(record, DeadLetterNames.PARTITION)),
                Long.parseLong(header(record, DeadLetterNames.OFFSET)));
    }

    private static String header(Record record, String name) {
        return record.headers().stream()
                .filter(header -> header.key().equals(name))
                .map(header -> new String(header.value(), StandardCharsets.UTF_8))
                .findFirst()
                .orElseThrow();
    }

    // ---- members

    private Worker hire() {
        Worker worker = new Worker("m" + workerCount++);
        Object answer = null;
        while (!(answer instanceof MemberAssignment)) {
            answer = call(new JoinGroup(GROUP, worker.id, null, "", List.of("s", RETRY), 5_000));
        }
        take(worker, (MemberAssignment) answer);
        workers.add(worker);
        return worker;
    }

    private void beat(Worker worker) {
        Object answer =
                call(new HeartbeatGroup(GROUP, worker.id, worker.epoch, new ArrayList<>(worker.positions.keySet())));
        if (answer instanceof MemberAssignment assignment) {
            take(worker, assignment);
        } else if (answer == Fault.UNKNOWN_MEMBER || answer == Fault.FENCED_MEMBER) {
            worker.positions.clear();
            workers.remove(worker);
        }
    }

    private void take(Worker worker, MemberAssignment assignment) {
        worker.epoch = assignment.memberEpoch();
        Map<Integer, Long> given = new TreeMap<>();
        assignment.partitions().forEach(p -> given.put(p.partitionId(), Math.max(0, p.committedOffset())));
        worker.positions.keySet().retainAll(given.keySet());
        given.forEach((partitionId, committed) -> {
            if (worker.positions.putIfAbsent(partitionId, committed) == null) {
                DeliveryState state = shard.machine.deadLetters().deliveryState(GROUP, partitionId);
                worker.parkedKeys.put(partitionId, new HashSet<>(state.parkedKeys()));
                worker.askBelow.put(partitionId, state.askBelow());
            }
        });
    }

    private MemberClaim claim(Worker worker, int partitionId, long offset) {
        return new MemberClaim(GROUP, worker.id, worker.epoch, partitionId, offset, isRetry(partitionId));
    }

    /** One record of one partition: begins, handles or parks as a client does. */
    private void work(Worker worker, int partitionId) {
        long offset = worker.positions.get(partitionId);
        Record record = read(partitionId, offset);
        if (record == null) {
            return;
        }
        long keyHash = DeadLetterNames.keyHash(record.key());
        Set<Long> parked = worker.parkedKeys.get(partitionId);
        MemberClaim claim = claim(worker, partitionId, offset);
        if (claim.replay() || offset < worker.askBelow.get(partitionId) || parked.contains(keyHash)) {
            Object begun = call(new BeginDelivery(claim, keyHash, 0, -1));
            if (!(begun instanceof Begun answer)) {
                return;
            }
            if (answer.verdict() == Begun.Verdict.DONE) {
                worker.positions.put(partitionId, offset + 1);
                return;
            } else if (answer.verdict() == Begun.Verdict.BLOCKED) {
                park(worker, record, claim, DeadLetterNames.KEY_PARKED);
                return;
            }
            forgetKey(worker, partitionId, offset, keyHash);
        }
        if (failures && random.nextInt(5) == 0) {
            park(worker, record, claim, DeadLetterNames.HANDLER_ERROR);
            return;
        }
        handled(claim.replay() ? sourceOf(record) : new RecordId(partitionId, offset), record);
        if (!claim.replay() || call(new SettleReplay(claim)) == Boolean.TRUE) {
            worker.positions.put(partitionId, offset + 1);
        }
    }

    /** Before askBelow something of the key may be parked that comes later. */
    private static void forgetKey(Worker worker, int partitionId, long offset, long keyHash) {
        if (offset >= worker.askBelow.get(partitionId)) {
            worker.parkedKeys.get(partitionId).remove(keyHash);
        }
    }

    private void park(Worker worker, Record record, MemberClaim claim, String reason) {
        long keyHash = DeadLetterNames.keyHash(record.key());
        RecordId source = claim.replay() ? sourceOf(record) : new RecordId(claim.partitionId(), claim.offset());
        Object answer = call(parkCommand(claim, source, record, reason));
        if (!(answer instanceof Parked parked)) {
            return;
        }
        if (parked.outcome() == Parked.Outcome.FREE) {
            forgetKey(worker, claim.partitionId(), claim.offset(), keyHash);
            return;
        }
        worker.parkedKeys.get(claim.partitionId()).add(keyHash);
        worker.positions.put(claim.partitionId(), claim.offset() + 1);
    }

    private static ParkRecord parkCommand(MemberClaim claim, RecordId source, Record record, String reason) {
        String key = new String(record.key(), StandardCharsets.UTF_8);
        ByteBuffer batch = batchOf(
                key,
                key,
                List.of(
                        text(DeadLetterNames.PARTITION, "" + source.partitionId()),
                        text(DeadLetterNames.OFFSET, "" + source.offset())));
        return new ParkRecord(
                claim,
                "s.dlq",
                source.partitionId(),
                DeadLetterNames.keyHash(record.key()),
                ByteBuffer.wrap(record.key()),
                new ParkRecord.Failure(reason, "", 1, 1, 1),
                batch);
    }

    private static RecordHeader text(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private void handled(RecordId source, Record record) {
        String key = new String(record.key(), StandardCharsets.UTF_8);
        for (long earlier = 0; earlier < source.offset(); earlier++) {
            Record before = read(source.partitionId(), earlier);
            if (new String(before.key(), StandardCharsets.UTF_8).equals(key)) {
                assertThat(over.getOrDefault(key, Set.of()))
                        .as("%s/%d is handled out of order: before offset %d of its key", key, source.offset(), earlier)
                        .contains(earlier);
            }
        }
        over.computeIfAbsent(key, k -> new HashSet<>()).add(source.offset());
    }

    private void commit(Worker worker) {
        List<CommitOffsets.Entry> entries = new ArrayList<>();
        worker.positions.forEach(
                (partitionId, next) -> entries.add(new CommitOffsets.Entry(partitionId, next, -1, "")));
        call(new CommitOffsets(GROUP, worker.id, worker.epoch, entries));
    }

    // ---- the operator

    private List<DeadLetter> letters(DeadLetter.State state) {
        return shard.machine.deadLetters().list(GROUP).stream()
                .filter(letter -> letter.state() == state)
                .toList();
    }

    private void replay(List<DeadLetter> letters) {
        if (letters.isEmpty()) {
            return;
        }
        createTopic(RETRY, 2);
        List<ReplayDeadLetters.Entry> entries = new ArrayList<>();
        for (DeadLetter letter : letters) {
            Record copy = read(letter.copy().partitionId(), letter.copy().offset());
            if (copy == null) {
                return; // the list was older than the crash
            }
            entries.add(new ReplayDeadLetters.Entry(
                    letter.source().partitionId(),
                    letter.source().offset(),
                    letter.copy().offset(),
                    batchOf(new String(copy.key(), StandardCharsets.UTF_8), "", copy.headers())));
        }
        call(new ReplayDeadLetters(GROUP, entries, "test"));
    }

    private void discardOne() {
        List<DeadLetter> parked = letters(DeadLetter.State.PARKED);
        if (!parked.isEmpty()) {
            RecordId source = parked.get(random.nextInt(parked.size())).source();
            call(new DiscardDeadLetters(
                    GROUP, List.of(new DiscardDeadLetters.Entry(source.partitionId(), source.offset())), "test"));
            noteDiscarded();
        }
    }

    private void noteDiscarded() {
        for (DeadLetter letter : letters(DeadLetter.State.DISCARDED)) {
            over.computeIfAbsent(new String(letter.keyShown(), StandardCharsets.UTF_8), k -> new HashSet<>())
                    .add(letter.source().offset());
        }
    }

    // ---- what must hold

    /** All that there is after a crash, or synced: each dead letter has a copy and a row, or neither. */
    private void checkPlaces() {
        Topic copies = topic("s.dlq");
        if (copies == null) {
            return;
        }
        for (int partitionId : copies.partitionIds()) {
            long end = shard.machine.logs().find(partitionId).endOffset();
            for (long offset = 0; offset < end; offset++) {
                RecordId source = sourceOf(read(partitionId, offset));
                assertThat(shard.machine.deadLetters().find(GROUP, source))
                        .as("%s is copied but not removed", source)
                        .isNotNull();
            }
        }
        for (DeadLetter letter : shard.machine.deadLetters().list(GROUP)) {
            for (RecordId place : new RecordId[] {letter.copy(), letter.replay()}) {
                if (place != null) {
                    Record copy = read(place.partitionId(), place.offset());
                    assertThat(copy)
                            .as("%s is removed but not copied", letter.source())
                            .isNotNull();
                    assertThat(sourceOf(copy)).isEqualTo(letter.source());
                }
            }
        }
    }

    private void start() {
        createTopic("s", 2);
        createTopic("s.dlq", 2);
        hire();
    }

    private void step() {
        int dice = random.nextInt(100);
        if (dice < 20) {
            publish();
        } else if (dice < 70 && !workers.isEmpty()) {
            Worker worker = workers.get(random.nextInt(workers.size()));
            List<Integer> mine = new ArrayList<>(worker.positions.keySet());
            if (!mine.isEmpty()) {
                work(worker, mine.get(random.nextInt(mine.size())));
            }
        } else if (dice < 78) {
            List.copyOf(workers).forEach(this::beat);
        } else if (dice < 84) {
            List.copyOf(workers).forEach(this::commit);
        } else if (dice < 90) {
            List<DeadLetter> parked = letters(DeadLetter.State.PARKED);
            replay(random.nextBoolean() ? parked : parked.stream().limit(2).toList());
        } else if (dice < 92) {
            discardOne();
        } else if (dice < 96 && workers.size() < 3) {
            hire();
        } else if (dice < 98 && workers.size() > 1) {
            workers.remove(random.nextInt(workers.size())); // dies without a word
        } else {
            shard.nowMs += 400;
            call(new ExpireGroups(-1));
        }
    }

    /** Everything works again: what is parked is replayed until nothing is left. */
    private void settle() {
        crashes = false;
        failures = false;
        for (int round = 0; round < 400; round++) {
            if (workers.isEmpty()) {
                hire();
            }
            shard.nowMs += 400;
            call(new ExpireGroups(-1));
            for (Worker worker : List.copyOf(workers)) {
                beat(worker);
                for (int i = 0; i < 10; i++) {
                    new ArrayList<>(worker.positions.keySet()).forEach(partitionId -> work(worker, partitionId));
                }
                commit(worker);
            }
            replay(letters(DeadLetter.State.PARKED));
        }
        assertThat(letters(DeadLetter.State.PARKED)).isEmpty();
        assertThat(letters(DeadLetter.State.REPLAYING)).isEmpty();
        for (int partitionId : topic("s").partitionIds()) {
            for (long offset = 0;
                    offset < shard.machine.logs().find(partitionId).endOffset();
                    offset++) {
                String key = new String(read(partitionId, offset).key(), StandardCharsets.UTF_8);
                assertThat(over.get(key))
                        .as("%d/%d was lost", partitionId, offset)
                        .contains(offset);
            }
        }
    }

    @Test
    void everyDeadLetterIsInOnePlaceAndKeysKeepTheirOrderWhateverHappens() {
        long first = Seeds.first();
        for (long seed = first; seed < first + Seeds.count(RUNS); seed++) {
            DeadLetterCrashTest world = new DeadLetterCrashTest();
            world.random = new Random(seed);
            try {
                world.start();
                world.crashes = true;
                world.failures = true;
                for (int i = 0; i < STEPS; i++) {
                    world.step();
                }
                world.checkPlaces();
                world.settle();
                world.checkPlaces();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("repeat with -Dseed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }

    // ---- single promises

    private Parked parkFirst(Worker worker, int partitionId, long offset) {
        Record record = read(partitionId, offset);
        Object answer = call(parkCommand(
                claim(worker, partitionId, offset),
                new RecordId(partitionId, offset),
                record,
                DeadLetterNames.HANDLER_ERROR));
        return (Parked) answer;
    }

    private int partitionWith(String key) {
        return topic("s").partitionIds()[key.charAt(1) % 2];
    }

    private void append(String key, int count) {
        for (int i = 0; i < count; i++) {
            call(new AppendRecords(topic("s").topicId(), key.charAt(1) % 2, batchOf(key, key, List.of())));
        }
    }

    @Test
    void aFencedMemberCannotPark() {
        start();
        append("k0", 1);
        Worker first = workers.get(0);
        shard.nowMs += 400;
        for (int i = 0; i < 20; i++) {
            shard.nowMs += 400;
            call(new ExpireGroups(-1));
        }
        Worker second = hire();
        int partitionId = partitionWith("k0");
        Record record = read(partitionId, 0);
        Object answer = call(parkCommand(
                claim(first, partitionId, 0), new RecordId(partitionId, 0), record, DeadLetterNames.HANDLER_ERROR));
        assertThat(answer).isEqualTo(Fault.UNKNOWN_MEMBER);
        assertThat(call(new BeginDelivery(claim(first, partitionId, 0), 5, 0, -1)))
                .isEqualTo(Fault.UNKNOWN_MEMBER);
        assertThat(call(new NoteFailure(claim(first, partitionId, 0), 1, 5, 1, "x", 1)))
                .isEqualTo(Fault.UNKNOWN_MEMBER);
        assertThat(shard.machine.deadLetters().list(GROUP)).isEmpty();
        second.epoch--;
        assertThat(call(new SettleReplay(claim(second, partitionId, 0)))).isIn(Boolean.TRUE, Fault.FENCED_MEMBER);
        second.epoch -= 5;
        assertThat(call(new SettleReplay(claim(second, partitionId, 0)))).isEqualTo(Fault.FENCED_MEMBER);
    }

    @Test
    void theSameParkAgainAnswersTheFirstResult() {
        start();
        append("k0", 1);
        Parked first = parkFirst(workers.get(0), partitionWith("k0"), 0);
        Parked again = parkFirst(workers.get(0), partitionWith("k0"), 0);
        assertThat(again).isEqualTo(first);
        assertThat(shard.machine.logs().find(first.copy().partitionId()).endOffset())
                .isEqualTo(1);
    }

    @Test
    void attemptsAreCountedThroughCrashesUntilTheRecordIsDone() {
        start();
        append("k0", 1);
        int partitionId = partitionWith("k0");
        for (int attempt = 0; attempt < 4; attempt++) {
            Begun begun = (Begun) call(new BeginDelivery(claim(workers.get(0), partitionId, 0), 5, 0, -1));
            assertThat(begun.attempts()).isEqualTo(attempt);
            shard.crash(random);
        }
        Worker worker = workers.get(0);
        call(new CommitOffsets(
                GROUP, worker.id, worker.epoch, List.of(new CommitOffsets.Entry(partitionId, 1, -1, ""))));
        assertThat(shard.machine.deadLetters().deliveryState(GROUP, partitionId).askBelow())
                .isZero();
    }

    @Test
    void aFailureThatWasToldIsKnownAfterACrashAndCounted() {
        start();
        append("k0", 1);
        int partitionId = partitionWith("k0");
        MemberClaim claim = claim(workers.get(0), partitionId, 0);
        assertThat(call(new NoteFailure(claim, 1, 5, 7, "x", 100))).isEqualTo(Boolean.TRUE);
        shard.crash(random);
        RecordId record = new RecordId(partitionId, 0);
        assertThat(shard.machine.deadLetters().handling(GROUP, record, 0, -1).last())
                .extracting("attempts", "attemptsMax", "error")
                .containsExactly(1, 5, "x");
        assertThat(call(new BeginDelivery(claim, 5, 0, -1))).isEqualTo(new Begun(Begun.Verdict.HANDLE, 1, 7));
    }

    @Test
    void offsetsThatATransactionCommitsEndTheAttemptsBeforeThem() {
        start();
        append("k0", 1);
        int partitionId = partitionWith("k0");
        Worker worker = workers.get(0);
        call(new BeginDelivery(claim(worker, partitionId, 0), 5, 0, -1));
        assertThat(shard.machine.deadLetters().deliveryState(GROUP, partitionId).askBelow())
                .isEqualTo(1);
        Identity owner = (Identity) call(new InitTransactions("billing", -1));
        Topic source = topic("s");
        int partition = source.partitionIds()[0] == partitionId ? 0 : 1;
        Operation offsets = new Operation.CommitOffsets(
                GROUP, worker.id, worker.epoch, List.of(new PartitionOffset(source.topicId(), partition, 1, "")));
        assertThat(call(new CommitTransaction(
                        "billing", owner.producerId(), owner.epoch(), 0, List.of(offsets), 1_000)))
                .isInstanceOf(TransactionResult.class);
        assertThat(shard.machine.deadLetters().deliveryState(GROUP, partitionId).askBelow())
                .isZero();
    }

    @Test
    void afterAMemberEndedWithoutAWordItsRecordsAreBegunOneByOne() {
        start();
        append("k0", 1);
        int partitionId = partitionWith("k0");
        assertThat(shard.machine.deadLetters().deliveryState(GROUP, partitionId).askBelow())
                .isZero();
        for (int i = 0; i < 20; i++) {
            shard.nowMs += 400;
            call(new ExpireGroups(-1));
        }
        shard.crash(random);
        assertThat(shard.machine.deadLetters().deliveryState(GROUP, partitionId).askBelow())
                .isEqualTo(5_000);
    }
}
