package dev.millrace.examples.orders;

/** What can be asked of an order. */
public sealed interface OrderCommand {
    record Place(String customer, int cents) implements OrderCommand {}

    record Pay(int cents) implements OrderCommand {}

    record Ship(String parcel) implements OrderCommand {}

    record Cancel(String reason) implements OrderCommand {}
}
