package dev.millrace.core;

import dev.millrace.core.group.GroupCoordinator;
import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.log.LogCheck;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.log.PartitionLogs.GenerationLimits;
import dev.millrace.core.machine.CatalogView;
import dev.millrace.core.producer.ProducerTable;
import dev.millrace.core.storage.Damage;
import dev.millrace.core.storage.DirectoryCheck;
import dev.millrace.core.storage.Findings;
import dev.millrace.core.storage.OfflineDirectory;
import dev.millrace.core.storage.Store;
import dev.millrace.core.timer.TimerTable;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.transaction.TransactionTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks a data directory that no broker runs on, or a backup: every checksum of every file, then every row and every
 * record. Names what is damaged and changes nothing. Thread: one; how far it is may be asked of the findings by any.
 */
public final class StorageCheck {
    private static final long TAIL_CACHE_BYTES = 1 << 20;

    private final Findings findings;

    /** What was looked at; what is wrong with it is in the findings. */
    public record Extent(Path directory, int files, long bytes, int partitions, long records) {}

    private record Place(String topic, int partition) {}

    public StorageCheck(Findings findings) {
        this.findings = findings;
    }

    /**
     * Fails: {@link dev.millrace.core.storage.StoreException} where there is nothing to check: a broker runs on the
     * directory, it is missing, or it is not Millrace's.
     */
    public Extent run(Path directory) {
        try (OfflineDirectory held = OfflineDirectory.open(directory);
                DirectoryCheck check = new DirectoryCheck(held, findings)) {
            DirectoryCheck.Extent files = check.checkFiles();
            Extent alone = new Extent(held.path(), files.count(), files.bytes(), 0, 0);
            return check.store() == null ? alone : checkRecords(alone, check.store());
        }
    }

    private Extent checkRecords(Extent files, Store store) {
        Map<Integer, Place> places = new HashMap<>();
        TopicCatalog catalog = new TopicCatalog();
        PartitionLogs logs = new PartitionLogs(store, TAIL_CACHE_BYTES, new GenerationLimits(Long.MAX_VALUE, 1));
        boolean placed = reads("topics", () -> catalog.load(store));
        for (Topic topic : catalog.all()) {
            for (int partition = 0; partition < topic.partitionCount(); partition++) {
                places.put(topic.partitionIds()[partition], new Place(topic.name(), partition));
            }
        }
        reads("producers", () -> new ProducerTable().load(store));
        reads("groups", () -> new GroupCoordinator(GroupLimits.DEFAULT, new CatalogView(catalog)).load(store, 0));
        reads("transactions", () -> new TransactionTable().load(store));
        reads("timers", () -> TimerTable.check(store));
        reads("segments", logs::load);
        LogCheck check = new LogCheck(store, findings::advance);
        List<PartitionLog> ordered = new ArrayList<>(logs.all());
        ordered.sort((a, b) -> Integer.compare(a.partitionId(), b.partitionId()));
        ordered.forEach(log -> findings.expectBytes(log.bytes()));
        for (PartitionLog log : ordered) {
            Place place = places.get(log.partitionId());
            if (place == null && placed) {
                findings.damaged(Damage.ofFile(
                        "shard-0", "log " + log.partitionId() + " has segments, but belongs to no topic"));
            }
            Place named = place == null ? new Place("log " + log.partitionId(), 0) : place;
            check.check(
                    log,
                    (from, to, problem) -> findings.damaged(
                            Damage.ofLog(new Damage.LogRange(named.topic, named.partition, from, to), problem)));
        }
        return new Extent(files.directory, files.files, files.bytes, ordered.size(), check.recordCount());
    }

    /** Whatever a row that cannot be decoded throws, the row is damaged: a broker would not start either. */
    private boolean reads(String what, Runnable load) {
        try {
            load.run();
            return true;
        } catch (RuntimeException e) {
            findings.damaged(Damage.ofFile("shard-0", "the rows of " + what + " cannot be read: " + e.getMessage()));
            return false;
        }
    }
}
