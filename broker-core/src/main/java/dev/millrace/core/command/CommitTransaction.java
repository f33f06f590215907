package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import dev.millrace.core.wire.Operation;
import java.util.List;

/**
 * Does several things together, or none of them.
 *
 * @param sequence greater than that of every transaction of this epoch before; the last one's again changes nothing
 * @param operations the batches in them are writable: applying writes base offset and leader epoch into each
 * @param timersPendingMax limit over all timers, stamped so that applying reads no configuration
 */
public record CommitTransaction(
        String transactionalId,
        long producerId,
        int epoch,
        long sequence,
        List<Operation> operations,
        long timersPendingMax)
        implements Command {
    public static final byte TYPE = 61;

    public CommitTransaction {
        operations = List.copyOf(operations);
    }

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(transactionalId).writeLong(producerId).writeInt(epoch).writeLong(sequence);
        out.writeList(operations, Operation::writeTo).writeLong(timersPendingMax);
    }

    @Override
    public int sizeBytes() {
        int bytes = CommandFields.sizeBytes(transactionalId);
        for (Operation operation : operations) {
            bytes += operation.sizeBytes();
        }
        return bytes;
    }

    static CommitTransaction decode(byte version, FieldReader in) {
        CommandFields.requireVersion("CommitTransaction", version, (byte) 1);
        return new CommitTransaction(
                in.readText(),
                in.readLong(),
                in.readInt(),
                in.readLong(),
                in.readList(from -> CommandFields.ownBytes(Operation.read(from))),
                in.readLong());
    }
}
