package dev.millrace.examples;

import dev.millrace.client.Message;
import dev.millrace.client.Receipt;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import java.util.List;

/** Publishes to two topics and takes a timer back, all or nothing. */
public final class TransactionExample {
    public static List<Receipt> run(Transactions transactions, String order) {
        try (Transaction transaction = transactions.begin()) {
            transaction.publish(Message.to("payments").key(order).value("42.00"));
            transaction.publish(Message.to("audit").value(order + " paid"));
            transaction.cancelTimer("reminders", order); // it is paid: do not remind
            return transaction.commit().receipts();
        }
    }
}
