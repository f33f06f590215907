package dev.millrace.system;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The schema of {@link RealEvents}, events that do not fit it, and changes of it that break a reader. */
final class FileEventSchema {
    private static final String TEXT = """
            {
              "$schema": "http://json-schema.org/draft-07/schema#",
              "title": "FileEvent",
              "type": "object",
              "additionalProperties": false,
              "required": ["id", "type", "path", "time", "commit"],
              "properties": {
                "id": {"type": "string", "pattern": "^([0-9]+-)?[0-9a-f]{16}-[0-9]+$"},
                "type": {"enum": ["FileAdded", "FileModified", "FileDeleted"]},
                "path": {"type": "string", "minLength": 1, "maxLength": 4096},
                "time": {"type": "integer", "minimum": 0, "maximum": 4102444800},
                "commit": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                "blob": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                "mode": {"enum": ["100644", "100755", "120000", "160000"]}
              },
              "if": {"properties": {"type": {"const": "FileDeleted"}}},
              "then": {"properties": {"blob": false, "mode": false}},
              "else": {"required": ["blob", "mode"]}
            }""";

    /** An event made wrong, with the place that the refusal must name. */
    record Mutation(String name, String path, Consumer<ObjectNode> change) {}

    /** A change that a level of compatibility forbids, with rule and place. */
    record Break(String level, String name, String rule, String path, Consumer<ObjectNode> change) {}

    private FileEventSchema() {}

    static ObjectNode schema() {
        return (ObjectNode) RealEvents.parse(TEXT);
    }

    private static ObjectNode property(ObjectNode schema, String name) {
        return (ObjectNode) schema.path("properties").path(name);
    }

    private static ObjectNode properties(ObjectNode schema) {
        return (ObjectNode) schema.path("properties");
    }

    /** Of an event that adds or modifies a file. */
    static List<Mutation> mutations() {
        return List.of(
                new Mutation("no id", "/", event -> event.remove("id")),
                new Mutation("no type", "/", event -> event.remove("type")),
                new Mutation("no path", "/", event -> event.remove("path")),
                new Mutation("no time", "/", event -> event.remove("time")),
                new Mutation("no commit", "/", event -> event.remove("commit")),
                new Mutation("no blob", "/", event -> event.remove("blob")),
                new Mutation("no mode", "/", event -> event.remove("mode")),
                new Mutation("an id without its number", "/id", event -> event.put("id", "642da2f28c9bc6e3")),
                new Mutation("a number for an id", "/id", event -> event.put("id", 17)),
                new Mutation("no string but null", "/id", event -> event.putNull("id")),
                new Mutation("a type nobody knows", "/type", event -> event.put("type", "FileRenamed")),
                new Mutation("a type in lower case", "/type", event -> event.put("type", "fileadded")),
                new Mutation("an empty path", "/path", event -> event.put("path", "")),
                new Mutation("a path too long", "/path", event -> event.put("path", "x".repeat(4097))),
                new Mutation(
                        "a list of paths",
                        "/path",
                        event -> event.putArray("path").add("a")),
                new Mutation("a time as text", "/time", event -> event.put("time", "1312242084")),
                new Mutation("a time with a fraction", "/time", event -> event.put("time", 1312242084.5)),
                new Mutation("a time before all", "/time", event -> event.put("time", -1)),
                new Mutation("a time in milliseconds", "/time", event -> event.put("time", 1312242084000L)),
                new Mutation("a commit in full", "/commit", event -> event.put("commit", "0a".repeat(20))),
                new Mutation("a commit in capitals", "/commit", event -> event.put("commit", "642DA2F28C9BC6E3")),
                new Mutation("a blob that is no hash", "/blob", event -> event.put("blob", "not a hash, sorry")),
                new Mutation("an object for a blob", "/blob", event -> event.putObject("blob")),
                new Mutation("a mode that git has not", "/mode", event -> event.put("mode", "100666")),
                new Mutation("a mode as a number", "/mode", event -> event.put("mode", 100644)),
                new Mutation("a member too many", "/", event -> event.put("author", "Ada")),
                new Mutation("a deletion with a blob", "/blob", event -> event.put("type", "FileDeleted")));
    }

    /** The new schema would not accept what is stored. */
    static List<Break> breaksForNewReaders() {
        return Stream.concat(breaksOfStructure().stream(), breaksOfBounds().stream())
                .toList();
    }

    private static List<Break> breaksOfStructure() {
        return List.of(
                backward("time as text", "TYPE_CHANGED", "/properties/time/type", to("time", "type", "\"string\"")),
                backward("a list of paths", "TYPE_CHANGED", "/properties/path/type", to("path", "type", "\"array\"")),
                backward("a root of another type", "TYPE_CHANGED", "/type", schema -> schema.put("type", "array")),
                backward(
                        "no path at all",
                        "SCHEMA_FORBIDS",
                        "/properties/path",
                        schema -> properties(schema).put("path", false)),
                backward(
                        "a value less",
                        "ENUM_ARRAY_NARROWED",
                        "/properties/type/enum",
                        to("type", "enum", "[\"FileAdded\", \"FileModified\"]")),
                backward(
                        "a value renamed",
                        "ENUM_ARRAY_NARROWED",
                        "/properties/type/enum",
                        to("type", "enum", "[\"FileAdded\", \"FileChanged\", \"FileDeleted\"]")),
                backward(
                        "no links",
                        "ENUM_ARRAY_NARROWED",
                        "/properties/mode/enum",
                        to("mode", "enum", "[\"100644\", \"100755\"]")),
                backward(
                        "one value for all",
                        "ENUM_ARRAY_ADDED",
                        "/properties/blob/enum",
                        to("blob", "const", "\"0000000000000000\"")),
                backward(
                        "a property less",
                        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
                        "/properties/mode",
                        schema -> properties(schema).remove("mode")),
                backward(
                        "a property renamed",
                        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
                        "/properties/blob",
                        schema -> properties(schema)
                                .set("hash", properties(schema).remove("blob"))),
                backward(
                        "blob required",
                        "REQUIRED_ATTRIBUTE_ADDED",
                        "/required/blob",
                        schema -> schema.withArray("required").add("blob")),
                backward("an author required", "REQUIRED_ATTRIBUTE_ADDED", "/required/author", schema -> {
                    properties(schema).putObject("author").put("type", "string");
                    schema.withArray("required").add("author");
                }));
    }

    private static List<Break> breaksOfBounds() {
        return List.of(
                backward("later times", "MINIMUM_INCREASED", "/properties/time/minimum", to("time", "minimum", "1")),
                backward("earlier times", "MAXIMUM_DECREASED", "/properties/time/maximum", to("time", "maximum", "9")),
                backward(
                        "no time 0",
                        "EXCLUSIVE_MINIMUM_ADDED",
                        "/properties/time/exclusiveMinimum",
                        to("time", "exclusiveMinimum", "0")),
                backward(
                        "whole minutes",
                        "MULTIPLE_OF_ADDED",
                        "/properties/time/multipleOf",
                        to("time", "multipleOf", "60")),
                backward(
                        "shorter paths",
                        "MAX_LENGTH_DECREASED",
                        "/properties/path/maxLength",
                        to("path", "maxLength", "255")),
                backward(
                        "longer paths",
                        "MIN_LENGTH_INCREASED",
                        "/properties/path/minLength",
                        to("path", "minLength", "2")),
                backward(
                        "plain paths",
                        "PATTERN_ADDED",
                        "/properties/path/pattern",
                        to("path", "pattern", "\"^[a-z/]+$\"")),
                backward(
                        "commits in full",
                        "PATTERN_CHANGED",
                        "/properties/commit/pattern",
                        to("commit", "pattern", "\"^[0-9a-f]{40}$\"")),
                backward(
                        "fewer members",
                        "MAX_PROPERTIES_ADDED",
                        "/maxProperties",
                        schema -> schema.put("maxProperties", 5)),
                backward(
                        "more members",
                        "MIN_PROPERTIES_ADDED",
                        "/minProperties",
                        schema -> schema.put("minProperties", 6)),
                backward(
                        "names that are checked",
                        "KEYWORD_CHANGED",
                        "/propertyNames",
                        schema -> schema.putObject("propertyNames").put("maxLength", 4)),
                backward(
                        "another rule for deletions",
                        "KEYWORD_CHANGED",
                        "/then",
                        schema ->
                                schema.putObject("then").putObject("properties").put("path", false)));
    }

    /** The schema of today would not accept what the new one allows. */
    static List<Break> breaksForOldReaders() {
        return List.of(
                forward(
                        "a property more",
                        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
                        "/properties/author",
                        schema -> properties(schema).putObject("author").put("type", "string")),
                forward(
                        "anything more",
                        "ADDITIONAL_PROPERTIES_REMOVED",
                        "/additionalProperties",
                        schema -> schema.remove("additionalProperties")),
                forward(
                        "a value more",
                        "ENUM_ARRAY_NARROWED",
                        "/properties/type/enum",
                        schema -> property(schema, "type").withArray("enum").add("FileRenamed")),
                forward(
                        "commit not required",
                        "REQUIRED_ATTRIBUTE_ADDED",
                        "/required/commit",
                        schema -> schema.withArray("required").remove(4)),
                forward(
                        "times with fractions",
                        "TYPE_NARROWED",
                        "/properties/time/type",
                        to("time", "type", "\"number\"")),
                forward(
                        "paths that may be null",
                        "TYPE_NARROWED",
                        "/properties/path/type",
                        to("path", "type", "[\"string\", \"null\"]")),
                forward(
                        "paths of any length",
                        "MAX_LENGTH_ADDED",
                        "/properties/path/maxLength",
                        schema -> property(schema, "path").remove("maxLength")),
                forward(
                        "commits of any form",
                        "PATTERN_ADDED",
                        "/properties/commit/pattern",
                        schema -> property(schema, "commit").remove("pattern")));
    }

    private static Break backward(String name, String rule, String path, Consumer<ObjectNode> change) {
        return new Break("BACKWARD", name, rule, path, change);
    }

    private static Break forward(String name, String rule, String path, Consumer<ObjectNode> change) {
        return new Break("FORWARD", name, rule, path, change);
    }

    private static Consumer<ObjectNode> to(String name, String keyword, String json) {
        return schema -> property(schema, name).set(keyword, RealEvents.parse(json));
    }
}
