package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Codec;
import dev.millrace.client.Consumer;
import dev.millrace.client.Event;
import dev.millrace.client.EventSubscription;
import dev.millrace.client.Expected;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.GroupBuilder;
import dev.millrace.client.Message;
import dev.millrace.client.MessageContext;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Projection;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.Telemetry;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.client.otel.OpenTelemetryTracing;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceParent;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a client tells OpenTelemetry, by the conventions for messaging. */
@Timeout(120)
class OpenTelemetryEndToEndTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00-" + TRACE + "-00f067aa0ba902b7-01";
    private static final String NO_PARENT = "0000000000000000";

    @TempDir
    private Path directory;

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final SdkTracerProvider tracing = tracing(Sampler.parentBased(Sampler.alwaysOn()));
    private final OpenTelemetry openTelemetry =
            OpenTelemetrySdk.builder().setTracerProvider(tracing).build();
    private EmbeddedMillrace millrace;
    /** Without telemetry, to look at what came of it. */
    private MillraceClient plain;

    private MillraceClient client;
    private Producer producer;

    private SdkTracerProvider tracing(Sampler sampler) {
        return SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                .setSampler(sampler)
                .build();
    }

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        plain = MillraceClient.builder().server(millrace.address()).build();
        plain.admin().createTopic("orders", 1, Map.of("stream.index", "key"));
        plain.admin().createTopic("out", 1);
        plain.admin().createTopic("log", 1, Map.of("stream.index", "key"));
        client = traced(openTelemetry);
        producer = client.producer().build();
    }

    private MillraceClient traced(OpenTelemetry openTelemetry) {
        return MillraceClient.builder()
                .server(millrace.address())
                .clientId("shop-1")
                .telemetry(OpenTelemetryTracing.with(openTelemetry))
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        plain.close();
        millrace.close();
        tracing.close();
    }

    private GroupBuilder group() {
        return client.group("billing").topics("orders").startFrom(StartFrom.earliest());
    }

    private List<ReceivedMessage> published(int count) {
        List<ReceivedMessage> messages = new ArrayList<>();
        try (Consumer consumer =
                plain.consumer().topics("out", "log").from(StartFrom.earliest()).open()) {
            while (messages.size() < count) {
                messages.addAll(consumer.poll(Duration.ofSeconds(1)));
            }
        }
        assertThat(messages).hasSize(count);
        return messages;
    }

    private List<SpanData> spans(String name) {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .toList();
    }

    private SpanData span(String name) {
        List<SpanData> spans = spans(name);
        assertThat(spans).as(name).hasSize(1);
        return spans.get(0);
    }

    /** Nothing of it may be lost or done twice. */
    @Test
    void telemetryThatThrowsChangesNothing() throws Exception {
        Telemetry broken = new Telemetry() {
            @Override
            public Publishing publish(Outgoing outgoing) {
                if (outgoing.messages().get(0).isEmpty()) throw new IllegalStateException("publish");
                return new Publishing() {
                    @Override
                    public List<RecordHeader> headers() {
                        throw new IllegalStateException("headers");
                    }

                    @Override
                    public void succeeded(Receipt receipt) {
                        throw new IllegalStateException("succeeded");
                    }

                    @Override
                    public void failed(Throwable cause) {
                        throw new IllegalStateException("failed");
                    }
                };
            }

            @Override
            public List<RecordHeader> current() {
                throw new IllegalStateException("current");
            }

            @Override
            public void received(List<ReceivedMessage> messages, String group, Instant since) {
                throw new IllegalStateException("received");
            }

            @Override
            public void process(ReceivedMessage message, String group, MessageContext.Work work) throws Exception {
                if (message.offset() == 0) throw new IllegalStateException("before");
                work.run();
                throw new IllegalStateException("after");
            }
        };
        try (MillraceClient disturbed = MillraceClient.builder()
                .server(millrace.address())
                .telemetry(about -> broken)
                .build()) {
            Producer publisher = disturbed.producer().build();
            assertThat(publisher.publish(Message.to("out").value("a")).offset()).isZero();
            assertThat(publisher
                            .publishAsync(Message.to("out").value("b").header("h", "v"))
                            .get(30, TimeUnit.SECONDS)
                            .offset())
                    .isEqualTo(1);
            try (Transactions transactions = disturbed.transactional("t");
                    Transaction transaction = transactions.begin()) {
                transaction.publish(Message.to("out").value("c").header("h", "v"));
                transaction.commit();
            }
            assertThat(published(3)).extracting(ReceivedMessage::valueText).containsExactly("a", "b", "c");
            List<String> handled = new ArrayList<>();
            CountDownLatch done = new CountDownLatch(3);
            try (RunningConsumer running = disturbed
                    .group("g")
                    .topics("out")
                    .startFrom(StartFrom.earliest())
                    .start(message -> {
                        handled.add(message.valueText());
                        done.countDown();
                    })) {
                assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(handled).containsExactly("a", "b", "c");
            try (Consumer polled = disturbed
                    .consumer()
                    .topics("out")
                    .from(StartFrom.earliest())
                    .open()) {
                assertThat(polled.poll(Duration.ofSeconds(30))).isNotEmpty();
            }
        }
    }

    private static TraceParent traceOf(ReceivedMessage message) {
        return TraceParent.parse(message.header("traceparent"));
    }

    private static Object attribute(SpanData span, String name) {
        return span.getAttributes().asMap().entrySet().stream()
                .filter(entry -> entry.getKey().getKey().equals(name))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private static List<String> linked(SpanData span) {
        return span.getLinks().stream()
                .map(link -> link.getSpanContext().getSpanId())
                .toList();
    }

    // ---- one trace

    @Test
    void publishHandleAndPublishAreOneTrace() {
        producer.publish(Message.to("orders").key("o-1").value("12").header("$correlation", "process-7"));
        try (RunningConsumer running = group().start(
                        order -> producer.publish(Message.to("out").key("o-1").value(order.valueText())))) {
            published(1);
        }
        SpanData order = span("publish orders");
        SpanData handled = span("process orders");
        SpanData invoice = span("publish out");
        assertThat(order.getParentSpanId()).isEqualTo(NO_PARENT);
        assertThat(handled.getParentSpanId()).isEqualTo(order.getSpanId());
        assertThat(invoice.getParentSpanId()).isEqualTo(handled.getSpanId());
        assertThat(Stream.of(order, handled, invoice).map(SpanData::getTraceId)).containsOnly(order.getTraceId());
        assertThat(order.getKind()).isEqualTo(SpanKind.PRODUCER);
        assertThat(handled.getKind()).isEqualTo(SpanKind.CONSUMER);
        assertThat(invoice.getKind()).isEqualTo(SpanKind.PRODUCER);
        assertThat(linked(handled)).containsExactly(order.getSpanId());
        TraceParent inRecord = traceOf(published(1).get(0));
        assertThat(inRecord.spanId()).as("the record names its publish").isEqualTo(invoice.getSpanId());
        assertThat(inRecord.traceId()).isEqualTo(order.getTraceId());
        assertThat(exporter.getFinishedSpanItems())
                .as("no receive: the application did not poll")
                .hasSize(3);
    }

    @Test
    void spansSayWhatTheConventionsAskFor() {
        producer.publish(Message.to("orders").key("o-1").value("12").header("$correlation", "process-7"));
        try (RunningConsumer running =
                group().start(order -> producer.publish(Message.to("out").value("1")))) {
            published(1);
        }
        SpanData order = span("publish orders");
        SpanData handled = span("process orders");
        for (SpanData span : List.of(order, handled)) {
            assertThat(attribute(span, "messaging.system")).isEqualTo("millrace");
            assertThat(attribute(span, "messaging.destination.name")).isEqualTo("orders");
            assertThat(attribute(span, "messaging.destination.partition.id")).isEqualTo("0");
            assertThat(attribute(span, "messaging.millrace.offset")).isEqualTo(0L);
            assertThat(attribute(span, "messaging.message.id")).isEqualTo("orders/0@0");
            assertThat(attribute(span, "messaging.message.conversation_id")).isEqualTo("process-7");
            assertThat(attribute(span, "messaging.client.id")).isEqualTo("shop-1");
            assertThat(attribute(span, "server.address")).isEqualTo("127.0.0.1");
            assertThat(millrace.address()).endsWith(":" + attribute(span, "server.port"));
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        }
        assertThat(attribute(order, "messaging.operation.name")).isEqualTo("publish");
        assertThat(attribute(order, "messaging.operation.type")).isEqualTo("send");
        assertThat(attribute(handled, "messaging.operation.name")).isEqualTo("process");
        assertThat(attribute(handled, "messaging.operation.type")).isEqualTo("process");
        assertThat(attribute(handled, "messaging.consumer.group.name")).isEqualTo("billing");
        assertThat(attribute(handled, "messaging.message.body.size")).isEqualTo(2L);
        assertThat(attribute(order, "messaging.batch.message_count")).isNull();
    }

    @Test
    void aPollIsLinkedToWhatPublishedItsMessages() {
        producer.publish(Message.to("orders").key("a").value("1"));
        producer.publish(Message.to("orders").key("b").value("2"));
        int polled = 0;
        try (Consumer consumer =
                client.consumer().topics("orders").from(StartFrom.earliest()).open()) {
            while (polled < 2) {
                polled += consumer.poll(Duration.ofSeconds(1)).size();
            }
            assertThat(consumer.poll(Duration.ofMillis(1))).isEmpty();
        }
        List<SpanData> receives = spans("receive orders");
        assertThat(receives.stream().flatMap(span -> linked(span).stream()))
                .containsExactlyElementsOf(spans("publish orders").stream()
                        .map(SpanData::getSpanId)
                        .toList());
        assertThat(receives).allSatisfy(span -> {
            assertThat(span.getKind()).isEqualTo(SpanKind.CLIENT);
            assertThat(span.getParentSpanId()).isEqualTo(NO_PARENT);
            assertThat(attribute(span, "messaging.operation.type")).isEqualTo("receive");
            assertThat(attribute(span, "messaging.batch.message_count"))
                    .isEqualTo((long) linked(span).size());
            assertThat(attribute(span, "messaging.destination.partition.id")).isEqualTo("0");
            assertThat(attribute(span, "messaging.consumer.group.name")).isNull();
        });
    }

    @Test
    void aSpanOfTheApplicationIsTheParentAndAMessageTakenByHandIsNext() throws Exception {
        Span mine = openTelemetry.getTracer("app").spanBuilder("checkout").startSpan();
        try (Scope current = mine.makeCurrent()) {
            producer.publishAsync(Message.to("orders").key("o-1").value("12")).join();
        } finally {
            mine.end();
        }
        SpanData order = span("publish orders");
        assertThat(order.getParentSpanId()).isEqualTo(mine.getSpanContext().getSpanId());
        try (Consumer consumer =
                plain.consumer().topics("orders").from(StartFrom.earliest()).open()) {
            ReceivedMessage message = consumer.poll(Duration.ofSeconds(30)).get(0);
            MessageContext.run(message, () -> producer.publish(Message.to("out").value("1")));
        }
        assertThat(span("publish out").getParentSpanId()).isEqualTo(order.getSpanId());
    }

    // ---- all ways

    /** With a producer now and later, in a transaction, into a stream. */
    private void publishInAllWays() {
        producer.publish(Message.to("out").key("a").value("1"));
        producer.publishAsync(Message.to("out").key("a").value("async")).join();
        producer.publish(Message.to("out").key("a").value("later").delay(Duration.ofMillis(1)));
        client.streams("log").append("b", Expected.any(), Event.of("X", "1"), Event.of("X", "2"));
        try (Transactions transactions = client.transactional("t");
                Transaction transaction = transactions.begin()) {
            transaction.publish(Message.to("out").key("a").value("in transaction"));
            transaction.append("log", "b", Expected.any(), Event.of("X", "appended in transaction"));
            transaction.commit();
        }
    }

    @Test
    void allWaysOfPublishingFollowFromTheHandler() {
        producer.publish(Message.to("orders").key("o-1").value("12"));
        try (RunningConsumer running = group().start(order -> publishInAllWays())) {
            published(7);
        }
        SpanData handled = span("process orders");
        Map<String, SpanData> publishes = Stream.concat(spans("publish out").stream(), spans("publish log").stream())
                .collect(Collectors.toMap(SpanData::getSpanId, span -> span));
        assertThat(publishes).as("the two events of one append share a span").hasSize(6);
        assertThat(publishes.values())
                .allMatch(span -> span.getParentSpanId().equals(handled.getSpanId()))
                .allMatch(span -> span.getStatus().getStatusCode() == StatusCode.UNSET)
                .allMatch(span -> attribute(span, "messaging.destination.partition.id") != null);
        assertThat(published(7)).allSatisfy(message -> {
            assertThat(publishes).containsKey(traceOf(message).spanId());
            assertThat(message.headers().stream().filter(header -> header.key().equals("traceparent")))
                    .hasSize(1);
        });
        assertThat(spans("publish log").stream().map(span -> attribute(span, "messaging.batch.message_count")))
                .containsExactlyInAnyOrder(2L, null);
    }

    @Test
    void subscriptionsProjectionsAndSagasMakeSpansOfTheirHandlers() {
        client.streams("orders").append("o-1", Expected.none(), Event.of("OrderPlaced", "12"));
        SpanData order = span("publish orders");
        try (EventSubscription running = client.subscription()
                .topics("orders")
                .from(StartFrom.earliest())
                .start(event -> producer.publish(Message.to("out").key("a").value("1")))) {
            published(1);
        }
        assertThat(span("process orders").getParentSpanId()).isEqualTo(order.getSpanId());
        exporter.reset();
        try (Projection running = client.projections()
                .named("copies")
                .topics("orders")
                .startAtomic((event, outputs) ->
                        outputs.publish(Message.to("out").key("a").value("2")))) {
            published(2);
        }
        SpanData projected = span("process orders");
        assertThat(projected.getParentSpanId()).isEqualTo(order.getSpanId());
        assertThat(attribute(projected, "messaging.consumer.group.name"))
                .asString()
                .contains("copies");
        assertThat(traceOf(published(2).get(1)).spanId())
                .as("made by the handler, committed by another thread with others")
                .isEqualTo(projected.getSpanId());
        assertThat(span("publish out").getParentSpanId()).isEqualTo(projected.getSpanId());
        exporter.reset();
        try (RunningConsumer running = client.saga("order", Codec.string())
                .startedBy(
                        "orders",
                        (step, event) -> step.publish(Message.to("out").key("a").value("3")))
                .start()) {
            published(3);
        }
        SpanData stepped = span("process orders");
        assertThat(stepped.getParentSpanId()).isEqualTo(order.getSpanId());
        assertThat(span("publish out").getParentSpanId()).isEqualTo(stepped.getSpanId());
        assertThat(traceOf(published(3).get(2)).spanId())
                .isEqualTo(span("publish out").getSpanId());
    }

    // ---- failures

    private static void assertFailed(SpanData span, String errorType) {
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(attribute(span, "error.type")).isEqualTo(errorType);
    }

    @Test
    void aFailureIsOnItsSpan() {
        assertThatThrownBy(() -> producer.publish(Message.to("missing").value("1")))
                .isInstanceOf(MillraceException.class);
        assertThatThrownBy(() ->
                        producer.publishAsync(Message.to("missing").value("1")).join())
                .hasCauseInstanceOf(MillraceException.class);
        assertThat(spans("publish missing")).hasSize(2).allSatisfy(span -> assertFailed(span, "TOPIC_NOT_FOUND"));
        client.streams("log").append("b", Expected.any(), Event.of("X", "1"));
        assertThatThrownBy(() -> client.streams("log").append("b", Expected.none(), Event.of("X", "2")))
                .isInstanceOf(MillraceException.class);
        assertFailed(spans("publish log").get(1), "WRONG_EXPECTED_VERSION");
        try (Transactions transactions = client.transactional("t");
                Transaction transaction = transactions.begin()) {
            transaction.publish(Message.to("out").value("1"));
            transaction.append("log", "b", Expected.none(), Event.of("X", "3"));
            assertThatThrownBy(transaction::commit).isInstanceOf(MillraceException.class);
        }
        assertFailed(span("publish out"), "WRONG_EXPECTED_VERSION");
        exporter.reset();
        try (Transactions transactions = client.transactional("t")) {
            transactions.begin().publish(Message.to("out").value("2"));
        }
        assertFailed(span("publish out"), "TRANSACTION_ENDED");
    }

    @Test
    void everyTryOfAHandlerIsASpan() {
        producer.publish(Message.to("orders").key("o-1").value("12"));
        int[] calls = {0};
        try (RunningConsumer running = group().onFailure(FailurePolicy.retryThenDeadLetter(5, Duration.ofMillis(1)))
                .start(order -> {
                    if (calls[0]++ == 0) {
                        throw new IllegalStateException("not yet");
                    }
                    producer.publish(Message.to("out").value("1"));
                })) {
            published(1);
        }
        List<SpanData> tries = spans("process orders");
        assertThat(tries).hasSize(2);
        assertFailed(tries.get(0), "java.lang.IllegalStateException");
        assertThat(tries.get(0).getEvents())
                .extracting(event -> event.getName())
                .contains("exception");
        assertThat(tries.get(1).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(span("publish out").getParentSpanId()).isEqualTo(tries.get(1).getSpanId());
    }

    // ---- what messages bring

    @Test
    void aContextThatAMessageBringsStaysAndIsLinked() {
        producer.publish(Message.to("out").value("1").header("traceparent", PARENT));
        SpanData span = span("publish out");
        assertThat(published(1).get(0).header("traceparent")).isEqualTo(PARENT);
        assertThat(span.getKind())
                .as("its context is not what created the message")
                .isEqualTo(SpanKind.CLIENT);
        assertThat(span.getTraceId()).isEqualTo(TRACE);
        assertThat(linked(span)).containsExactly("00f067aa0ba902b7");
    }

    @Test
    void malformedHeadersAreIgnored() {
        try (Producer other = plain.producer().build()) {
            other.publish(Message.to("orders").key("k").value("1").header("traceparent", "00-nonsense"));
            other.publish(Message.to("orders").key("k").value("2").header("traceparent", new byte[] {-1, 0, 7}));
            other.publish(Message.to("orders")
                    .key("k")
                    .value("3")
                    .header("traceparent", PARENT)
                    .header("traceparent", PARENT.replace('4', '5')));
            other.publish(Message.to("orders")
                    .key("k")
                    .value("4")
                    .header("traceparent", PARENT.replace(TRACE, "0".repeat(32)))
                    .header("tracestate", "=,=;")
                    .header("baggage", "\u0000=;,"));
        }
        try (RunningConsumer running =
                group().start(order -> producer.publish(Message.to("out").value(order.valueText())))) {
            published(4);
        }
        assertThat(spans("process orders")).hasSize(4).allSatisfy(span -> {
            assertThat(span.getParentSpanId()).isEqualTo(NO_PARENT);
            assertThat(span.getLinks()).isEmpty();
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        });
    }

    @Test
    void baggageAndStateGoAlong() {
        producer.publish(Message.to("orders")
                .key("k")
                .value("1")
                .header("traceparent", PARENT)
                .header("tracestate", "vendor=1")
                .header("baggage", "user=anna"));
        AtomicReference<String> user = new AtomicReference<>();
        try (RunningConsumer running = group().start(order -> {
            user.set(Baggage.current().getEntryValue("user"));
            producer.publish(Message.to("out").value("1"));
        })) {
            ReceivedMessage message = published(1).get(0);
            assertThat(message.header("tracestate")).isEqualTo("vendor=1");
            assertThat(message.header("baggage")).isEqualTo("user=anna");
        }
        assertThat(user.get()).isEqualTo("anna");
    }

    @Test
    void whatIsNotSampledIsHandedOnAsSuch() {
        producer.publish(
                Message.to("orders").key("k").value("1").header("traceparent", PARENT.replaceAll("01$", "00")));
        exporter.reset();
        try (RunningConsumer running =
                group().start(order -> producer.publish(Message.to("out").value("1")))) {
            assertThat(published(1).get(0).header("traceparent")).matches("00-" + TRACE + "-[0-9a-f]{16}-00");
        }
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
    }

    // ---- without

    @Test
    void anOpenTelemetryThatDoesNothingLeavesTheHeadersToTheClient() {
        try (MillraceClient silent = traced(OpenTelemetry.noop());
                Producer quiet = silent.producer().build()) {
            quiet.publish(Message.to("out").value("1"));
            quiet.publish(Message.to("orders").key("k").value("1").header("traceparent", PARENT));
            try (RunningConsumer running = silent.group("g")
                    .topics("orders")
                    .startFrom(StartFrom.earliest())
                    .start(order -> quiet.publish(Message.to("out").value("2")))) {
                List<ReceivedMessage> messages = published(2);
                assertThat(messages.get(0).header("traceparent")).isNull();
                assertThat(traceOf(messages.get(1)).traceId()).isEqualTo(TRACE);
            }
        }
    }

    @Test
    void aClientNeedsNoOpenTelemetryOnItsClassPath() throws Exception {
        ClassLoader without = new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("io.opentelemetry")) {
                    throw new ClassNotFoundException(name);
                }
                synchronized (getClassLoadingLock(name)) {
                    Class<?> loaded = findLoadedClass(name);
                    if (loaded == null && name.startsWith("dev.millrace.")) {
                        byte[] bytes = bytesOf(name);
                        loaded = defineClass(name, bytes, 0, bytes.length);
                    }
                    return loaded == null ? super.loadClass(name, resolve) : loaded;
                }
            }
        };
        Class<?> program = without.loadClass(PlainProgram.class.getName());
        assertThat(program).isNotEqualTo(PlainProgram.class);
        program.getMethod("publish", String.class).invoke(null, millrace.address());
        assertThat(published(1).get(0).valueText()).isEqualTo("plain");
        assertThatThrownBy(() -> without.loadClass(AttributeKey.class.getName()))
                .isInstanceOf(ClassNotFoundException.class);
    }

    private byte[] bytesOf(String className) throws ClassNotFoundException {
        String resource = className.replace('.', '/') + ".class";
        try (InputStream in = getClass().getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new ClassNotFoundException(className);
            }
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new ClassNotFoundException(className, unreadable);
        }
    }

    /** What an application without OpenTelemetry does. */
    public static final class PlainProgram {
        private PlainProgram() {}

        public static void publish(String address) {
            try (MillraceClient client =
                            MillraceClient.builder().server(address).build();
                    Producer producer = client.producer().build()) {
                producer.publish(Message.to("out").value("plain"));
            }
        }
    }
}
