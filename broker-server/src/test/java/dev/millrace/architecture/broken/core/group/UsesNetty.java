package dev.millrace.architecture.broken.core.group;

import io.netty.buffer.ByteBuf;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesNetty {
    ByteBuf buffer;
}
