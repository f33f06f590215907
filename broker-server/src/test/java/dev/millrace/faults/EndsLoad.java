package dev.millrace.faults;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.TopicInfo;
import dev.millrace.history.History;
import dev.millrace.history.Property;
import dev.millrace.system.LoadEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Asks for the ends of the partitions all along, through every fault, so that an end that falls is seen while it is low. */
final class EndsLoad implements EventLoad.Client {
    private static final long PAUSE_NANOS = 100_000_000;

    private final MillraceClient client;
    private final History history;
    private final int partitions;
    private final Thread thread = new Thread(this::askUntilStopped, "ends");
    private final AtomicLong okCount = new AtomicLong();
    private volatile boolean stopped;

    EndsLoad(MillraceClient client, History history, int partitions) {
        this.client = client;
        this.history = history;
        this.partitions = partitions;
        thread.start();
    }

    private void askUntilStopped() {
        while (!stopped) {
            try {
                ask();
                okCount.incrementAndGet();
            } catch (MillraceException e) {
                history.report(Property.PROGRESS, "who asks for the ends could not go on: " + e.getMessage());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** How the topic is now; the history judges its ends by what was known when they were asked for. */
    TopicInfo ask() {
        List<History.EndQuery> queries = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            queries.add(history.askEnd(partition));
        }
        TopicInfo described = client.admin().describeTopic(Workload.TOPIC);
        described.partitions().forEach(one -> queries.get(one.partition()).answered(one.endOffset()));
        return described;
    }

    @Override
    public long okCount() {
        return okCount.get();
    }

    @Override
    public void stop() throws InterruptedException {
        abandon();
        LoadEnd.await(thread, history);
    }

    @Override
    public void abandon() {
        stopped = true;
    }

    @Override
    public String toString() {
        return "who asks for the ends";
    }
}
