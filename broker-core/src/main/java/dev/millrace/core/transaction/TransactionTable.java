package dev.millrace.core.transaction;

import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Who may commit transactions, and what each committed last, so that a commit sent twice is done once and one of an
 * earlier owner not at all. Publishers of timers are in it, too, under their producer id. Thread: shard.
 *
 * <p>Rows in TRANSACTION: {@code 'T' transactional id} or {@code 'P' producer id in hex} → version u8, producer id u64,
 * epoch u32, last sequence i64 (-1 for none, -2 for none since its owner renewed it), last used ms u64, and the {@link TransactionResult} of the last one. Results
 * stay on disk; the rest is in memory.
 */
public final class TransactionTable {
    private static final byte ROW_VERSION = 1;
    private static final int HEAD_BYTES = 1 + 8 + 4 + 8 + 8;
    private static final int IDS_MAX = 100_000;
    private static final int PUBLISHERS_MAX = 1_000_000;
    private static final byte[] AFTER_ALL = {(byte) 0xff};
    private static final long NONE = -1;
    /** No sequence yet, and the epoch before was the same owner's. */
    private static final long NONE_SINCE_RENEWAL = -2;

    private final int idsMax;
    private final TreeMap<String, Owner> owners = new TreeMap<>();
    /** Results of this batch, which the store cannot answer yet. */
    private final Map<String, byte[]> unwritten = new HashMap<>();

    private Store store;
    private int idCount;

    private record Owner(long producerId, int epoch, long lastSequence, long lastUsedMs) {
        byte[] encode(byte[] result) {
            return ByteBuffer.allocate(HEAD_BYTES + result.length)
                    .put(ROW_VERSION)
                    .putLong(producerId)
                    .putInt(epoch)
                    .putLong(lastSequence)
                    .putLong(lastUsedMs)
                    .put(result)
                    .array();
        }

        boolean isRenewalOf(int earlierEpoch) {
            return lastSequence == NONE_SINCE_RENEWAL && epoch == earlierEpoch + 1;
        }

        static Owner decode(byte[] row) {
            ByteBuffer in = ByteBuffer.wrap(row);
            byte version = in.get();
            if (version != ROW_VERSION) {
                throw new IllegalStateException(
                        "transaction row of version " + version + ", this version reads " + ROW_VERSION);
            }
            return new Owner(in.getLong(), in.getInt(), in.getLong(), in.getLong());
        }
    }

    /** Who commits: a transactional id, or a publisher of timers. */
    public record Name(String text) {
        public static Name ofTransactional(String id) {
            return new Name("T" + id);
        }

        public static Name ofPublisher(long producerId) {
            return new Name(String.format("P%016x", producerId));
        }

        private boolean transactional() {
            return text.startsWith("T");
        }

        private byte[] toBytes() {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** What to commit under. */
    public record Identity(long producerId, int epoch) {}

    /** The verdict over a transaction before it is carried out. */
    public sealed interface Verdict {
        record Go() implements Verdict {}

        record Repeated(TransactionResult first) implements Verdict {}

        record Refused(Refusal refusal) implements Verdict {}
    }

    private static final Verdict GO = new Verdict.Go();

    public TransactionTable() {
        this(IDS_MAX);
    }

    /** @param idsMax how many transactional ids there may be */
    TransactionTable(int idsMax) {
        this.idsMax = idsMax;
    }

    public void load(Store store) {
        this.store = store;
        store.scan(Table.TRANSACTION, new byte[0], AFTER_ALL, (key, value) -> {
            put(new Name(new String(key, StandardCharsets.UTF_8)), Owner.decode(value));
            return true;
        });
    }

    /** The commit of the batch before is in the store. */
    public void beginBatch() {
        unwritten.clear();
    }

    /**
     * Gives a transactional id to whoever asks: same producer id, next epoch; and once more the same epoch to an owner that
     * renews it again, because the answer was lost. An {@link Identity}, or a Refusal with LIMIT_REACHED or FENCED_PRODUCER.
     */
    public Object init(InitTransactions init, LongSupplier producerIds, long nowMs, WriteSink sink) {
        Name name = Name.ofTransactional(init.transactionalId());
        Owner before = owners.get(name.text);
        boolean renews = init.knownEpoch() >= 0 && before != null;
        if (renews && before.isRenewalOf(init.knownEpoch())) {
            return new Identity(before.producerId, before.epoch);
        }
        if (renews && before.epoch > init.knownEpoch()) {
            return fencedBy(init.transactionalId(), before, init.knownEpoch());
        }
        // A later epoch than the last is of an id that was forgotten and begun anew: the last one was somebody else's.
        boolean own = renews && before.epoch == init.knownEpoch();
        if (before == null && idCount >= idsMax) {
            return Refusal.of(
                    Fault.LIMIT_REACHED,
                    "there are %d transactional ids; at most that many are kept, until producers.idRetention ends them",
                    idCount);
        }
        Owner owner = before == null
                ? new Owner(producerIds.getAsLong(), 0, NONE, nowMs)
                : new Owner(before.producerId, before.epoch + 1, own ? NONE_SINCE_RENEWAL : NONE, nowMs);
        write(name, owner, new byte[0], sink);
        return new Identity(owner.producerId, owner.epoch);
    }

    /** Whether a transaction is new, the last one again, or not allowed. */
    public Verdict check(String transactionalId, Identity identity, long sequence) {
        if (sequence < 0) {
            return negative(sequence);
        }
        Name name = Name.ofTransactional(transactionalId);
        Owner owner = owners.get(name.text);
        if (owner == null || owner.producerId != identity.producerId || identity.epoch > owner.epoch) {
            return refused(
                    Fault.UNKNOWN_PRODUCER,
                    "transactional id \"%s\" with producer id %d and epoch %d is not known; it was not used for long",
                    transactionalId,
                    identity.producerId,
                    identity.epoch);
        }
        if (identity.epoch < owner.epoch) {
            return new Verdict.Refused(fencedBy(transactionalId, owner, identity.epoch));
        }
        return checkSequence(name, owner, sequence);
    }

    private static Refusal fencedBy(String transactionalId, Owner owner, int epoch) {
        return Refusal.of(
                Fault.FENCED_PRODUCER,
                "another instance took over transactional id \"%s\": its epoch is %d, the request's %d",
                transactionalId,
                owner.epoch,
                epoch);
    }

    /** The same for a publisher of timers, which need not be known. */
    public Verdict checkPublisher(long producerId, long sequence) {
        if (sequence < 0) {
            return negative(sequence);
        }
        Name name = Name.ofPublisher(producerId);
        Owner owner = owners.get(name.text);
        return owner == null ? GO : checkSequence(name, owner, sequence);
    }

    private Verdict checkSequence(Name name, Owner owner, long sequence) {
        if (sequence == owner.lastSequence) {
            return new Verdict.Repeated(TransactionResult.decode(resultOf(name)));
        }
        return sequence > owner.lastSequence
                ? GO
                : refused(
                        Fault.OUT_OF_ORDER_SEQUENCE,
                        "sequence %d after %d: a later one was carried out already",
                        sequence,
                        owner.lastSequence);
    }

    /** Below 0 stands what a row has before its first sequence. */
    private static Verdict negative(long sequence) {
        return refused(Fault.INVALID_REQUEST, "sequence %d; the first is 0", sequence);
    }

    private byte[] resultOf(Name name) {
        byte[] fresh = unwritten.get(name.text);
        if (fresh != null) {
            return fresh;
        }
        byte[] row = store.get(Table.TRANSACTION, name.toBytes());
        return java.util.Arrays.copyOfRange(row, HEAD_BYTES, row.length);
    }

    private static Verdict refused(Fault fault, String format, Object... values) {
        return new Verdict.Refused(Refusal.of(fault, format, values));
    }

    /** Remembers what was carried out. */
    public void done(Name name, Identity identity, long sequence, TransactionResult result, WriteSink sink) {
        Owner owner = new Owner(identity.producerId, identity.epoch, sequence, result.appendTimeMs());
        write(name, owner, result.encode(), sink);
    }

    private void write(Name name, Owner owner, byte[] result, WriteSink sink) {
        put(name, owner);
        unwritten.put(name.text, result);
        sink.put(Table.TRANSACTION, name.toBytes(), owner.encode(result));
    }

    private void put(Name name, Owner owner) {
        if (owners.put(name.text, owner) == null && name.transactional()) {
            idCount++;
        }
    }

    /** Forgets who was silent since before {@code oldestMs}, and the longest silent where there are too many. */
    public void expire(long oldestMs, WriteSink sink) {
        expireSilent(oldestMs, sink);
        int statesMax = IDS_MAX + PUBLISHERS_MAX;
        if (owners.size() > statesMax) {
            long[] lastMs = owners.values().stream()
                    .mapToLong(Owner::lastUsedMs)
                    .sorted()
                    .toArray();
            expireSilent(lastMs[lastMs.length - statesMax], sink);
        }
    }

    private void expireSilent(long oldestMs, WriteSink sink) {
        for (Iterator<Map.Entry<String, Owner>> it = owners.entrySet().iterator(); it.hasNext(); ) {
            Map.Entry<String, Owner> entry = it.next();
            if (entry.getValue().lastUsedMs < oldestMs) {
                Name name = new Name(entry.getKey());
                sink.delete(Table.TRANSACTION, name.toBytes());
                idCount -= name.transactional() ? 1 : 0;
                it.remove();
            }
        }
    }

    /** Each owner with its epoch and last sequence, in order, for tests that compare states. */
    public Iterable<String> describe() {
        return owners.entrySet().stream()
                .map(entry -> "transactions of " + entry.getKey() + ": epoch " + entry.getValue().epoch + ", sequence "
                        + entry.getValue().lastSequence)
                .toList();
    }
}
