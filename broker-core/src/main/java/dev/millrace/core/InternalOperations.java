package dev.millrace.core;

import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNote;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What parts of the broker that live above the core keep in logs of their own. Others can read such topics, by {@link
 * LogOperations}, and neither publish to them nor delete them. Thread: any.
 */
public interface InternalOperations {
    /**
     * The one partition of an internal topic that keeps everything; makes the topic where it is missing.
     *
     * @param name begins with {@code $}, such as {@link dev.millrace.core.wire.SchemaNames#TOPIC}
     */
    CompletableFuture<TopicPartition> log(String name);

    /** As {@link LogOperations#append}. */
    CompletableFuture<LogOperations.Appended> append(TopicPartition partition, ByteBuffer batches);

    /** The same, recorded in the audit log in the same commit. */
    default CompletableFuture<LogOperations.Appended> append(
            TopicPartition partition, ByteBuffer batches, Actor actor, List<AuditNote> notes) {
        return append(partition, batches);
    }

    /** From now on decides about the records of topics with {@code schema.validation}, which were refused until now. */
    void checkSchemasWith(SchemaCheck check);
}
