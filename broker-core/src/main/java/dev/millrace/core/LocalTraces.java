package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.stream.RecordFetch;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.trace.CorrelationIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks ids up in the index, and at the records that it names, on the reader threads. Only durable records are told of. */
final class LocalTraces implements TraceOperations {
    /** Of one page: it must fit in a frame. */
    private static final int PAGE_BYTES_MAX = 512 << 10;

    /** As a message without an id is named. */
    private static final Pattern PLACE = Pattern.compile("(.+)/([0-9]{1,9})@([0-9]{1,18})");
    /** Where a search goes on after the record that the id names by its place. */
    private static final Place AFTER_NAMED = new Place("", 0, 1);

    private final PartitionLookup lookup;
    private final CorrelationIndex index;
    private final LogReader reader;
    private final Executor threads;
    private final int decompressedBytesMax;
    private final LocalRetries retries;

    /** Where records are read, and on which threads. */
    record Reads(LogReader reader, Executor threads, int decompressedBytesMax) {}

    LocalTraces(PartitionLookup lookup, CorrelationIndex index, Reads reads, LocalRetries retries) {
        this.lookup = lookup;
        this.index = index;
        this.reader = reads.reader;
        this.threads = reads.threads;
        this.decompressedBytesMax = reads.decompressedBytesMax;
        this.retries = retries;
    }

    @Override
    public CompletableFuture<Page> find(String id, Place from, int countMax) {
        CompletableFuture<Page> answer = new CompletableFuture<>();
        if (id.isEmpty() || id.length() > ID_CHARS_MAX || countMax < 1) {
            answer.completeExceptionally(new FaultException(
                    Fault.INVALID_REQUEST,
                    "an id of " + id.length() + " characters and a count of " + countMax + "; allowed are 1 to "
                            + ID_CHARS_MAX + " characters, and 1 or more"));
            return answer;
        }
        try {
            threads.execute(() -> {
                try {
                    answer.complete(new Search(id, Math.min(countMax, COUNT_MAX)).from(from));
                } catch (RuntimeException failed) {
                    answer.completeExceptionally(Answers.faultOfRead(failed));
                }
            });
        } catch (FaultException refused) {
            answer.completeExceptionally(refused);
        }
        return answer;
    }

    @Override
    public CompletableFuture<Retries> retries(List<Asked> records) {
        return retries.of(records);
    }

    /** One page. Thread: one. */
    private final class Search {
        private final String id;
        private final List<Found> found = new ArrayList<>();
        private int countLeft;
        private int bytesLeft = PAGE_BYTES_MAX;

        Search(String id, int countMax) {
            this.id = id;
            this.countLeft = countMax;
        }

        Page from(Place from) {
            if (from.equals(Place.FIRST)) {
                lookAtNamed();
                if (countLeft <= 0) {
                    return new Page(found, AFTER_NAMED);
                }
            }
            for (Topic topic : lookup.directory().all()) {
                int after = topic.name().compareTo(from.topic());
                if (after < 0 || !topic.settings().indexesCorrelation()) {
                    continue;
                }
                int first = after == 0 ? Math.max(0, from.partition()) : 0;
                for (int partition = first; partition < topic.partitionCount(); partition++) {
                    boolean resumed = after == 0 && partition == from.partition();
                    Place next = search(topic, partition, resumed ? from.offset() : 0);
                    if (next != null) {
                        return new Page(found, next);
                    }
                }
            }
            return new Page(found, null);
        }

        /** The index cannot know the place of a record as its id. */
        private void lookAtNamed() {
            Matcher place = PLACE.matcher(id);
            Topic topic = place.matches() ? lookup.directory().find(place.group(1)) : null;
            if (topic == null || !topic.settings().indexesCorrelation()) {
                return;
            }
            int partition = Integer.parseInt(place.group(2));
            long offset = Long.parseLong(place.group(3));
            PartitionLog log =
                    topic.hasPartition(partition) ? lookup.logs().find(topic.partitionIds()[partition]) : null;
            if (log == null || offset < log.logStartOffset() || offset >= log.durableEndOffset()) {
                return;
            }
            try (RecordFetch fetch = new RecordFetch(reader, log, decompressedBytesMax)) {
                Record record = fetch.at(offset);
                if (EventHeaders.textIdOf(record.headers()) == null) {
                    add(new Place(topic.name(), partition, offset), record);
                    countLeft--;
                }
            }
        }

        /** Where to go on, where the page is full. */
        private Place search(Topic topic, int partition, long from) {
            PartitionLog log = lookup.logs().find(topic.partitionIds()[partition]);
            if (log == null) {
                return null; // deleted meanwhile
            }
            long start = Math.max(from, log.logStartOffset());
            List<Long> offsets = index.find(log.partitionId(), id, start, log.durableEndOffset(), countLeft);
            try (RecordFetch fetch = new RecordFetch(reader, log, decompressedBytesMax)) {
                for (long offset : offsets) {
                    look(fetch, log, new Place(topic.name(), partition, offset));
                    countLeft--;
                    if (countLeft <= 0 || bytesLeft <= 0) {
                        return new Place(topic.name(), partition, offset + 1);
                    }
                }
            }
            return null;
        }

        private void look(RecordFetch fetch, PartitionLog log, Place place) {
            Record record;
            try {
                record = fetch.at(place.offset());
            } catch (FaultException failed) {
                if (place.offset() < log.logStartOffset()) {
                    return; // its retention ended meanwhile
                }
                throw failed;
            }
            if (CorrelationIndex.idsIn(record.headers()).contains(id)) {
                add(place, record);
            }
        }

        private void add(Place place, Record record) {
            int valueBytes = record.value() == null ? -1 : record.value().length;
            found.add(new Found(place, record.timestampMs(), record.key(), valueBytes, record.headers()));
            bytesLeft -= sizeOf(record);
        }
    }

    private static int sizeOf(Record record) {
        int bytes = 64 + (record.key() == null ? 0 : record.key().length);
        for (RecordHeader header : record.headers()) {
            bytes += 8 + 3 * header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return bytes;
    }
}
