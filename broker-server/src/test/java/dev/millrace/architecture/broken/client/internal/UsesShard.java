package dev.millrace.architecture.broken.client.internal;

import dev.millrace.architecture.broken.core.shard.Shard;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesShard {
    Shard shard;
}
