package dev.millrace.architecture.broken.core.storage;

import org.rocksdb.Options;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesRocksOutsideRocksStore {
    Options options;
}
