package dev.millrace.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Picks values out of JSON texts by JSON pointers (RFC 6901), without building a tree. <em>Thread:</em> one. */
final class JsonFields {
    private final JsonFactory factory = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();
    private final List<Pointer> pointers;
    private final String[] found;

    /** A pointer and how much of it leads to where the parser is. */
    private static final class Pointer {
        private final String text;
        private final List<String> segments;
        private int matched;

        Pointer(String text) {
            this.text = text;
            this.segments = segments(text);
        }
    }

    /** Why a text holds no value for a pointer; for a person. */
    static final class BadRecord extends Exception {
        private static final long serialVersionUID = 1;

        BadRecord(String message) {
            super(message, null, false, false);
        }
    }

    /** @throws IllegalArgumentException for a text that is no pointer */
    JsonFields(List<String> pointers) {
        this.pointers = pointers.stream().map(Pointer::new).toList();
        this.found = new String[pointers.size()];
    }

    /** The values as text, in the order of the pointers. The array is reused by the next call. */
    String[] find(byte[] json) throws BadRecord {
        Arrays.fill(found, null);
        pointers.forEach(pointer -> pointer.matched = 0);
        try (JsonParser parser = factory.createParser(json)) {
            JsonToken first = parser.nextToken();
            if (first == null) throw new BadRecord("is empty, not JSON");
            value(parser, first, 0);
            if (parser.nextToken() != null) throw new BadRecord("holds more than one JSON value");
        } catch (JsonProcessingException e) {
            long column = e.getLocation() == null ? -1 : e.getLocation().getColumnNr();
            throw new BadRecord("is not JSON (" + e.getOriginalMessage() + " at column " + column + ")");
        } catch (IOException e) {
            throw new BadRecord("is not JSON (" + e.getMessage() + ")");
        }
        for (int i = 0; i < found.length; i++) {
            if (found[i] == null) throw new BadRecord("has nothing at " + pointers.get(i).text);
        }
        return found;
    }

    /** Reads the value that starts with the token; {@code depth} segments lead to it. */
    private void value(JsonParser parser, JsonToken start, int depth) throws IOException, BadRecord {
        take(parser, start, depth);
        if (start == JsonToken.START_OBJECT) {
            for (JsonToken token = parser.nextToken(); token == JsonToken.FIELD_NAME; token = parser.nextToken()) {
                child(parser, parser.currentName(), depth);
            }
        } else if (start == JsonToken.START_ARRAY) {
            int index = 0;
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                enter(Integer.toString(index++), depth);
                value(parser, token, depth + 1);
                leave(depth);
            }
        }
    }

    private void child(JsonParser parser, String name, int depth) throws IOException, BadRecord {
        enter(name, depth);
        value(parser, parser.nextToken(), depth + 1);
        leave(depth);
    }

    private void enter(String segment, int depth) {
        for (Pointer pointer : pointers) {
            boolean leadsHere = pointer.matched == depth && depth < pointer.segments.size();
            if (leadsHere && pointer.segments.get(depth).equals(segment)) pointer.matched = depth + 1;
        }
    }

    private void leave(int depth) {
        for (Pointer pointer : pointers) {
            if (pointer.matched > depth) pointer.matched = depth;
        }
    }

    private void take(JsonParser parser, JsonToken token, int depth) throws IOException, BadRecord {
        for (int i = 0; i < found.length; i++) {
            Pointer pointer = pointers.get(i);
            if (pointer.matched == depth && pointer.segments.size() == depth) found[i] = text(parser, token, pointer);
        }
    }

    private static String text(JsonParser parser, JsonToken token, Pointer pointer) throws IOException, BadRecord {
        return switch (token) {
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getText();
            case VALUE_TRUE -> "true";
            case VALUE_FALSE -> "false";
            case VALUE_NULL -> throw new BadRecord("has null at " + pointer.text);
            default -> throw new BadRecord("has an object or array at " + pointer.text + ", not a text or number");
        };
    }

    private static List<String> segments(String pointer) {
        if (!pointer.startsWith("/")) {
            throw new IllegalArgumentException(
                    "\"" + pointer + "\" is no JSON pointer; write one such as /customer/id");
        }
        List<String> segments = new ArrayList<>();
        for (String segment : pointer.substring(1).split("/", -1)) {
            if (segment.matches(".*~([^01].*|$)")) {
                throw new IllegalArgumentException(
                        "\"" + pointer + "\" is no JSON pointer; write ~0 for ~ and ~1 for / in a name");
            }
            segments.add(segment.replace("~1", "/").replace("~0", "~"));
        }
        return segments;
    }
}
