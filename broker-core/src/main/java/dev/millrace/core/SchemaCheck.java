package dev.millrace.core;

import dev.millrace.core.record.RecordCursor;

/** Decides whether a record fits a registered schema, for topics with {@code schema.validation}. Thread: any. */
@FunctionalInterface
public interface SchemaCheck {
    /**
     * Looks at the cursor's current record.
     *
     * @param full whether its value must also fit the schema that it names
     * @param budget what the checks of the record's request may still cost; a record for which it does not suffice is refused
     * @return null where it may be appended, else why not, with the values involved
     */
    String problem(String topic, boolean full, RecordCursor record, CheckBudget budget);
}
