package dev.millrace.server.schema.format;

import dev.millrace.core.CheckBudget;
import java.nio.ByteBuffer;

/** Decides whether bytes are a value of a schema. Thread: any. */
@FunctionalInterface
public interface ValueCheck {
    /**
     * @param value from position to limit; the position may move
     * @param messageIndexes which message of a Protobuf file, outermost first; empty for the first, and for other formats
     * @param budget what the check may cost, this value's share included
     * @return null where the value fits, else where and why not
     */
    String problem(ByteBuffer value, int[] messageIndexes, CheckBudget budget);

    /** As above, for a value by itself. */
    default String problem(ByteBuffer value, int[] messageIndexes) {
        CheckBudget budget = new CheckBudget();
        budget.addRecord(value.remaining());
        return problem(value, messageIndexes, budget);
    }
}
