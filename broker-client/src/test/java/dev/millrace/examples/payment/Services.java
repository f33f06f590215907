package dev.millrace.examples.payment;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Transactions;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A service that answers commands, each exactly once. */
public final class Services {
    /** @param answers what to say to a command; null for nothing */
    public static void answer(
            MillraceClient client, String topic, Function<ReceivedMessage, String> answers, BooleanSupplier running) {
        try (Transactions transactions = client.transactional(topic + "-service");
                GroupConsumer commands = client.group(topic + "-service")
                        .topics(topic)
                        .autoCommit(false)
                        .open()) {
            while (running.getAsBoolean()) {
                transactions.process(commands, Duration.ofMillis(100), (messages, transaction) -> {
                    for (ReceivedMessage command : messages) {
                        String answer = answers.apply(command);
                        if (answer != null) {
                            transaction.publish(Message.to(topic + ".answers")
                                    .key(command.key())
                                    .value(answer));
                        }
                    }
                });
            }
        }
    }
}
