package dev.millrace.core;

import dev.millrace.core.wire.Actor;
import java.util.UUID;

/**
 * What every protocol adapter calls: topics, logs and consumer groups, asynchronous and in no protocol's words.
 *
 * <p>Thread: any; no method blocks on the disk unless it says so. Fails: futures complete with a {@link
 * dev.millrace.core.error.FaultException}, never with anything else. Durable: a future of a change completes only after
 * the disk has the change.
 */
public interface Broker extends AutoCloseable {
    /** Names this data directory for good. */
    UUID clusterId();

    /**
     * The same broker for the requests of one client, which the audit log then names. Costs little; closing it does
     * nothing.
     */
    default Broker as(Actor actor) {
        return this;
    }

    TopicOperations topics();

    LogOperations logs();

    GroupOperations groups();

    TransactionOperations transactions();

    TimerOperations timers();

    StreamOperations streams();

    DeadLetterOperations deadLetters();

    TraceOperations traces();

    BackupOperations backups();

    /** Logs of the broker's own, and what it asks before it appends. */
    InternalOperations internals();

    /** How the broker is doing, for health and metrics. */
    BrokerStatus status();

    /** Numbers for metrics. */
    BrokerStats stats();

    /** Refuses new changes, finishes those accepted, makes them durable, closes the store. Safe twice. */
    @Override
    void close();
}
