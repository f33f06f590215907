package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.LogOperations;
import dev.millrace.core.LogOperations.Appended;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.server.protocol.http.RecordJson.Draft;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Publishing, one record or several, as JSON or as CloudEvents. The records of one partition are appended together or not
 * at all. Durable: when answered.
 */
final class PublishRoutes {
    private static final int RECORDS_MAX = 10_000;
    private static final int BATCH_BYTES = 4 << 10;

    private final LogOperations logs;
    private final TopicNames names;

    PublishRoutes(LogOperations logs, TopicNames names) {
        this.logs = logs;
        this.names = names;
    }

    /** Where a record came to lie, or why it did not; the offset is -1 then. */
    private record Placed(int partition, long offset, long timestampMs, boolean duplicate, HttpProblem problem) {
        static Placed refused(int partition, Throwable failure) {
            HttpProblem problem = HttpProblem.of(failure);
            return new Placed(
                    partition,
                    -1,
                    -1,
                    false,
                    problem == null ? new HttpProblem(500, "internal", "the publish failed") : problem);
        }

        ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("partition", partition);
            if (problem != null) {
                return json.set("problem", problem.document());
            }
            return json.put("offset", offset).put("timestamp", timestampMs).put("duplicate", duplicate);
        }
    }

    CompletableFuture<HttpAnswer> publish(HttpCall call) {
        Topic topic = names.topic(call);
        boolean events = TopicNames.keepsStreams(topic);
        boolean several;
        List<Draft> drafts;
        if (CloudEvents.areIn(call)) {
            several = CloudEvents.areBatched(call);
            drafts = CloudEvents.drafts(call, events);
        } else {
            ObjectNode body = JsonBody.object(call);
            several = body.has("records");
            List<JsonNode> records = several ? JsonBody.items(body, "records") : List.of(body);
            drafts = records.stream()
                    .map(record -> RecordJson.draft(record, events))
                    .toList();
        }
        if (drafts.isEmpty() || drafts.size() > RECORDS_MAX) {
            throw HttpProblem.badRequest(drafts.size() + " records; publish 1 to " + RECORDS_MAX + " at a time");
        }
        CompletableFuture<List<Placed>> placed = publish(topic, drafts);
        // Not on the thread that completes it, for which all publishers wait.
        return placed.thenApplyAsync(all -> several ? answer(topic, all) : answer(topic, all.get(0)));
    }

    private static HttpAnswer answer(Topic topic, Placed placed) {
        if (placed.problem != null) {
            throw placed.problem;
        }
        return HttpAnswer.ok(
                JsonNodeFactory.instance.objectNode().put("topic", topic.name()).setAll(placed.json()));
    }

    /** Some of several can be refused, where they go to more than one partition: 207 then says which. */
    private static HttpAnswer answer(Topic topic, List<Placed> all) {
        long refused = all.stream().filter(placed -> placed.problem != null).count();
        if (refused == all.size()) {
            throw all.get(0).problem;
        }
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("topic", topic.name());
        ArrayNode records = body.putArray("records");
        all.forEach(placed -> records.add(placed.json()));
        return HttpAnswer.json(refused == 0 ? 200 : 207, body);
    }

    private CompletableFuture<List<Placed>> publish(Topic topic, List<Draft> drafts) {
        Map<TopicPartition, List<Integer>> numbers = new TreeMap<>((a, b) -> a.partition() - b.partition());
        for (int i = 0; i < drafts.size(); i++) {
            numbers.computeIfAbsent(partition(topic, drafts.get(i)), absent -> new ArrayList<>())
                    .add(i);
        }
        Placed[] all = new Placed[drafts.size()];
        List<CompletableFuture<?>> appends = new ArrayList<>();
        numbers.forEach((partition, indexes) -> {
            List<Draft> together = indexes.stream().map(drafts::get).toList();
            appends.add(append(partition, together).thenAccept(placed -> {
                for (int i = 0; i < placed.size(); i++) {
                    all[indexes.get(i)] = placed.get(i);
                }
            }));
        });
        return CompletableFuture.allOf(appends.toArray(CompletableFuture[]::new))
                .thenApply(done -> Arrays.asList(all));
    }

    private static TopicPartition partition(Topic topic, Draft draft) {
        if (draft.partition() != -1) {
            return TopicNames.partition(topic, Integer.toString(draft.partition()));
        }
        int partition = draft.key() == null
                ? ThreadLocalRandom.current().nextInt(topic.partitions())
                : Murmur2.partition(draft.key(), topic.partitions());
        return new TopicPartition(topic.topicId(), partition);
    }

    /** Never fails: what was refused says so. */
    private CompletableFuture<List<Placed>> append(TopicPartition partition, List<Draft> drafts) {
        return logs.append(partition, batch(drafts))
                .thenApply(appended -> placed(partition, appended, drafts.size()))
                .exceptionallyCompose(failure -> {
                    if (drafts.size() > 1 && isPartly(failure)) {
                        return oneByOne(partition, drafts);
                    }
                    Placed refused = Placed.refused(partition.partition(), failure);
                    return CompletableFuture.completedFuture(
                            drafts.stream().map(draft -> refused).toList());
                });
    }

    private static boolean isPartly(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof FaultException fault && fault.fault() == Fault.PARTLY_PUBLISHED;
    }

    /** Some ids of the batch were published before; each record by itself is appended, or known. */
    private CompletableFuture<List<Placed>> oneByOne(TopicPartition partition, List<Draft> drafts) {
        CompletableFuture<List<Placed>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (Draft draft : drafts) {
            all = all.thenCompose(placed -> append(partition, List.of(draft)).thenApply(next -> {
                placed.addAll(next);
                return placed;
            }));
        }
        return all;
    }

    private static List<Placed> placed(TopicPartition partition, Appended appended, int count) {
        List<Placed> placed = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            placed.add(new Placed(
                    partition.partition(),
                    appended.baseOffset() + i,
                    appended.appendTimeMs(),
                    appended.duplicate(),
                    null));
        }
        return placed;
    }

    /** Drafts as one batch. */
    static ByteBuffer batch(List<Draft> drafts) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, BATCH_BYTES);
        long nowMs = System.currentTimeMillis();
        for (Draft draft : drafts) {
            builder.append(
                    draft.timestampMs() == -1 ? nowMs : draft.timestampMs(),
                    draft.key(),
                    draft.value(),
                    draft.headers());
        }
        return builder.build();
    }
}
