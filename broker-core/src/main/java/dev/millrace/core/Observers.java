package dev.millrace.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tells all observers of the broker's timings. Thread: any. */
final class Observers implements BrokerStats.Observer {
    private final List<BrokerStats.Observer> observers = new CopyOnWriteArrayList<>();

    void add(BrokerStats.Observer observer) {
        observers.add(observer);
    }

    @Override
    public void onCommit(int requests, long bytes) {
        for (BrokerStats.Observer observer : observers) {
            observer.onCommit(requests, bytes);
        }
    }

    @Override
    public void onSync(long nanos) {
        for (BrokerStats.Observer observer : observers) {
            observer.onSync(nanos);
        }
    }

    @Override
    public void onPublish(long nanos) {
        for (BrokerStats.Observer observer : observers) {
            observer.onPublish(nanos);
        }
    }

    @Override
    public void onTimerFired(long lateMs) {
        for (BrokerStats.Observer observer : observers) {
            observer.onTimerFired(lateMs);
        }
    }
}
