package dev.millrace.server.cli;

import dev.millrace.client.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes the message of a line: its value is the line as it is, key and time may come from within. */
final class LineMessages {
    private final Message template;
    private final JsonFields fields;
    private final boolean keyed;
    private final boolean timed;

    /**
     * @param template with topic, headers and what else all messages share
     * @param keyPointer where the key stands, or null
     * @param timePointer where the time stands, or null
     * @throws IllegalArgumentException for a text that is no pointer
     */
    LineMessages(Message template, String keyPointer, String timePointer) {
        this.template = template;
        this.keyed = keyPointer != null;
        this.timed = timePointer != null;
        List<String> pointers = new ArrayList<>();
        if (keyed) pointers.add(keyPointer);
        if (timed) pointers.add(timePointer);
        // Without pointers lines need not be JSON, and the parser is not even loaded.
        this.fields = pointers.isEmpty() ? null : new JsonFields(pointers);
    }

    Message message(byte[] value) throws JsonFields.BadRecord {
        if (fields == null) return template.value(value);
        String[] found = fields.find(value);
        byte[] key = keyed ? found[0].getBytes(StandardCharsets.UTF_8) : template.key();
        long timestampMs = timed ? timeMs(found[keyed ? 1 : 0]) : template.timestampMs();
        return new Message(
                template.topic(), key, value, template.headers(), timestampMs, template.partition(), template.later());
    }

    private static long timeMs(String text) throws JsonFields.BadRecord {
        try {
            return Times.parseMs(text, System.currentTimeMillis());
        } catch (IllegalArgumentException e) {
            throw new JsonFields.BadRecord("has a time that cannot be used: " + e.getMessage());
        }
    }
}
