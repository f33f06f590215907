package dev.millrace.faults;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.error.Fault;
import dev.millrace.history.History;
import dev.millrace.history.Property;
import dev.millrace.system.LoadEnd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Two writers that race for the versions of a few streams. At the end the versions are dense, each belongs to the append
 * that was told so, and the index agrees with the log.
 */
final class StreamLoad implements EventLoad.Client {
    static final String TOPIC = "load-streams";
    private static final int KEYS = 12;
    private static final int WRITERS = 2;
    private static final long PAUSE_NANOS = 2_000_000;

    private final EventStreams streams;
    private final History history;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong okCount = new AtomicLong();
    private volatile boolean stopped;
    // By this object's monitor:
    private final Map<String, Set<String>> sent = new HashMap<>();
    private final Map<String, TreeMap<Long, String>> acknowledged = new TreeMap<>();
    private final Set<String> refused = new HashSet<>();

    StreamLoad(MillraceClient client, History history, long seed) {
        this.streams = client.streams(TOPIC);
        this.history = history;
        for (int i = 0; i < WRITERS; i++) {
            String name = "w" + i;
            Random random = new Random(seed + i);
            Thread thread = new Thread(() -> appendUntilStopped(name, random), "streams-" + name);
            threads.add(thread);
            thread.start();
        }
    }

    static String key(Random random) {
        return "s" + random.nextInt(KEYS);
    }

    private void appendUntilStopped(String name, Random random) {
        for (long n = 0; !stopped; n++) {
            try {
                append(key(random), name + ":" + n);
            } catch (MillraceException e) {
                history.report(Property.PROGRESS, name + " could not go on: " + e.getMessage());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void append(String key, String value) {
        long last = streams.last(key).map(StoredEvent::version).orElse(-1L);
        sent(key, value);
        try {
            AppendResult result = streams.tryAppend(key, Expected.version(last), Event.of("e", value));
            if (!result.written()) {
                refused(key, value);
                return;
            }
            if (result.lastVersion() != last + 1) {
                history.report(
                        Property.DENSE_VERSIONS,
                        "an append to " + key + " that expected " + last + " got " + result.lastVersion());
            }
            acknowledged(key, result.lastVersion(), value);
        } catch (MillraceException e) {
            if (!e.outcomeUnknown()) {
                refused(key, value);
            }
            throw e;
        }
    }

    synchronized void sent(String key, String value) {
        sent.computeIfAbsent(key, any -> new HashSet<>()).add(value);
    }

    synchronized void refused(String key, String value) {
        refused.add(key + " " + value);
    }

    synchronized void acknowledged(String key, long version, String value) {
        okCount.incrementAndGet();
        String before =
                acknowledged.computeIfAbsent(key, any -> new TreeMap<>()).put(version, value);
        if (before != null && !before.equals(value)) {
            history.report(
                    Property.DENSE_VERSIONS,
                    "version " + version + " of " + key + " was given to " + before + " and " + value);
        }
    }

    @Override
    public long okCount() {
        return okCount.get();
    }

    @Override
    public void stop() throws InterruptedException {
        abandon();
        for (Thread thread : threads) {
            LoadEnd.await(thread, history);
        }
    }

    @Override
    public void abandon() {
        stopped = true;
    }

    // ---- the judge

    void judge(List<ReceivedMessage> log) {
        Map<String, List<String>> found = new TreeMap<>();
        for (ReceivedMessage message : log) {
            List<String> values = found.computeIfAbsent(message.keyText(), any -> new ArrayList<>());
            long version = StoredEvent.of(message).version();
            if (version != values.size()) {
                history.report(
                        Property.DENSE_VERSIONS,
                        message + " holds version " + version + " of " + message.keyText() + " after " + values.size()
                                + " events");
            }
            values.add(message.valueText());
        }
        Set<String> keys = new HashSet<>(found.keySet());
        keys.addAll(acknowledged.keySet());
        for (String key : keys) {
            judge(key, found.getOrDefault(key, List.of()));
        }
    }

    private synchronized void judge(String key, List<String> found) {
        Set<String> once = new HashSet<>();
        for (String value : found) {
            if (!sent.getOrDefault(key, Set.of()).contains(value)) {
                history.report(Property.NO_PHANTOM, key + " holds " + value + ", which nobody sent");
            }
            if (!once.add(value)) {
                history.report(Property.NO_DUPLICATE, key + " holds " + value + " twice");
            }
            if (refused.contains(key + " " + value)) {
                history.report(Property.NO_FAILED_READ, key + " holds " + value + ", which was refused");
            }
        }
        acknowledged.getOrDefault(key, new TreeMap<>()).forEach((version, value) -> {
            boolean there = version < found.size()
                    && found.get(Math.toIntExact(version)).equals(value);
            if (!there) {
                history.report(
                        Property.NO_LOST_WRITE, "version " + version + " of " + key + " was acknowledged as " + value);
            }
        });
        List<String> indexed = indexed(key);
        if (!indexed.equals(found)) {
            history.report(
                    Property.DENSE_VERSIONS,
                    "the index of " + key + " tells " + indexed.size() + " events, the log " + found.size());
        }
    }

    private List<String> indexed(String key) {
        try {
            return streams.read(key).events().stream()
                    .map(StoredEvent::valueText)
                    .toList();
        } catch (MillraceException e) {
            if (e.fault() == Fault.STREAM_NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }
}
