package dev.millrace.architecture.broken.core.storage;

import org.rocksdb.Options;

/** Breaks no rule: these classes are where RocksDB belongs. */
final class RocksStore {
    Options options;
}
