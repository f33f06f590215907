package dev.millrace.core;

import dev.millrace.core.storage.BackupFiles;
import dev.millrace.core.storage.BackupManifest;
import dev.millrace.core.storage.Findings;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.StoreException.Kind;
import java.nio.file.Path;

/** Checks backups and makes data directories of them. Thread: one; how far it is may be asked of the findings by any. */
public final class BackupRestore {
    private BackupRestore() {}

    /** Fails: {@link StoreException} where {@code directory} is no backup. What is wrong with one is in the findings. */
    public static StorageCheck.Extent check(Path directory, Findings findings) {
        if (!BackupManifest.isIn(directory)) {
            BackupManifest.read(directory);
        }
        return new StorageCheck(findings).run(directory);
    }

    /**
     * Checks a backup and copies it into a directory that is empty or missing; a broker can then start there. Durable on
     * return. Fails: {@link StoreException}, also where the backup is damaged; nothing was copied then.
     */
    public static BackupManifest restore(Path backup, Path target, Findings findings) {
        BackupFiles.requireEmpty(target);
        BackupManifest manifest = BackupManifest.read(backup);
        findings.expectBytes(manifest.bytes());
        check(backup, findings);
        if (findings.damageCount() > 0) {
            throw new StoreException(
                    Kind.DAMAGED,
                    "the backup " + backup + " is damaged in " + findings.damageCount() + " places, first: "
                            + findings.damages().get(0)
                            + ". Nothing was restored. See all with: millrace backup verify "
                            + backup);
        }
        return BackupFiles.restore(backup, target, findings);
    }
}
