package dev.millrace.server.cli;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.core.record.RecordHeader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints received messages, a whole batch at a time, one line each. */
final class RecordPrinter {
    private final PrintStream out;
    private final Format format;

    /** What a line holds. */
    enum Format {
        json,
        value
    }

    RecordPrinter(PrintStream out, Format format) {
        this.out = out;
        this.format = format;
    }

    /** Returns false where the reader has gone; then it is unknown how much of the batch it read. */
    boolean print(List<ReceivedMessage> batch) {
        switch (format) {
            case json -> {
                JsonWriter json = new JsonWriter();
                for (ReceivedMessage message : batch) write(json, message);
                byte[] lines = json.take();
                out.write(lines, 0, lines.length);
            }
            case value -> {
                for (ReceivedMessage message : batch) {
                    byte[] value = message.value();
                    if (value != null) out.write(value, 0, value.length);
                    out.write('\n');
                }
            }
        }
        return StandardOutput.delivered(out);
    }

    private static void write(JsonWriter json, ReceivedMessage message) {
        json.begin('{').field("topic", message.topic()).field("partition", message.partition());
        json.field("offset", message.offset()).field("timestamp", message.timestampMs());
        json.field("key", message.key());
        json.name("headers").begin('{');
        if (!message.headers().isEmpty()) writeHeaders(json, message.headers());
        json.end('}').field("value", message.value()).end('}').newLine();
    }

    /** A name that occurs several times has an array of its values. */
    static void writeHeaders(JsonWriter json, List<RecordHeader> headers) {
        Map<String, List<RecordHeader>> byName = new LinkedHashMap<>();
        for (RecordHeader header : headers) {
            byName.computeIfAbsent(header.key(), name -> new ArrayList<>()).add(header);
        }
        byName.forEach((name, same) -> {
            if (same.size() == 1) {
                json.field(name, same.get(0).value());
                return;
            }
            json.name(name).begin('[');
            same.forEach(header -> json.value(header.value()));
            json.end(']');
        });
    }
}
