package dev.millrace.client.jdbc;

import java.util.ArrayList;
import java.util.List;

/**
 * How an outbox table looks; the standard names are those that Debezium's outbox event router expects.
 *
 * @param id names the message, as text
 * @param topic chooses the topic
 * @param key of the message, as text
 * @param type goes into the header {@code type}
 * @param payload text or bytes
 * @param orderBy in this order rows are published; best a number that grows with each insert
 * @param publishedAt set to the time in milliseconds when a row was published; null: such rows are deleted
 */
public record OutboxTable(
        String table,
        String id,
        String topic,
        String key,
        String type,
        String payload,
        String orderBy,
        String publishedAt) {
    public OutboxTable {
        SqlNames.require("outbox table", table);
        List<String> columns = new ArrayList<>(List.of(id, topic, key, type, payload, orderBy));
        if (publishedAt != null) {
            columns.add(publishedAt);
        }
        columns.forEach(column -> SqlNames.require("outbox column", column));
    }

    /** The table {@code outbox} with id, aggregatetype, aggregateid, type and payload; rows are deleted. */
    public static OutboxTable standard() {
        return new OutboxTable("outbox", "id", "aggregatetype", "aggregateid", "type", "payload", "id", null);
    }

    public OutboxTable named(String name) {
        return new OutboxTable(name, id, topic, key, type, payload, orderBy, publishedAt);
    }

    /** Publishes in the order of this column. */
    public OutboxTable orderedBy(String column) {
        return new OutboxTable(table, id, topic, key, type, payload, column, publishedAt);
    }

    /** Keeps rows and notes when they were published. */
    public OutboxTable marking(String column) {
        return new OutboxTable(table, id, topic, key, type, payload, orderBy, column);
    }

    /** Other names for the columns that make the message. */
    public OutboxTable columns(String idName, String topicName, String keyName, String typeName, String payloadName) {
        String order = orderBy.equals(id) ? idName : orderBy;
        return new OutboxTable(table, idName, topicName, keyName, typeName, payloadName, order, publishedAt);
    }

    String select() {
        return "SELECT " + String.join(", ", id, topic, key, type, payload) + " FROM " + table
                + (publishedAt == null ? "" : " WHERE " + publishedAt + " IS NULL") + " ORDER BY " + orderBy;
    }

    /** Takes the time first where rows are marked, then the id. */
    String done() {
        return publishedAt == null
                ? "DELETE FROM " + table + " WHERE " + id + " = ?"
                : "UPDATE " + table + " SET " + publishedAt + " = ? WHERE " + id + " = ?";
    }
}
