package dev.millrace.examples.orders;

/** What can happen to an order. Never changed once stored; the name of the record is the type of the event. */
public sealed interface OrderEvent {
    record Placed(String customer, int cents) implements OrderEvent {}

    record Paid(int cents) implements OrderEvent {}

    record Shipped(String parcel) implements OrderEvent {}

    record Cancelled(String reason) implements OrderEvent {}
}
