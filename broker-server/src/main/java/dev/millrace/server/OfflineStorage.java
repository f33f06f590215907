package dev.millrace.server;

import dev.millrace.core.StorageCheck;
import dev.millrace.core.storage.Findings;
import dev.millrace.core.storage.StoreException;
import dev.millrace.server.cli.CommandFailure;
import dev.millrace.server.cli.StorageTools;
import java.nio.file.Path;
import java.util.List;

/** What {@code millrace storage} and {@code millrace backup} run in this process, on directories without a broker. */
final class OfflineStorage implements StorageTools {
    @Override
    public Job<Verification> verify(Path directory) {
        return new CheckJob(directory);
    }

    private static final class CheckJob implements Job<Verification> {
        private final Path directory;
        private final Findings findings = new Findings();

        CheckJob(Path directory) {
            this.directory = directory;
        }

        @Override
        public Verification run() {
            try {
                StorageCheck.Extent extent = new StorageCheck(findings).run(directory);
                return new Verification(
                        extent.directory().toString(),
                        extent.files(),
                        findings.doneBytes(),
                        extent.partitions(),
                        extent.records(),
                        damages(),
                        findings.damageCount(),
                        findings.notes());
            } catch (StoreException refused) {
                throw new CommandFailure(refused.getMessage(), refused);
            }
        }

        private List<Damage> damages() {
            return findings.damages().stream().map(OfflineStorage::damage).toList();
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

    private static StorageTools.Damage damage(dev.millrace.core.storage.Damage damage) {
        var log = damage.log();
        return log == null
                ? new StorageTools.Damage(damage.file(), null, 0, 0, 0, damage.problem())
                : new StorageTools.Damage(
                        null, log.topic(), log.partition(), log.fromOffset(), log.toOffset(), damage.problem());
    }
}
