package dev.millrace.client.otel;

import dev.millrace.client.MessageContext;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Telemetry;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * Makes spans by OpenTelemetry's conventions for messaging, with the application's own {@link OpenTelemetry}:
 *
 * <pre>{@code
 * MillraceClient client = MillraceClient.builder()
 *         .telemetry(OpenTelemetryTracing.with(openTelemetry))
 *         .build();
 * }</pre>
 *
 * <table>
 * <caption>Spans</caption>
 * <tr><td>{@code publish T}</td><td>PRODUCER</td><td>from the call until the broker has the message on disk, or the publish has
 *     failed; its context goes along as {@code traceparent}. CLIENT where all messages bring one of their own: that one stays,
 *     and is linked</td></tr>
 * <tr><td>{@code receive T}</td><td>CLIENT</td><td>a poll that brought messages; linked to what published them</td></tr>
 * <tr><td>{@code process T}</td><td>CONSUMER</td><td>one call of a handler, or of {@link MessageContext#run}, in which it is current;
 *     child of what published the message unless the thread is inside of another span, and linked to it</td></tr>
 * </table>
 *
 * <p>It needs {@code io.opentelemetry:opentelemetry-api} on the class path, which a client without it does not. Thread: any.
 */
public final class OpenTelemetryTracing implements Telemetry {
    private static final String SCOPE = "dev.millrace.client";

    private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
    private static final AttributeKey<String> OPERATION_NAME = AttributeKey.stringKey("messaging.operation.name");
    private static final AttributeKey<String> OPERATION_TYPE = AttributeKey.stringKey("messaging.operation.type");
    private static final AttributeKey<String> DESTINATION = AttributeKey.stringKey("messaging.destination.name");
    private static final AttributeKey<String> PARTITION = AttributeKey.stringKey("messaging.destination.partition.id");
    private static final AttributeKey<String> GROUP = AttributeKey.stringKey("messaging.consumer.group.name");
    private static final AttributeKey<String> CLIENT_ID = AttributeKey.stringKey("messaging.client.id");
    private static final AttributeKey<String> MESSAGE_ID = AttributeKey.stringKey("messaging.message.id");
    private static final AttributeKey<String> CONVERSATION =
            AttributeKey.stringKey("messaging.message.conversation_id");
    private static final AttributeKey<Long> BODY_SIZE = AttributeKey.longKey("messaging.message.body.size");
    private static final AttributeKey<Long> MESSAGE_COUNT = AttributeKey.longKey("messaging.batch.message_count");
    private static final AttributeKey<Long> OFFSET = AttributeKey.longKey("messaging.millrace.offset");
    private static final AttributeKey<String> SERVER_ADDRESS = AttributeKey.stringKey("server.address");
    private static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private final Tracer tracer;
    /** What all spans of the client have. */
    private final Attributes common;

    private OpenTelemetryTracing(Tracer tracer, Client client) {
        this.tracer = tracer;
        AttributesBuilder attributes = Attributes.builder()
                .put(SYSTEM, "millrace")
                .put(SERVER_ADDRESS, client.serverAddress())
                .put(SERVER_PORT, (long) client.serverPort());
        this.common = (client.id().isEmpty() ? attributes : attributes.put(CLIENT_ID, client.id())).build();
    }

    /** For {@link dev.millrace.client.ClientBuilder#telemetry}. Closing the client leaves the given one as it is. */
    public static Telemetry.Factory with(OpenTelemetry openTelemetry) {
        Objects.requireNonNull(openTelemetry, "openTelemetry");
        return client -> new OpenTelemetryTracing(openTelemetry.getTracer(SCOPE), client);
    }

    // ---- publish

    @Override
    public Publishing publish(Outgoing outgoing) {
        List<List<RecordHeader>> messages = outgoing.messages();
        boolean bringTheirOwn =
                messages.stream().allMatch(headers -> EventHeaders.find(headers, EventHeaders.TRACEPARENT) != null);
        Context parent = parentOf(outgoing);
        SpanBuilder builder = begin("publish", "send", outgoing.topic())
                .setSpanKind(bringTheirOwn ? SpanKind.CLIENT : SpanKind.PRODUCER)
                .setParent(parent);
        messages.forEach(headers -> link(builder, headers));
        boolean alone = messages.size() == 1;
        String id = alone ? EventHeaders.textIdOf(messages.get(0)) : null;
        if (alone) {
            setText(builder, MESSAGE_ID, id);
            setText(builder, CONVERSATION, text(messages.get(0), EventHeaders.CORRELATION));
        } else {
            builder.setAttribute(MESSAGE_COUNT, (long) messages.size());
        }
        Span span = builder.startSpan();
        return new PublishSpan(span, TraceHeaders.of(parent.with(span)), alone, alone && id == null);
    }

    /** What goes on in this thread; else what is being handled; else what a single message says itself. */
    private static Context parentOf(Outgoing outgoing) {
        Context now = Context.current();
        if (isInSpan(now)) {
            return now;
        }
        Context handled = TraceHeaders.extract(now, outgoing.cause());
        boolean alone = outgoing.messages().size() == 1;
        return isInSpan(handled) || !alone
                ? handled
                : TraceHeaders.extract(handled, outgoing.messages().get(0));
    }

    /**
     * A publish under way. Thread: one at a time.
     *
     * @param alone whether it is of a single message
     * @param namedByPlace whether that one has no id but the place that it comes to lie at
     */
    private record PublishSpan(Span span, List<RecordHeader> headers, boolean alone, boolean namedByPlace)
            implements Publishing {
        @Override
        public void succeeded(Receipt receipt) {
            span.setAttribute(PARTITION, Integer.toString(receipt.partition()));
            if (alone && receipt.offset() >= 0) {
                span.setAttribute(OFFSET, receipt.offset());
            }
            if (namedByPlace && receipt.offset() >= 0) {
                span.setAttribute(MESSAGE_ID, receipt.topic() + "/" + receipt.partition() + "@" + receipt.offset());
            }
            span.end();
        }

        @Override
        public void failed(Throwable cause) {
            fail(span, cause);
            span.end();
        }
    }

    @Override
    public List<RecordHeader> current() {
        return TraceHeaders.of(Context.current());
    }

    // ---- receive

    @Override
    public void received(List<ReceivedMessage> messages, String group, Instant since) {
        SpanBuilder builder = begin("receive", "receive", inCommon(messages, ReceivedMessage::topic))
                .setSpanKind(SpanKind.CLIENT)
                .setStartTimestamp(since)
                .setAttribute(MESSAGE_COUNT, (long) messages.size());
        setText(builder, GROUP, group);
        if (inCommon(messages, message -> message.topicPartition().toString()) != null) {
            builder.setAttribute(PARTITION, Integer.toString(messages.get(0).partition()));
        }
        if (messages.size() == 1) {
            describe(builder, messages.get(0));
        }
        messages.forEach(message -> link(builder, message.headers()));
        builder.startSpan().end();
    }

    /** What all messages have in common; null where they differ. */
    private static String inCommon(List<ReceivedMessage> messages, Function<ReceivedMessage, String> property) {
        String first = property.apply(messages.get(0));
        return messages.stream().allMatch(message -> property.apply(message).equals(first)) ? first : null;
    }

    // ---- process

    @Override
    public void process(ReceivedMessage message, String group, MessageContext.Work work) throws Exception {
        Context now = Context.current();
        Context parent = isInSpan(now)
                ? TraceHeaders.extractBaggage(now, message.headers())
                : TraceHeaders.extract(now, message.headers());
        SpanBuilder builder = begin("process", "process", message.topic())
                .setSpanKind(SpanKind.CONSUMER)
                .setParent(parent)
                .setAttribute(PARTITION, Integer.toString(message.partition()));
        setText(builder, GROUP, group);
        describe(builder, message);
        link(builder, message.headers());
        Span span = builder.startSpan();
        try (Scope current = parent.with(span).makeCurrent()) {
            work.run();
        } catch (Exception | Error e) {
            fail(span, e);
            throw e;
        } finally {
            span.end();
        }
    }

    // ---- what all have

    private SpanBuilder begin(String operation, String type, String topic) {
        SpanBuilder builder = tracer.spanBuilder(topic == null ? operation : operation + " " + topic)
                .setAllAttributes(common)
                .setAttribute(OPERATION_NAME, operation)
                .setAttribute(OPERATION_TYPE, type);
        setText(builder, DESTINATION, topic);
        return builder;
    }

    private static void describe(SpanBuilder builder, ReceivedMessage message) {
        builder.setAttribute(OFFSET, message.offset()).setAttribute(MESSAGE_ID, message.id());
        if (message.value() != null) {
            builder.setAttribute(BODY_SIZE, (long) message.value().length);
        }
        setText(builder, CONVERSATION, text(message.headers(), EventHeaders.CORRELATION));
    }

    private static void link(SpanBuilder builder, List<RecordHeader> headers) {
        SpanContext publisher = TraceHeaders.spanIn(headers);
        if (publisher.isValid()) {
            builder.addLink(publisher);
        }
    }

    private static void setText(SpanBuilder builder, AttributeKey<String> key, String value) {
        if (value != null) {
            builder.setAttribute(key, value);
        }
    }

    private static String text(List<RecordHeader> headers, String name) {
        byte[] value = EventHeaders.find(headers, name);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    private static boolean isInSpan(Context context) {
        return Span.fromContext(context).getSpanContext().isValid();
    }

    private static void fail(Span span, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String type = cause instanceof MillraceException known
                ? known.fault().name()
                : cause.getClass().getName();
        span.setAttribute(ERROR_TYPE, type).setStatus(StatusCode.ERROR).recordException(cause);
    }
}
