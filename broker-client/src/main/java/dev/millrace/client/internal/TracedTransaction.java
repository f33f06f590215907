package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Telemetry;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Transaction;
import dev.millrace.core.error.Fault;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** A transaction of which telemetry hears: what is published in it ends with it. Thread: any, one at a time. */
final class TracedTransaction implements Transaction {
    private final Transaction transaction;
    private final Outbound outbound;
    private final List<Telemetry.Publishing> messages = new ArrayList<>();
    private final List<Append> appends = new ArrayList<>();

    private int appendCount;
    /** Why it is not known whether the transaction was committed, or null. */
    private MillraceException doubt;

    /** @param number which of the transaction's appends */
    private record Append(String topic, int number, Telemetry.Publishing publishing) {}

    TracedTransaction(Transaction transaction, Outbound outbound) {
        this.transaction = transaction;
        this.outbound = outbound;
    }

    @Override
    public synchronized Transaction publish(Message message) {
        Outbound.Begun<Message> begun = outbound.begin(message);
        try {
            transaction.publish(begun.outgoing());
        } catch (RuntimeException | Error failure) {
            begun.publishing().failed(failure);
            throw failure;
        }
        messages.add(begun.publishing());
        return this;
    }

    @Override
    public synchronized Transaction append(String topic, String key, Expected expected, Event... events) {
        if (events.length == 0) {
            transaction.append(topic, key, expected, events);
            appendCount++;
            return this;
        }
        Outbound.Begun<List<Event>> begun = outbound.begin(topic, List.of(events));
        try {
            transaction.append(topic, key, expected, begun.outgoing().toArray(Event[]::new));
        } catch (RuntimeException | Error failure) {
            begun.publishing().failed(failure);
            throw failure;
        }
        appends.add(new Append(topic, appendCount++, begun.publishing()));
        return this;
    }

    @Override
    public synchronized Transaction cancelTimer(String topic, String timerKey) {
        transaction.cancelTimer(topic, timerKey);
        return this;
    }

    @Override
    public synchronized Transaction sendOffsets(GroupConsumer consumer, Collection<ReceivedMessage> received) {
        transaction.sendOffsets(consumer, received);
        return this;
    }

    @Override
    public synchronized Transaction sendOffsets(String group, Map<TopicPartition, Long> nextOffsets) {
        transaction.sendOffsets(group, nextOffsets);
        return this;
    }

    /** While the outcome is unknown the spans go on: the commit may be called again. */
    @Override
    public synchronized Committed commit() {
        Committed committed;
        try {
            committed = transaction.commit();
        } catch (RuntimeException | Error failure) {
            if (failure instanceof MillraceException known && known.outcomeUnknown()) {
                doubt = known;
            } else {
                failAll(failure);
            }
            throw failure;
        }
        for (int i = 0; i < messages.size(); i++) {
            messages.get(i).succeeded(committed.receipts().get(i));
        }
        for (Append append : appends) {
            Outbound.tell(append.publishing, append.topic, committed.appends().get(append.number));
        }
        messages.clear();
        appends.clear();
        return committed;
    }

    @Override
    public synchronized void abort() {
        transaction.abort();
        failUnended();
    }

    @Override
    public synchronized void close() {
        transaction.close();
        failUnended();
    }

    private void failUnended() {
        if (!messages.isEmpty() || !appends.isEmpty()) {
            failAll(
                    doubt == null
                            ? new MillraceException(Fault.TRANSACTION_ENDED, "the transaction was not committed")
                            : doubt);
        }
    }

    private void failAll(Throwable cause) {
        messages.forEach(publishing -> publishing.failed(cause));
        appends.forEach(append -> append.publishing.failed(cause));
        messages.clear();
        appends.clear();
    }
}
