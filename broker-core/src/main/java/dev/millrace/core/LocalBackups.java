package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.storage.BackupFiles;
import dev.millrace.core.storage.BackupFiles.Label;
import dev.millrace.core.storage.BackupManifest;
import dev.millrace.core.storage.DiskSpace;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.SyncedFiles;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes backups in a directory of their own, one at a time. Thread: its own; the shard is never waited for.
 *
 * <pre>
 * NAME/            a backup
 * .NAME.partial/   one that is being made, or that a crash left: removed before the next one
 * </pre>
 */
final class LocalBackups implements BackupOperations, AutoCloseable {
    private static final Logger LOG = System.getLogger(LocalBackups.class.getName());
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");
    private static final String PARTIAL = ".partial";
    private static final DateTimeFormatter NAME_OF_TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Store store;
    private final Path data;
    private final DiskSpace space;
    private final BrokerOptions options;
    private volatile boolean stopping;
    private final AtomicReference<String> underWay = new AtomicReference<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread created = new Thread(task, "millrace-backup");
        created.setDaemon(true);
        return created;
    });

    LocalBackups(Store store, Path data, DiskSpace space, BrokerOptions options) {
        this.store = store;
        this.data = data;
        this.space = space;
        this.options = options;
    }

    @Override
    public CompletableFuture<Backup> create(String asked) {
        Instant now = Instant.ofEpochMilli(options.world().time().nowMs());
        String name = asked == null ? NAME_OF_TIME.format(now) : asked;
        if (!NAME.matcher(name).matches()) {
            return CompletableFuture.failedFuture(new FaultException(
                    Fault.INVALID_REQUEST,
                    "\"" + printable(name)
                            + "\" is no name for a backup: use 1 to 64 of a-z A-Z 0-9 . _ - and no leading" + " dot"));
        }
        if (!underWay.compareAndSet(null, name)) {
            return CompletableFuture.failedFuture(
                    new FaultException(Fault.OVERLOADED, "the backup " + underWay.get() + " is being made"));
        }
        CompletableFuture<Backup> made = run(() -> make(name, now));
        made.whenComplete((backup, error) -> underWay.set(null));
        return made;
    }

    private static String printable(String name) {
        String shown = name.replaceAll("[^ -~]", "?");
        return shown.length() <= 80 ? shown : shown.substring(0, 80) + "...";
    }

    @Override
    public CompletableFuture<List<Backup>> list() {
        return run(this::complete);
    }

    private <T> CompletableFuture<T> run(Supplier<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    done.complete(work.get());
                } catch (StoreException e) {
                    done.completeExceptionally(
                            stopping ? stopping() : new FaultException(faultOf(e), e.getMessage(), e));
                } catch (RuntimeException | Error e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException stopped) {
            done.completeExceptionally(stopping());
        }
        return done;
    }

    private static FaultException stopping() {
        return new FaultException(Fault.SHUTTING_DOWN, "the broker is stopping");
    }

    private static Fault faultOf(StoreException e) {
        return switch (e.kind()) {
            case DISK_FULL -> Fault.DISK_FULL;
            case NOT_WRITABLE -> Fault.INVALID_SETTING;
            case IN_USE, FORMAT_VERSION, LOST_TAIL, DAMAGED, IO -> Fault.DATA_DAMAGED;
        };
    }

    private Path directory() {
        BrokerOptions.Backups backups = options.upkeep().backups();
        return backups == null || backups.directory() == null
                ? data.resolveSibling(data.getFileName() + "-backups")
                : backups.directory().toAbsolutePath().normalize();
    }

    private String version() {
        return options.upkeep().backups() == null
                ? "dev"
                : options.upkeep().backups().version();
    }

    private Backup make(String name, Instant now) {
        Path directory = directory();
        long startNanos = System.nanoTime();
        Path target = directory.resolve(name);
        Path partial = directory.resolve("." + name + PARTIAL);
        createDirectory(directory);
        if (Files.exists(target)) {
            throw new FaultException(Fault.INVALID_REQUEST, "there is a backup " + name + " already");
        }
        removeLeftovers(directory);
        BackupManifest manifest;
        try {
            Label label = new Label(name, now.truncatedTo(ChronoUnit.SECONDS).toString(), version());
            manifest = BackupFiles.make(partial, store, data, label, copyBytesMax());
            SyncedFiles.rename(partial, target);
        } catch (RuntimeException | Error e) {
            removeLeftovers(directory);
            throw e;
        }
        LOG.log(
                Level.INFO,
                "backup.created name={0} files={1} bytes={2,number,#} sequence={3,number,#} ms={4,number,#}",
                name,
                manifest.files().size(),
                manifest.bytes(),
                manifest.sequence(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
        return describe(target, manifest);
    }

    private long copyBytesMax() {
        return space.usableBytes() - options.upkeep().diskReserveBytes();
    }

    private static void createDirectory(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new FaultException(
                    Fault.INVALID_SETTING,
                    "the backup directory " + directory + " cannot be created (" + e
                            + "). Give the broker's user write permission, or set storage.backupDirectory");
        }
    }

    /** Nobody else makes backups in here: the data directory's lock is ours. */
    private static void removeLeftovers(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (name.startsWith(".") && name.endsWith(PARTIAL)) {
                    SyncedFiles.deleteTree(entry);
                }
            }
        } catch (IOException e) {
            throw new StoreException(
                    StoreException.Kind.IO, "cannot remove unfinished backups in " + directory + ": " + e, e);
        }
    }

    private List<Backup> complete() {
        Path directory = directory();
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry ->
                            NAME.matcher(entry.getFileName().toString()).matches())
                    .filter(BackupManifest::isIn)
                    .sorted()
                    .map(LocalBackups::describe)
                    .toList();
        } catch (IOException e) {
            throw new StoreException(StoreException.Kind.IO, "cannot list " + directory + ": " + e, e);
        }
    }

    private static Backup describe(Path backup) {
        try {
            return describe(backup, BackupManifest.read(backup));
        } catch (StoreException damaged) {
            LOG.log(Level.WARNING, "backup.unreadable name={0} error={1}", backup.getFileName(), damaged.getMessage());
            return new Backup(backup.getFileName().toString(), backup.toString(), "damaged", "", -1, 0, 0);
        }
    }

    private static Backup describe(Path backup, BackupManifest manifest) {
        return new Backup(
                backup.getFileName().toString(),
                backup.toString(),
                manifest.label().createdAt(),
                manifest.label().version(),
                manifest.sequence(),
                manifest.files().size(),
                manifest.bytes());
    }

    /** Gives up a backup under way, and waits until it has let go of the store. */
    @Override
    public void close() {
        stopping = true;
        thread.shutdownNow();
        boolean interrupted = false;
        while (!thread.isTerminated()) {
            try {
                thread.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
