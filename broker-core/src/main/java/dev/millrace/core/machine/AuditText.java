package dev.millrace.core.machine;

import java.util.List;
import java.util.Map;

/** Writes what an audit event says as JSON: maps, lists, texts, numbers, null. */
final class AuditText {
    /** A document that is JSON already. */
    record Document(String json) {}

    private final StringBuilder out = new StringBuilder();

    private AuditText() {}

    static String json(Object value) {
        AuditText text = new AuditText();
        text.write(value);
        return text.out.toString();
    }

    private void write(Object value) {
        if (value instanceof Map<?, ?> map) {
            writeMap(map);
        } else if (value instanceof List<?> list) {
            writeList(list);
        } else if (value instanceof Document document) {
            out.append(document.json());
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            writeText(value.toString());
        }
    }

    private void writeMap(Map<?, ?> map) {
        String comma = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(comma);
            writeText(entry.getKey().toString());
            out.append(':');
            write(entry.getValue());
            comma = ",";
        }
        out.append(map.isEmpty() ? "{}" : "}");
    }

    private void writeList(List<?> list) {
        String comma = "[";
        for (Object element : list) {
            out.append(comma);
            write(element);
            comma = ",";
        }
        out.append(list.isEmpty() ? "[]" : "]");
    }

    private void writeText(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
