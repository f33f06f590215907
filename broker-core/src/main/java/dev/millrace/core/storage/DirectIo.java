package dev.millrace.core.storage;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writing files past the page cache, which not every file system can. */
final class DirectIo {
    private static final System.Logger LOG = System.getLogger(DirectIo.class.getName());

    private DirectIo() {}

    /**
     * The options, without direct writes where the file system refuses them: RocksDB asks for them only at its first flush,
     * and fails for good then.
     *
     * @param file of that file system
     */
    static StoreOptions whereItWorks(StoreOptions options, Path file) {
        if (!options.directWrites()) {
            return options;
        }
        try (FileChannel opened = FileChannel.open(file, StandardOpenOption.READ, ExtendedOpenOption.DIRECT)) {
            return options;
        } catch (IOException | UnsupportedOperationException refused) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "store.buffered file={0} cause={1} it cannot be opened for direct writes, so tables are written through"
                            + " the page cache, which may cost more processor time. storage.directWrites=false does the same"
                            + " without this warning.",
                    file,
                    refused);
            return options.withDirectWrites(false);
        }
    }
}
