package dev.millrace.server.cli;

import java.nio.file.Path;
import java.util.List;

/** What commands do with data directories that no broker runs on; the package above, which knows them, implements it. */
public interface StorageTools {
    /** For sessions that only talk to brokers. */
    StorageTools NONE = new StorageTools() {
        @Override
        public Job<Verification> verify(Path directory) {
            throw unknown();
        }

        @Override
        public Job<Verification> verifyBackup(Path directory) {
            throw unknown();
        }

        @Override
        public Job<Restored> restore(Path backup, Path target) {
            throw unknown();
        }

        private CommandFailure unknown() {
            return new CommandFailure("no data can be looked at from here. Use the millrace command.");
        }
    };

    /** Prepares a check of a data directory or a backup; nothing is read yet. */
    Job<Verification> verify(Path directory);

    /** Prepares a check of what must be a backup; nothing is read yet. */
    Job<Verification> verifyBackup(Path directory);

    /** Prepares making a data directory of a backup; nothing is done yet. */
    Job<Restored> restore(Path backup, Path target);

    /** Long work that can be watched from another thread. */
    interface Job<T> {
        /** Does it; once. Fails: {@link CommandFailure}. */
        T run();

        long doneBytes();

        long totalBytes();
    }

    /**
     * What a check found. It is clean where there is no damage.
     *
     * @param damageCount may be more than are listed
     */
    record Verification(
            String directory,
            int files,
            long bytes,
            int partitions,
            long records,
            List<Damage> damages,
            long damageCount,
            List<String> notes) {}

    /** The data directory that was made of a backup. */
    record Restored(String name, String createdAt, String directory, int files, long bytes) {}

    /**
     * @param file relative to the directory, or null where records are damaged
     * @param topic of the damaged records, or null; the offsets are inclusive
     */
    record Damage(String file, String topic, int partition, long fromOffset, long toOffset, String problem) {}
}
