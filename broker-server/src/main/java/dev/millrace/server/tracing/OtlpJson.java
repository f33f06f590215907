package dev.millrace.server.tracing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Writes spans as OTLP's ExportTraceServiceRequest in JSON, where ids are hexadecimal digits and 64-bit numbers are text. The
 * names of attributes are those of OpenTelemetry's conventions for messaging. Thread: one.
 */
final class OtlpJson {
    private static final String SCOPE = "dev.millrace.broker";
    /** Sampled; and it is said of the parent that it comes from another process. */
    private static final int FLAGS = 0x301;

    private static final int STATUS_ERROR = 2;

    private final JsonFactory json = new JsonFactory();
    private final BrokerTracing.Service service;
    private final Function<UUID, String> topicNames;
    private final LongSupplier random;

    OtlpJson(BrokerTracing.Service service, Function<UUID, String> topicNames, LongSupplier random) {
        this.service = service;
        this.topicNames = topicNames;
        this.random = random;
    }

    byte[] write(List<BrokerSpan> spans) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512 * spans.size());
        try (JsonGenerator out = json.createGenerator(bytes)) {
            out.writeStartObject();
            out.writeArrayFieldStart("resourceSpans");
            out.writeStartObject();
            writeResource(out);
            out.writeArrayFieldStart("scopeSpans");
            out.writeStartObject();
            out.writeObjectFieldStart("scope");
            out.writeStringField("name", SCOPE);
            out.writeStringField("version", service.version());
            out.writeEndObject();
            out.writeArrayFieldStart("spans");
            for (BrokerSpan span : spans) {
                writeSpan(out, span);
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // it is memory
        }
        return bytes.toByteArray();
    }

    private void writeResource(JsonGenerator out) throws IOException {
        out.writeObjectFieldStart("resource");
        out.writeArrayFieldStart("attributes");
        writeText(out, "service.name", service.name());
        writeText(out, "service.version", service.version());
        writeText(out, "service.instance.id", service.instance());
        out.writeEndArray();
        out.writeEndObject();
    }

    private void writeSpan(JsonGenerator out, BrokerSpan span) throws IOException {
        String topic = topicNames.apply(span.partition().topicId());
        out.writeStartObject();
        out.writeStringField("traceId", span.parent().traceId());
        out.writeStringField("spanId", newSpanId());
        out.writeStringField("parentSpanId", span.parent().spanId());
        out.writeNumberField("flags", FLAGS);
        out.writeStringField("name", span.operation().word + " " + topic);
        out.writeNumberField("kind", span.operation().kind);
        out.writeStringField("startTimeUnixNano", Long.toString(span.startNanos()));
        out.writeStringField("endTimeUnixNano", Long.toString(Math.max(span.startNanos(), span.endNanos())));
        out.writeArrayFieldStart("attributes");
        writeText(out, "messaging.system", "millrace");
        writeText(out, "messaging.operation.name", span.operation().word);
        if (span.operation() == BrokerSpan.Operation.PUBLISH) {
            writeText(out, "messaging.operation.type", "send");
        }
        writeText(out, "messaging.destination.name", topic);
        writeText(
                out,
                "messaging.destination.partition.id",
                Integer.toString(span.partition().partition()));
        if (span.offset() >= 0) {
            writeNumber(out, "messaging.millrace.offset", span.offset());
        }
        if (span.fault() != null) {
            writeText(out, "error.type", span.fault().name());
        }
        out.writeEndArray();
        if (span.fault() != null) {
            out.writeObjectFieldStart("status");
            out.writeNumberField("code", STATUS_ERROR);
            out.writeEndObject();
        }
        out.writeEndObject();
    }

    private String newSpanId() {
        long id;
        do {
            id = random.getAsLong();
        } while (id == 0);
        return HexFormat.of().toHexDigits(id);
    }

    private static void writeText(JsonGenerator out, String key, String value) throws IOException {
        out.writeStartObject();
        out.writeStringField("key", key);
        out.writeObjectFieldStart("value");
        out.writeStringField("stringValue", value);
        out.writeEndObject();
        out.writeEndObject();
    }

    private static void writeNumber(JsonGenerator out, String key, long value) throws IOException {
        out.writeStartObject();
        out.writeStringField("key", key);
        out.writeObjectFieldStart("value");
        out.writeStringField("intValue", Long.toString(value));
        out.writeEndObject();
        out.writeEndObject();
    }
}
