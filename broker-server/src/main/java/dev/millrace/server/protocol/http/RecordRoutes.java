package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.LogOperations;
import dev.millrace.core.LogOperations.Bounds;
import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.server.protocol.http.RecordJson.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Reading records: a page from an offset or a time on, and a live tail. */
final class RecordRoutes {
    static final int LIMIT_DEFAULT = 100;
    static final int LIMIT_MAX = 1_000;
    static final String EVENT_STREAM = "text/event-stream";

    private static final int SLICE_BYTES = 256 << 10;
    /** A page ends with the record that reaches it. */
    private static final int PAGE_BYTES = 1 << 20;

    private static final int TAILS_MAX = 128;
    private static final int TAIL_PARTITIONS_MAX = 64;

    private final LogOperations logs;
    private final TracedDeliveries deliveries;
    private final TopicNames names;
    private final Executor encoder;
    private final AtomicInteger tails = new AtomicInteger();

    /** Where records come from, and who makes spans of that they go to clients. */
    record Source(LogOperations logs, TracedDeliveries deliveries) {}

    RecordRoutes(Source source, TopicNames names, Executor encoder) {
        this.logs = source.logs;
        this.deliveries = source.deliveries;
        this.names = names;
        this.encoder = encoder;
    }

    HttpAnswer read(HttpCall call) {
        Topic topic = names.topic(call);
        TopicPartition partition = names.partition(call);
        Form form = Form.of(call, TopicNames.keepsStreams(topic));
        long from = Positions.offset(logs, partition, start(call));
        ObjectNode body = JsonNodeFactory.instance
                .objectNode()
                .put("topic", topic.name())
                .put("partition", partition.partition());
        Page page = new Page(from, limit(call), body.putArray("records"));
        Runnable afterwards = HttpAnswer.NOTHING;
        while (!page.isFull()) {
            LogSlice slice = Waiting.join(logs.read(partition, page.next, SLICE_BYTES));
            try {
                body.put("endOffset", slice.endOffset());
                if (slice.nextOffset() == page.next) {
                    break;
                }
                long before = page.next;
                page.add(slice, form);
                afterwards = deliveries.begin(partition, before, page.next, slice.batches(), afterwards);
            } finally {
                slice.release();
            }
        }
        return HttpAnswer.ok(body.put("nextOffset", page.next)).afterwards(afterwards);
    }

    private static StartPosition start(HttpCall call) {
        Optional<String> offset = call.query("offset");
        Optional<String> time = call.query("time");
        if (offset.isPresent() && time.isPresent()) {
            throw HttpProblem.badRequest("offset and time exclude each other");
        }
        return time.map(text -> StartPosition.time(Positions.timeMs(text, "time")))
                .or(() -> offset.map(text -> Positions.parse(text, "offset")))
                .orElse(StartPosition.EARLIEST);
    }

    static int limit(HttpCall call) {
        int limit = call.number("limit", LIMIT_DEFAULT);
        if (limit < 1 || limit > LIMIT_MAX) {
            throw HttpProblem.badRequest("limit=" + limit + " must be from 1 to " + LIMIT_MAX);
        }
        return limit;
    }

    /** What is read so far. */
    private static final class Page {
        private final int countMax;
        private final ArrayNode records;
        private long next;
        private long bytes;

        Page(long next, int countMax, ArrayNode records) {
            this.next = next;
            this.countMax = countMax;
            this.records = records;
        }

        boolean isFull() {
            return records.size() >= countMax || bytes >= PAGE_BYTES;
        }

        void add(LogSlice slice, Form form) {
            long from = next;
            for (RecordBatch batch : RecordBatch.in(slice.batches())) {
                for (Record record : batch.records(RecordJson.DECOMPRESSED_BYTES_MAX)) {
                    if (record.offset() >= from) {
                        if (isFull()) {
                            return;
                        }
                        records.add(RecordJson.of(record, form));
                        bytes += RecordJson.bytes(record);
                        next = record.offset() + 1;
                    }
                }
            }
            next = slice.nextOffset();
        }
    }

    /** Fails: {@link HttpProblem} 503 where too many tails are open. */
    HttpAnswer tail(HttpCall call) {
        Topic topic = names.topic(call);
        Form form = Form.of(call, TopicNames.keepsStreams(topic));
        List<EventTail.Place> places = places(topic, call);
        if (tails.incrementAndGet() > TAILS_MAX) {
            tails.decrementAndGet();
            throw new HttpProblem(503, "too_many_tails", TAILS_MAX + " live tails are open; close one, or try later");
        }
        return HttpAnswer.streamed(
                EVENT_STREAM,
                new EventTail(
                        new EventTail.Source(logs, deliveries, topic.name(), form, encoder),
                        places,
                        tails::decrementAndGet));
    }

    private List<EventTail.Place> places(Topic topic, HttpCall call) {
        List<TopicPartition> partitions = call.query("partition")
                .map(number -> List.of(TopicNames.partition(topic, number)))
                .orElseGet(() -> TopicNames.partitions(topic));
        if (partitions.size() > TAIL_PARTITIONS_MAX) {
            throw HttpProblem.badRequest("topic \"" + topic.name() + "\" has " + partitions.size()
                    + " partitions; a tail of all has at most " + TAIL_PARTITIONS_MAX + ", so name one: ?partition=0");
        }
        StartPosition start =
                call.query("from").map(text -> Positions.parse(text, "from")).orElse(StartPosition.LATEST);
        if (start.kind() == StartPosition.Kind.OFFSET && partitions.size() > 1) {
            throw HttpProblem.badRequest("from=" + start.value() + " is an offset of one partition; name it as well");
        }
        List<Long> resumed = resumed(call, partitions.size());
        List<EventTail.Place> places = new ArrayList<>();
        for (int i = 0; i < partitions.size(); i++) {
            TopicPartition partition = partitions.get(i);
            // A partition that was added since the tail broke off has not been seen at all.
            long next = resumed.isEmpty()
                    ? Positions.offset(logs, partition, start)
                    : i < resumed.size()
                            ? resumed.get(i)
                            : logs.bounds(partition).logStartOffset();
            requireThere(partition, next);
            places.add(new EventTail.Place(i, partition, next));
        }
        return places;
    }

    /** A position that is gone ends the client's tries: it would come back with the same each second. */
    private void requireThere(TopicPartition partition, long next) {
        Bounds bounds = logs.bounds(partition);
        if (next < bounds.logStartOffset() || next > bounds.endOffset()) {
            throw new FaultException(
                    Fault.OFFSET_OUT_OF_RANGE,
                    "offset " + next + " of partition " + partition.partition()
                            + " is not there; it holds offsets from " + bounds.logStartOffset() + " to before "
                            + bounds.endOffset());
        }
    }

    /** Where a tail that broke off goes on: the id of the last event that the client saw. */
    private static List<Long> resumed(HttpCall call, int partitionCount) {
        String id = call.headers().getOrDefault("last-event-id", "");
        if (id.isEmpty()) {
            return List.of();
        }
        String[] offsets = id.split(",", -1);
        if (offsets.length > partitionCount) {
            throw HttpProblem.badRequest("Last-Event-ID " + HttpProblem.shown(id) + " is of another tail");
        }
        List<Long> resumed = new ArrayList<>();
        for (String offset : offsets) {
            resumed.add(Positions.number(offset, "Last-Event-ID"));
        }
        return resumed;
    }
}
