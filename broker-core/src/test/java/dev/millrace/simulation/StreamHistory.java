package dev.millrace.simulation;

import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.stream.StreamReader;
import dev.millrace.core.topic.Topic;
import dev.millrace.history.Property;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** What was sent to streams and what came of it; at the end, whether log and index tell the same. */
final class StreamHistory {
    private static final int DECOMPRESSED_BYTES_MAX = 1 << 20;

    private final World world;
    private final Map<String, Set<String>> sent = new HashMap<>();
    private final Map<String, TreeMap<Long, String>> acknowledged = new TreeMap<>();
    private final Set<String> refused = new HashSet<>();

    record Sent(UUID id, String value) {}

    StreamHistory(World world) {
        this.world = world;
    }

    void sent(String key, List<Sent> events) {
        events.forEach(
                event -> sent.computeIfAbsent(key, any -> new HashSet<>()).add(event.value()));
    }

    void refused(String key, List<Sent> events) {
        events.forEach(event -> refused.add(key + " " + event.value()));
    }

    void acknowledged(String key, List<Sent> events, long expected, AppendOutcome.Written written) {
        if (expected >= -1 && written.versions()[0] != expected + 1) {
            world.history.report(
                    Property.DENSE_VERSIONS,
                    "an append to " + key + " that expected " + expected + " got " + written.versions()[0]);
        }
        for (int i = 0; i < events.size(); i++) {
            String value = events.get(i).value();
            String before =
                    acknowledged.computeIfAbsent(key, any -> new TreeMap<>()).put(written.versions()[i], value);
            if (before != null && !before.equals(value)) {
                world.history.report(
                        Property.DENSE_VERSIONS,
                        "version " + written.versions()[i] + " of " + key + " was given to " + before + " and "
                                + value);
            }
        }
    }

    /** Reads everything, after the last fault. */
    void check() {
        Topic topic = world.server.topic(StreamWriter.TOPIC);
        if (topic == null) {
            return;
        }
        Shard shard = world.server.shard();
        PartitionLog log = shard.machine.logs().find(topic.partitionIds()[0]);
        Map<String, List<String>> inLog = readLog(shard.reader, log);
        StreamReader reader = new StreamReader(
                shard.store,
                shard.reader,
                DECOMPRESSED_BYTES_MAX,
                shard.machine.streams().eventCache());
        Set<String> keys = new HashSet<>(inLog.keySet());
        keys.addAll(acknowledged.keySet());
        for (String key : keys) {
            List<String> found = inLog.getOrDefault(key, List.of());
            checkValues(key, found);
            checkIndex(key, found, reader, log);
        }
    }

    /** The values of each stream in the order of the log, whose versions must be dense. */
    private Map<String, List<String>> readLog(LogReader reader, PartitionLog log) {
        Map<String, List<String>> values = new TreeMap<>();
        for (long next = log.logStartOffset(); next < log.durableEndOffset(); ) {
            LogRead read = reader.readStored(log, next, 64 << 10);
            if (!(read instanceof LogRead.Batches batches)) {
                world.history.report(Property.NO_LOST_WRITE, "the log of streams cannot be read at " + next);
                break;
            }
            for (RecordBatch batch : RecordBatch.in(batches.batches())) {
                if (!batch.checksumValid()) {
                    world.history.report(Property.NO_PHANTOM, "the batch at " + batch.baseOffset() + " is damaged");
                }
                batch.records(DECOMPRESSED_BYTES_MAX).forEach(record -> note(record, values));
            }
            next = batches.nextOffset();
            batches.releaser().run();
        }
        return values;
    }

    private void note(Record record, Map<String, List<String>> values) {
        String key = text(record.key());
        List<String> before = values.computeIfAbsent(key, any -> new ArrayList<>());
        long version = EventHeaders.versionOf(record.headers());
        if (version != before.size()) {
            world.history.report(
                    Property.DENSE_VERSIONS,
                    "offset " + record.offset() + " holds version " + version + " of " + key + " after " + before.size()
                            + " events");
        }
        before.add(text(record.value()));
    }

    private void checkValues(String key, List<String> found) {
        Set<String> once = new HashSet<>();
        for (String value : found) {
            if (!sent.getOrDefault(key, Set.of()).contains(value)) {
                world.history.report(Property.NO_PHANTOM, key + " holds " + value + ", which nobody sent");
            }
            if (!once.add(value)) {
                world.history.report(Property.NO_DUPLICATE, key + " holds " + value + " twice");
            }
            if (refused.contains(key + " " + value)) {
                world.history.report(Property.NO_FAILED_READ, key + " holds " + value + ", which was refused");
            }
        }
        acknowledged.getOrDefault(key, new TreeMap<>()).forEach((version, value) -> {
            boolean there =
                    version < found.size() && found.get((int) (long) version).equals(value);
            if (!there) {
                world.history.report(
                        Property.NO_LOST_WRITE, "version " + version + " of " + key + " was acknowledged as " + value);
            }
        });
    }

    private void checkIndex(String key, List<String> found, StreamReader reader, PartitionLog log) {
        StreamReader.Span all = new StreamReader.Span(0, false, 1_000_000, 64 << 20, StreamReader.AsOf.NOW);
        Object read = reader.read(log, key.getBytes(StandardCharsets.UTF_8), all, 0);
        List<String> indexed = read instanceof StreamReader.Slice slice
                ? slice.events().stream().map(event -> text(event.value())).toList()
                : List.of();
        if (!indexed.equals(found)) {
            world.history.report(
                    Property.DENSE_VERSIONS,
                    "the index of " + key + " tells " + indexed.size() + " events, the log " + found.size()
                            + (read instanceof Refusal refusal ? ": " + refusal.detail() : ""));
        }
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
