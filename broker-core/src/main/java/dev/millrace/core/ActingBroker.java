package dev.millrace.core;

import java.util.UUID;

/** A broker as one client sees it: what it changes is recorded as its deed. Thread: any. */
record ActingBroker(Broker broker, Changes changes) implements Broker {
    /** What makes administrative changes, in the client's name. */
    record Changes(
            TopicOperations topics,
            LogOperations logs,
            GroupOperations groups,
            StreamOperations streams,
            DeadLetterOperations deadLetters) {}

    @Override
    public TopicOperations topics() {
        return changes.topics;
    }

    @Override
    public GroupOperations groups() {
        return changes.groups;
    }

    @Override
    public StreamOperations streams() {
        return changes.streams;
    }

    @Override
    public DeadLetterOperations deadLetters() {
        return changes.deadLetters;
    }

    @Override
    public UUID clusterId() {
        return broker.clusterId();
    }

    @Override
    public LogOperations logs() {
        return changes.logs;
    }

    @Override
    public TransactionOperations transactions() {
        return broker.transactions();
    }

    @Override
    public TraceOperations traces() {
        return broker.traces();
    }

    @Override
    public TimerOperations timers() {
        return broker.timers();
    }

    @Override
    public BackupOperations backups() {
        return broker.backups();
    }

    @Override
    public InternalOperations internals() {
        return broker.internals();
    }

    @Override
    public BrokerStatus status() {
        return broker.status();
    }

    @Override
    public BrokerStats stats() {
        return broker.stats();
    }

    /** Whoever opened the broker closes it. */
    @Override
    public void close() {}
}
