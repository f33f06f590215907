package dev.millrace.server.tracing;

import dev.millrace.core.Broker;
import dev.millrace.core.ForwardingBroker;
import dev.millrace.core.LogOperations;
import dev.millrace.core.StreamOperations;
import dev.millrace.core.TimerOperations;
import dev.millrace.core.TransactionOperations;
import dev.millrace.core.wire.Actor;

/** A broker whose appends are traced, whichever protocol they come by. Thread: any. */
record TracingBroker(Broker broker, BrokerTracing tracing) implements ForwardingBroker {
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
    public TimerOperations timers() {
        return new TracedTimers(broker.timers(), tracing);
    }

    @Override
    public TransactionOperations transactions() {
        return new TracedTransactions(broker.transactions(), tracing);
    }
}
