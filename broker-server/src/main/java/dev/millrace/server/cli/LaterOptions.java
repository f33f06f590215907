package dev.millrace.server.cli;

import dev.millrace.client.Message;
import dev.millrace.core.time.Units;
import java.time.Duration;
import java.time.Instant;
import picocli.CommandLine.Option;

/** Options of {@code millrace pub} that say when messages are to be delivered. */
final class LaterOptions {
    @Option(names = "--delay", paramLabel = "TIME", description = "Deliver so much later, such as 10m, and not before.")
    private String delay;

    @Option(names = "--at", paramLabel = "TIME", description = "Deliver at this time and not before.")
    private String at;

    @Option(
            names = "--timer-key",
            paramLabel = "KEY",
            description =
                    "Take the place of the message that waits with this key; millrace timer cancel takes it back.")
    private String timerKey;

    /** Fails: {@link IllegalArgumentException} that says what is allowed. */
    Message applyTo(Message message) {
        if (delay != null && at != null)
            throw new IllegalArgumentException("--delay and --at exclude each other; give one");
        if (timerKey != null && delay == null && at == null) {
            throw new IllegalArgumentException("--timer-key needs --delay or --at");
        }
        Message later = message;
        if (delay != null) later = later.delay(Duration.ofMillis(delayMs()));
        if (at != null) later = later.deliverAt(Instant.ofEpochMilli(Times.parseMs(at, System.currentTimeMillis())));
        return timerKey == null ? later : later.timerKey(timerKey);
    }

    private long delayMs() {
        try {
            long ms = Units.parseDurationMs(delay);
            if (ms >= 0) return ms;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--delay: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("--delay: a message cannot wait for ever");
    }
}
