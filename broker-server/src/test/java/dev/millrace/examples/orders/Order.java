package dev.millrace.examples.orders;

import dev.millrace.examples.orders.OrderCommand.Cancel;
import dev.millrace.examples.orders.OrderCommand.Pay;
import dev.millrace.examples.orders.OrderCommand.Place;
import dev.millrace.examples.orders.OrderCommand.Ship;
import dev.millrace.examples.orders.OrderEvent.Cancelled;
import dev.millrace.examples.orders.OrderEvent.Paid;
import dev.millrace.examples.orders.OrderEvent.Placed;
import dev.millrace.examples.orders.OrderEvent.Shipped;
import java.util.List;

/** The state of an order: what its events fold to. Two pure functions, tested without a broker. */
public record Order(Status status, int dueCents) {
    public enum Status {
        NONE,
        PLACED,
        PAID,
        SHIPPED,
        CANCELLED
    }

    /** Says what is against a command. */
    public static final class Refused extends RuntimeException {
        Refused(String why) {
            super(why);
        }
    }

    static final Order INITIAL = new Order(Status.NONE, 0);

    /** What follows from a command in this state; nothing where it is done already. */
    List<OrderEvent> decide(OrderCommand command) {
        if (command instanceof Place place) {
            require(status == Status.NONE, command);
            return List.of(new Placed(place.customer(), place.cents()));
        } else if (command instanceof Pay pay) {
            require(status == Status.PLACED && pay.cents() <= dueCents, command);
            return List.of(new Paid(pay.cents()));
        } else if (command instanceof Ship ship) {
            require(status == Status.PAID, command);
            return List.of(new Shipped(ship.parcel()));
        } else if (command instanceof Cancel cancel) {
            require(status != Status.NONE && status != Status.SHIPPED, command);
            return status == Status.CANCELLED ? List.of() : List.of(new Cancelled(cancel.reason()));
        }
        throw new IllegalArgumentException("no such command: " + command);
    }

    private void require(boolean allowed, OrderCommand command) {
        if (!allowed) {
            throw new Refused(command + " is refused: the order is " + status + ", due are " + dueCents + " cents");
        }
    }

    /** The state after an event. */
    Order evolve(OrderEvent event) {
        if (event instanceof Placed placed) {
            return new Order(Status.PLACED, placed.cents());
        } else if (event instanceof Paid paid) {
            int due = dueCents - paid.cents();
            return new Order(due == 0 ? Status.PAID : Status.PLACED, due);
        } else if (event instanceof Shipped) {
            return new Order(Status.SHIPPED, 0);
        }
        return new Order(Status.CANCELLED, 0);
    }
}
