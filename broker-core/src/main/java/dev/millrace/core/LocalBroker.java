package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.log.TimeSearch;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.LocalShardLog;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.shard.ShardThreads;
import dev.millrace.core.storage.Ballast;
import dev.millrace.core.storage.ClockAnchor;
import dev.millrace.core.storage.DataDirectory;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.storage.RecoveryWatch;
import dev.millrace.core.storage.RocksStore;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.stream.StreamReader;
import dev.millrace.core.time.BrokerClock;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.MalformedFrameException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A broker on one disk: opens the data directory, recovers, and runs one shard until it is closed. */
public final class LocalBroker implements Broker {
    private static final Logger LOG = System.getLogger(LocalBroker.class.getName());

    private static final int READS_WAITING_MAX = 65_536;
    private static final long READS_END_SECONDS_MAX = 10;

    private final BrokerOptions options;
    private final DataDirectory directory;
    private final Store store;
    private final ShardRuntime<BrokerStateMachine> runtime;
    private final LocalShardLog shardLog;
    private final ShardThreads threads;
    private final ExecutorService readers;
    private final DiskGuard diskGuard;
    private final Maintenance maintenance;
    private final LocalTopics topics;
    private final LocalLogs logs;
    private final LocalGroups groups;
    private final LocalTransactions transactions;
    private final LocalTimers timers;
    private final LocalDeadLetters deadLetters;
    private final LocalBackups backups;
    private final LocalInternals internals;
    private final StreamPurge purge;
    private final LocalStreams streams;
    private final LocalTraces traces;
    private final LocalStats stats;
    private final AtomicReference<BrokerStatus.Halted> halted = new AtomicReference<>();
    private volatile boolean draining;

    /** Loads what opening takes longest to load. Fails: RuntimeException where the storage library does not fit the machine. */
    public static void load() {
        RocksStore.load();
    }

    /**
     * Opens and recovers; on return the broker serves.
     *
     * <p>Fails: {@link StoreException} with a message for a person: in use, not writable, another format version, damaged.
     */
    public static LocalBroker open(BrokerOptions options) {
        return open(options, RecoveryWatch.NONE);
    }

    /** As {@link #open(BrokerOptions)}, and says how far it is. */
    public static LocalBroker open(BrokerOptions options, RecoveryWatch watch) {
        RecoveryLog log = new RecoveryLog(watch, options.world().time());
        DataDirectory directory = DataDirectory.open(options.dataDirectory());
        Store store = null;
        try {
            makeRoom(options, directory);
            store = RocksStore.open(
                    directory.shardDirectory(0),
                    options.store(),
                    options.world().time(),
                    log);
            LocalBroker broker = new LocalBroker(options, directory, store);
            broker.start();
            log.done();
            return broker;
        } catch (RuntimeException | Error e) {
            if (store != null) {
                store.close();
            }
            directory.close();
            throw e;
        }
    }

    private static void makeRoom(BrokerOptions options, DataDirectory directory) {
        DiskGuard.makeRoomToOpen(spaceOf(options, directory), ballastOf(options, directory));
    }

    private static DiskSpace spaceOf(BrokerOptions options, DataDirectory directory) {
        DiskSpace replaced = options.world().diskSpace();
        return replaced == null ? DiskSpace.of(directory.path()) : replaced;
    }

    private static Ballast ballastOf(BrokerOptions options, DataDirectory directory) {
        return new Ballast(directory.path(), options.upkeep().ballastBytes());
    }

    private LocalBroker(BrokerOptions options, DataDirectory directory, Store store) {
        this.options = options;
        this.directory = directory;
        this.store = store;
        BrokerOptions.World world = options.world();
        PartitionLogs partitionLogs = new PartitionLogs(
                store,
                options.memory().tailCacheBytes(),
                new PartitionLogs.GenerationLimits(
                        options.store().generationBytes(), options.upkeep().generationAgeMsMax()));
        BrokerStateMachine machine =
                new BrokerStateMachine(store, partitionLogs, options.groups().limits());
        BrokerClock clock = new BrokerClock(world.time(), new ClockEvents());
        load(machine, store, clock.read().steadyMs());
        clock.resumeFrom(partitionLogs.lastAppendMs(), machine.lastDueMs());
        ClockAnchor anchor = new ClockAnchor(directory.path(), world.time().bootId());
        anchor.read().ifPresent(clock::resumeInSameBoot);
        machine.streams().cacheEvents(options.memory().eventCacheBytes());
        LogReader reader = new LogReader(store);
        this.readers = readers(options.memory().readerThreads());
        TopicTraffic traffic = new TopicTraffic(name -> machine.directory().find(name) != null);
        Observers observers = new Observers();
        this.shardLog = new LocalShardLog(store, machine, world.time(), new SyncEvents(observers));
        this.runtime = new ShardRuntime<>(machine, shardLog, options.shard(), observers::onCommit);
        this.threads = new ShardThreads(runtime, shardLog, clock, this::onBug);
        DiskSpace space = spaceOf(options, directory);
        this.diskGuard = new DiskGuard(
                space,
                options.upkeep().diskReserveBytes(),
                // Queued records go to the write-ahead log and to a flush, those in the log to a flush alone.
                () -> 2 * runtime.inboxBytes() + store.unflushedBytes(),
                ballastOf(options, directory),
                world.time());
        PartitionLookup lookup = new PartitionLookup(machine.directory(), partitionLogs);
        this.topics = new LocalTopics(runtime, lookup, options);
        this.logs = new LocalLogs(
                runtime,
                lookup,
                new LocalLogs.Readers(
                        reader, new TimeSearch(store, options.memory().decompressedBytesMax()), readers),
                new LocalLogs.Gate(diskGuard, options.memory(), traffic, observers, world.time()));
        this.internals = new LocalInternals(topics, logs);
        this.purge = new StreamPurge(runtime, lookup, store);
        StreamRules streamRules = new StreamRules(lookup, logs);
        this.streams = new LocalStreams(
                runtime,
                streamRules,
                logs,
                new LocalStreams.Behind(streamReads(lookup, reader), purge),
                options.memory());
        this.traces = new LocalTraces(
                lookup,
                machine.correlations(),
                new LocalTraces.Reads(reader, readers, options.memory().decompressedBytesMax()),
                new LocalRetries(runtime, lookup));
        LagMeter lag = new LagMeter(lookup, reader, world.time());
        this.groups = new LocalGroups(runtime, lookup, lag, options, readers);
        this.deadLetters =
                new LocalDeadLetters(runtime, lookup, topics, diskGuard, new DeadLetterCopies(logs, options.memory()));
        machine.onAssignmentPending(groups::onAssignmentPending);
        TimerRules timerRules = new TimerRules(logs);
        this.transactions =
                new LocalTransactions(runtime, logs, new LocalTransactions.Rules(timerRules, streamRules), options);
        this.timers = new LocalTimers(
                runtime, lookup, logs, timerRules, options.transactions().timersPendingMax());
        TimerMeter timerMeter = new TimerMeter(logs, observers, world.time());
        machine.onTimersFired(timerMeter::onFired);
        machine.fireTimersOnlyWhile(() -> !diskGuard.isRefusing());
        this.stats = new LocalStats(
                runtime,
                lookup,
                new LocalStats.Sources(store, reader, diskGuard, lag, traffic, timerMeter, transactions),
                observers);
        this.backups = new LocalBackups(store, directory.path(), space, options);
        this.maintenance = new Maintenance(
                runtime,
                store,
                diskGuard,
                new Maintenance.Chores(transactions::endOld, () -> anchor.keep(clock.believedAheadMs())),
                options);
    }

    private StreamReads streamReads(PartitionLookup lookup, LogReader reader) {
        int decompressedBytesMax = options.memory().decompressedBytesMax();
        return new StreamReads(
                runtime,
                lookup,
                new StreamReads.Sources(
                        new StreamReader(
                                store,
                                reader,
                                decompressedBytesMax,
                                runtime.machine().streams().eventCache()),
                        reader,
                        readers),
                options.world().time(),
                decompressedBytesMax);
    }

    private static void load(BrokerStateMachine machine, Store store, long steadyMs) {
        try {
            machine.load(store, steadyMs);
        } catch (IllegalStateException | MalformedFrameException e) {
            throw new StoreException(
                    StoreException.Kind.DAMAGED,
                    "the data directory holds a row that this version cannot read: " + e.getMessage()
                            + ". Start the version that wrote it, or restore a backup.",
                    e);
        }
    }

    private void start() {
        diskGuard.look();
        threads.start();
        maintenance.start();
        purge.start();
    }

    private static final class ClockEvents implements BrokerClock.Listener {
        @Override
        public void onUnconfirmed(long aheadMs) {
            LOG.log(
                    Level.INFO,
                    "clock_unconfirmed aheadMs={0} nothingExpiresByItForMs={1}",
                    Long.toString(aheadMs),
                    Long.toString(BrokerClock.BELIEF_MS));
        }

        @Override
        public void onFollowed(long movedMs) {
            LOG.log(Level.INFO, "clock_followed movedMs={0}", Long.toString(movedMs));
        }
    }

    private final class SyncEvents implements LocalShardLog.SyncListener {
        private final Observers observers;

        SyncEvents(Observers observers) {
            this.observers = observers;
        }

        @Override
        public void onSync(long nanos) {
            observers.onSync(nanos);
        }

        @Override
        public void onFailure(StoreException failure) {
            halt(new BrokerStatus.Halted(Fault.STORAGE_FAILED, failure.getMessage()));
        }
    }

    private void onBug(Thread thread, Throwable bug) {
        LOG.log(Level.ERROR, "thread died thread=" + thread.getName(), bug);
        halt(new BrokerStatus.Halted(Fault.INTERNAL, "thread " + thread.getName() + " died: " + bug));
    }

    private void halt(BrokerStatus.Halted reason) {
        boolean first = halted.compareAndSet(null, reason);
        runtime.stopAccepting();
        if (first) {
            LOG.log(Level.ERROR, "broker halted fault={0} detail={1}", reason.fault(), reason.detail());
            options.world().onHalt().accept(reason);
        }
    }

    private static ExecutorService readers(int threadCount) {
        return new ThreadPoolExecutor(
                threadCount,
                threadCount,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(READS_WAITING_MAX),
                new ReaderThreads(),
                LocalBroker::refuseRead);
    }

    private static void refuseRead(Runnable read, ThreadPoolExecutor readers) {
        throw readers.isShutdown()
                ? new FaultException(Fault.SHUTTING_DOWN, "the broker is stopping")
                : new FaultException(Fault.OVERLOADED, READS_WAITING_MAX + " reads wait for the disk already");
    }

    private static final class ReaderThreads implements java.util.concurrent.ThreadFactory {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        public Thread newThread(Runnable task) {
            Thread thread = new Thread(task, "millrace-reader-" + count.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        }
    }

    @Override
    public UUID clusterId() {
        return directory.clusterId();
    }

    @Override
    public Broker as(Actor actor) {
        return new ActingBroker(
                this,
                new ActingBroker.Changes(
                        topics.as(actor), logs.as(actor), groups.as(actor), streams.as(actor), deadLetters.as(actor)));
    }

    @Override
    public TopicOperations topics() {
        return topics;
    }

    @Override
    public LogOperations logs() {
        return logs;
    }

    @Override
    public GroupOperations groups() {
        return groups;
    }

    @Override
    public TransactionOperations transactions() {
        return transactions;
    }

    @Override
    public TimerOperations timers() {
        return timers;
    }

    @Override
    public StreamOperations streams() {
        return streams;
    }

    @Override
    public TraceOperations traces() {
        return traces;
    }

    @Override
    public DeadLetterOperations deadLetters() {
        return deadLetters;
    }

    @Override
    public BackupOperations backups() {
        return backups;
    }

    @Override
    public InternalOperations internals() {
        return internals;
    }

    @Override
    public BrokerStatus status() {
        BrokerStatus.Halted reason = halted.get();
        if (reason != null) {
            return reason;
        }
        return draining ? new BrokerStatus.Draining() : diskGuard.status();
    }

    @Override
    public BrokerStats stats() {
        return stats;
    }

    @Override
    public synchronized void close() {
        if (draining) {
            return;
        }
        draining = true;
        maintenance.close();
        purge.close();
        backups.close();
        runtime.stopAccepting();
        store.stopWaiting();
        threads.close();
        shardLog.close();
        endReads();
        store.close();
        directory.close();
    }

    /** Before the store closes, so that no read mistakes a closed store for damaged data. */
    private void endReads() {
        readers.shutdown();
        try {
            readers.awaitTermination(READS_END_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
