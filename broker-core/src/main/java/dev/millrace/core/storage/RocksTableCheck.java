package dev.millrace.core.storage;

import java.nio.file.Path;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;

/** Reads a table file from end to end and checks every checksum in it. */
final class RocksTableCheck {
    private RocksTableCheck() {}

    /** What is wrong, in RocksDB's words, or null. */
    static String problemIn(Path file) {
        try (Options options = new Options();
                SstFileReader reader = new SstFileReader(options)) {
            reader.open(file.toString());
            reader.verifyChecksum();
            return null;
        } catch (RocksDBException e) {
            return e.getMessage();
        }
    }
}
