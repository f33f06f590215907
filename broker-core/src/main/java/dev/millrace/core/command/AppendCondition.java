package dev.millrace.core.command;

import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Fails an append because of events that are there already.
 *
 * @param failIfMatch of events after {@code afterOffset}; null for none
 * @param afterOffset the last offset that the caller's decision knew of; -1 for the whole log
 * @param failIfExists wherever they are; null for none
 */
public record AppendCondition(EventQuery failIfMatch, long afterOffset, EventQuery failIfExists) {
    static void writeTo(FieldWriter out, AppendCondition condition) {
        EventQuery.write(out, condition.failIfMatch);
        out.writeLong(condition.afterOffset);
        EventQuery.write(out, condition.failIfExists);
    }

    static AppendCondition read(FieldReader in) {
        return new AppendCondition(EventQuery.read(in), in.readLong(), EventQuery.read(in));
    }
}
