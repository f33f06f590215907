package dev.millrace.server.schema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.server.schema.format.ParsedSchema.Strictness;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which changes readers survive: each line is one change, with the rule and the path that the answer must name. */
class CompatibilityRulesTest {
    private static final SchemaParser PARSER = new SchemaParser(1 << 20);

    /**
     * A change and what stands against reading the old with the new, and the new with the old; null for nothing.
     *
     * @param backward rule and path
     */
    record Change(SchemaType type, String older, String newer, String backward, String forward) {
        @Override
        public String toString() {
            return type + " " + older.replaceAll("\\s+", " ") + " -> " + newer.replaceAll("\\s+", " ");
        }
    }

    @ParameterizedTest
    @MethodSource("changes")
    void namesRuleAndPathInBothDirections(Change change) {
        assertThat(against(change.type, change.newer, change.older))
                .as("backward")
                .isEqualTo(change.backward);
        assertThat(against(change.type, change.older, change.newer))
                .as("forward")
                .isEqualTo(change.forward);
    }

    @ParameterizedTest
    @MethodSource("changes")
    void everySchemaReadsItself(Change change) {
        assertThat(against(change.type, change.older, change.older)).isNull();
        assertThat(against(change.type, change.newer, change.newer)).isNull();
    }

    static Stream<Change> changes() {
        return Stream.of(avro(), json(), protobuf()).flatMap(changes -> changes);
    }

    private static String against(SchemaType type, String reader, String writer) {
        List<Mismatch> found = parse(type, reader).mismatches(parse(type, writer), Strictness.STRICT);
        assertThat(found).allSatisfy(mismatch -> {
            assertThat(mismatch.fixReader()).isNotBlank();
            assertThat(mismatch.fixWriter()).isNotBlank();
            assertThat(mismatch.reader()).isNotBlank();
            assertThat(mismatch.writer()).isNotBlank();
        });
        return found.isEmpty() ? null : found.get(0).rule() + " " + found.get(0).path();
    }

    private static ParsedSchema parse(SchemaType type, String text) {
        return PARSER.parse(SchemaSource.of(type, text));
    }

    // ---- Avro

    private static Change avro(String older, String newer, String backward, String forward) {
        return new Change(SchemaType.AVRO, record(older), record(newer), backward, forward);
    }

    private static String record(String fields) {
        return "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[" + fields + "]}";
    }

    private static String field(String name, String type) {
        return "{\"name\":\"" + name + "\",\"type\":" + type + "}";
    }

    private static String field(String name, String type, String byDefault) {
        return "{\"name\":\"" + name + "\",\"type\":" + type + ",\"default\":" + byDefault + "}";
    }

    static Stream<Change> avro() {
        String id = field("id", "\"string\"");
        return Stream.of(
                avro(id, id + "," + field("note", "\"string\"", "\"\""), null, null),
                avro(id, id + "," + field("total", "\"int\""), "READER_FIELD_MISSING_DEFAULT_VALUE /total", null),
                avro(id + "," + field("total", "\"int\""), id, null, "READER_FIELD_MISSING_DEFAULT_VALUE /total"),
                avro(field("total", "\"int\""), field("total", "\"long\""), null, "TYPE_MISMATCH /total/type"),
                avro(
                        field("total", "\"int\""),
                        field("total", "\"string\""),
                        "TYPE_MISMATCH /total/type",
                        "TYPE_MISMATCH /total/type"),
                avro(
                        field("total", "\"int\""),
                        field("total", "[\"null\",\"int\"]"),
                        null,
                        "TYPE_MISMATCH /total/type/0"),
                avro(
                        field("total", "[\"null\",\"int\",\"string\"]"),
                        field("total", "[\"null\",\"int\"]"),
                        "MISSING_UNION_BRANCH /total/type/2",
                        null),
                avro(
                        field("state", "{\"type\":\"enum\",\"name\":\"State\",\"symbols\":[\"NEW\",\"PAID\"]}"),
                        field("state", "{\"type\":\"enum\",\"name\":\"State\",\"symbols\":[\"NEW\"]}"),
                        "MISSING_ENUM_SYMBOLS /state/type/symbols",
                        null),
                avro(
                        field("state", "{\"type\":\"enum\",\"name\":\"State\",\"symbols\":[\"NEW\",\"PAID\"]}"),
                        field(
                                "state",
                                "{\"type\":\"enum\",\"name\":\"State\",\"symbols\":[\"NEW\"],\"default\":\"NEW\"}"),
                        null,
                        null),
                avro(
                        field("hash", "{\"type\":\"fixed\",\"name\":\"Hash\",\"size\":16}"),
                        field("hash", "{\"type\":\"fixed\",\"name\":\"Hash\",\"size\":20}"),
                        "FIXED_SIZE_MISMATCH /hash/type/size",
                        "FIXED_SIZE_MISMATCH /hash/type/size"),
                avro(
                        field("tags", "{\"type\":\"array\",\"items\":\"string\"}"),
                        field("tags", "{\"type\":\"array\",\"items\":\"int\"}"),
                        "TYPE_MISMATCH /tags/type/items",
                        "TYPE_MISMATCH /tags/type/items"),
                avro(
                        field("tags", "{\"type\":\"array\",\"items\":\"string\"}"),
                        field("tags", "{\"type\":\"map\",\"values\":\"string\"}"),
                        "TYPE_MISMATCH /tags/type",
                        "TYPE_MISMATCH /tags/type"),
                avro(
                        field(
                                "by",
                                "{\"type\":\"record\",\"name\":\"User\",\"fields\":[" + field("name", "\"string\"")
                                        + "]}"),
                        field(
                                "by",
                                "{\"type\":\"record\",\"name\":\"User\",\"fields\":[" + field("name", "\"string\"")
                                        + "," + field("age", "\"int\"") + "]}"),
                        "READER_FIELD_MISSING_DEFAULT_VALUE /by/type/age",
                        null));
    }

    // ---- JSON Schema

    private static Change json(String older, String newer, String backward, String forward) {
        return new Change(SchemaType.JSON, older, newer, backward, forward);
    }

    private static String open(String properties) {
        return "{\"type\":\"object\",\"properties\":{" + properties + "}}";
    }

    private static String closed(String properties, String more) {
        return "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" + properties + "}" + more + "}";
    }

    private static String unevaluated(String properties) {
        return "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
                + "\"unevaluatedProperties\":false,\"properties\":{" + properties + "}}";
    }

    private static String referring(String property) {
        return "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$defs\":{\"n\":{\"type\":\"integer\"}},"
                + "\"properties\":{\"x\":" + property + "}}";
    }

    static Stream<Change> json() {
        return Stream.concat(jsonSimple(), jsonCombined());
    }

    private static Stream<Change> jsonSimple() {
        String a = "\"a\":{\"type\":\"string\"}";
        String b = "\"b\":{\"type\":\"integer\"}";
        return Stream.of(
                json("{\"type\":\"integer\"}", "{\"type\":\"number\"}", null, "TYPE_NARROWED /type"),
                json("{\"type\":\"integer\"}", "{\"type\":\"string\"}", "TYPE_CHANGED /type", "TYPE_CHANGED /type"),
                json("{\"type\":\"string\"}", "{\"type\":[\"string\",\"null\"]}", null, "TYPE_NARROWED /type"),
                json(
                        closed(a, ""),
                        closed(a + "," + b, ""),
                        null,
                        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL /properties/b"),
                json(open(a), open(a + "," + b), "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL /properties/b", null),
                json(open(a), closed(a, ""), "ADDITIONAL_PROPERTIES_REMOVED /additionalProperties", null),
                json(
                        closed(a + "," + b, ""),
                        closed(a + "," + b, ",\"required\":[\"b\"]"),
                        "REQUIRED_ATTRIBUTE_ADDED /required/b",
                        null),
                json(
                        closed(a, ""),
                        closed(a + ",\"b\":{\"type\":\"integer\",\"default\":1}", ",\"required\":[\"b\"]"),
                        null,
                        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL /properties/b"),
                json("{\"enum\":[\"x\",\"y\"]}", "{\"enum\":[\"x\"]}", "ENUM_ARRAY_NARROWED /enum", null),
                json("{\"type\":\"string\"}", "{\"enum\":[\"x\"]}", "ENUM_ARRAY_ADDED /enum", "TYPE_NARROWED /type"),
                json("{\"const\":1}", "{\"const\":2}", "ENUM_ARRAY_NARROWED /enum", "ENUM_ARRAY_NARROWED /enum"),
                json(
                        "{\"type\":\"integer\",\"minimum\":0}",
                        "{\"type\":\"integer\",\"minimum\":1}",
                        "MINIMUM_INCREASED /minimum",
                        null),
                json("{\"type\":\"integer\"}", "{\"type\":\"integer\",\"maximum\":9}", "MAXIMUM_ADDED /maximum", null),
                json(
                        "{\"type\":\"integer\",\"multipleOf\":6}",
                        "{\"type\":\"integer\",\"multipleOf\":3}",
                        null,
                        "MULTIPLE_OF_CHANGED /multipleOf"),
                json(
                        "{\"type\":\"string\",\"maxLength\":9}",
                        "{\"type\":\"string\",\"maxLength\":5}",
                        "MAX_LENGTH_DECREASED /maxLength",
                        null),
                json(
                        "{\"type\":\"string\",\"pattern\":\"a\"}",
                        "{\"type\":\"string\",\"pattern\":\"b\"}",
                        "PATTERN_CHANGED /pattern",
                        "PATTERN_CHANGED /pattern"),
                json(
                        "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}",
                        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}",
                        "TYPE_CHANGED /items/type",
                        "TYPE_CHANGED /items/type"),
                json("{\"type\":\"array\"}", "{\"type\":\"array\",\"minItems\":1}", "MIN_ITEMS_ADDED /minItems", null),
                json(
                        "{\"type\":\"array\"}",
                        "{\"type\":\"array\",\"uniqueItems\":true}",
                        "UNIQUE_ITEMS_ADDED /uniqueItems",
                        null));
    }

    private static Stream<Change> jsonCombined() {
        String a = "\"a\":{\"type\":\"string\"}";
        String b = "\"b\":{\"type\":\"integer\"}";
        return Stream.of(
                json(
                        "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
                        "{\"oneOf\":[{\"type\":\"string\"}]}",
                        "TYPE_CHANGED /type",
                        null),
                json(
                        "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
                        "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"boolean\"}]}",
                        "COMBINED_TYPE_NARROWED /",
                        "COMBINED_TYPE_NARROWED /"),
                json(
                        "{\"type\":\"object\",\"definitions\":{\"n\":{\"type\":\"object\",\"properties\":"
                                + "{\"next\":{\"$ref\":\"#/definitions/n\"},\"v\":{\"type\":\"integer\"}}}},"
                                + "\"properties\":{\"head\":{\"$ref\":\"#/definitions/n\"}}}",
                        "{\"type\":\"object\",\"definitions\":{\"n\":{\"type\":\"object\",\"properties\":"
                                + "{\"next\":{\"$ref\":\"#/definitions/n\"},\"v\":{\"type\":\"string\"}}}},"
                                + "\"properties\":{\"head\":{\"$ref\":\"#/definitions/n\"}}}",
                        "TYPE_CHANGED /properties/head/properties/v/type",
                        "TYPE_CHANGED /properties/head/properties/v/type"),
                json(
                        "{\"type\":\"integer\",\"minimum\":0}",
                        "{\"type\":\"integer\",\"minimum\":5,\"allOf\":[{\"minimum\":0}]}",
                        "MINIMUM_INCREASED /minimum",
                        null),
                json(
                        closed(a + "," + b, ""),
                        closed(a, ",\"allOf\":[{\"properties\":{" + b + "}}]"),
                        "SCHEMA_FORBIDS /properties/b",
                        null),
                json(
                        referring("{\"$ref\":\"#/$defs/n\",\"minimum\":0}"),
                        referring("{\"$ref\":\"#/$defs/n\",\"minimum\":1}"),
                        "MINIMUM_INCREASED /properties/x/minimum",
                        null),
                json(
                        "{\"definitions\":{\"x\":{\"type\":\"null\"}},\"not\":{\"$ref\":\"#/definitions/x\"}}",
                        "{\"definitions\":{\"x\":{\"type\":\"string\"}},\"not\":{\"$ref\":\"#/definitions/x\"}}",
                        "KEYWORD_CHANGED /not",
                        "KEYWORD_CHANGED /not"),
                json(
                        unevaluated(a + "," + b),
                        unevaluated(a),
                        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL /properties/b",
                        null),
                json(
                        "{\"type\":\"string\"}",
                        "{\"type\":\"string\",\"format\":\"date\"}",
                        "KEYWORD_CHANGED /format",
                        null),
                json(
                        "{\"not\":{\"type\":\"null\"}}",
                        "{\"not\":{\"type\":\"string\"}}",
                        "KEYWORD_CHANGED /not",
                        "KEYWORD_CHANGED /not"),
                json("true", "{\"type\":\"string\"}", "TYPE_NARROWED /type", null),
                json("{\"type\":\"string\"}", "false", "SCHEMA_FORBIDS /", null));
    }

    // ---- Protobuf

    private static Change proto(String older, String newer, String backward, String forward) {
        return new Change(SchemaType.PROTOBUF, file(older), file(newer), backward, forward);
    }

    private static String file(String body) {
        return "syntax = \"proto3\";\npackage shop;\n" + body;
    }

    private static Change fields(String older, String newer, String backward, String forward) {
        return proto("message Order { " + older + " }", "message Order { " + newer + " }", backward, forward);
    }

    static Stream<Change> protobuf() {
        return Stream.of(
                fields("string id = 1;", "string id = 1; int32 total = 2;", null, null),
                fields(
                        "string id = 1; int32 total = 2;",
                        "string id = 1; reserved 2;",
                        null,
                        "RESERVED_REUSED /Order/total"),
                fields("int32 total = 1;", "int64 total = 1;", null, null),
                fields(
                        "int32 total = 1;",
                        "string total = 1;",
                        "FIELD_KIND_CHANGED /Order/total",
                        "FIELD_KIND_CHANGED /Order/total"),
                fields(
                        "int32 total = 1;",
                        "sint32 total = 1;",
                        "FIELD_KIND_CHANGED /Order/total",
                        "FIELD_KIND_CHANGED /Order/total"),
                fields("string note = 1;", "bytes note = 1;", null, null),
                fields(
                        "int32 total = 1;",
                        "repeated int32 total = 1;",
                        "FIELD_NUMERIC_LABEL_CHANGED /Order/total",
                        "FIELD_NUMERIC_LABEL_CHANGED /Order/total"),
                fields(
                        "int32 total = 1;",
                        "int32 total = 2;",
                        "FIELD_NUMBER_CHANGED /Order/total",
                        "FIELD_NUMBER_CHANGED /Order/total"),
                proto(
                        "message Order { string id = 1; } message Line { int32 n = 1; }",
                        "message Order { string id = 1; }",
                        "MESSAGE_REMOVED /Line",
                        null),
                proto(
                        "message A { B x = 1; } message B { int32 n = 1; } message C { int32 n = 1; }",
                        "message A { C x = 1; } message B { int32 n = 1; } message C { int32 n = 1; }",
                        "FIELD_NAMED_TYPE_CHANGED /A/x",
                        "FIELD_NAMED_TYPE_CHANGED /A/x"),
                fields(
                        "oneof by { string card = 1; string cash = 2; }",
                        "oneof by { string card = 1; }",
                        "ONEOF_FIELD_REMOVED /Order/cash",
                        null),
                fields(
                        "string card = 1; string cash = 2;",
                        "oneof by { string card = 1; string cash = 2; }",
                        "MULTIPLE_FIELDS_MOVED_TO_ONEOF /Order/by",
                        null),
                fields(
                        "string card = 1; oneof by { string cash = 2; }",
                        "oneof by { string cash = 2; string card = 1; }",
                        "FIELD_MOVED_TO_EXISTING_ONEOF /Order/by",
                        null),
                fields(
                        "map<string, int32> counts = 1;",
                        "map<string, string> counts = 1;",
                        "FIELD_KIND_CHANGED /Order/counts/value",
                        "FIELD_KIND_CHANGED /Order/counts/value"),
                new Change(
                        SchemaType.PROTOBUF,
                        "syntax = \"proto2\"; message Order { optional string id = 1; }",
                        "syntax = \"proto2\"; message Order { optional string id = 1; required int32 total = 2; }",
                        "REQUIRED_FIELD_ADDED /Order/total",
                        null),
                new Change(
                        SchemaType.PROTOBUF,
                        "syntax = \"proto3\"; package a; message Order { Line l = 1; } message Line { int32 n = 1; }",
                        "syntax = \"proto3\"; package b; message Order { Line l = 1; } message Line { int32 n = 1; }",
                        null,
                        null),
                proto(
                        "enum S { NEW = 0; } message A { S s = 1; }",
                        "enum S { NEW = 0; PAID = 1; } message A { S s = 1; }",
                        null,
                        null));
    }

    @Test
    void referencesStartFromTheDocumentThatTheyAreWrittenIn() {
        SchemaSource base = SchemaSource.of(
                SchemaType.JSON,
                "{\"definitions\":{\"n\":{\"type\":\"integer\"}},\"properties\":{\"a\":{\"$ref\":\"#/definitions/n\"}}}");
        String order =
                "{\"type\":\"object\",\"allOf\":[{\"$ref\":\"base.json\"}],\"definitions\":{\"n\":{\"type\":\"string\"}},"
                        + "\"properties\":{\"b\":{\"$ref\":\"#/definitions/n\"}}}";
        List<SchemaSource.Reference> references = List.of(new SchemaSource.Reference("base.json", base));
        ParsedSchema older = PARSER.parse(new SchemaSource(SchemaType.JSON, order, references));
        ParsedSchema newer =
                PARSER.parse(new SchemaSource(SchemaType.JSON, order.replace("string", "boolean"), references));
        assertThat(older.mismatches(older, Strictness.STRICT)).isEmpty();
        assertThat(newer.mismatches(older, Strictness.STRICT))
                .extracting(mismatch -> mismatch.rule() + " " + mismatch.path())
                .containsExactly("TYPE_CHANGED /properties/b/type");
    }

    @Test
    void alternativesThatReferToThemselvesEndInAReason() {
        String text =
                "{\"definitions\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/definitions/a\"},{\"$ref\":\"#/definitions/a\"}]}},"
                        + "\"properties\":{\"x\":{\"$ref\":\"#/definitions/a\"}}}";
        assertThatThrownBy(() -> against(SchemaType.JSON, text, text)).isInstanceOf(UnusableSchemaException.class);
    }

    @Test
    void lenientPolicyTakesNewPropertiesOfOpenObjects() {
        ParsedSchema older = parse(SchemaType.JSON, open("\"a\":{\"type\":\"string\"}"));
        ParsedSchema newer = parse(SchemaType.JSON, open("\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}"));
        assertThat(newer.mismatches(older, Strictness.LENIENT)).isEmpty();
        assertThat(newer.mismatches(older, Strictness.STRICT)).hasSize(1);
        ParsedSchema changed = parse(SchemaType.JSON, open("\"a\":{\"type\":\"integer\"}"));
        assertThat(changed.mismatches(older, Strictness.LENIENT)).hasSize(1);
    }

    @Test
    void incompatibleChangesAreAtLeastTwenty() {
        assertThat(Stream.of(avro(), json(), protobuf())
                        .flatMap(all -> all)
                        .filter(change -> change.backward != null)
                        .count())
                .isGreaterThan(20);
    }
}
