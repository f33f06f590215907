package dev.millrace.architecture.broken.server.protocol.http;

import dev.millrace.architecture.broken.core.shard.Shard;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class SkipsFacade {
    Shard[] shards;
}
