package dev.millrace.core;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Backups of a running broker, kept where the configuration says. Thread: any. */
public interface BackupOperations {
    /**
     * A complete backup.
     *
     * @param path of its directory, on the broker's machine
     * @param createdAt RFC 3339
     * @param sequence of the last commit in it
     */
    record Backup(String name, String path, String createdAt, String version, long sequence, int files, long bytes) {}

    /**
     * Makes a backup of everything that was acknowledged before the call, and perhaps of more. Publishing goes on.
     *
     * <p>Fails: INVALID_REQUEST for a bad name or one that exists, OVERLOADED while another is made, DISK_FULL,
     * INVALID_SETTING where the backup directory cannot be used, DATA_DAMAGED, SHUTTING_DOWN.
     *
     * @param name 1 to 64 of a-z A-Z 0-9 . _ - and no leading dot; null for one made from the time
     */
    CompletableFuture<Backup> create(String name);

    /** The complete backups, by name. */
    CompletableFuture<List<Backup>> list();
}
