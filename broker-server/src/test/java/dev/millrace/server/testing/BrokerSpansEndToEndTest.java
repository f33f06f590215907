package dev.millrace.server.testing;

import static dev.millrace.server.testing.SpanCollector.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.client.Consumer;
import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.client.otel.OpenTelemetryTracing;
import dev.millrace.core.record.Compression;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The broker's own spans: of what is sampled, in the trace that the client began, and never in anybody's way. */
@Timeout(120)
class BrokerSpansEndToEndTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SPAN = "00f067aa0ba902b7";
    private static final String SAMPLED = "00-" + TRACE + "-" + SPAN + "-01";
    private static final String NOT_SAMPLED = "00-" + TRACE + "-" + SPAN + "-00";

    @TempDir
    private Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private EmbeddedMillrace millrace;
    private MillraceClient plain;

    private <T extends AutoCloseable> T closedLater(T thing) {
        opened.add(0, thing);
        return thing;
    }

    private void open(String endpoint, String... moreSets) {
        List<String> sets = new ArrayList<>(List.of(moreSets));
        sets.add("tracing.otlp.endpoint=" + endpoint);
        sets.add("tracing.otlp.serviceName=shop-broker");
        millrace = closedLater(EmbeddedMillrace.start(directory, sets));
        plain = closedLater(MillraceClient.builder().server(millrace.address()).build());
        plain.admin().createTopic("orders", 1);
        plain.admin().createTopic("out", 1);
        plain.admin().createTopic("log", 1, Map.of("stream.index", "key"));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable thing : opened) {
            thing.close();
        }
    }

    private static Predicate<JsonNode> named(String name) {
        return span -> span.get("name").asText().equals(name);
    }

    private static JsonNode only(List<JsonNode> spans, String name) {
        List<JsonNode> found = spans.stream().filter(named(name)).toList();
        assertThat(found).as(name).hasSize(1);
        return found.get(0);
    }

    private void pollOne(String topic) {
        try (Consumer consumer =
                plain.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            assertThat(consumer.poll(Duration.ofSeconds(30))).isNotEmpty();
        }
    }

    @Test
    void clientAndBrokerShareOneTraceFromPublishToPublish() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        InMemorySpanExporter ofClient = InMemorySpanExporter.create();
        SdkTracerProvider provider = closedLater(SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(ofClient))
                .build());
        MillraceClient client = closedLater(MillraceClient.builder()
                .server(millrace.address())
                .telemetry(OpenTelemetryTracing.with(
                        OpenTelemetrySdk.builder().setTracerProvider(provider).build()))
                .build());
        try (Producer producer = client.producer().build()) {
            producer.publish(Message.to("orders").key("o-1").value("12"));
            try (RunningConsumer running = client.group("billing")
                    .topics("orders")
                    .startFrom(StartFrom.earliest())
                    .start(order -> producer.publish(Message.to("out").value("1")))) {
                pollOne("out");
            }
        }
        for (String name : List.of("publish orders", "deliver orders", "publish out")) {
            collector.await(1, named(name));
        }
        List<JsonNode> ofBroker = collector.await(1, named("deliver out"));
        Map<String, SpanData> byName = new HashMap<>();
        ofClient.getFinishedSpanItems().forEach(span -> byName.put(span.getName(), span));
        SpanData order = byName.get("publish orders");
        SpanData handled = byName.get("process orders");
        SpanData invoice = byName.get("publish out");
        assertThat(handled.getParentSpanId()).isEqualTo(order.getSpanId());
        assertThat(invoice.getParentSpanId()).isEqualTo(handled.getSpanId());
        for (String name : List.of("publish orders", "deliver orders")) {
            assertThat(only(ofBroker, name).get("parentSpanId").asText()).isEqualTo(order.getSpanId());
        }
        for (String name : List.of("publish out", "deliver out")) {
            assertThat(only(ofBroker, name).get("parentSpanId").asText()).isEqualTo(invoice.getSpanId());
        }
        assertThat(ofBroker).hasSize(4).allSatisfy(span -> {
            assertThat(span.get("traceId").asText()).isEqualTo(order.getTraceId());
            assertThat(span.get("spanId").asText()).matches("[0-9a-f]{16}");
        });
        assertThat(ofBroker.stream().map(span -> span.get("spanId").asText()))
                .as("a span of its own for each")
                .doesNotHaveDuplicates()
                .doesNotContain(order.getSpanId(), handled.getSpanId(), invoice.getSpanId());
    }

    @Test
    void aSpanSaysWhatTheConventionsAskFor() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        long beforeNanos = System.currentTimeMillis() * 1_000_000;
        try (Producer producer = plain.producer().build()) {
            producer.publish(Message.to("orders").value("0"));
            producer.publish(Message.to("orders").value("1").header("traceparent", SAMPLED));
        }
        pollOne("orders");
        collector.await(1, named("publish orders"));
        List<JsonNode> spans = collector.await(1, named("deliver orders"));
        JsonNode publish = only(spans, "publish orders");
        JsonNode deliver = only(spans, "deliver orders");
        for (JsonNode span : List.of(publish, deliver)) {
            assertThat(attribute(span, "messaging.system")).isEqualTo("millrace");
            assertThat(attribute(span, "messaging.destination.name")).isEqualTo("orders");
            assertThat(attribute(span, "messaging.destination.partition.id")).isEqualTo("0");
            assertThat(attribute(span, "messaging.millrace.offset")).isEqualTo("1");
            assertThat(attribute(span, "error.type")).isNull();
            assertThat(span.has("status")).isFalse();
            long startNanos = span.get("startTimeUnixNano").asLong();
            assertThat(startNanos)
                    .isBetween(beforeNanos, span.get("endTimeUnixNano").asLong());
        }
        assertThat(publish.get("kind").asInt()).as("server").isEqualTo(2);
        assertThat(deliver.get("kind").asInt()).as("internal").isEqualTo(1);
        assertThat(attribute(publish, "messaging.operation.type")).isEqualTo("send");
        assertThat(attribute(collector.resource(), "service.name")).isEqualTo("shop-broker");
        assertThat(attribute(collector.resource(), "service.instance.id")).matches("[0-9a-f-]{36}");
        assertThat(collector.header("Content-Type")).isEqualTo("application/json");
    }

    @Test
    void whatIsNotSampledOrMalformedHasNoSpans() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        try (Producer producer = plain.producer().build();
                Producer compressing =
                        plain.producer().compression(Compression.GZIP).build()) {
            producer.publish(Message.to("orders").value("none"));
            producer.publish(Message.to("orders").value("not sampled").header("traceparent", NOT_SAMPLED));
            producer.publish(Message.to("orders").value("malformed").header("traceparent", "00-nonsense-01"));
            producer.publish(Message.to("orders").value("null").header("traceparent", (byte[]) null));
            producer.publish(Message.to("orders").value("long").header("traceparent", SAMPLED + "-x".repeat(500)));
            producer.publish(Message.to("orders")
                    .value("two")
                    .header("traceparent", SAMPLED)
                    .header("traceparent", SAMPLED));
            compressing.publish(Message.to("orders").value("sampled").header("traceparent", SAMPLED));
        }
        pollOne("orders");
        collector.await(1, named("publish orders"));
        List<JsonNode> spans = collector.await(1, named("deliver orders"));
        assertThat(spans).hasSize(2).allSatisfy(span -> {
            assertThat(attribute(span, "messaging.millrace.offset")).isEqualTo("6");
            assertThat(span.get("parentSpanId").asText()).isEqualTo(SPAN);
        });
    }

    @Test
    void streamsTransactionsAndRefusalsHaveSpansToo() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        Event event = Event.of("X", "1").header("traceparent", SAMPLED);
        plain.streams("log").append("s", Expected.none(), event);
        assertThatThrownBy(() -> plain.streams("log")
                        .append("s", Expected.none(), event.id("00000000-0000-0000-0000-000000000001")))
                .isInstanceOf(MillraceException.class);
        try (Transactions transactions = plain.transactional("t");
                Transaction transaction = transactions.begin()) {
            transaction.publish(Message.to("out").value("0"));
            transaction.publish(Message.to("out").value("1").header("traceparent", SAMPLED));
            transaction.append("log", "s", Expected.any(), event.id("00000000-0000-0000-0000-000000000002"));
            transaction.commit();
        }
        collector.await(1, named("publish out"));
        List<JsonNode> spans = collector.await(3, named("publish log"));
        assertThat(attribute(only(spans, "publish out"), "messaging.millrace.offset"))
                .isEqualTo("1");
        List<JsonNode> ofLog = spans.stream().filter(named("publish log")).toList();
        assertThat(ofLog.stream().map(span -> attribute(span, "messaging.millrace.offset")))
                .containsExactlyInAnyOrder("0", null, "1");
        JsonNode refused =
                ofLog.stream().filter(span -> span.has("status")).findFirst().orElseThrow();
        assertThat(attribute(refused, "error.type")).isEqualTo("WRONG_EXPECTED_VERSION");
        assertThat(refused.get("status").get("code").asInt()).as("error").isEqualTo(2);
    }

    // ---- REST

    private void post(String path, String json) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + millrace.httpAddress() + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static String record(String traceparent) {
        return "{\"value\":\"1\",\"headers\":{\"traceparent\":\"" + traceparent + "\"}}";
    }

    @Test
    void restMakesTheSpansThatTheNativeProtocolMakes() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        publishSampled(1);
        pollOne("orders");
        post("/v1/topics/out/records", record(SAMPLED));
        get("/v1/topics/out/partitions/0/records");
        for (String name : List.of("publish orders", "deliver orders", "publish out")) {
            collector.await(1, named(name));
        }
        List<JsonNode> spans = collector.await(1, named("deliver out"));
        assertThat(spans).hasSize(4);
        for (String operation : List.of("publish ", "deliver ")) {
            JsonNode byRest = only(spans, operation + "out");
            JsonNode byWire = only(spans, operation + "orders");
            assertThat(byRest.get("attributes").toString().replace("\"out\"", "\"orders\""))
                    .isEqualTo(byWire.get("attributes").toString());
            assertThat(byRest.get("kind")).isEqualTo(byWire.get("kind"));
            assertThat(byRest.get("traceId").asText()).isEqualTo(TRACE);
            assertThat(byRest.get("parentSpanId").asText()).isEqualTo(SPAN);
            assertThat(byRest.get("startTimeUnixNano").asLong())
                    .isLessThanOrEqualTo(byRest.get("endTimeUnixNano").asLong());
        }
    }

    @Test
    void aPageOverRestHasSpansOfWhatIsInItAndSampled() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        post(
                "/v1/topics/out/records",
                "{\"records\":[" + record(SAMPLED) + "," + record(NOT_SAMPLED) + "," + record(SAMPLED) + ","
                        + record(SAMPLED) + "]}");
        get("/v1/topics/out/partitions/0/records?offset=1&limit=2");
        collector.await(3, named("publish out"));
        collector.await(1, named("deliver out"));
        get("/v1/topics/out/partitions/0/records?offset=2&limit=1");
        List<JsonNode> delivered = collector.await(2, named("deliver out")).stream()
                .filter(named("deliver out"))
                .toList();
        assertThat(delivered)
                .extracting(span -> attribute(span, "messaging.millrace.offset"))
                .containsExactly("2", "2");
    }

    @Test
    void aLiveTailHasSpansOfWhatItSends() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://" + millrace.httpAddress() + "/v1/topics/out/tail?from=earliest"))
                .build();
        HttpResponse<InputStream> tail = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream events = tail.body()) {
            post("/v1/topics/out/records", "{\"records\":[" + record(NOT_SAMPLED) + "," + record(SAMPLED) + "]}");
            List<JsonNode> spans = collector.await(1, named("deliver out"));
            assertThat(attribute(only(spans, "deliver out"), "messaging.millrace.offset"))
                    .isEqualTo("1");
            assertThat(events.read()).as("the client is there").isPositive();
        }
    }

    // ---- for later

    @Test
    void messagesForLaterHaveASpanUntilTheyAreSetAndOneWhenTheyAreDelivered() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint());
        Message later = Message.to("out").value("1").delay(Duration.ofMillis(1));
        try (Producer producer = plain.producer().build();
                Transactions transactions = plain.transactional("t");
                Transaction transaction = transactions.begin()) {
            producer.publish(later.header("traceparent", NOT_SAMPLED));
            producer.publish(later.header("traceparent", SAMPLED));
            transaction.publish(later);
            transaction.publish(later.header("traceparent", SAMPLED));
            transaction.commit();
        }
        try (Consumer consumer =
                plain.consumer().topics("out").from(StartFrom.earliest()).open()) {
            int polled = 0;
            while (polled < 4) {
                polled += consumer.poll(Duration.ofSeconds(30)).size();
            }
        }
        collector.await(2, named("deliver out"));
        List<JsonNode> spans = collector.await(2, named("publish out"));
        assertThat(spans).hasSize(4).allSatisfy(span -> {
            assertThat(span.get("parentSpanId").asText()).isEqualTo(SPAN);
            assertThat(span.has("status")).isFalse();
            assertThat(attribute(span, "messaging.millrace.offset") == null)
                    .as("it has no place before its time")
                    .isEqualTo(span.get("name").asText().startsWith("publish"));
        });
    }

    @Test
    void aMessageForLaterThatIsRefusedSaysWhy() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint(), "timers.pendingMax=1");
        Message later = Message.to("out").value("1").delay(Duration.ofHours(1)).header("traceparent", SAMPLED);
        try (Producer producer = plain.producer().build()) {
            producer.publish(later);
            assertThatThrownBy(() -> producer.publish(later)).isInstanceOf(MillraceException.class);
        }
        List<JsonNode> spans = collector.await(2, named("publish out"));
        assertThat(spans).extracting(span -> attribute(span, "error.type")).containsExactly(null, "LIMIT_REACHED");
    }

    // ---- a collector in trouble

    private double metric(String name) throws Exception {
        return get("/metrics")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private String get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + millrace.httpAddress() + path))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private List<Receipt> publishSampled(int count) {
        try (Producer producer = plain.producer().build()) {
            List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                receipts.add(
                        producer.publishAsync(Message.to("orders").value("1").header("traceparent", SAMPLED)));
            }
            return receipts.stream().map(CompletableFuture::join).toList();
        }
    }

    @Test
    void aDeadCollectorDisturbsNothing() throws Exception {
        open("http://127.0.0.1:" + freePort() + "/v1/traces");
        assertThat(publishSampled(100)).hasSize(100);
        pollOne("orders");
        assertThat(metric("millrace_tracing_spans_exported_total")).isZero();
    }

    private static int freePort() throws IOException {
        try (ServerSocket nobody = new ServerSocket(0)) {
            return nobody.getLocalPort();
        }
    }

    @Test
    void aCollectorThatComesLaterAndIsBusyGetsAllSpansOnce() throws Exception {
        int port = freePort();
        open("http://127.0.0.1:" + port + "/v1/traces");
        assertThat(publishSampled(100)).hasSize(100);
        SpanCollector collector = closedLater(SpanCollector.startAt(port).refuse(503, 429));
        assertThat(collector.await(100, named("publish orders")).stream()
                        .map(span -> span.get("spanId").asText()))
                .hasSize(100)
                .doesNotHaveDuplicates();
        assertThat(metric("millrace_tracing_spans_dropped_total")).isZero();
    }

    @Test
    void whatACollectorRefusesIsCounted() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start().refuse(401));
        open(collector.endpoint());
        publishSampled(1);
        while (metric("millrace_tracing_spans_dropped_total") < 1) {
            Thread.onSpinWait();
        }
        publishSampled(1);
        assertThat(collector.await(1, named("publish orders"))).hasSize(1);
    }

    @Test
    void headersGoAlongAndAreShownNowhere() throws Exception {
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint(), "tracing.otlp.headers=api-key=top%2Fsecret,X-Tenant=shop");
        publishSampled(1);
        collector.await(1, named("publish orders"));
        assertThat(collector.header("api-key")).isEqualTo("top/secret");
        assertThat(collector.header("x-tenant")).isEqualTo("shop");
        assertThat(collector.header("Content-Type")).isEqualTo("application/json");
        assertThat(get("/v1/config"))
                .contains("tracing.otlp.headers", "api-key=***,X-Tenant=***")
                .doesNotContain("secret");
    }

    @Test
    void headersInAFileAreReadAnew(@TempDir Path secrets) throws Exception {
        Path file = Files.writeString(secrets.resolve("otlp-headers"), "api-key=old\n");
        SpanCollector collector = closedLater(SpanCollector.start());
        open(collector.endpoint(), "tracing.otlp.headers=file:" + file);
        publishSampled(1);
        collector.await(1, named("publish orders"));
        assertThat(collector.header("api-key")).isEqualTo("old");
        Files.writeString(file, "api-key=new\nX-Tenant=shop\n");
        publishSampled(1);
        collector.await(2, named("publish orders"));
        assertThat(collector.header("api-key")).isEqualTo("new");
        assertThat(collector.header("X-Tenant")).isEqualTo("shop");
        Files.writeString(file, "api-key new");
        publishSampled(1);
        while (metric("millrace_tracing_spans_dropped_total") < 1) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aSlowCollectorCostsSpansAndNothingElse() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        SpanCollector collector = closedLater(SpanCollector.start(gate));
        open(collector.endpoint());
        // More than the queue and the request under way hold together, while the collector answers nothing.
        assertThat(publishSampled(10_000)).hasSize(10_000);
        while (metric("millrace_tracing_spans_dropped_total") == 0) {
            Thread.onSpinWait();
        }
        gate.countDown();
        while (metric("millrace_tracing_spans_exported_total") == 0) {
            Thread.onSpinWait();
        }
    }
}
