package dev.millrace.simulation;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.BeginDelivery;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.MemberClaim;
import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.command.ReplayDeadLetters;
import dev.millrace.core.command.SettleReplay;
import dev.millrace.core.deadletter.Begun;
import dev.millrace.core.deadletter.DeadLetter;
import dev.millrace.core.deadletter.DeliveryState;
import dev.millrace.core.deadletter.Parked;
import dev.millrace.core.deadletter.RecordId;
import dev.millrace.core.error.Fault;
import dev.millrace.core.machine.MemberAssignment;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.wire.DeadLetterNames;
import dev.millrace.history.Property;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A member of a group that keeps dead letters: its handler fails by chance, it parks and settles, and it replays what is
 * parked. Its topics are internal ones, so that nobody else in the run touches them.
 */
final class Parker implements Client {
    private static final String GROUP = "parkers";
    private static final String SOURCE = "$source.parkers";
    private static final String COPIES = "$copies.parkers";
    private static final String RETRY = DeadLetterNames.retryTopic(GROUP);
    private static final int PARTITIONS = 2;
    private static final int SESSION_MS = 2_000;
    private static final int READ_BYTES = 64 << 10;
    private static final int PUBLISHED_MAX = 60;

    /** What all parkers of a run have done, which no crash of the broker undoes. */
    static final class Yard {
        /** By partition: what was handled, by offset. */
        private final Map<Integer, TreeSet<Long>> handled = new TreeMap<>();

        private final Map<Integer, TreeMap<Long, String>> keys = new TreeMap<>();
        private int publishedCount;
    }

    private final World world;
    private final String name;
    private final Yard yard;
    private final Map<Integer, Long> positions = new TreeMap<>();
    private final Map<Integer, Set<Long>> parkedKeys = new TreeMap<>();
    private final Map<Integer, Long> askBelow = new TreeMap<>();
    private Connection connection;
    private String memberId = "";
    private int memberCount;
    private int epoch;
    private boolean waits;
    private boolean finished;

    Parker(World world, String name, Yard yard) {
        this.world = world;
        this.name = name;
        this.yard = yard;
    }

    @Override
    public void start() {
        world.agenda.in(world.random.nextInt(50_000), this::turn);
    }

    private void turn() {
        if (!waits && world.server.isUp() && !isDamaged()) {
            if (connection == null || connection.isCut()) {
                connection = new Connection(world, false);
            }
            act();
        }
        world.agenda.in(1_000 + world.random.nextInt(world.isQuiet() ? 4_000 : 30_000), this::turn);
    }

    /** A disk that was damaged refuses reads for good. */
    private boolean isDamaged() {
        for (String topic : List.of(SOURCE, COPIES, RETRY)) {
            Topic found = world.server.topic(topic);
            for (int partitionId : found == null ? new int[0] : found.partitionIds()) {
                if (world.server.disk().isDamaged(partitionId)) {
                    return true;
                }
            }
        }
        return false;
    }

    private <T> void ask(Command command, Consumer<T> then) {
        waits = true;
        connection.<T>call(() -> world.server.submit(command), (answer, fault) -> {
            waits = false;
            if (fault == null) {
                then.accept(answer);
            } else {
                world.trace.add(name + " " + command.getClass().getSimpleName() + " is refused " + fault);
                if (fault == Fault.UNKNOWN_MEMBER || fault == Fault.FENCED_MEMBER) {
                    memberId = "";
                    positions.clear();
                }
            }
        });
    }

    private void act() {
        for (String topic : List.of(SOURCE, COPIES, RETRY)) {
            if (world.server.topic(topic) == null) {
                UUID id = new UUID(world.random.nextLong(), world.random.nextLong());
                ask(new CreateTopic(id, topic, PARTITIONS, new TreeMap<>(), 1_000_000), created -> {});
                return;
            }
        }
        int dice = world.random.nextInt(100);
        if (memberId.isEmpty()) {
            join();
        } else if (dice < 15 || positions.isEmpty()) {
            beat();
        } else if (dice < 30 && yard.publishedCount < PUBLISHED_MAX && !world.isQuiet()) {
            publish();
        } else if (dice < 38) {
            commit();
        } else if (dice < 46) {
            replay();
        } else {
            List<Integer> mine = new ArrayList<>(positions.keySet());
            work(mine.get(world.random.nextInt(mine.size())));
        }
    }

    private void publish() {
        yard.publishedCount++;
        String key = "k" + world.random.nextInt(3);
        AppendRecords append = new AppendRecords(
                world.server.topic(SOURCE).topicId(), key.charAt(1) % PARTITIONS, batch(key, List.of()));
        ask(append, appended -> {});
    }

    private static ByteBuffer batch(String key, List<RecordHeader> headers) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        builder.append(1, bytes, bytes, headers);
        return builder.build();
    }

    // ---- membership

    private void join() {
        String id = name + "-" + memberCount++;
        JoinGroup join = new JoinGroup(GROUP, id, null, "simulated", List.of(SOURCE, RETRY), SESSION_MS);
        this.<MemberAssignment>ask(join, assignment -> {
            memberId = id;
            take(assignment);
        });
    }

    private void beat() {
        HeartbeatGroup heartbeat = new HeartbeatGroup(GROUP, memberId, epoch, new ArrayList<>(positions.keySet()));
        this.<MemberAssignment>ask(heartbeat, this::take);
    }

    private void take(MemberAssignment assignment) {
        epoch = assignment.memberEpoch();
        Map<Integer, Long> given = new TreeMap<>();
        assignment.partitions().forEach(p -> given.put(p.partitionId(), Math.max(0, p.committedOffset())));
        positions.keySet().retainAll(given.keySet());
        given.forEach((partitionId, committed) -> {
            if (positions.putIfAbsent(partitionId, committed) == null) {
                parkedKeys.put(partitionId, new HashSet<>());
                askBelow.put(partitionId, Long.MAX_VALUE);
                askForState(partitionId);
            }
        });
    }

    private void askForState(int partitionId) {
        connection.<DeliveryState>call(
                () -> world.server.query(machine -> machine.deadLetters().deliveryState(GROUP, partitionId)),
                (state, fault) -> {
                    if (fault == null && parkedKeys.containsKey(partitionId)) {
                        parkedKeys.get(partitionId).addAll(state.parkedKeys());
                        askBelow.put(partitionId, state.askBelow());
                    }
                });
    }

    private void commit() {
        List<CommitOffsets.Entry> entries = new ArrayList<>();
        positions.forEach((partitionId, next) -> entries.add(new CommitOffsets.Entry(partitionId, next, -1, "")));
        ask(new CommitOffsets(GROUP, memberId, epoch, entries), committed -> {});
    }

    // ---- work

    private Record read(int partitionId, long offset) {
        Reads.Outcome outcome = world.reads.read(new Reads.Request(partitionId, offset, READ_BYTES));
        return outcome instanceof Reads.Outcome.Found found ? found.records().get(0) : null;
    }

    private boolean isRetry(int partitionId) {
        for (int id : world.server.topic(RETRY).partitionIds()) {
            if (id == partitionId) {
                return true;
            }
        }
        return false;
    }

    private void work(int partitionId) {
        long offset = positions.get(partitionId);
        Record record = read(partitionId, offset);
        if (record == null) {
            return;
        }
        MemberClaim claim = new MemberClaim(GROUP, memberId, epoch, partitionId, offset, isRetry(partitionId));
        long keyHash = DeadLetterNames.keyHash(record.key());
        boolean asks = claim.replay()
                || offset < askBelow.get(partitionId)
                || parkedKeys.get(partitionId).contains(keyHash);
        if (!asks) {
            handle(claim, record);
            return;
        }
        this.<Begun>ask(new BeginDelivery(claim, keyHash, 0, -1), begun -> {
            switch (begun.verdict()) {
                case DONE -> advance(claim);
                case BLOCKED -> park(claim, record, DeadLetterNames.KEY_PARKED);
                case HANDLE -> {
                    forgetKey(claim, keyHash);
                    handle(claim, record);
                }
            }
        });
    }

    /** Before askBelow something of the key may be parked that comes later. */
    private void forgetKey(MemberClaim claim, long keyHash) {
        if (claim.offset() >= askBelow.get(claim.partitionId())) {
            parkedKeys.get(claim.partitionId()).remove(keyHash);
        }
    }

    private void advance(MemberClaim claim) {
        positions.computeIfPresent(
                claim.partitionId(), (id, position) -> position == claim.offset() ? position + 1 : position);
    }

    private void handle(MemberClaim claim, Record record) {
        if (!world.isQuiet() && world.random.nextInt(4) == 0) {
            park(claim, record, DeadLetterNames.HANDLER_ERROR);
            return;
        }
        handled(claim.replay() ? sourceOf(record) : new RecordId(claim.partitionId(), claim.offset()));
        if (claim.replay()) {
            ask(new SettleReplay(claim), settled -> advance(claim));
        } else {
            advance(claim);
        }
    }

    private void park(MemberClaim claim, Record record, String reason) {
        RecordId source = claim.replay() ? sourceOf(record) : new RecordId(claim.partitionId(), claim.offset());
        String key = new String(record.key(), StandardCharsets.UTF_8);
        ParkRecord park = new ParkRecord(
                claim,
                COPIES,
                source.partitionId() & Integer.MAX_VALUE,
                DeadLetterNames.keyHash(record.key()),
                ByteBuffer.wrap(record.key()),
                new ParkRecord.Failure(reason, "", 1, 1, 1),
                batch(
                        key,
                        List.of(
                                header(DeadLetterNames.PARTITION, source.partitionId()),
                                header(DeadLetterNames.OFFSET, source.offset()))));
        this.<Parked>ask(park, parked -> {
            world.trace.add(name + " parks " + source + " " + reason + " " + parked.outcome());
            Set<Long> keys = parkedKeys.get(claim.partitionId());
            if (parked.outcome() == Parked.Outcome.FREE) {
                forgetKey(claim, park.keyHash());
            } else {
                keys.add(park.keyHash());
                advance(claim);
            }
        });
    }

    private static RecordHeader header(String name, long value) {
        return new RecordHeader(name, Long.toString(value).getBytes(StandardCharsets.UTF_8));
    }

    private static RecordId sourceOf(Record record) {
        return new RecordId((int) number(record, DeadLetterNames.PARTITION), number(record, DeadLetterNames.OFFSET));
    }

    private static long number(Record record, String name) {
        return record.headers().stream()
                .filter(header -> header.key().equals(name))
                .map(header -> Long.parseLong(new String(header.value(), StandardCharsets.UTF_8)))
                .findFirst()
                .orElseThrow();
    }

    // ---- the operator

    private void replay() {
        if (!world.server.isSettled()) {
            return;
        }
        List<ReplayDeadLetters.Entry> entries = new ArrayList<>();
        for (DeadLetter letter : letters(DeadLetter.State.PARKED)) {
            Record copy = read(letter.copy().partitionId(), letter.copy().offset());
            if (copy != null && (world.isQuiet() || world.random.nextInt(3) > 0)) {
                entries.add(new ReplayDeadLetters.Entry(
                        letter.source().partitionId(),
                        letter.source().offset(),
                        letter.copy().offset(),
                        batch(new String(copy.key(), StandardCharsets.UTF_8), copy.headers())));
            }
        }
        if (!entries.isEmpty()) {
            ask(new ReplayDeadLetters(GROUP, entries, name), moved -> world.trace.add(name + " replays " + moved));
        }
    }

    private List<DeadLetter> letters(DeadLetter.State state) {
        return world.server.shard().machine.deadLetters().list(GROUP).stream()
                .filter(letter -> letter.state() == state)
                .toList();
    }

    // ---- what must hold

    /** None of a key before an earlier one of its key. */
    private void handled(RecordId source) {
        world.trace.add(name + " handles " + source);
        TreeMap<Long, String> keys = keysOf(source.partitionId());
        TreeSet<Long> done = yard.handled.computeIfAbsent(source.partitionId(), id -> new TreeSet<>());
        String key = keys.get(source.offset());
        keys.headMap(source.offset()).forEach((offset, other) -> {
            if (other.equals(key) && !done.contains(offset)) {
                world.history.report(
                        Property.DEAD_LETTER_ORDER,
                        name + " was given " + source + " of key " + key + " before offset " + offset);
            }
        });
        done.add(source.offset());
    }

    private TreeMap<Long, String> keysOf(int partitionId) {
        TreeMap<Long, String> keys = yard.keys.computeIfAbsent(partitionId, id -> new TreeMap<>());
        for (long next = keys.isEmpty() ? 0 : keys.lastKey() + 1; ; next++) {
            Record record = read(partitionId, next);
            if (record == null) {
                return keys;
            }
            keys.put(next, new String(record.key(), StandardCharsets.UTF_8));
        }
    }

    /** Each dead letter has its copy, and each copy its dead letter. For a time when all is durable. */
    private void checkPlaces() {
        Map<RecordId, DeadLetter> letters = new TreeMap<>();
        world.server.shard().machine.deadLetters().list(GROUP).forEach(l -> letters.put(l.source(), l));
        for (DeadLetter letter : letters.values()) {
            RecordId copy = letter.copy();
            Record record = copy == null ? null : read(copy.partitionId(), copy.offset());
            if (copy != null && (record == null || !sourceOf(record).equals(letter.source()))) {
                world.history.report(
                        Property.DEAD_LETTER_ONCE, letter.source() + " is removed but not copied to " + copy);
            }
        }
        for (int partitionId : world.server.topic(COPIES).partitionIds()) {
            long offset = 0;
            for (Record copy = read(partitionId, offset); copy != null; copy = read(partitionId, ++offset)) {
                if (!letters.containsKey(sourceOf(copy))) {
                    world.history.report(Property.DEAD_LETTER_ONCE, sourceOf(copy) + " is copied but not removed");
                }
            }
        }
    }

    @Override
    public String unfinished() {
        if (finished || isDamaged() || world.server.topic(SOURCE) == null || world.server.topic(COPIES) == null) {
            return null;
        }
        if (!world.server.isSettled()) {
            return name + " waits for the broker to come to rest";
        }
        if (!letters(DeadLetter.State.PARKED).isEmpty()
                || !letters(DeadLetter.State.REPLAYING).isEmpty()) {
            return name + " has dead letters left";
        }
        for (int partitionId : world.server.topic(SOURCE).partitionIds()) {
            int count = keysOf(partitionId).size();
            int done = yard.handled.getOrDefault(partitionId, new TreeSet<>()).size();
            if (done < count) {
                return name + ": " + done + " of " + count + " records of partition " + partitionId + " are handled";
            }
        }
        checkPlaces();
        finished = true;
        return null;
    }
}
