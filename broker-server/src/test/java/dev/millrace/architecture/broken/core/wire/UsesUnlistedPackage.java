package dev.millrace.architecture.broken.core.wire;

import dev.millrace.architecture.broken.core.misc.Misc;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesUnlistedPackage {
    Misc misc;
}
