package dev.millrace.architecture.broken.core.topic;

import dev.millrace.architecture.broken.core.producer.Producer;

/** Breaks a rule on purpose: {@code LayeringTest} must find it. */
final class UsesSibling {
    Producer producer;
}
