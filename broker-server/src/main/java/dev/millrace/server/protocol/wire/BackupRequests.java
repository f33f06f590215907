package dev.millrace.server.protocol.wire;

import dev.millrace.core.BackupOperations;
import dev.millrace.core.wire.BackupFrames;
import dev.millrace.core.wire.Frame;
import java.util.concurrent.CompletableFuture;

/** Translates the frames of backups to calls of the broker and back. Thread: any. */
record BackupRequests(BackupOperations backups) {
    CompletableFuture<Frame> create(BackupFrames.CreateBackup request) {
        return backups.create(request.name()).thenApply(backup -> new BackupFrames.Backup(toWire(backup)));
    }

    CompletableFuture<Frame> list() {
        return backups.list()
                .thenApply(found -> new BackupFrames.Backups(
                        found.stream().map(BackupRequests::toWire).toList()));
    }

    private static BackupFrames.BackupInfo toWire(BackupOperations.Backup backup) {
        return new BackupFrames.BackupInfo(
                backup.name(),
                backup.path(),
                backup.createdAt(),
                backup.version(),
                backup.sequence(),
                backup.files(),
                backup.bytes());
    }
}
