package dev.millrace.examples;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Transactions;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Makes an invoice of every order, exactly once. */
public final class ExactlyOnceExample {
    public static void run(String server, String instance, String from, String to, BooleanSupplier running) {
        try (MillraceClient client = MillraceClient.connect(server);
                Transactions transactions = client.transactional(instance);
                GroupConsumer orders = client.group("invoicing")
                        .topics(from)
                        .autoCommit(false) // the transaction commits the offsets
                        .open()) {
            while (running.getAsBoolean()) {
                transactions.process(orders, Duration.ofSeconds(1), (messages, transaction) -> {
                    for (ReceivedMessage order : messages) {
                        transaction.publish(Message.to(to).key(order.key()).value("invoice for " + order.valueText()));
                    }
                });
            }
        }
    }
}
