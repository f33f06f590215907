package dev.millrace.architecture.broken.server.cli;

import dev.millrace.architecture.broken.server.net.Net;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class ReachesIntoNet {
    Net net;
}
