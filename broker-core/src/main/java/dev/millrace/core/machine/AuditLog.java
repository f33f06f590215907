package dev.millrace.core.machine;

import dev.millrace.core.command.Audited;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNames;
import dev.millrace.core.wire.AuditNote;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Records administrative changes as events of the topic {@link AuditNames#TOPIC}, where there is one. The event is part of
 * the commit that makes the change: there is neither without the other, also across a crash. Thread: shard.
 */
final class AuditLog {
    private static final int EVENT_BYTES = 512;

    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final AuditView view;

    AuditLog(TopicCatalog catalog, PartitionLogs logs, AuditView view) {
        this.catalog = catalog;
        this.logs = logs;
        this.view = view;
    }

    /** The change's own answer; what was refused, or changed nothing, is not recorded. */
    Object apply(Audited audited, Supplier<Object> change, long nowMs, WriteSink sink) {
        Topic topic = catalog.find(AuditNames.TOPIC);
        if (topic == null) {
            return change.get();
        }
        if (!audited.notes().isEmpty()) {
            return applyNoted(topic, audited, change, nowMs, sink);
        }
        AuditView.Subject subject = view.subject(audited.change());
        Object before = view.before(audited.change());
        Object answer = change.get();
        if (!(answer instanceof Refusal) && !AuditView.isNothing(answer)) {
            Object after = view.after(audited.change(), answer);
            if (audited.change() instanceof DeleteBefore && after.equals(before)) {
                return answer; // those records were gone already
            }
            append(topic, new Event(subject, audited.actor(), before, after), nowMs, sink);
        }
        return answer;
    }

    private Object applyNoted(Topic topic, Audited audited, Supplier<Object> change, long nowMs, WriteSink sink) {
        Object answer = change.get();
        if (!(answer instanceof Refusal)) {
            for (AuditNote note : audited.notes()) {
                AuditView.Subject subject = new AuditView.Subject(note.action(), note.target());
                Event event = new Event(subject, audited.actor(), document(note.before()), document(note.after()));
                append(topic, event, nowMs, sink);
            }
        }
        return answer;
    }

    private static Object document(String json) {
        return json == null ? null : new AuditText.Document(json);
    }

    private record Event(AuditView.Subject subject, Actor actor, Object before, Object after) {
        String json() {
            Map<String, Object> who = new LinkedHashMap<>();
            who.put("protocol", actor.protocol());
            who.put("client", actor.client());
            who.put("address", actor.address());
            Map<String, Object> event = new LinkedHashMap<>();
            event.put("action", subject.action());
            event.put("target", subject.target());
            event.put("who", who);
            event.put("before", before);
            event.put("after", after);
            return AuditText.json(event);
        }

        List<RecordHeader> headers() {
            return List.of(
                    header(AuditNames.ACTION, subject.action()),
                    header(AuditNames.TARGET, subject.target()),
                    header(AuditNames.PROTOCOL, actor.protocol()),
                    header(AuditNames.CLIENT, actor.client()),
                    header(AuditNames.ADDRESS, actor.address()));
        }
    }

    private void append(Topic topic, Event event, long nowMs, WriteSink sink) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE, EVENT_BYTES);
        batch.append(nowMs, utf8(event.subject.target()), utf8(event.json()), event.headers());
        logs.append(logs.find(topic.partitionIds()[0]), batch.build(), nowMs, sink);
    }

    private static RecordHeader header(String name, String value) {
        return new RecordHeader(name, utf8(value));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
