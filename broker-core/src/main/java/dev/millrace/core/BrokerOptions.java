package dev.millrace.core;

import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.storage.StoreOptions;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.time.Units;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Everything that a {@link LocalBroker} is told; it reads no configuration itself. Units: in the names. */
public record BrokerOptions(
        Path dataDirectory,
        StoreOptions store,
        Memory memory,
        Upkeep upkeep,
        TopicDefaults topics,
        GroupPolicy groups,
        Transactions transactions,
        ShardRuntime.Limits shard,
        World world) {

    /**
     * @param eventCacheBytes for events of streams that were read; 0 for none
     * @param messageBytesMax the largest record, before compression
     */
    public record Memory(
            long tailCacheBytes, long eventCacheBytes, int messageBytesMax, int batchBytesMax, int readerThreads) {
        /** What the batches of one append may inflate to. */
        int decompressedBytesMax() {
            return (int) Math.min(Integer.MAX_VALUE, 4L * batchBytesMax);
        }
    }

    /**
     * @param diskReserveBytes with less usable space publishes are refused
     * @param ballastBytes space held in a file, given up when something else has filled the disk
     * @param backups null for a directory beside the data
     */
    public record Upkeep(
            long generationAgeMsMax,
            long intervalMs,
            long diskReserveBytes,
            long ballastBytes,
            long producerRetentionMs,
            Backups backups) {
        /** Without a ballast, and with backups beside the data. */
        public Upkeep(long generationAgeMsMax, long intervalMs, long diskReserveBytes, long producerRetentionMs) {
            this(generationAgeMsMax, intervalMs, diskReserveBytes, 0, producerRetentionMs, null);
        }
    }

    /**
     * Where backups are made.
     *
     * @param directory null for one beside the data
     * @param version of the broker, which each backup names
     */
    public record Backups(Path directory, String version) {}

    /** @param partitionsMax over all topics */
    public record TopicDefaults(int partitions, int partitionsMax, long retentionMs, long retentionBytes) {}

    public record GroupPolicy(GroupLimits limits, int sessionTimeoutMs, long offsetRetentionMs) {}

    /**
     * Limits of transactions and timers.
     *
     * @param timeoutMs a transaction that is open for longer ends
     * @param bytesMax of one transaction
     * @param openMax transactions that are open at the same time
     * @param memoryBytes of all open transactions together
     * @param timersPendingMax timers whose time has not come
     */
    public record Transactions(long timeoutMs, long bytesMax, int openMax, long memoryBytes, long timersPendingMax) {}

    /**
     * What tests replace.
     *
     * @param diskSpace null for the file system of the data directory
     * @param onHalt told once when storage has failed; the process must end
     */
    public record World(
            TimeSource time, Supplier<UUID> ids, DiskSpace diskSpace, Consumer<BrokerStatus.Halted> onHalt) {
        public static World real(Consumer<BrokerStatus.Halted> onHalt) {
            return new World(TimeSource.SYSTEM, UUID::randomUUID, null, onHalt);
        }
    }

    /** Fit for tests and small brokers: see config/millrace.yaml for what the daemon uses. */
    public static BrokerOptions defaults(Path dataDirectory) {
        return new BrokerOptions(
                dataDirectory,
                StoreOptions.defaults(),
                new Memory(128L << 20, 64L << 20, 8 << 20, 16 << 20, 2),
                new Upkeep(900_000, 30_000, 1L << 30, 7 * 86_400_000L),
                new TopicDefaults(4, 100_000, 7 * 86_400_000L, Units.UNLIMITED),
                new GroupPolicy(GroupLimits.DEFAULT, 15_000, 30 * 86_400_000L),
                new Transactions(60_000, 16 << 20, 1_000, 256L << 20, 10_000_000),
                ShardRuntime.Limits.defaults(),
                World.real(halted -> {}));
    }

    public BrokerOptions withStore(StoreOptions other) {
        return new BrokerOptions(dataDirectory, other, memory, upkeep, topics, groups, transactions, shard, world);
    }

    public BrokerOptions withMemory(Memory other) {
        return new BrokerOptions(dataDirectory, store, other, upkeep, topics, groups, transactions, shard, world);
    }

    public BrokerOptions withUpkeep(Upkeep other) {
        return new BrokerOptions(dataDirectory, store, memory, other, topics, groups, transactions, shard, world);
    }

    public BrokerOptions withTopics(TopicDefaults other) {
        return new BrokerOptions(dataDirectory, store, memory, upkeep, other, groups, transactions, shard, world);
    }

    public BrokerOptions withGroups(GroupPolicy other) {
        return new BrokerOptions(dataDirectory, store, memory, upkeep, topics, other, transactions, shard, world);
    }

    public BrokerOptions withTransactions(Transactions other) {
        return new BrokerOptions(dataDirectory, store, memory, upkeep, topics, groups, other, shard, world);
    }

    public BrokerOptions withShard(ShardRuntime.Limits other) {
        return new BrokerOptions(dataDirectory, store, memory, upkeep, topics, groups, transactions, other, world);
    }

    public BrokerOptions withWorld(World other) {
        return new BrokerOptions(dataDirectory, store, memory, upkeep, topics, groups, transactions, shard, other);
    }
}
