package dev.millrace.faults;

import dev.millrace.core.GroupOperations;
import dev.millrace.core.LocalBroker;
import dev.millrace.core.LogOperations.Appended;
import dev.millrace.core.LogOperations.Bounds;
import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.StorageCheck;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.Damage;
import dev.millrace.core.storage.Findings;
import dev.millrace.core.storage.StoreException;
import dev.millrace.faults.DamageOracle.Batch;
import dev.millrace.faults.DamageOracle.Place;
import dev.millrace.faults.DamageVerdict.Outcome;
import dev.millrace.faults.DamageVerdict.Verified;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * Opens a damaged data directory with the real broker, reads back all that it was ever told, appends once more to each
 * partition, and judges by the oracle.
 */
final class DamageExam {
    private static final int READ_BYTES = 256 << 10;
    private static final int CONTENT_AT = 21;
    private static final long ANSWER_SECONDS_MAX = 30;
    private static final int UNREADABLE_PERCENT_MAX = 25;

    private final Path data;
    private final DamageOracle oracle;
    private final Injury injury;
    private final List<String> lost = new ArrayList<>();
    private final List<String> unclear = new ArrayList<>();
    private final Map<Place, List<String>> errors = new TreeMap<>();
    private final TreeSet<Place> shortened = new TreeSet<>();
    private final TreeMap<Place, Long> unreadableRecords = new TreeMap<>();

    /** @param injury what was done, to know which file an error must name; null for none */
    DamageExam(Path data, DamageOracle oracle, Injury injury) {
        this.data = data;
        this.oracle = oracle;
        this.injury = injury;
    }

    /** With the offline check, which reads everything, before. */
    DamageVerdict verifyAndRun() {
        Verified verified = verify();
        return run().withVerified(verified);
    }

    /** The offline check, before a broker can change anything. */
    private Verified verify() {
        Findings findings = new Findings();
        try {
            new StorageCheck(findings).run(data);
        } catch (StoreException refused) {
            findings.damaged(Damage.ofFile(String.valueOf(refused.getMessage()), "refused"));
        }
        if (findings.damages().isEmpty()) {
            return Verified.NOTHING;
        }
        String name = injury == null ? "" : injury.file().path().getFileName().toString();
        boolean named =
                findings.damages().stream().anyMatch(damage -> damage.toString().contains(name));
        return named ? Verified.NAMED : Verified.FOUND;
    }

    DamageVerdict run() {
        LocalBroker broker;
        try {
            broker = LocalBroker.open(DamageLoad.options(data));
        } catch (StoreException refused) {
            return refused(String.valueOf(refused.getMessage()));
        } catch (RuntimeException defect) {
            return new DamageVerdict(Outcome.UNCLEAR, "the start failed with " + defect);
        }
        try (broker) {
            examine(broker);
        }
        return verdict();
    }

    /** The end of each partition as the broker has it; of the undamaged directory, so that a lost tail can be told. */
    static void noteWholeEnds(Path data, DamageOracle oracle) {
        try (LocalBroker broker = LocalBroker.open(DamageLoad.options(data))) {
            for (Place place : oracle.places()) {
                oracle.noteWholeEnd(
                        place, broker.logs().bounds(partition(oracle, place)).endOffset());
            }
        }
    }

    private DamageVerdict refused(String message) {
        boolean missing = injury.type() == Injury.Type.DELETE && message.contains("missing");
        boolean named = missing || injury.isNamedIn(message);
        boolean tellsWhatToDo = message.toLowerCase(Locale.ROOT).contains("restore");
        return new DamageVerdict(named && tellsWhatToDo ? Outcome.REFUSED : Outcome.UNCLEAR, message);
    }

    private void examine(LocalBroker broker) {
        if (!broker.clusterId().equals(oracle.clusterId())) {
            lost.add("the cluster id is " + broker.clusterId());
        }
        for (String topic : oracle.topics()) {
            if (broker.topics().find(topic).isEmpty()) {
                lost.add("topic " + topic + " is gone");
                return;
            }
        }
        for (Place place : oracle.places()) {
            read(broker, place);
        }
        checkCommits(broker);
        for (Place place : oracle.places()) {
            sendAgain(broker, place);
            append(broker, place);
        }
    }

    private void read(LocalBroker broker, Place place) {
        Bounds bounds = broker.logs().bounds(partition(oracle, place));
        if (bounds.logStartOffset() > 0) {
            lost.add(place + " starts at " + bounds.logStartOffset());
        }
        if (bounds.endOffset() < oracle.ackedEnd(place)) {
            lost.add(place + " ends at " + bounds.endOffset() + ", acknowledged up to " + oracle.ackedEnd(place));
        } else if (bounds.endOffset() < oracle.wholeEnd(place)) {
            shortened.add(place);
        }
        TreeMap<Long, Batch> expected = new TreeMap<>(oracle.batches(place));
        long offset = bounds.logStartOffset();
        while (offset < bounds.endOffset()) {
            offset = readOnce(broker, place, offset, expected);
        }
        if (!expected.isEmpty()) {
            lost.add(place + " lacks " + expected.size() + " batches, the first at " + expected.firstKey());
        }
    }

    /** Returns where to go on. Takes what was found, and what was answered with an error, out of {@code expected}. */
    private long readOnce(LocalBroker broker, Place place, long offset, TreeMap<Long, Batch> expected) {
        try {
            LogSlice slice = await(broker.logs().read(partition(oracle, place), offset, READ_BYTES));
            for (RecordBatch batch : RecordBatch.in(slice.batches())) {
                compare(place, batch, expected);
            }
            slice.release();
            if (slice.nextOffset() <= offset) {
                unclear.add(place + " stops at " + offset + " without an error");
                return Long.MAX_VALUE;
            }
            return slice.nextOffset();
        } catch (FaultException refused) {
            noteError(place, offset, refused);
            Map.Entry<Long, Batch> gone = expected.floorEntry(offset);
            if (gone != null) {
                expected.remove(gone.getKey());
                long from = Math.max(offset, gone.getValue().baseOffset());
                unreadableRecords.merge(place, gone.getValue().endOffset() - from, Long::sum);
                return Math.max(offset + 1, gone.getValue().endOffset());
            }
            return offset + 1;
        }
    }

    private void noteError(Place place, long offset, FaultException refused) {
        String message = String.valueOf(refused.getMessage());
        errors.computeIfAbsent(place, p -> new ArrayList<>()).add(message);
        boolean named = refused.fault() == Fault.DATA_DAMAGED
                && message.contains(place.topic())
                && message.contains("partition " + place.partition())
                && message.contains("offset " + offset)
                && namesTheFile(message);
        if (!named) {
            unclear.add("a read of " + place + " at offset " + offset + " answered " + refused.fault() + " " + message);
        }
    }

    private boolean namesTheFile(String message) {
        return injury != null && injury.isNamedIn(message);
    }

    private void compare(Place place, RecordBatch batch, TreeMap<Long, Batch> expected) {
        Batch acknowledged = expected.remove(batch.baseOffset());
        if (acknowledged == null) {
            boolean neverAcknowledged = batch.baseOffset() >= oracle.ackedEnd(place) && batch.checksumValid();
            if (!neverAcknowledged) {
                lost.add(place + " has an unknown batch at " + batch.baseOffset());
            }
            return;
        }
        ByteBuffer wanted = sent(acknowledged);
        ByteBuffer found = batch.bytes();
        if (!wanted.position(CONTENT_AT).equals(found.position(CONTENT_AT))) {
            lost.add(place + " has another batch at " + batch.baseOffset());
        }
    }

    private ByteBuffer sent(Batch batch) {
        return DamageLoad.batch(oracle.seed(), batch.n(), batch.producerId(), batch.sequence());
    }

    private void checkCommits(LocalBroker broker) {
        oracle.committed().forEach((commit, acknowledged) -> {
            TopicPartition partition = partition(oracle, commit.place());
            try {
                List<GroupOperations.Offset> offsets =
                        await(broker.groups().committed(commit.group(), List.of(partition)));
                long found = offsets.get(0).offset();
                if (found < acknowledged || found > oracle.sent(commit)) {
                    lost.add(commit + " is " + found + ", acknowledged was " + acknowledged);
                }
            } catch (FaultException e) {
                lost.add(commit + " is gone: " + e.getMessage());
            }
        });
    }

    /** The last batch of each producer must be known as sent before. */
    private void sendAgain(LocalBroker broker, Place place) {
        for (Batch batch : oracle.lastOfProducers(place)) {
            try {
                Appended again = await(broker.logs().append(partition(oracle, place), sent(batch)));
                if (!again.duplicate() || again.baseOffset() != batch.baseOffset()) {
                    lost.add(place + " took the batch of offset " + batch.baseOffset() + " twice");
                }
            } catch (FaultException e) {
                // Batches behind it were written and never acknowledged: an older one is then out of order.
                if (e.fault() != Fault.OUT_OF_ORDER_SEQUENCE) {
                    noteWriteError(place, e);
                }
            }
        }
    }

    private void append(LocalBroker broker, Place place) {
        ByteBuffer batch = DamageLoad.batch(oracle.seed(), 7, -1, -1);
        try {
            Appended appended = await(broker.logs().append(partition(oracle, place), batch));
            LogSlice slice = await(broker.logs().read(partition(oracle, place), appended.baseOffset(), READ_BYTES));
            if (appended.baseOffset() < oracle.ackedEnd(place)) {
                lost.add(place + " gave offset " + appended.baseOffset() + " out again");
            }
            slice.release();
        } catch (FaultException e) {
            noteWriteError(place, e);
        }
    }

    private void noteWriteError(Place place, FaultException e) {
        errors.computeIfAbsent(place, p -> new ArrayList<>()).add(e.getMessage());
        boolean isDamage = e.fault() == Fault.STORAGE_FAILED || e.fault() == Fault.DATA_DAMAGED;
        if (!isDamage || !namesTheFile(String.valueOf(e.getMessage()))) {
            unclear.add("an append to " + place + " answered " + e.fault() + " " + e.getMessage());
        }
    }

    private DamageVerdict verdict() {
        if (!lost.isEmpty()) {
            return new DamageVerdict(Outcome.SILENT, lost.size() + " losses, the first: " + lost.get(0));
        }
        if (!unclear.isEmpty()) {
            return new DamageVerdict(Outcome.UNCLEAR, unclear.get(0));
        }
        if (!errors.isEmpty()) {
            String first = errors.values().iterator().next().get(0);
            return new DamageVerdict(
                    isConfined() ? Outcome.PART_ONLY : Outcome.UNCLEAR,
                    errors.size() + " partitions, unreadable records " + unreadableRecords + ": " + first);
        }
        if (!shortened.isEmpty()) {
            return new DamageVerdict(Outcome.LEGAL_TAIL, shortened + " lost what was never acknowledged");
        }
        boolean again = injury != null
                && injury.type() == Injury.Type.DELETE
                && Files.exists(data.resolve(injury.file().path()));
        return new DamageVerdict(again ? Outcome.REPAIRED : Outcome.HARMLESS, "everything acknowledged is there");
    }

    /**
     * One file holds one generation of several, of any number of partitions: what one injury makes unreadable is a part
     * of that, and whatever lies outside it was read and compared.
     */
    private boolean isConfined() {
        long unreadable =
                unreadableRecords.values().stream().mapToLong(Long::longValue).sum();
        return unreadable <= oracle.recordCount() * UNREADABLE_PERCENT_MAX / 100;
    }

    private static TopicPartition partition(DamageOracle oracle, Place place) {
        return new TopicPartition(oracle.topicId(place.topic()), place.partition());
    }

    /** Fails: FaultException. */
    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.orTimeout(ANSWER_SECONDS_MAX, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof FaultException fault) {
                throw fault;
            }
            throw e;
        }
    }
}
