package dev.millrace.architecture.broken.server.metrics;

import org.rocksdb.Options;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesRocks {
    Options options;
}
