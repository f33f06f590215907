package dev.millrace.core;

import java.util.UUID;

/** A broker that hands on to another one what it does not do itself. Thread: any. */
public interface ForwardingBroker extends Broker {
    /** The other one. */
    Broker broker();

    @Override
    default UUID clusterId() {
        return broker().clusterId();
    }

    @Override
    default TopicOperations topics() {
        return broker().topics();
    }

    @Override
    default LogOperations logs() {
        return broker().logs();
    }

    @Override
    default GroupOperations groups() {
        return broker().groups();
    }

    @Override
    default TransactionOperations transactions() {
        return broker().transactions();
    }

    @Override
    default TimerOperations timers() {
        return broker().timers();
    }

    @Override
    default StreamOperations streams() {
        return broker().streams();
    }

    @Override
    default DeadLetterOperations deadLetters() {
        return broker().deadLetters();
    }

    @Override
    default TraceOperations traces() {
        return broker().traces();
    }

    @Override
    default BackupOperations backups() {
        return broker().backups();
    }

    @Override
    default InternalOperations internals() {
        return broker().internals();
    }

    @Override
    default BrokerStatus status() {
        return broker().status();
    }

    @Override
    default BrokerStats stats() {
        return broker().stats();
    }

    @Override
    default void close() {
        broker().close();
    }
}
