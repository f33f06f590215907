package dev.millrace.architecture.broken.core.log;

import dev.millrace.architecture.broken.core.machine.Machine;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesPackageAbove {
    Machine machine;
}
