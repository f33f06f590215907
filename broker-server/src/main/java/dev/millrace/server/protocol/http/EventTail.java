package dev.millrace.server.protocol.http;

import dev.millrace.core.LogOperations;
import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A topic's records as server-sent events, as they become durable. Reads one slice of one partition at a time, and none
 * while the client has not taken the last: a slow client costs one slice. The id of an event is where to go on after it,
 * for each partition in order, such as {@code 17,4,0}.
 *
 * <p>Thread: the connection's event loop; records become text on the encoder's threads.
 */
final class EventTail implements BodyStream {
    private static final int SLICE_BYTES = 64 << 10;
    /** A slice that unpacks to more is sent in several pieces, read anew for each. */
    private static final int TEXT_CHARS_MAX = 256 << 10;

    private final Source source;
    private final List<Place> places;
    private final Queue<Place> ready = new ArrayDeque<>();
    private final Runnable onEnd;
    private Out out;
    private boolean reading;
    private boolean ended;

    /** Where records come from and how they are written. */
    record Source(
            LogOperations logs, TracedDeliveries deliveries, String topic, RecordJson.Form form, Executor encoder) {}

    /** How far a partition was sent. */
    static final class Place {
        private final int index;
        private final TopicPartition partition;
        private long next;
        private Runnable cancelWait = () -> {};

        Place(int index, TopicPartition partition, long next) {
            this.index = index;
            this.partition = partition;
            this.next = next;
        }
    }

    /** @param afterwards to be run when it was sent */
    private record Text(String text, long next, Runnable afterwards) {}

    /** @param onEnd called once, however the tail ends */
    EventTail(Source source, List<Place> places, Runnable onEnd) {
        this.source = source;
        this.places = places;
        this.onEnd = onEnd;
    }

    @Override
    public void start(Out to) {
        out = to;
        ready.addAll(places);
        // Without an id from the start a tail that breaks off before its first event would begin anew at the end.
        out.write(utf8("retry: 1000\nid: " + id(positions()) + "\n\n"));
        pump();
    }

    @Override
    public void onWritable() {
        pump();
    }

    @Override
    public void keepAlive() {
        out.write(utf8(": keep-alive\n\n"));
    }

    @Override
    public void stop() {
        end("end", "{\"reason\":\"the broker is stopping\"}");
    }

    @Override
    public void onClosed() {
        if (!ended) {
            ended = true;
            places.forEach(place -> place.cancelWait.run());
            onEnd.run();
        }
    }

    private void end(String event, String data) {
        if (!ended) {
            onClosed();
            out.end(utf8("event: " + event + "\ndata: " + data + "\n\n"));
        }
    }

    private void pump() {
        if (ended || reading || !out.isWritable() || ready.isEmpty()) {
            return;
        }
        reading = true;
        Place place = ready.poll();
        long[] positions = positions();
        try {
            source.logs.read(place.partition, place.next, SLICE_BYTES).whenComplete((slice, failure) -> {
                if (failure != null) {
                    out.execute(() -> fail(failure));
                } else {
                    encode(place, positions, slice);
                }
            });
        } catch (RuntimeException refused) {
            fail(refused);
        }
    }

    private long[] positions() {
        return places.stream().mapToLong(each -> each.next).toArray();
    }

    private static String id(long[] positions) {
        return IntStream.range(0, positions.length)
                .mapToObj(i -> Long.toString(positions[i]))
                .collect(Collectors.joining(","));
    }

    /** Thread: any. */
    private void encode(Place place, long[] positions, LogSlice slice) {
        try {
            source.encoder.execute(() -> {
                try {
                    Text text = text(place, positions, slice);
                    out.execute(() -> onRead(place, text));
                } catch (RuntimeException | Error damaged) {
                    out.execute(() -> fail(damaged));
                } finally {
                    slice.release();
                }
            });
        } catch (RejectedExecutionException stopping) {
            slice.release();
            out.execute(this::stop);
        }
    }

    /** Thread: an encoder's. */
    private Text text(Place place, long[] positions, LogSlice slice) {
        long from = positions[place.index];
        StringBuilder text = new StringBuilder();
        long next = write(text, place, positions, slice);
        return new Text(
                text.toString(),
                next,
                source.deliveries.begin(place.partition, from, next, slice.batches(), HttpAnswer.NOTHING));
    }

    /** Gives where to go on. */
    private long write(StringBuilder text, Place place, long[] positions, LogSlice slice) {
        long from = positions[place.index];
        for (RecordBatch batch : RecordBatch.in(slice.batches())) {
            for (Record record : batch.records(RecordJson.DECOMPRESSED_BYTES_MAX)) {
                if (record.offset() >= from) {
                    if (text.length() >= TEXT_CHARS_MAX) {
                        return positions[place.index];
                    }
                    positions[place.index] = record.offset() + 1;
                    append(text, positions, place, record);
                }
            }
        }
        return slice.nextOffset();
    }

    private void append(StringBuilder text, long[] positions, Place place, Record record) {
        text.append("id: ")
                .append(id(positions))
                .append("\ndata: ")
                .append(RecordJson.of(record, source.form)
                        .put("topic", source.topic)
                        .put("partition", place.partition.partition()))
                .append("\n\n");
    }

    private void onRead(Place place, Text read) {
        reading = false;
        if (ended) {
            return;
        }
        boolean atEnd = read.next == place.next;
        place.next = read.next;
        if (!read.text.isEmpty()) {
            out.write(utf8(read.text), read.afterwards);
        }
        if (atEnd) {
            place.cancelWait = source.logs.onAppend(place.partition, place.next, () -> out.execute(() -> wake(place)));
        } else {
            ready.add(place);
        }
        pump();
    }

    private void wake(Place place) {
        place.cancelWait = () -> {};
        ready.add(place);
        pump();
    }

    private void fail(Throwable failure) {
        reading = false;
        HttpProblem problem = HttpProblem.of(failure);
        if (problem == null) {
            problem = new HttpProblem(500, "internal", "the records cannot be read");
        }
        end("problem", problem.document().toString());
    }

    private static ByteBuf utf8(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    }
}
