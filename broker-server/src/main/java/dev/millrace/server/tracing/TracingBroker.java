package dev.millrace.server.tracing;

import dev.millrace.core.BackupOperations;
import dev.millrace.core.Broker;
import dev.millrace.core.BrokerStats;
import dev.millrace.core.BrokerStatus;
import dev.millrace.core.DeadLetterOperations;
import dev.millrace.core.GroupOperations;
import dev.millrace.core.InternalOperations;
import dev.millrace.core.LogOperations;
import dev.millrace.core.StreamOperations;
import dev.millrace.core.TimerOperations;
import dev.millrace.core.TopicOperations;
import dev.millrace.core.TraceOperations;
import dev.millrace.core.TransactionOperations;
import dev.millrace.core.wire.Actor;
import java.util.UUID;

/** A broker whose appends are traced, whichever protocol they come by. Thread: any. */
record TracingBroker(Broker broker, BrokerTracing tracing) implements Broker {
    @Override
    public Broker as(Actor actor) {
        return new TracingBroker(broker.as(actor), tracing);
    }

    @Override
    public LogOperations logs() {
        return new TracedLogs(broker.logs(), tracing);
    }

    @Override
    public StreamOperations streams() {
        return new TracedStreams(broker.streams(), tracing);
    }

    @Override
    public TransactionOperations transactions() {
        return new TracedTransactions(broker.transactions(), tracing);
    }

    @Override
    public UUID clusterId() {
        return broker.clusterId();
    }

    @Override
    public TopicOperations topics() {
        return broker.topics();
    }

    @Override
    public GroupOperations groups() {
        return broker.groups();
    }

    @Override
    public TimerOperations timers() {
        return broker.timers();
    }

    @Override
    public DeadLetterOperations deadLetters() {
        return broker.deadLetters();
    }

    @Override
    public TraceOperations traces() {
        return broker.traces();
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

    @Override
    public void close() {
        broker.close();
    }
}
