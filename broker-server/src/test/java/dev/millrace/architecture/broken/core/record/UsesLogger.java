package dev.millrace.architecture.broken.core.record;

import org.slf4j.Logger;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesLogger {
    Logger logger;
}
