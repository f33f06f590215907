package dev.millrace.core.storage;

import dev.millrace.core.storage.Beacon.Mark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Checks the files of a data directory one by one, and opens its store as a broker would, only for reading.
 *
 * <p>Changes nothing on disk. Thread: one.
 */
public final class DirectoryCheck implements AutoCloseable {
    /** Reads little at a time: a check must not need a broker's memory. */
    private static final StoreOptions OPTIONS = StoreOptions.defaults().withBlockCacheBytes(16 << 20);

    private final Path root;
    private final Path shard;
    private final Findings findings;
    private RocksReadOnlyStore store;

    public DirectoryCheck(OfflineDirectory directory, Findings findings) {
        this.root = directory.path();
        this.shard = root.resolve(DataDirectory.SHARD_PREFIX + 0);
        this.findings = findings;
    }

    /** How much there was to check. */
    public record Extent(int count, long bytes) {}

    /** Checks every file. Fails: {@link StoreException} IO where the directory cannot be listed. */
    public Extent checkFiles() {
        List<Path> files = files();
        if (files.contains(root.resolve(BackupManifest.FILE))) {
            BackupFiles.check(root, findings);
        }
        long bytes = files.stream().mapToLong(file -> file.toFile().length()).sum();
        findings.expectBytes(bytes);
        checkFormat();
        Mark mark = checkBeacon();
        if (Files.isDirectory(shard)) {
            StoreException refused = openStore();
            StoreFilesCheck check = new StoreFilesCheck(root, shard, findings, liveTables());
            files.stream().filter(file -> file.startsWith(shard)).forEach(check::check);
            check.checkAgainst(new StoreFilesCheck.Recovered(store, refused, mark));
        } else if (mark != null && mark.sequence() > 0) {
            findings.damaged(Damage.ofFile(name(shard), "is missing"));
        }
        return new Extent(files.size(), bytes);
    }

    private List<Path> files() {
        try (Stream<Path> found = Files.walk(root)) {
            return found.filter(Files::isRegularFile)
                    .filter(file -> file.startsWith(shard) || file.getParent().equals(root))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new StoreException(StoreException.Kind.IO, "cannot list " + root + ": " + e, e);
        }
    }

    private void checkFormat() {
        Path format = root.resolve(DataDirectory.FORMAT);
        try {
            DataDirectory.readFormat(root);
            findings.advance(format.toFile().length());
        } catch (StoreException e) {
            boolean missing = e.getCause() instanceof NoSuchFileException;
            findings.damaged(Damage.ofFile(DataDirectory.FORMAT, missing ? "is missing" : e.getMessage()));
        }
    }

    /** The beacon's mark, or null where there is none that can be read. */
    private Mark checkBeacon() {
        Path beacon = RocksRecovery.beaconOf(shard);
        findings.advance(beacon.toFile().length());
        try {
            Mark mark = Beacon.read(beacon);
            String problem = mark == null ? null : Beacon.problemIn(beacon);
            if (problem != null) {
                findings.damaged(Damage.ofFile(name(beacon), problem));
            } else if (mark == null && Files.exists(shard.resolve("CURRENT"))) {
                findings.damaged(Damage.ofFile(name(beacon), "is missing although the store beside it exists"));
            }
            return mark;
        } catch (StoreException e) {
            findings.damaged(Damage.ofFile(name(beacon), e.getMessage()));
            return null;
        }
    }

    /** Returns why a broker would not open the store, or null; opens what is there of one that it would not. */
    private StoreException openStore() {
        try {
            store = RocksReadOnlyStore.open(shard, OPTIONS, false);
            return null;
        } catch (StoreException refused) {
            openInPart();
            return refused;
        }
    }

    private void openInPart() {
        try {
            store = RocksReadOnlyStore.open(shard, OPTIONS, true);
        } catch (StoreException e) {
            findings.note("the records could not be checked, because the store cannot be opened: " + e.getMessage());
        }
    }

    private Map<String, Long> liveTables() {
        return store == null ? null : store.liveFiles();
    }

    private String name(Path file) {
        return root.relativize(file).toString();
    }

    /** What could be opened of the store, or null; see {@link #checkFiles}. Closed with this. */
    public Store store() {
        return store;
    }

    /** Safe twice. */
    @Override
    public void close() {
        if (store != null) {
            store.close();
            store = null;
        }
    }
}
