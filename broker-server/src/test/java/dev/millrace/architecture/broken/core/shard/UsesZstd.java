package dev.millrace.architecture.broken.core.shard;

import com.github.luben.zstd.Zstd;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesZstd {
    static long bound() {
        return Zstd.compressBound(1);
    }
}
