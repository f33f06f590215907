package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much room the data directory has, so that publishes stop before the disk is full. Thread: any. */
public interface DiskSpace {
    /** Bytes that this user may still write. */
    long usableBytes();

    long totalBytes();

    /** The file system that holds {@code path}. Fails: {@link StoreException} IO where it cannot be asked. */
    static DiskSpace of(Path path) {
        return new DiskSpace() {
            /** Kept, because finding it reads the table of mounts. */
            private volatile FileStore found;

            private FileStore fileStore() throws IOException {
                FileStore known = found;
                if (known == null) {
                    known = Files.getFileStore(path);
                    found = known;
                }
                return known;
            }

            @Override
            public long usableBytes() {
                try {
                    return fileStore().getUsableSpace();
                } catch (IOException e) {
                    throw failed(e);
                }
            }

            @Override
            public long totalBytes() {
                try {
                    return fileStore().getTotalSpace();
                } catch (IOException e) {
                    throw failed(e);
                }
            }

            private StoreException failed(IOException e) {
                return new StoreException(Kind.IO, "cannot read the free space of " + path + ": " + e, e);
            }
        };
    }
}
