package dev.millrace.architecture.broken.server.protocol.kafka;

import dev.millrace.architecture.broken.server.protocol.wire.WireAdapter;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesSiblingAdapter {
    WireAdapter sibling;
}
