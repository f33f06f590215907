package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Consumer;
import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.Message;
import dev.millrace.client.MessageContext;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.Telemetry;
import dev.millrace.client.Transactions;
import dev.millrace.client.otel.OpenTelemetryTracing;
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
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the application handles itself, in {@link MessageContext#run}, has spans as what handlers do. */
@Timeout(120)
class HandledByHandEndToEndTest {
    @TempDir
    private Path directory;

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final SdkTracerProvider tracing = SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(exporter))
            .build();
    private final OpenTelemetrySdk openTelemetry =
            OpenTelemetrySdk.builder().setTracerProvider(tracing).build();
    private EmbeddedMillrace millrace;
    private MillraceClient plain;
    private MillraceClient client;
    private Producer producer;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        plain = MillraceClient.builder().server(millrace.address()).build();
        plain.admin().createTopic("orders", 1, Map.of("stream.index", "key"));
        plain.admin().createTopic("out", 1);
        client = with(OpenTelemetryTracing.with(openTelemetry));
        producer = client.producer().build();
        client.streams("orders")
                .append("o-1", Expected.none(), Event.of("Placed", "12").correlation("process-7"));
    }

    private MillraceClient with(Telemetry.Factory telemetry) {
        return MillraceClient.builder()
                .server(millrace.address())
                .telemetry(telemetry)
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        plain.close();
        millrace.close();
        tracing.close();
    }

    private static ReceivedMessage polled(MillraceClient from) {
        try (Consumer consumer =
                from.consumer().topics("orders").from(StartFrom.earliest()).open()) {
            return consumer.poll(Duration.ofSeconds(60)).get(0);
        }
    }

    private void publish() {
        producer.publish(Message.to("out").value("1"));
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

    private static String attribute(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.stringKey(name));
    }

    /** Of the publish that brought the order, or of none. */
    private void assertHandledOnce() {
        SpanData order = span("publish orders");
        SpanData handled = span("process orders");
        assertThat(handled.getParentSpanId()).isEqualTo(order.getSpanId());
        assertThat(handled.getTraceId()).isEqualTo(order.getTraceId());
        assertThat(handled.getLinks())
                .extracting(link -> link.getSpanContext().getSpanId())
                .containsExactly(order.getSpanId());
        assertThat(span("publish out").getParentSpanId()).isEqualTo(handled.getSpanId());
    }

    @Test
    void aPolledMessageThatIsHandledByHandHasAProcessSpan() throws Exception {
        MessageContext.run(polled(client), this::publish);
        assertHandledOnce();
        SpanData handled = span("process orders");
        assertThat(handled.getKind()).isEqualTo(SpanKind.CONSUMER);
        assertThat(handled.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(attribute(handled, "messaging.system")).isEqualTo("millrace");
        assertThat(attribute(handled, "messaging.operation.name")).isEqualTo("process");
        assertThat(attribute(handled, "messaging.operation.type")).isEqualTo("process");
        assertThat(attribute(handled, "messaging.destination.name")).isEqualTo("orders");
        assertThat(attribute(handled, "messaging.destination.partition.id")).isEqualTo("0");
        assertThat(attribute(handled, "messaging.message.conversation_id")).isEqualTo("process-7");
        assertThat(attribute(handled, "messaging.consumer.group.name")).isNull();
    }

    @Test
    void aFailureIsOnTheSpanAndThrownOn() {
        ReceivedMessage order = polled(client);
        IOException failure = new IOException("no invoice");
        assertThatThrownBy(() -> MessageContext.run(order, () -> {
                    throw failure;
                }))
                .isSameAs(failure);
        SpanData handled = span("process orders");
        assertThat(handled.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(attribute(handled, "error.type")).isEqualTo("java.io.IOException");
        assertThat(handled.getEvents()).extracting(event -> event.getName()).containsExactly("exception");
    }

    @Test
    void theSpanOfTheApplicationIsTheParentAndThePublisherIsLinked() throws Exception {
        ReceivedMessage order = polled(client);
        Span mine = openTelemetry.getTracer("app").spanBuilder("batch").startSpan();
        try (Scope current = mine.makeCurrent()) {
            MessageContext.run(order, this::publish);
        } finally {
            mine.end();
        }
        SpanData handled = span("process orders");
        assertThat(handled.getParentSpanId()).isEqualTo(mine.getSpanContext().getSpanId());
        assertThat(handled.getLinks())
                .extracting(link -> link.getSpanContext().getSpanId())
                .containsExactly(span("publish orders").getSpanId());
    }

    @Test
    void messagesOfATransactionAreTracedEachByItself() {
        try (GroupConsumer group = client.group("by-hand")
                        .topics("orders")
                        .startFrom(StartFrom.earliest())
                        .autoCommit(false)
                        .open();
                Transactions transactions = client.transactional("t")) {
            int handled = 0;
            while (handled == 0) {
                handled = transactions.process(
                        group,
                        Duration.ofSeconds(1),
                        (messages, transaction) -> messages.forEach(message -> unchecked(
                                message,
                                () -> transaction.publish(Message.to("out").value("1")))));
            }
        }
        assertHandledOnce();
        assertThat(attribute(span("process orders"), "messaging.consumer.group.name"))
                .isEqualTo("by-hand");
    }

    private static void unchecked(ReceivedMessage message, MessageContext.Work work) {
        try {
            MessageContext.run(message, work);
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void anEventReadFromAStreamHasAProcessSpanToo() throws Exception {
        StoredEvent placed = client.streams("orders").read("o-1").events().get(0);
        MessageContext.run(placed, this::publish);
        assertHandledOnce();
    }

    @Test
    void inAHandlerTheSameMessageHasNoSecondSpanButInAnotherThreadItHas() throws Exception {
        CompletableFuture<ReceivedMessage> given = new CompletableFuture<>();
        try (RunningConsumer running = client.group("billing")
                .topics("orders")
                .startFrom(StartFrom.earliest())
                .start(order -> {
                    MessageContext.run(order, this::publish);
                    given.complete(order);
                })) {
            given.join();
        }
        assertHandledOnce();
        exporter.reset();
        MessageContext.run(given.join(), this::publish);
        SpanData handled = span("process orders");
        assertThat(attribute(handled, "messaging.consumer.group.name")).isEqualTo("billing");
        assertThat(span("publish out").getParentSpanId()).isEqualTo(handled.getSpanId());
    }

    @Test
    void whatAClientWithoutTelemetryHandedOutHasNone() throws Exception {
        MessageContext.run(polled(plain), this::publish);
        assertThat(spans("process orders")).isEmpty();
        assertThat(span("publish out").getParentSpanId())
                .isEqualTo(span("publish orders").getSpanId());
    }

    @Test
    void headersReadAsBefore() {
        ReceivedMessage traced = polled(client);
        ReceivedMessage untraced = polled(plain);
        assertThat(traced.headers()).hasSameSizeAs(untraced.headers());
        assertThat(traced.id()).isEqualTo(untraced.id());
        assertThat(traced.header("$correlation")).isEqualTo("process-7");
        assertThatThrownBy(() -> traced.headers().clear()).isInstanceOf(UnsupportedOperationException.class);
    }
}
