package dev.millrace.examples.payment;

import dev.millrace.client.Codec;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.Saga;
import java.time.Duration;

/**
 * An order is paid and shipped, or the money goes back. Bank and depot are services of their own: they read commands and
 * publish what came of them.
 */
public final class PaymentSaga {
    /** What the saga remembers of an order. */
    public record Order(String customer, int total, String step) {
        Order at(String step) {
            return new Order(customer, total, step);
        }
    }

    /** @param patience how long bank and depot may take */
    public static RunningConsumer start(MillraceClient client, String orders, Duration patience) {
        Saga<Order> saga = client.saga("payment", Codec.json(Order.class));
        saga.startedBy(orders, (step, placed) -> {
                    String[] order = placed.valueText().split(" "); // "ada 12"
                    step.state(new Order(order[0], Integer.parseInt(order[1]), "charging"));
                    step.publish(Message.to("bank").key(step.key()).value("charge " + order[1]));
                    // Noted before the answer: if none comes, the money may be gone all the same.
                    step.compensateWith("refund", order[1]);
                    step.timeout("answer", patience);
                })
                .on("bank.answers", (step, answer) -> {
                    if (answer.valueText().equals("charged")) {
                        step.state(step.state().at("shipping"));
                        step.publish(Message.to("depot").key(step.key()).value("ship"));
                        step.timeout("answer", patience); // replaces the one that waits
                    } else {
                        step.fail("the bank says " + answer.valueText());
                    }
                })
                .on("depot.answers", (step, answer) -> {
                    if (answer.valueText().equals("shipped")) {
                        step.state(step.state().at("done")).complete();
                    } else {
                        step.fail("the depot says " + answer.valueText());
                    }
                })
                .onTimeout("answer", step -> step.fail("no answer in " + patience))
                .compensation("refund", refund -> {
                    refund.publish(Message.to("bank").key(refund.key()).value("refund " + refund.argument()));
                    refund.await(patience); // undone when the bank says so
                })
                .afterFailure("bank.answers", (step, answer) -> {
                    if (answer.valueText().equals("refunded")) {
                        step.compensated("refund");
                    } else if (answer.valueText().equals("closed")) {
                        step.compensationFailed("refund", "the bank is closed");
                    }
                });
        return saga.attempts(3, Duration.ofMillis(100)).concurrency(4).start();
    }
}
