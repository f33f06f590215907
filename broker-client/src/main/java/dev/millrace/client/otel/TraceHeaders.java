package dev.millrace.client.otel;

import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Contexts in the headers of messages: always those of W3C, whatever the application propagates elsewhere, since broker and
 * other clients read them. What is malformed or too long counts as absent. Thread: any.
 */
final class TraceHeaders {
    private static final int BAGGAGE_BYTES_MAX = 8192;
    private static final int OTHER_BYTES_MAX = 512;

    private static final TextMapPropagator BAGGAGE = W3CBaggagePropagator.getInstance();
    private static final TextMapPropagator ALL =
            TextMapPropagator.composite(W3CTraceContextPropagator.getInstance(), BAGGAGE);
    private static final TextMapGetter<List<RecordHeader>> GETTER = new Getter();

    private TraceHeaders() {}

    /** The context with the span and the baggage that the headers name; unchanged where they name none. */
    static Context extract(Context context, List<RecordHeader> headers) {
        return headers.isEmpty() ? context : ALL.extract(context, headers, GETTER);
    }

    static Context extractBaggage(Context context, List<RecordHeader> headers) {
        return BAGGAGE.extract(context, headers, GETTER);
    }

    /** The span that the headers name; an invalid one for none. */
    static SpanContext spanIn(List<RecordHeader> headers) {
        return Span.fromContext(extract(Context.root(), headers)).getSpanContext();
    }

    static List<RecordHeader> of(Context context) {
        List<RecordHeader> headers = new ArrayList<>();
        ALL.inject(context, headers, TraceHeaders::add);
        return headers;
    }

    private static void add(List<RecordHeader> headers, String name, String value) {
        headers.add(new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8)));
    }

    private static final class Getter implements TextMapGetter<List<RecordHeader>> {
        @Override
        public Iterable<String> keys(List<RecordHeader> headers) {
            return headers.stream().map(RecordHeader::key).toList();
        }

        @Override
        public String get(List<RecordHeader> headers, String name) {
            byte[] found = null;
            for (RecordHeader header : headers) {
                if (header.key().equals(name)) {
                    if (found != null && name.equals(EventHeaders.TRACEPARENT)) {
                        return null; // which of two is right, nobody knows
                    }
                    found = found == null ? header.value() : found;
                }
            }
            int bytesMax = name.equals(EventHeaders.BAGGAGE) ? BAGGAGE_BYTES_MAX : OTHER_BYTES_MAX;
            return found == null || found.length > bytesMax ? null : new String(found, StandardCharsets.UTF_8);
        }
    }
}
