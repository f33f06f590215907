package dev.millrace.core.transaction;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import dev.millrace.core.wire.OperationResult;
import java.util.List;

/**
 * What a transaction did.
 *
 * @param duplicate it had been done before; the rest is from that time
 * @param results one for each operation, in order
 */
public record TransactionResult(long appendTimeMs, boolean duplicate, List<OperationResult> results) {
    public TransactionResult {
        results = List.copyOf(results);
    }

    byte[] encode() {
        return new FieldWriter(16 + 20 * results.size())
                .writeLong(appendTimeMs)
                .writeList(results, OperationResult::writeTo)
                .toByteArray();
    }

    /** As the answer to a repetition. */
    static TransactionResult decode(byte[] bytes) {
        FieldReader in = new FieldReader(bytes);
        return new TransactionResult(in.readLong(), true, in.readList(OperationResult::read));
    }
}
