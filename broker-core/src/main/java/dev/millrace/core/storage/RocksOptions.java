package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ChecksumType;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.Env;
import org.rocksdb.IndexShorteningMode;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileManager;
import org.rocksdb.Statistics;
import org.rocksdb.StatsLevel;
import org.rocksdb.WALRecoveryMode;

/**
 * All settings of RocksDB, each with its reason, and the native objects that must outlive the database.
 *
 * <p>The log column family is laid out so that compaction only ever moves files: one generation a file, no compression,
 * two levels, one path, no filter, no time-driven rewrite. See docs/adr/2026-11-23-generation-keys.md.
 */
final class RocksOptions implements AutoCloseable {
    /** The family of the chunks. META lives in RocksDB's default family, the other tables in one of their own. */
    static final String LOG = "log";

    /** Of {@link RocksJournal}. */
    static final String JOURNAL = "journal";

    /** Their keys begin with the partition, and of a partition a row behind the last one is written. */
    private static final Set<Table> BY_PARTITION = EnumSet.of(Table.SEGMENT, Table.PRODUCER, Table.TIME_INDEX);

    private static final int PARTITION_KEY_BYTES = Integer.BYTES;

    private static final long MIB = 1 << 20;
    private static final int UNFLUSHED_GENERATIONS_MAX = 5;

    /** The small tables are flushed this often, or they would hold old write-ahead logs for ever. */
    static final int TABLE_FLUSH_GENERATIONS = 2;

    /**
     * Past this many generations of write-ahead log RocksDB flushes on its own, in the middle of a generation, which
     * costs a rewrite. Reached only if flushes lag by all they may and a table flush on top of it: 5 + 2, and slack.
     */
    private static final int WAL_GENERATIONS_MAX = 10;

    final Statistics statistics;
    final RocksEvents events;
    final Cache cache;
    final DBOptions db;
    private final SstFileManager files;
    private final BloomFilter bloom;
    private final ColumnFamilyOptions log;
    private final ColumnFamilyOptions table;
    private final ColumnFamilyOptions tableByPartition;
    private final ColumnFamilyOptions journal;

    RocksOptions(StoreOptions options) throws RocksDBException {
        RocksDB.loadLibrary();
        statistics = new Statistics();
        statistics.setStatsLevel(StatsLevel.EXCEPT_DETAILED_TIMERS);
        events = new RocksEvents(LOG);
        cache = new LRUCache(options.blockCacheBytes(), -1, false, 0.5);
        bloom = new BloomFilter(10);
        // Without a file manager RocksDB does not resume by itself after a full disk, and Java has no resume().
        files = new SstFileManager(Env.getDefault());
        db = dbOptions(options);
        log = logOptions(options);
        table = tableOptions(new ColumnFamilyOptions(), options);
        tableByPartition = tableOptions(hintedInserts(PARTITION_KEY_BYTES), options);
        journal = tableOptions(new ColumnFamilyOptions(), options).setWriteBufferSize(journalMemtableBytes(options));
    }

    /** Of the log: two generations, so that RocksDB never ends one by itself. */
    static long logMemtableBytes(StoreOptions options) {
        return 2 * options.generationBytes();
    }

    /** Never above the log's: a flush of a small table then reserves no more for its new write-ahead log. */
    static long tableMemtableBytes(StoreOptions options) {
        return Math.min(options.tableMemtableBytes(), logMemtableBytes(options));
    }

    /** Entries, deleted ones too, until a flush: those of the smallest records are a fifth larger than their chunks. */
    static long journalMemtableBytes(StoreOptions options) {
        return logMemtableBytes(options);
    }

    static long walBytesMax(StoreOptions options) {
        return WAL_GENERATIONS_MAX * options.generationBytes();
    }

    /** META first: RocksDB wants its default family, and the handles come back in this order: tables, journal, log. */
    List<ColumnFamilyDescriptor> families() {
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (Table each : Table.values()) {
            families.add(
                    new ColumnFamilyDescriptor(nameOf(each), BY_PARTITION.contains(each) ? tableByPartition : table));
        }
        families.add(new ColumnFamilyDescriptor(JOURNAL.getBytes(StandardCharsets.UTF_8), journal));
        families.add(new ColumnFamilyDescriptor(LOG.getBytes(StandardCharsets.UTF_8), log));
        return families;
    }

    private static byte[] nameOf(Table table) {
        return table == Table.META
                ? RocksDB.DEFAULT_COLUMN_FAMILY
                : table.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
    }

    private DBOptions dbOptions(StoreOptions options) {
        // Options without a Java setter come first. Detects a missing or shortened closed write-ahead log.
        Properties props = new Properties();
        props.setProperty("track_and_verify_wals_in_manifest", "true");
        DBOptions built = required(DBOptions.getDBOptionsFromProps(props), props);
        return built.setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                // A torn tail is normal after a crash; the beacon tells it from a lost one.
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                // Recycled logs lose data at recovery: facebook/rocksdb#12918.
                .setRecycleLogFileNum(0)
                .setMaxTotalWalSize(walBytesMax(options))
                // Where a sync found no room RocksDB resumes at once, and flushes what the log has lost: all families
                // together or none, so that no row speaks of a chunk that is gone.
                .setAtomicFlush(true)
                // One committer; this also lets the memtable use insert hints.
                .setAllowConcurrentMemtableWrite(false)
                .setMaxWriteBatchGroupSizeBytes(64 * MIB)
                // What writes fall to while four generations wait for their flush; RocksDB's 16 MiB/s is a cliff.
                .setDelayedWriteRate(128 * MIB)
                .setWalBytesPerSync(0)
                .setBytesPerSync(MIB)
                // Consumers at the tail read from memory; the copy of all in the page cache took a fifth of both cores.
                // See docs/adr/2026-11-29-flushes-pass-the-page-cache.md.
                .setUseDirectIoForFlushAndCompaction(options.directWrites())
                .setMaxBackgroundJobs(options.backgroundJobs())
                .setMaxOpenFiles(-1)
                // Asynchronous opening would let a store start although a file is missing.
                .setOpenFilesAsync(false)
                .setSkipStatsUpdateOnDbOpen(true)
                .setAvoidUnnecessaryBlockingIO(true)
                .setMaxManifestFileSize(64 * MIB)
                .setSstFileManager(files)
                .setListeners(List.of(events))
                .setStatistics(statistics)
                .setStatsDumpPeriodSec(600)
                .setMaxLogFileSize(16 * MIB)
                .setKeepLogFileNum(10);
    }

    private ColumnFamilyOptions logOptions(StoreOptions options) {
        return hintedInserts(LogKey.PREFIX_BYTES)
                .setWriteBufferSize(logMemtableBytes(options))
                .setMaxWriteBufferNumber(UNFLUSHED_GENERATIONS_MAX)
                .setMinWriteBufferNumberToMerge(1)
                .setCompactionStyle(CompactionStyle.LEVEL)
                .setNumLevels(2)
                .setLevelCompactionDynamicLevelBytes(false)
                // deleteFilesInRanges passes over level 0, so every file moves on at once.
                .setLevel0FileNumCompactionTrigger(1)
                .setLevel0SlowdownWritesTrigger(64)
                .setLevel0StopWritesTrigger(128)
                .setSoftPendingCompactionBytesLimit(0)
                .setHardPendingCompactionBytesLimit(0)
                // RocksDB's default of 30 days for these would rewrite month-old data.
                .setTtl(0)
                .setPeriodicCompactionSeconds(0)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setBottommostCompressionType(CompressionType.NO_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setBlockSize(32 * 1024)
                        .setFormatVersion(6)
                        .setChecksumType(ChecksumType.kXXH3)
                        .setIndexType(IndexType.kTwoLevelIndexSearch)
                        // A shortened separator lies past the last offset of its block: a read from the next offset on
                        // would fetch and sum that block once more before the right one.
                        .setIndexShortening(IndexShorteningMode.kNoShortening)
                        .setMetadataBlockSize(16 * 1024)
                        .setCacheIndexAndFilterBlocks(true)
                        .setCacheIndexAndFilterBlocksWithHighPriority(true)
                        .setPinTopLevelIndexAndFilter(true));
    }

    /** Where inserts with one prefix stand beside each other, a hint for each prefix makes them O(1). */
    private static ColumnFamilyOptions hintedInserts(int prefixBytes) {
        Properties props = new Properties();
        props.setProperty("memtable_insert_with_hint_prefix_extractor", "rocksdb.FixedPrefix." + prefixBytes);
        return required(ColumnFamilyOptions.getColumnFamilyOptionsFromProps(props), props);
    }

    private ColumnFamilyOptions tableOptions(ColumnFamilyOptions begun, StoreOptions options) {
        return begun.setWriteBufferSize(tableMemtableBytes(options))
                .setMaxWriteBufferNumber(4)
                .setCompactionStyle(CompactionStyle.LEVEL)
                .setLevelCompactionDynamicLevelBytes(true)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setBlockSize(16 * 1024)
                        .setFormatVersion(6)
                        .setChecksumType(ChecksumType.kXXH3)
                        .setFilterPolicy(bloom)
                        // In pieces: a large table's filter in one is more than a part of the cache holds, and was read
                        // anew for each look. See docs/adr/2026-11-28-filters-in-pieces.md.
                        .setIndexType(IndexType.kTwoLevelIndexSearch)
                        .setPartitionFilters(true)
                        .setMetadataBlockSize(16 * 1024)
                        .setPinTopLevelIndexAndFilter(true)
                        .setCacheIndexAndFilterBlocks(true)
                        .setCacheIndexAndFilterBlocksWithHighPriority(true)
                        .setPinL0FilterAndIndexBlocksInCache(true));
    }

    /** RocksDB answers null, silently, where a name is unknown: a setting that guards data must not go missing so. */
    private static <T> T required(T options, Properties props) {
        if (options == null) {
            throw new StoreException(Kind.IO, "RocksDB does not know one of the options " + props.keySet());
        }
        return options;
    }

    @Override
    public void close() {
        table.close();
        tableByPartition.close();
        journal.close();
        log.close();
        db.close();
        files.close();
        bloom.close();
        cache.close();
        events.close();
        statistics.close();
    }
}
