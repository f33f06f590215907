package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.FrameType;
import dev.millrace.core.wire.Frames;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClientTest {
    private FakeBroker broker;

    @BeforeEach
    void open() throws IOException {
        broker = new FakeBroker().topic("t", 2);
    }

    @AfterEach
    void close() throws IOException {
        broker.close();
    }

    private static MillraceException failureOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        MillraceException failure = catchThrowableOfType(MillraceException.class, call);
        assertThat(failure).isNotNull();
        return failure;
    }

    // ---- connecting

    @Test
    void saysWhichAddressDoesNotAnswer() throws IOException {
        broker.stop();
        MillraceException failure = failureOf(broker::client);
        assertThat(failure.fault()).isEqualTo(Fault.CONNECT_FAILED);
        assertThat(failure.outcomeUnknown()).isFalse();
        assertThat(failure).hasMessageContaining(broker.address()).hasMessageContaining("Connection refused");
    }

    @Test
    void refusesAnAddressThatMakesNoSense() {
        for (String address : List.of("", "host:", "host:0", "host:99999", "a/b:1")) {
            assertThatThrownBy(() -> MillraceClient.connect(address))
                    .as(address)
                    .hasMessageContaining("is not host:port, such as localhost:7650");
        }
    }

    @Test
    void refusesABrokerOfAnotherVersion() {
        broker.nextFails(FrameType.HELLO, Fault.UNSUPPORTED_VERSION);
        assertThat(failureOf(broker::client).fault()).isEqualTo(Fault.UNSUPPORTED_VERSION);
        broker.next(
                FrameType.HELLO,
                (session, id, hello) -> session.send(
                        id, new Frames.HelloOk(9, 0, new UUID(0, 0), "x", new Frames.HelloOk.Limits(1, 1, 1, 1))));
        assertThat(failureOf(broker::client)).hasMessageContaining("version 9");
    }

    @Test
    void doesNotWaitForeverForAGreeting() throws IOException {
        try (ServerSocket mute = new ServerSocket(0)) {
            MillraceException failure = failureOf(() -> MillraceClient.builder()
                    .server("localhost:" + mute.getLocalPort())
                    .connectTimeout(Duration.ofMillis(100))
                    .build());
            assertThat(failure).hasMessageContaining("did not greet");
        }
    }

    @Test
    void saysSoWhenTheOtherSideIsNoBroker() {
        broker.next(FrameType.HELLO, (session, id, hello) -> session.sendRaw("HTTP/1.1 400 Bad Request".getBytes()));
        assertThat(failureOf(broker::client)).hasMessageContaining("no Millrace frame");
    }

    @Test
    void checksItsOptions() {
        assertThatThrownBy(() ->
                        MillraceClient.builder().requestTimeout(Duration.ZERO).build())
                .hasMessageContaining("requestTimeout is PT0S");
        try (MillraceClient client = broker.client()) {
            assertThatThrownBy(() -> client.producer().batchSize(0)).hasMessageContaining("batchSize is 0");
            assertThatThrownBy(() -> client.consumer().open()).hasMessageContaining("topics is []");
            assertThatThrownBy(() -> client.group("g").concurrency(0)).hasMessageContaining("concurrency is 0");
        }
    }

    // ---- a connection's life

    @Test
    void closesAConnectionThatBringsMalformedFramesAndSaysWhy() {
        try (MillraceClient client =
                broker.builder().requestTimeout(Duration.ofMillis(300)).build()) {
            byte[][] bad = {
                {0, 0, 0, 1, 9},
                {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff},
                {0, 0, 0, 8, 0x7f, 0, 0, 0, 0, 0, 0, 5},
                {0, 0, 0, 8, (byte) 0x91, 0, 0, 0, 0, 0, 0, 5},
                {0, 0, 0, 8, (byte) 0x82, 1, 0, 0, 0, 0, 0, 5},
            };
            for (byte[] frame : bad) {
                broker.next(FrameType.CREATE_TOPIC, (session, id, request) -> session.sendRaw(frame));
                MillraceException failure = failureOf(() -> client.admin().createTopic("x", 1));
                assertThat(failure).hasMessageContaining("no Millrace frame");
                assertThat(failure.outcomeUnknown()).isTrue();
                // The next call has a new connection.
                assertThat(client.admin().describeTopic("t").partitions()).hasSize(2);
            }
        }
    }

    @Test
    void keepsASilentConnectionOpenWithPings() {
        broker.limits(60, 1 << 20);
        try (MillraceClient client = broker.client()) {
            broker.await("pings", () -> broker.events("ping").size() > 3);
            assertThat(broker.events("hello")).hasSize(1);
        }
    }

    @Test
    void leavesABrokerThatDoesNotAnswerPings() {
        broker.limits(60, 1 << 20).next(FrameType.PING, FakeBroker.silence());
        try (MillraceClient client = broker.client()) {
            broker.await("a new connection", () -> broker.events("hello").size() == 2);
        }
    }

    // ---- calls

    @Test
    void repeatsWhatIsSafeToRepeatOverANewConnection() {
        try (MillraceClient client = broker.client()) {
            broker.nextLosesAnswer(FrameType.DESCRIBE_TOPIC);
            assertThat(client.admin().describeTopic("t").name()).isEqualTo("t");
            assertThat(broker.events("describe")).hasSize(2);
        }
    }

    @Test
    void reportsALostAnswerOfWhatIsNotSafeToRepeatAsUnknown() {
        try (MillraceClient client = broker.client()) {
            broker.nextLosesAnswer(FrameType.CREATE_TOPIC);
            MillraceException failure = failureOf(() -> client.admin().createTopic("new", 1));
            assertThat(failure.fault()).isEqualTo(Fault.CONNECTION_LOST);
            assertThat(failure.outcomeUnknown()).isTrue();
            assertThat(client.admin().describeTopic("new").partitions()).hasSize(1);
        }
    }

    @Test
    void reportsADeadlineAfterSendingAsUnknownNeverAsFailed() {
        try (MillraceClient client =
                broker.builder().requestTimeout(Duration.ofMillis(100)).build()) {
            broker.next(FrameType.CREATE_TOPIC, FakeBroker.silence());
            MillraceException failure = failureOf(() -> client.admin().createTopic("new", 1));
            assertThat(failure.fault()).isEqualTo(Fault.TIMED_OUT);
            assertThat(failure.outcomeUnknown()).isTrue();
            assertThat(failure).hasMessageContaining("CREATE_TOPIC").hasMessageContaining("100 ms");
        }
    }

    @Test
    void retriesAnOverloadedBrokerUntilTheDeadlineThenSaysSo() {
        try (MillraceClient client =
                broker.builder().requestTimeout(Duration.ofMillis(300)).build()) {
            broker.nextFails(FrameType.LIST_TOPICS, Fault.OVERLOADED);
            assertThat(client.admin().listTopics()).hasSize(1);
            for (int i = 0; i < 20; i++) {
                broker.nextFails(FrameType.LIST_TOPICS, Fault.OVERLOADED);
            }
            MillraceException failure = failureOf(() -> client.admin().listTopics());
            assertThat(failure.fault()).isEqualTo(Fault.OVERLOADED);
            assertThat(failure.outcomeUnknown()).isFalse();
        }
    }

    @Test
    void refusesCallsAfterClose() {
        MillraceClient client = broker.client();
        client.close();
        client.close();
        assertThat(failureOf(() -> client.admin().listTopics()).fault()).isEqualTo(Fault.CLIENT_CLOSED);
        assertThat(failureOf(() -> client.producer().build()).fault()).isEqualTo(Fault.CLIENT_CLOSED);
    }

    @Test
    void closingFlushesProducers() {
        MillraceClient client = broker.client();
        client.producer()
                .linger(Duration.ofMinutes(1))
                .build()
                .publishAsync(Message.to("t").partition(0).value("v"));
        client.close();
        assertThat(broker.log("t", 0).values()).containsExactly("v");
    }

    // ---- admin

    @Test
    void administersTopics() {
        try (MillraceClient client = broker.client()) {
            Admin admin = client.admin();
            assertThat(admin.createTopic("new", 3, Map.of("retention", "7d")).partitions())
                    .hasSize(3);
            assertThat(admin.listTopics()).extracting(TopicInfo::name).containsExactly("new", "t");
            assertThat(admin.describeTopic("t").settings()).containsEntry("retention", "7d");
            assertThat(admin.alterTopic("t", 0, Map.of()).name()).isEqualTo("t");
            broker.log("t", 0).with("a", "b", "c");
            TopicPartition first = new TopicPartition("t", 0);
            assertThat(admin.findOffset(first, StartFrom.latest()).offset()).isEqualTo(3);
            admin.deleteBefore(first, 2);
            assertThat(admin.findOffset(first, StartFrom.earliest()).offset()).isEqualTo(2);
            assertThat(admin.describeTopic("t").messages()).isEqualTo(1);
            admin.deleteTopic("new");
            assertThat(failureOf(() -> admin.describeTopic("new")).fault()).isEqualTo(Fault.TOPIC_NOT_FOUND);
        }
    }

    @Test
    void administersGroups() {
        broker.log("t", 0).with("a", "b", "c");
        TopicPartition first = new TopicPartition("t", 0);
        try (MillraceClient client = broker.client()) {
            Admin admin = client.admin();
            admin.commitOffsets("g", Map.of(first, 2L));
            assertThat(admin.committedOffsets("g")).containsExactly(Map.entry(first, 2L));
            assertThat(admin.resetOffsets("g", "t", StartFrom.earliest(), true))
                    .containsExactly(new Admin.OffsetReset(first, 2, 0));
            assertThat(broker.groups.committed("t", 0)).isEqualTo(2);
            admin.resetOffsets("g", "t", StartFrom.earliest(), false);
            assertThat(broker.groups.committed("t", 0)).isZero();
            assertThat(admin.listGroups()).containsExactly(new Admin.GroupSummary("g", "stable", 1, 7, 9));
            GroupInfo group = admin.describeGroup("g");
            assertThat(group.lagMessages()).isEqualTo(10);
            assertThat(group.lagMs()).isEqualTo(5);
            admin.deleteGroup("g");
        }
    }

    @Test
    void tellsAboutTheBroker() {
        try (MillraceClient client = broker.client()) {
            BrokerInfo info = client.admin().brokerInfo();
            assertThat(info.nowMs()).isEqualTo(1234);
            assertThat(info.software()).isEqualTo("fake");
            assertThat(info.properties().keySet()).containsExactly("version", "a");
        }
    }

    // ---- codecs

    /** An event as users would write one. */
    record Order(String id, int total) {}

    @Test
    void typedTopicsSpeakInObjects() {
        try (MillraceClient client = broker.client()) {
            TypedTopic<String, Order> orders = client.topic("t", Codec.string(), Codec.json(Order.class));
            Receipt receipt = orders.publish("k", new Order("o-1", 20));
            orders.publishAsync("k", null).join();
            List<TypedTopic.TypedMessage<String, Order>> seen = new java.util.concurrent.CopyOnWriteArrayList<>();
            RunningConsumer running = orders.subscribe(StartFrom.earliest(), seen::add);
            broker.await("both", () -> seen.size() == 2);
            running.close();
            assertThat(seen.get(0).key()).isEqualTo("k");
            assertThat(seen.get(0).value()).isEqualTo(new Order("o-1", 20));
            assertThat(seen.get(0).raw().partition()).isEqualTo(receipt.partition());
            assertThat(seen.get(1).value()).isNull();
        }
    }

    @Test
    void jsonIgnoresUnknownPropertiesAndNamesWhatDoesNotFit() {
        Codec<Order> codec = Codec.json(Order.class);
        assertThat(codec.decode("{\"id\":\"a\",\"total\":1,\"new\":true}".getBytes()))
                .isEqualTo(new Order("a", 1));
        assertThatThrownBy(() -> codec.decode("{".getBytes()))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining(Order.class.getName());
    }

    @Test
    void jsonWithoutJacksonNamesTheArtifactToAdd() throws Exception {
        URL[] classPath = Stream.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
                .filter(entry -> !entry.contains("jackson"))
                .map(entry -> {
                    try {
                        return Path.of(entry).toUri().toURL();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
            Class<?> codec = loader.loadClass(Codec.class.getName());
            assertThatThrownBy(() -> codec.getMethod("json", Class.class).invoke(null, String.class))
                    .hasRootCauseInstanceOf(ClassNotFoundException.class)
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("com.fasterxml.jackson.core:jackson-databind");
            assertThat(codec.getMethod("string").invoke(null)).isNotNull();
        }
    }
}
