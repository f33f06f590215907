package dev.millrace.client.jdbc;

/**
 * A row of an outbox table.
 *
 * @param primaryKey as the driver gave it
 * @param aggregateType what the topic is chosen by
 * @param aggregateId the key, or null
 * @param type or null
 */
record OutboxRow(Object primaryKey, String id, String aggregateType, String aggregateId, String type, byte[] payload) {
    /** The id only: payload does not belong in logs. */
    @Override
    public String toString() {
        return "outbox row " + id;
    }
}
