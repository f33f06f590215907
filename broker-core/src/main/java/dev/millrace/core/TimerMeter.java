package dev.millrace.core;

import dev.millrace.core.machine.FiredTimer;
import dev.millrace.core.time.TimeSource;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Counts timers and how late they were. Thread: syncer; the counts from any. */
final class TimerMeter {
    private final LocalLogs logs;
    private final BrokerStats.Observer observer;
    private final TimeSource time;
    private final LongAdder fired = new LongAdder();
    private final LongAdder dropped = new LongAdder();

    TimerMeter(LocalLogs logs, BrokerStats.Observer observer, TimeSource time) {
        this.logs = logs;
        this.observer = observer;
        this.time = time;
    }

    void onFired(List<FiredTimer> timers) {
        long nowMs = time.nowMs();
        for (FiredTimer timer : timers) {
            if (timer.topic() == null) {
                dropped.increment();
                continue;
            }
            fired.increment();
            logs.count(timer.topic(), 1, timer.bytes());
            observer.onTimerFired(Math.max(0, nowMs - timer.dueMs()));
        }
    }

    long fired() {
        return fired.sum();
    }

    long dropped() {
        return dropped.sum();
    }
}
