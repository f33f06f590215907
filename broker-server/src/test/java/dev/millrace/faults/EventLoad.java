package dev.millrace.faults;

import dev.millrace.client.MillraceClient;
import dev.millrace.history.History;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writers of event streams, transactions and timers at work beside the producers of a {@link Workload}. */
final class EventLoad {
    /** A client that works until it is stopped. */
    interface Client {
        /** How often it was told that something is done. */
        long okCount();

        /** Ends once it was told what became of all that it began. */
        void stop() throws InterruptedException;

        void abandon();
    }

    private final MillraceClient client;
    private final StreamLoad streams;
    private final TimerLoad timers;
    private final TransactionLoad transactions;
    private final List<Client> all;

    EventLoad(MillraceClient client, History history, Random random) {
        this.client = client;
        client.admin().createTopic(StreamLoad.TOPIC, 2, Map.of("stream.index", "key"));
        client.admin().createTopic(TimerLoad.TOPIC, 1);
        client.admin().createTopic(TransactionLoad.FIRST, 2);
        client.admin().createTopic(TransactionLoad.SECOND, 1);
        streams = new StreamLoad(client, history, random.nextLong());
        timers = new TimerLoad(client, history, random.nextLong());
        transactions = new TransactionLoad(client, history, streams, random.nextLong());
        all = List.of(streams, timers, transactions);
    }

    List<Client> clients() {
        return all;
    }

    /** After the last fault: reads everything, and judges. */
    void judge() throws InterruptedException {
        timers.awaitNonePending();
        StoredTopic stored = new StoredTopic(client);
        streams.judge(stored.read(StreamLoad.TOPIC));
        timers.judge(stored.read(TimerLoad.TOPIC));
        transactions.judge(stored);
    }

    String figures() {
        return String.format(
                "appends=%d timers=%d transactions=%d", streams.okCount(), timers.okCount(), transactions.okCount());
    }
}
