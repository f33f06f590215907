package dev.millrace.faults;

import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.core.error.Fault;
import dev.millrace.history.History;
import dev.millrace.history.Property;
import dev.millrace.system.LoadEnd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Commits transactions, one after the other: messages in two topics, an event, a timer and a group's offset. Some hold what
 * cannot be done; now and then another instance takes over and the one before tries to go on. Each must be there whole or
 * not at all.
 */
final class TransactionLoad implements EventLoad.Client {
    static final String FIRST = "load-first";
    static final String SECOND = "load-second";
    private static final String GROUP = "load-transactions";
    private static final String ID = "load-transactor";
    private static final TopicPartition COMMITTED = new TopicPartition(SECOND, 0);
    private static final Duration TIMER_DELAY = Duration.ofMillis(100);
    private static final long PAUSE_NANOS = 5_000_000;
    private static final int DOOMED_ONE_IN = 8;
    private static final int TAKEN_OVER_ONE_IN = 15;

    private enum Outcome {
        UNKNOWN,
        COMMITTED,
        REFUSED
    }

    /** What became of a transaction; its name is the value of all that it holds. */
    private record Attempt(String name, Outcome outcome) {}

    private final MillraceClient client;
    private final History history;
    private final StreamLoad streams;
    private final Random random;
    private final Thread thread = new Thread(this::commitUntilStopped, "transactions");
    private final List<Attempt> attempts = new ArrayList<>();
    private final AtomicLong okCount = new AtomicLong();
    private volatile boolean stopped;
    /** Of what was committed to {@link #SECOND}. */
    private long knownEnd;

    private long committedOffset = -1;

    TransactionLoad(MillraceClient client, History history, StreamLoad streams, long seed) {
        this.client = client;
        this.history = history;
        this.streams = streams;
        this.random = new Random(seed);
        thread.start();
    }

    private void commitUntilStopped() {
        Transactions transactions = null;
        for (int n = 0; !stopped; n++) {
            try {
                if (transactions == null || random.nextInt(TAKEN_OVER_ONE_IN) == 0) {
                    Transactions before = transactions;
                    transactions = client.transactional(ID);
                    if (before != null) {
                        commitFenced(before, "z" + n);
                    }
                }
                commit(transactions, "t" + n);
            } catch (MillraceException e) {
                history.report(Property.PROGRESS, "transactions could not go on: " + e.getMessage());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void commit(Transactions transactions, String name) {
        boolean doomed = random.nextInt(DOOMED_ONE_IN) == 0;
        String stream = StreamLoad.key(random);
        streams.sent(stream, name);
        long offset = doomed ? Long.MAX_VALUE : knownEnd;
        try (Transaction transaction = transactions.begin()) {
            fill(transaction, name, stream);
            transaction.sendOffsets(GROUP, Map.of(COMMITTED, offset));
            Transaction.Committed done = transaction.commit();
            attempts.add(new Attempt(name, Outcome.COMMITTED));
            okCount.incrementAndGet();
            knownEnd = Math.max(knownEnd, done.receipts().get(1).offset() + 1);
            committedOffset = offset;
            streams.acknowledged(stream, done.appends().get(0).lastVersion(), name);
            if (doomed) {
                report(name + " was committed although one of its operations is impossible");
            }
        } catch (MillraceException e) {
            attempts.add(new Attempt(name, e.outcomeUnknown() ? Outcome.UNKNOWN : Outcome.REFUSED));
            if (!e.outcomeUnknown()) {
                streams.refused(stream, name);
            }
            if (!doomed || e.fault() != Fault.OFFSET_OUT_OF_RANGE) {
                throw e;
            }
        }
    }

    private static void fill(Transaction transaction, String name, String stream) {
        transaction.publish(Message.to(FIRST).key(name).value(name));
        transaction.publish(Message.to(SECOND).key(name).value(name));
        transaction.publish(Message.to(TimerLoad.TOPIC).value(name).delay(TIMER_DELAY));
        transaction.append(StreamLoad.TOPIC, stream, Expected.any(), Event.of("e", name));
    }

    /** The instance that was taken over. */
    private void commitFenced(Transactions before, String name) {
        String stream = StreamLoad.key(random);
        streams.sent(stream, name);
        streams.refused(stream, name);
        try (Transaction transaction = before.begin()) {
            fill(transaction, name, stream);
            transaction.commit();
            report(name + " was committed after another instance had taken over");
        } catch (MillraceException e) {
            attempts.add(new Attempt(name, Outcome.REFUSED));
            if (e.fault() != Fault.FENCED_PRODUCER) {
                throw e;
            }
        }
    }

    private void report(String what) {
        history.report(Property.TRANSACTIONS, what);
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

    // ---- the judge

    void judge(StoredTopic stored) {
        List<Map<String, Integer>> places = List.of(
                count(stored.read(FIRST)),
                count(stored.read(SECOND)),
                count(stored.read(TimerLoad.TOPIC)),
                count(stored.read(StreamLoad.TOPIC)));
        for (Attempt attempt : attempts) {
            List<Integer> counts = places.stream()
                    .map(place -> place.getOrDefault(attempt.name, 0))
                    .toList();
            if (counts.stream().distinct().count() > 1) {
                report("transaction " + attempt.name + " is there in part: " + counts);
            } else if (attempt.outcome == Outcome.COMMITTED && counts.get(0) != 1
                    || attempt.outcome == Outcome.REFUSED && counts.get(0) != 0
                    || counts.get(0) > 1) {
                report("transaction " + attempt + " is there " + counts.get(0) + " times");
            }
        }
        long offset = client.admin().committedOffsets(GROUP).getOrDefault(COMMITTED, -1L);
        if (offset < committedOffset) {
            history.report(
                    Property.DURABLE_COMMIT,
                    "a transaction committed offset " + committedOffset + " for " + GROUP + ", which stands at "
                            + offset);
        }
    }

    private static Map<String, Integer> count(List<ReceivedMessage> messages) {
        Map<String, Integer> counts = new HashMap<>();
        messages.forEach(message -> counts.merge(message.valueText(), 1, Integer::sum));
        return counts;
    }
}
