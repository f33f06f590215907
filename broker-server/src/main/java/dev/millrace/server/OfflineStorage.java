package dev.millrace.server;

import dev.millrace.core.BackupRestore;
import dev.millrace.core.StorageCheck;
import dev.millrace.core.storage.BackupManifest;
import dev.millrace.core.storage.Findings;
import dev.millrace.core.storage.StoreException;
import dev.millrace.server.cli.CommandFailure;
import dev.millrace.server.cli.StorageTools;
import java.nio.file.Path;
import java.util.function.Function;

/** What {@code millrace storage} and {@code millrace backup} run in this process, on directories without a broker. */
final class OfflineStorage implements StorageTools {
    @Override
    public Job<Verification> verify(Path directory) {
        return new WatchedJob<>(findings -> verification(new StorageCheck(findings).run(directory), findings));
    }

    @Override
    public Job<Verification> verifyBackup(Path directory) {
        return new WatchedJob<>(findings -> verification(BackupRestore.check(directory, findings), findings));
    }

    @Override
    public Job<Restored> restore(Path backup, Path target) {
        return new WatchedJob<>(findings -> restored(target, BackupRestore.restore(backup, target, findings)));
    }

    private static final class WatchedJob<T> implements Job<T> {
        private final Findings findings = new Findings();
        private final Function<Findings, T> work;

        WatchedJob(Function<Findings, T> work) {
            this.work = work;
        }

        @Override
        public T run() {
            try {
                return work.apply(findings);
            } catch (StoreException refused) {
                throw new CommandFailure(refused.getMessage(), refused);
            }
        }

        @Override
        public long doneBytes() {
            return findings.doneBytes();
        }

        @Override
        public long totalBytes() {
            return findings.totalBytes();
        }
    }

    private static Verification verification(StorageCheck.Extent extent, Findings findings) {
        return new Verification(
                extent.directory().toString(),
                extent.files(),
                extent.bytes(),
                extent.partitions(),
                extent.records(),
                findings.damages().stream().map(OfflineStorage::damage).toList(),
                findings.damageCount(),
                findings.notes());
    }

    private static Damage damage(dev.millrace.core.storage.Damage damage) {
        var log = damage.log();
        return log == null
                ? new Damage(damage.file(), null, 0, 0, 0, damage.problem())
                : new Damage(null, log.topic(), log.partition(), log.fromOffset(), log.toOffset(), damage.problem());
    }

    private static Restored restored(Path target, BackupManifest manifest) {
        return new Restored(
                manifest.label().name(),
                manifest.label().createdAt(),
                target.toAbsolutePath().normalize().toString(),
                manifest.files().size(),
                manifest.bytes());
    }
}
