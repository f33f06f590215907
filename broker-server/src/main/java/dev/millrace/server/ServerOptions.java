package dev.millrace.server;

import dev.millrace.core.BrokerOptions;
import dev.millrace.core.BrokerStatus;
import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.StoreOptions;
import dev.millrace.core.time.Units;
import dev.millrace.server.config.BindAddress;
import dev.millrace.server.config.Config;
import dev.millrace.server.config.ConfigText;
import dev.millrace.server.config.DataSize;
import dev.millrace.server.config.SecretHeaders;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.server.schema.Compatibility;
import dev.millrace.server.schema.SchemaLimits;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What the parts of a server are told, taken from the configuration. Units: in the names. */
record ServerOptions(
        Path dataDirectory,
        InetSocketAddress nativeBind,
        InetSocketAddress httpBind,
        ConnectionLimits limits,
        Http http,
        long drainTimeoutMs,
        Schemas schemas,
        Tracing tracing) {
    /**
     * @param requestsPerSecond of one client's address, 0 for no limit
     * @param configuration shown to those who ask
     */
    record Http(int bodyBytesMax, int requestsPerSecond, Map<String, String> configuration) {}

    /** @param compatibility of subjects that say nothing else */
    record Schemas(SchemaLimits limits, Compatibility compatibility) {
        static final Schemas DEFAULTS = new Schemas(SchemaLimits.DEFAULTS, Compatibility.BACKWARD);
    }

    /** @param endpoint of the collector; empty where the broker makes no spans */
    record Tracing(Optional<URI> endpoint, SecretHeaders headers, String serviceName) {
        static final Tracing OFF = new Tracing(Optional.empty(), SecretHeaders.NONE, "millrace");
    }

    /** What a PUBLISH frame takes beside its batches: envelope, topic id, partition. */
    private static final int PUBLISH_HEAD_BYTES = 8 + 16 + 4;

    private static final int SUBSCRIPTIONS_PER_CONNECTION = 10_000;
    private static final int HEAP_PER_EVENT_CACHE = 4;
    private static final int READER_THREADS = 2;
    private static final long BALLAST_BYTES_MAX = 64L << 20;
    private static final int BALLAST_FRACTION = 4;

    static ServerOptions of(Config config) {
        Config.Limits limits = config.limits();
        return new ServerOptions(
                config.node().dataDir(),
                address(config.listeners().nativeListener().bind()),
                address(config.listeners().http().bind()),
                new ConnectionLimits(
                        limits.connections(),
                        bytes(limits.frameSize()),
                        bytes(limits.messageSize()),
                        bytes(limits.inFlightPerConnection()),
                        limits.inFlightTotal().bytes(),
                        bytes(limits.helloBytes()),
                        millis(limits.helloTimeout()),
                        millis(limits.idleTimeout()),
                        SUBSCRIPTIONS_PER_CONNECTION),
                new Http(bytes(limits.httpRequestSize()), limits.httpRequestsPerSecond(), ConfigText.values(config)),
                config.shutdown().drainTimeout().toMillis(),
                schemas(config.schemas()),
                new Tracing(
                        config.tracing().otlp().endpoint(),
                        config.tracing().otlp().headers(),
                        config.tracing().otlp().serviceName()));
    }

    private static Schemas schemas(Config.Schemas schemas) {
        return new Schemas(
                new SchemaLimits(
                        bytes(schemas.sizeMax()),
                        schemas.subjectsMax(),
                        schemas.versionsMax(),
                        schemas.memory().bytes()),
                Compatibility.valueOf(schemas.compatibility().name()));
    }

    /** What core is told; {@code onHalt} is called once, on a thread of the broker, when storage has failed. */
    static BrokerOptions broker(Config config, Consumer<BrokerStatus.Halted> onHalt) {
        Config.Storage storage = config.storage();
        Config.Limits limits = config.limits();
        ShardRuntime.Limits shard = ShardRuntime.Limits.defaults();
        return BrokerOptions.defaults(config.node().dataDir())
                .withStore(store(storage))
                .withMemory(new BrokerOptions.Memory(
                        storage.tailCache().bytes(),
                        Math.min(
                                storage.eventCache().bytes(),
                                Runtime.getRuntime().maxMemory() / HEAP_PER_EVENT_CACHE),
                        bytes(limits.messageSize()),
                        bytes(limits.frameSize()) - PUBLISH_HEAD_BYTES,
                        READER_THREADS))
                .withUpkeep(new BrokerOptions.Upkeep(
                        storage.generationMaxAge().toMillis(),
                        storage.retentionCheckInterval().toMillis(),
                        storage.diskReserve().bytes(),
                        Math.min(BALLAST_BYTES_MAX, storage.diskReserve().bytes() / BALLAST_FRACTION),
                        config.producers().idRetention().toMillis(),
                        new BrokerOptions.Backups(storage.backupDirectory().orElse(null), Version.current())))
                .withTopics(new BrokerOptions.TopicDefaults(
                        config.topics().partitions(),
                        config.topics().partitionsMax(),
                        config.topics().retention().map(Duration::toMillis).orElse(Units.UNLIMITED),
                        config.topics().retentionBytes().map(DataSize::bytes).orElse(Units.UNLIMITED)))
                .withGroups(groups(config.groups()))
                .withTransactions(new BrokerOptions.Transactions(
                        config.transactions().timeout().toMillis(),
                        config.transactions().bytesMax().bytes(),
                        config.transactions().openMax(),
                        config.transactions().memory().bytes(),
                        config.timers().pendingMax()))
                .withShard(new ShardRuntime.Limits(
                        limits.inboxRequests(),
                        limits.inboxBytes().bytes(),
                        shard.batchCountMax(),
                        shard.batchBytesMax(),
                        shard.unsyncedBytesMax()))
                .withWorld(BrokerOptions.World.real(onHalt));
    }

    private static StoreOptions store(Config.Storage storage) {
        StoreOptions defaults = StoreOptions.defaults();
        return new StoreOptions(
                storage.generationSize().bytes(),
                storage.blockCache().bytes(),
                defaults.tableMemtableBytes(),
                defaults.journalBytes(),
                // One thread for flushes and one for the rest is the least with which flushes never wait.
                storage.backgroundJobs(),
                defaults.readaheadBytes(),
                storage.directWrites(),
                storage.acceptLoss());
    }

    private static BrokerOptions.GroupPolicy groups(Config.Groups groups) {
        GroupLimits defaults = GroupLimits.DEFAULT;
        GroupLimits limits = new GroupLimits(
                defaults.groupCountMax(),
                defaults.memberCountMax(),
                defaults.patternCountMax(),
                defaults.sessionTimeoutMsMin(),
                millis(groups.sessionTimeoutMax()),
                defaults.metadataCharsMax());
        return new BrokerOptions.GroupPolicy(
                limits,
                millis(groups.sessionTimeout()),
                groups.offsetRetention().toMillis());
    }

    private static InetSocketAddress address(BindAddress bind) {
        return new InetSocketAddress(bind.host(), bind.port());
    }

    private static int bytes(DataSize size) {
        return (int) Math.min(Integer.MAX_VALUE, size.bytes());
    }

    private static int millis(Duration duration) {
        return (int) Math.min(Integer.MAX_VALUE, duration.toMillis());
    }
}
