package dev.millrace.client;

import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.FrameType;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.core.wire.Property;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.core.wire.TopicFrames;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A broker for tests: speaks the native protocol over a real socket, keeps its logs in memory, and does on demand what a
 * real one does only in bad times. Thread: any, by its monitor.
 *
 * <p>{@link #next} scripts the coming request of a kind; everything else is answered as a broker would.
 */
final class FakeBroker implements AutoCloseable {
    static final int MESSAGE_BYTES_MAX = 1 << 20;

    /** What happens to one request instead of the usual. */
    @FunctionalInterface
    interface Script {
        void run(Session session, int requestId, Frame request) throws IOException;
    }

    private final Map<FrameType, Deque<Script>> scripts = new EnumMap<>(FrameType.class);
    private final List<Session> sessions = new ArrayList<>();
    private final Map<String, FakeLog[]> topics = new TreeMap<>();
    private final Map<String, UUID> topicIds = new HashMap<>();
    private final List<String> events = new ArrayList<>();
    final FakeGroups groups = new FakeGroups(this);
    private final int port;
    private ServerSocket listener;
    private int idleTimeoutMs = 60_000;
    private int inFlightBytesMax = 8 << 20;
    private long nextProducerId = 100;
    private long creditOutstandingMax;

    FakeBroker() throws IOException {
        listener = listen();
        port = listener.getLocalPort();
        accept(listener);
    }

    /** Not one of the ports that the system gives to clients: a client that reconnects could meet itself there. */
    private static ServerSocket listen() throws IOException {
        while (true) {
            try {
                int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
                return new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
            } catch (BindException taken) {
                continue;
            }
        }
    }

    String address() {
        return "localhost:" + port;
    }

    MillraceClient client() {
        return builder().build();
    }

    ClientBuilder builder() {
        return MillraceClient.builder()
                .server(address())
                .clientId("test")
                .requestTimeout(Duration.ofSeconds(10))
                .reconnectBackoff(Duration.ofMillis(1), Duration.ofMillis(20));
    }

    synchronized FakeBroker topic(String name, int partitions) {
        FakeLog[] logs = new FakeLog[partitions];
        for (int i = 0; i < partitions; i++) {
            logs[i] = new FakeLog();
        }
        topics.put(name, logs);
        topicIds.put(name, UUID.nameUUIDFromBytes((name + System.nanoTime()).getBytes()));
        return this;
    }

    synchronized void addPartition(String topic) {
        FakeLog[] before = topics.get(topic);
        FakeLog[] logs = Arrays.copyOf(before, before.length + 1);
        logs[before.length] = new FakeLog();
        topics.put(topic, logs);
    }

    synchronized void deleteTopic(String name) {
        topics.remove(name);
        topicIds.remove(name);
    }

    synchronized FakeLog log(String topic, int partition) {
        return topics.get(topic)[partition];
    }

    synchronized FakeBroker limits(int idleTimeoutMs, int inFlightBytesMax) {
        this.idleTimeoutMs = idleTimeoutMs;
        this.inFlightBytesMax = inFlightBytesMax;
        return this;
    }

    /** The coming request of this kind that has no script yet is handled by the script alone. */
    synchronized FakeBroker next(FrameType type, Script script) {
        scripts.computeIfAbsent(type, t -> new ArrayDeque<>()).add(script);
        return this;
    }

    FakeBroker nextFails(FrameType type, Fault fault) {
        return next(type, (session, id, request) -> session.fail(id, fault, "scripted"));
    }

    /** Does what is asked and loses the connection before the answer. */
    FakeBroker nextLosesAnswer(FrameType type) {
        return next(type, (session, id, request) -> {
            session.muted = true;
            session.handle(id, request);
            session.drop();
        });
    }

    static Script usual() {
        return Session::handle;
    }

    static Script silence() {
        return (session, id, request) -> {};
    }

    synchronized void event(String event) {
        events.add(event);
        notifyAll();
    }

    synchronized List<String> events() {
        return List.copyOf(events);
    }

    /** Events that begin so. */
    List<String> events(String prefix) {
        return events().stream().filter(event -> event.startsWith(prefix)).toList();
    }

    /** Waits until something has happened; fails after ten seconds. */
    synchronized void await(String what, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            if (leftMs <= 0) {
                throw new AssertionError("did not happen: " + what + "; events: " + events);
            }
            try {
                // Not everything that is waited for notifies.
                wait(Math.min(leftMs, 5));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    synchronized long creditOutstandingMax() {
        return creditOutstandingMax;
    }

    synchronized int connectionCount() {
        return sessions.size();
    }

    synchronized void dropConnections() {
        List.copyOf(sessions).forEach(Session::drop);
    }

    /** Nobody listens any more; what is in memory stays. */
    synchronized void stop() throws IOException {
        listener.close();
        dropConnections();
    }

    synchronized void restart() throws IOException {
        listener = new ServerSocket();
        listener.setReuseAddress(true);
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!listener.isBound()) {
            try {
                listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (BindException stillHeld) {
                // The thread that accepts may hold the closed socket for another moment.
                if (System.nanoTime() > deadlineNanos) {
                    throw stillHeld;
                }
                Thread.onSpinWait();
            }
        }
        accept(listener);
    }

    private void accept(ServerSocket on) {
        Thread thread = new Thread(
                () -> {
                    while (true) {
                        try {
                            Socket socket = on.accept();
                            synchronized (this) {
                                if (on.isClosed()) {
                                    // The system may hand out one more while it is being closed.
                                    socket.close();
                                    return;
                                }
                                Session session = new Session(socket);
                                sessions.add(session);
                                session.start();
                            }
                        } catch (IOException closed) {
                            return;
                        }
                    }
                },
                "fake-broker-accept");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public synchronized void close() throws IOException {
        stop();
    }

    // ---- answers that need no connection

    synchronized TopicFrames.TopicInfo describe(String name) {
        FakeLog[] logs = topics.get(name);
        if (logs == null) {
            return null;
        }
        List<TopicFrames.PartitionInfo> partitions = new ArrayList<>();
        for (int i = 0; i < logs.length; i++) {
            partitions.add(new TopicFrames.PartitionInfo(i, logs[i].startOffset(), logs[i].endOffset(), 0));
        }
        return new TopicFrames.TopicInfo(
                name, topicIds.get(name), List.of(new Property("retention", "7d")), partitions);
    }

    synchronized String topicName(UUID id) {
        return topicIds.entrySet().stream()
                .filter(entry -> entry.getValue().equals(id))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    synchronized FakeLog logOf(UUID topicId, int partition) {
        String name = topicName(topicId);
        FakeLog[] logs = name == null ? new FakeLog[0] : topics.get(name);
        return partition < logs.length ? logs[partition] : null;
    }

    /** One client's connection. */
    final class Session {
        /** A push of one partition. */
        private final class Push {
            final FakeLog log;
            long nextOffset;
            long creditBytes;

            Push(FakeLog log, long nextOffset, long creditBytes) {
                this.log = log;
                this.nextOffset = nextOffset;
                this.creditBytes = creditBytes;
            }
        }

        private final Socket socket;
        private final Map<Integer, Push> pushes = new TreeMap<>();
        boolean muted;

        Session(Socket socket) {
            this.socket = socket;
        }

        void start() {
            Thread thread = new Thread(this::serve, "fake-broker-session");
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            try {
                DataInputStream in = new DataInputStream(socket.getInputStream());
                while (true) {
                    byte[] body = new byte[in.readInt()];
                    in.readFully(body);
                    FrameCodec.Envelope envelope = FrameCodec.decode(ByteBuffer.wrap(body));
                    dispatch(envelope.requestId(), envelope.frame());
                }
            } catch (IOException gone) {
                drop();
            }
        }

        private void dispatch(int requestId, Frame request) throws IOException {
            synchronized (FakeBroker.this) {
                Deque<Script> scripted = scripts.get(request.type());
                Script script = scripted == null ? null : scripted.poll();
                if (script == null) {
                    handle(requestId, request);
                } else {
                    script.run(this, requestId, request);
                }
                FakeBroker.this.notifyAll();
            }
        }

        void handle(int id, Frame request) throws IOException {
            if (request instanceof Frames.Hello hello) {
                event("hello " + hello.clientId());
                Frames.HelloOk.Limits limits =
                        new Frames.HelloOk.Limits(16 << 20, MESSAGE_BYTES_MAX, inFlightBytesMax, idleTimeoutMs);
                send(id, new Frames.HelloOk(1, 0, new UUID(1, 2), "fake", limits));
            } else if (request instanceof Frames.Ping) {
                event("ping");
                send(id, new Frames.Pong());
            } else if (request instanceof Frames.InitProducer) {
                event("producer " + nextProducerId);
                send(id, new Frames.ProducerReady(nextProducerId++, (short) 0));
            } else if (request instanceof Frames.Publish publish) {
                publish(id, publish);
            } else if (request instanceof Frames.Subscribe subscribe) {
                subscribe(id, subscribe);
            } else if (request instanceof Frames.Credit credit) {
                grant(id, credit.bytes());
            } else if (request instanceof Frames.Unsubscribe) {
                pushes.remove(id);
                send(id, new Frames.Done());
            } else if (request instanceof Frames.BrokerInfo) {
                send(id, new Frames.Broker(1234, List.of(new Property("version", "fake"), new Property("a", "b"))));
            } else if (!topicRequest(id, request) && !groups.handle(this, id, request)) {
                fail(id, Fault.UNKNOWN_FRAME, request.type().toString());
            }
        }

        private void publish(int id, Frames.Publish publish) throws IOException {
            FakeLog log = logOf(publish.topicId(), publish.partition());
            if (log == null) {
                fail(id, Fault.TOPIC_NOT_FOUND, "topic " + publish.topicId());
                return;
            }
            FakeLog.Appended appended = log.append(publish.payload());
            event("publish " + publish.partition() + " " + appended);
            if (appended.fault() != null) {
                fail(id, appended.fault(), "sequence " + appended.sequence());
            } else {
                send(id, new Frames.Published(appended.offset(), 1000, appended.duplicate()));
                for (Session session : sessions) {
                    session.pushAll();
                }
            }
        }

        private void subscribe(int id, Frames.Subscribe subscribe) throws IOException {
            FakeLog log = logOf(subscribe.topicId(), subscribe.partition());
            if (log == null) {
                fail(id, Fault.TOPIC_NOT_FOUND, "topic " + subscribe.topicId());
                return;
            }
            StartPosition start = subscribe.start();
            long offset = log.find(start);
            event("subscribe " + subscribe.partition() + " " + start.kind() + " " + start.value() + " credit "
                    + subscribe.creditBytes());
            if (start.kind() == StartPosition.Kind.OFFSET && !log.holds(start.value())) {
                fail(id, Fault.OFFSET_OUT_OF_RANGE, "offset " + start.value());
                return;
            }
            pushes.put(id, new Push(log, offset, 0));
            send(id, new Frames.Subscribed(offset, log.startOffset(), log.endOffset()));
            grant(id, subscribe.creditBytes());
        }

        private void grant(int id, int bytes) throws IOException {
            Push push = pushes.get(id);
            if (push != null) {
                push.creditBytes += bytes;
                creditOutstandingMax = Math.max(creditOutstandingMax, push.creditBytes);
                push(id, push);
            }
        }

        void pushAll() throws IOException {
            for (Map.Entry<Integer, Push> entry : Map.copyOf(pushes).entrySet()) {
                push(entry.getKey(), entry.getValue());
            }
        }

        private void push(int id, Push push) throws IOException {
            ByteBuffer batch = push.log.batchAt(push.nextOffset);
            while (batch != null && push.creditBytes > 0) {
                push.creditBytes -= batch.remaining();
                push.nextOffset = push.log.offsetAfter(push.nextOffset);
                send(id, new Frames.Deliver(push.log.endOffset(), batch));
                batch = push.log.batchAt(push.nextOffset);
            }
        }

        private boolean topicRequest(int id, Frame request) throws IOException {
            if (request instanceof TopicFrames.DescribeTopic describe) {
                event("describe " + describe.name());
                sendTopic(id, describe.name());
            } else if (request instanceof TopicFrames.ListTopics) {
                send(
                        id,
                        new TopicFrames.Topics(topics.keySet().stream()
                                .map(FakeBroker.this::describe)
                                .toList()));
            } else if (request instanceof TopicFrames.CreateTopic create) {
                topic(create.name(), create.partitions());
                sendTopic(id, create.name());
            } else if (request instanceof TopicFrames.AlterTopic alter) {
                sendTopic(id, alter.name());
            } else if (request instanceof TopicFrames.DeleteTopic delete) {
                deleteTopic(delete.name());
                send(id, new Frames.Done());
            } else if (request instanceof TopicFrames.FindOffset find) {
                send(
                        id,
                        new TopicFrames.OffsetFound(
                                logOf(find.topicId(), find.partition()).find(find.position()), -1));
            } else if (request instanceof TopicFrames.DeleteBefore before) {
                logOf(before.topicId(), before.partition()).deleteBefore(before.offset());
                send(id, new Frames.Done());
            } else {
                return false;
            }
            return true;
        }

        private void sendTopic(int id, String name) throws IOException {
            TopicFrames.TopicInfo info = describe(name);
            if (info == null) {
                fail(id, Fault.TOPIC_NOT_FOUND, "topic " + name + " does not exist");
            } else {
                send(id, new TopicFrames.Topic(info));
            }
        }

        void fail(int id, Fault fault, String detail) throws IOException {
            send(id, new Frames.Error(fault.code(), detail));
        }

        void send(int id, Frame frame) throws IOException {
            sendRaw(FrameCodec.encode(id, frame).array());
        }

        void sendRaw(byte[] bytes) throws IOException {
            if (!muted) {
                OutputStream out = socket.getOutputStream();
                out.write(bytes);
                out.flush();
            }
        }

        void drop() {
            synchronized (FakeBroker.this) {
                sessions.remove(this);
                try {
                    socket.close();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                FakeBroker.this.notifyAll();
            }
        }
    }

    /** Sends unasked to every client. */
    synchronized void broadcast(Frame frame) {
        for (Session session : List.copyOf(sessions)) {
            try {
                session.send(0, frame);
            } catch (IOException e) {
                session.drop();
            }
        }
    }

    GroupFrames.PartitionRef ref(String topic, int partition) {
        return new GroupFrames.PartitionRef(describe(topic).topicId(), partition);
    }
}
