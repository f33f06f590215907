package dev.millrace.simulation;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.CancelTimer;
import dev.millrace.core.command.ScheduleTimers;
import dev.millrace.core.error.Fault;
import dev.millrace.core.machine.FiredTimer;
import dev.millrace.core.record.Record;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.TimerRef;
import dev.millrace.history.Payload;
import dev.millrace.history.Property;
import dev.millrace.history.Writer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Schedules, replaces and cancels timers, again and again until it is told how it ended. A timer must fire once, never
 * early, in due order, and not once it is known to be cancelled or replaced.
 */
final class Timekeeper implements Client {
    static final String TOPIC = "x.t";
    static final long PENDING_MAX = 1_000_000;
    private static final int RETRY_MICROS = 100_000;
    private static final int KEYS = 3;
    private static final int BYTES_MAX = 64 << 10;

    private final World world;
    private final List<Timer> timers = new ArrayList<>();
    /** The timer that is known to wait, or may have fired, under each key. */
    private final Map<String, Timer> byKey = new HashMap<>();

    private Connection connection;
    private long producerId = -1;
    private long nextSequence;
    private boolean busy;

    private static final class Timer {
        final Writer writer;
        final long counter;
        final String key;
        final long delayMs;
        boolean scheduled;
        boolean gone;

        Timer(Writer writer, String key, long delayMs) {
            this.writer = writer;
            this.counter = writer.invoke();
            this.key = key;
            this.delayMs = delayMs;
        }
    }

    Timekeeper(World world) {
        this.world = world;
    }

    static long id(Writer writer, long counter) {
        return Payload.id(Payload.of(writer.number(), counter, Payload.BYTES_MIN));
    }

    /** Told by the shard when it is durable. */
    void fired(FiredTimer timer) {
        // Where the wall clock is touched, the broker may take its smallest steps for the truth.
        boolean trusted = world.profile.gaps().clockMs() == 0;
        if (trusted && world.agenda.trueMs() < timer.dueMs() - 1) {
            report("a timer fired " + (timer.dueMs() - world.agenda.trueMs()) + " ms early");
        }
    }

    @Override
    public void start() {
        world.agenda.in(30_000, this::turn);
    }

    private void turn() {
        if (!busy && !world.isQuiet() && world.server.topic(TOPIC) != null) {
            if (connection == null || connection.isCut()) {
                connection = new Connection(world, false);
            }
            if (producerId < 0) {
                askIdentity();
            } else if (world.random.nextInt(4) == 0) {
                cancel("k" + world.random.nextInt(KEYS));
            } else {
                schedule();
            }
        }
        world.agenda.in(5_000 + world.random.nextInt(60_000), this::turn);
    }

    private void askIdentity() {
        busy = true;
        connection.<Long>call(() -> world.server.submit(new AllocateProducer()), (given, fault) -> {
            busy = false;
            producerId = fault == null ? given : -1;
        });
    }

    private void schedule() {
        List<Timer> request = new ArrayList<>();
        for (int i = 1 + world.random.nextInt(3); i > 0; i--) {
            String key = world.random.nextBoolean() ? null : "k" + world.random.nextInt(KEYS);
            Writer writer = world.history.writer("timer-" + timers.size(), true);
            Timer timer = new Timer(writer, key, world.random.nextInt(400));
            timers.add(timer);
            request.add(timer);
        }
        send(request, nextSequence++);
    }

    private void send(List<Timer> request, long sequence) {
        busy = true;
        Topic topic = world.server.topic(TOPIC);
        if (topic == null) {
            world.agenda.in(RETRY_MICROS, () -> send(request, sequence));
            return;
        }
        renewConnection();
        List<NewTimer> wire = request.stream()
                .map(timer -> new NewTimer(
                        topic.topicId(),
                        0,
                        -1,
                        timer.delayMs,
                        timer.key,
                        Transactor.batch(timer.writer, List.of(timer.counter))))
                .toList();
        ScheduleTimers command = new ScheduleTimers(producerId, sequence, wire, PENDING_MAX);
        connection.<TransactionResult>call(() -> world.server.submit(command), (result, fault) -> {
            if (retries(fault)) {
                world.agenda.in(RETRY_MICROS, () -> send(request, sequence));
                return;
            }
            busy = false;
            if (fault != null) {
                report("scheduling was refused with " + fault);
                return;
            }
            for (int i = 0; i < request.size(); i++) {
                onScheduled(request.get(i), (OperationResult.Scheduled)
                        result.results().get(i));
            }
        });
    }

    private void onScheduled(Timer timer, OperationResult.Scheduled result) {
        world.trace.add(timer.writer.number() + " is due at " + result.dueMs() + " replaced " + result.replaced());
        timer.scheduled = true;
        if (timer.key == null) {
            return;
        }
        Timer earlier = byKey.put(timer.key, timer);
        if (result.replaced()) {
            if (earlier == null) {
                report("a timer took the place of another under " + timer.key + ", where none was");
            } else {
                earlier.gone = true;
            }
        }
    }

    private void cancel(String key) {
        busy = true;
        Topic topic = world.server.topic(TOPIC);
        if (topic == null) {
            world.agenda.in(RETRY_MICROS, () -> cancel(key));
            return;
        }
        renewConnection();
        CancelTimer command = new CancelTimer(new TimerRef(topic.topicId(), key, 0, 0));
        connection.<Boolean>call(() -> world.server.submit(command), (found, fault) -> {
            if (retries(fault)) {
                // It may have been done: whether it is there only the end tells.
                Timer unsure = byKey.remove(key);
                if (unsure != null) {
                    unsure.scheduled = false;
                }
                world.agenda.in(RETRY_MICROS, () -> cancel(key));
                return;
            }
            busy = false;
            Timer timer = byKey.remove(key);
            if (timer != null && fault == null && found) {
                timer.gone = true;
            }
        });
    }

    private void renewConnection() {
        if (connection.isCut()) {
            connection = new Connection(world, false);
        }
    }

    private static boolean retries(Fault fault) {
        return fault != null && (fault.retriable() || fault == Fault.CONNECTION_LOST);
    }

    private void report(String what) {
        world.history.report(Property.TIMERS, what);
    }

    @Override
    public String unfinished() {
        if (busy) {
            return "the timekeeper waits for an answer";
        }
        long pending = world.server.shard().machine.timers().pendingCount();
        return pending > 0 ? pending + " timers are pending" : null;
    }

    /** How often each record is in the log now, by the history's identity; judges the order of timers on the way. */
    Map<Long, Integer> countRecords() {
        Map<Long, Integer> found = new HashMap<>();
        for (Topic topic : world.server.topics()) {
            if (topic.name().startsWith("x.")) {
                count(topic, found);
            }
        }
        return found;
    }

    private void count(Topic topic, Map<Long, Integer> found) {
        int partitionId = topic.partitionIds()[0];
        long next = world.server.log(partitionId).logStartOffset();
        long lastDueMs = 0;
        while (world.reads.readStored(new Reads.Request(partitionId, next, BYTES_MAX))
                instanceof Reads.Outcome.Found read) {
            for (Record record : read.records()) {
                found.merge(Payload.id(record.value()), 1, Integer::sum);
                next = record.offset() + 1;
                // Producers publish to it, too.
                if (!topic.name().equals(TOPIC) || record.headers().isEmpty()) {
                    continue;
                }
                long dueMs = ByteBuffer.wrap(record.headers().get(0).value()).getLong();
                if (dueMs < lastDueMs && world.profile.gaps().clockMs() == 0) {
                    report("the timer at " + record.offset() + " was due before the one in front of it");
                }
                lastDueMs = dueMs;
            }
        }
    }

    /** After a full read: each timer once, or not at all where it is known to be gone. */
    void judge(Map<Long, Integer> found) {
        for (Timer timer : timers) {
            int count = found.getOrDefault(id(timer.writer, timer.counter), 0);
            if (count > 1) {
                report("timer " + timer.writer.number() + " fired " + count + " times");
            } else if (timer.gone && count > 0) {
                report("timer " + timer.writer.number() + " fired although it was cancelled or replaced");
            } else if (timer.scheduled && !timer.gone && count == 0) {
                report("timer " + timer.writer.number() + " never fired");
            }
        }
    }
}
