package dev.millrace.examples;

import dev.millrace.client.DeadLetter;
import dev.millrace.client.DeadLetters;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.RunningConsumer;
import java.time.Duration;

/** Retries what fails, moves what keeps failing out of the way, and brings it back once the cause is mended. */
public final class DeadLetterExample {
    /** Handles messages until closed: five attempts each, then the message and those of its key after it are parked. */
    public static RunningConsumer consume(MillraceClient client, String topic, MessageHandler handler) {
        return client.group("billing")
                .topics(topic)
                .onFailure(FailurePolicy.retryThenDeadLetter(5, Duration.ofMillis(100)))
                .start(handler);
    }

    /** Looks at what is parked, and sends all of it back to the group, the earliest of each key first. */
    public static int replay(MillraceClient client) {
        DeadLetters parked = client.admin().deadLetters("billing");
        for (DeadLetter letter : parked.list(0, 100)) {
            System.out.println(letter.id() + " " + letter.reason() + ": " + letter.summary());
        }
        return parked.replay().count();
    }
}
