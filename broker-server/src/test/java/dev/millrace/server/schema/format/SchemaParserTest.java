package dev.millrace.server.schema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a schema's text is, the answer is a schema or a reason that a person understands. */
@Timeout(120)
class SchemaParserTest {
    private static final int CHARS_MAX = 1 << 20;
    private static final SchemaParser PARSER = new SchemaParser(CHARS_MAX);

    static Stream<Arguments> unusable() {
        return Stream.of(
                Arguments.of(SchemaType.AVRO, "", "empty"),
                Arguments.of(SchemaType.AVRO, "{", "not JSON at line 1, column"),
                Arguments.of(SchemaType.AVRO, "{\"type\":\"nothing\"}", "primitive type or one of"),
                Arguments.of(SchemaType.AVRO, "{\"type\":\"record\",\"name\":\"A\"}", "no schema of Avro"),
                Arguments.of(
                        SchemaType.AVRO,
                        "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"a\",\"type\":\"B\"}]}",
                        "B"),
                Arguments.of(
                        SchemaType.AVRO,
                        "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"a\",\"type\":\"int\",\"default\":\"x\"}]}",
                        "default"),
                Arguments.of(
                        SchemaType.AVRO,
                        "{\"type\":\"array\",\"items\":".repeat(200) + "\"int\"" + "}".repeat(200),
                        "depth"),
                Arguments.of(SchemaType.JSON, "[]", "object, true or false"),
                Arguments.of(SchemaType.JSON, "{\"type\":\"strng\"}", "/type"),
                Arguments.of(SchemaType.JSON, "{\"type\":\"object\",\"type\":\"string\"}", "Duplicate"),
                Arguments.of(SchemaType.JSON, "{\"minimum\":1e999999999}", "exponent"),
                Arguments.of(SchemaType.JSON, "{\"pattern\":\"(\"}", "no JSON schema"),
                Arguments.of(SchemaType.JSON, "{\"$schema\":\"http://example.com/x\"}", "drafts 4, 6, 7"),
                Arguments.of(SchemaType.JSON, "{\"$ref\":\"#/definitions/missing\"}", "leads to nothing"),
                Arguments.of(SchemaType.JSON, "{\"$ref\":\"http://127.0.0.1:1/x.json\"}", "Nothing is fetched"),
                Arguments.of(
                        SchemaType.JSON,
                        "{\"definitions\":{\"a\":{\"$ref\":\"#/definitions/b\"},\"b\":{\"$ref\":\"#/definitions/a\"}},"
                                + "\"properties\":{\"x\":{\"$ref\":\"#/definitions/a\"}}}",
                        "leads"),
                Arguments.of(SchemaType.JSON, "{\"not\":".repeat(5_000) + "{}" + "}".repeat(5_000), "depth"),
                Arguments.of(SchemaType.PROTOBUF, "message", "no .proto file"),
                Arguments.of(SchemaType.PROTOBUF, "syntax = \"proto3\"; message A { B b = 1; }", "\"B\""),
                Arguments.of(SchemaType.PROTOBUF, "syntax = \"proto3\"; message A { int32 a = 1; int32 b = 1; }", "1"),
                Arguments.of(SchemaType.PROTOBUF, "syntax = \"proto3\"; message A { int32 a = 0; }", "positive"),
                Arguments.of(SchemaType.PROTOBUF, "syntax = \"proto3\"; import \"x.proto\";", "imports \"x.proto\""),
                Arguments.of(
                        SchemaType.PROTOBUF,
                        "syntax = \"proto3\"; " + "message A { ".repeat(500) + "}".repeat(500),
                        "nested more than 100"),
                Arguments.of(SchemaType.PROTOBUF, "syntax = \"proto3\"; message A {} message A {}", "A"));
    }

    @ParameterizedTest
    @MethodSource("unusable")
    void refusesWithTheReason(SchemaType type, String text, String reason) {
        assertThatThrownBy(() -> PARSER.parse(SchemaSource.of(type, text)))
                .isInstanceOf(UnusableSchemaException.class)
                .message()
                .containsIgnoringCase(reason)
                .hasSizeLessThan(2_000);
    }

    @Test
    void refusesSchemaOverTheSize() {
        String huge = "\"" + "a".repeat(CHARS_MAX) + "\"";
        for (SchemaType type : SchemaType.values()) {
            assertThatThrownBy(() -> PARSER.parse(SchemaSource.of(type, huge)))
                    .isInstanceOf(UnusableSchemaException.class)
                    .hasMessageContaining("a schema may have " + CHARS_MAX);
        }
    }

    @Test
    void readsSchemasThatReferToOthers() {
        SchemaSource user = SchemaSource.of(
                SchemaType.AVRO,
                "{\"type\":\"record\",\"name\":\"User\",\"namespace\":\"a\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"}]}");
        SchemaSource order = new SchemaSource(
                SchemaType.AVRO,
                "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"by\",\"type\":\"a.User\"}]}",
                List.of(new SchemaSource.Reference("a.User", user)));
        assertThat(PARSER.parse(order).name()).isEqualTo("Order");

        SchemaSource money = SchemaSource.of(SchemaType.JSON, "{\"type\":\"integer\",\"minimum\":0}");
        SchemaSource price = new SchemaSource(
                SchemaType.JSON,
                "{\"type\":\"object\",\"properties\":{\"p\":{\"$ref\":\"money.json\"}}}",
                List.of(new SchemaSource.Reference("money.json", money)));
        ValueCheck check = PARSER.parse(price).values();
        assertThat(check.problem(Values.utf8("{\"p\":1}"), new int[0])).isNull();
        assertThat(check.problem(Values.utf8("{\"p\":-1}"), new int[0])).contains("/p");

        SchemaSource line =
                SchemaSource.of(SchemaType.PROTOBUF, "syntax = \"proto3\"; package a; message Line { int32 n = 1; }");
        SchemaSource file = new SchemaSource(
                SchemaType.PROTOBUF,
                "syntax = \"proto3\"; import \"line.proto\"; import \"google/protobuf/timestamp.proto\";"
                        + " message Order { repeated a.Line l = 1; google.protobuf.Timestamp at = 2; }",
                List.of(new SchemaSource.Reference("line.proto", line)));
        assertThat(PARSER.parse(file).name()).isEqualTo("Order");
    }

    @Test
    void readsAllOfProtobufsGrammar() {
        ParsedSchema schema = PARSER.parse(SchemaSource.of(SchemaType.PROTOBUF, """
                syntax = "proto2";
                package a.b;
                option java_package = "x";
                // A comment.
                message M {
                  reserved 4, 20 to 30;
                  reserved "old";
                  required int32 id = 1 [deprecated = true];
                  repeated string s = 2;
                  map<string, N> m = 3;
                  optional E e = 5 [default = A];
                  oneof o { string x = 10; N y = 11; }
                  repeated group Item = 12 { optional int32 n = 1; }
                  message N { optional M back = 1; }
                  enum E { option allow_alias = true; A = 0; B = 0; }
                  extensions 100 to max;
                }
                extend M { optional int32 extra = 100; }
                service S { rpc R (M) returns (stream M); }
                """));
        assertThat(schema.name()).isEqualTo("a.b.M");
        assertThat(schema.canonical()).contains("message M");
    }

    /** Mutations of good schemas: no input may end in anything but a schema or a reason. */
    @Test
    void endsInASchemaOrAReasonWhateverTheText() {
        long seed = Seeds.first();
        SplittableRandom random = new SplittableRandom(seed);
        List<CompatibilityRulesTest.Change> seeds = new ArrayList<>();
        CompatibilityRulesTest.avro().forEach(seeds::add);
        CompatibilityRulesTest.json().forEach(seeds::add);
        CompatibilityRulesTest.protobuf().forEach(seeds::add);
        patterns().forEach(seeds::add);
        int usable = 0;
        for (int i = 0; i < 1_000; i++) {
            CompatibilityRulesTest.Change change = seeds.get(random.nextInt(seeds.size()));
            String text = mutated(change.newer(), random);
            try {
                SchemaFuzzTarget.run(change.type(), text, change.older());
                usable++;
            } catch (UnusableSchemaException reason) {
                assertThat(reason.getMessage()).as("-Dseed=%d: %s", seed, text).isNotBlank();
            } catch (RuntimeException | Error defect) {
                throw new AssertionError("-Dseed=" + seed + " " + change.type() + ": " + text, defect);
            }
        }
        assertThat(usable).as("mutations that are schemas, -Dseed=%d", seed).isPositive();
    }

    /** The names of the schema's own keywords are what they are matched with. */
    private static Stream<CompatibilityRulesTest.Change> patterns() {
        return Stream.of(
                        "^((p)?(r)?(\\\\w))*\\\\4|(?:a{2}){3}|t{,5}",
                        "(?<=^(\\\\w+)(\\\\w))|(?<!\\\\1[a-c]*)\\\\b", "^(?:(?=(?<n>.))\\\\k<n>-?|){2,}?$")
                .map(pattern -> "{\"type\":\"object\",\"patternProperties\":{\"" + pattern + "\":{\"pattern\":\""
                        + pattern + "\"}}}")
                .map(schema -> new CompatibilityRulesTest.Change(SchemaType.JSON, schema, schema, null, null));
    }

    private static String mutated(String text, SplittableRandom random) {
        StringBuilder mutant = new StringBuilder(text);
        for (int edits = 1 + random.nextInt(3); edits > 0 && mutant.length() > 1; edits--) {
            int at = random.nextInt(mutant.length());
            int to = Math.min(mutant.length(), at + 1 + random.nextInt(8));
            switch (random.nextInt(5)) {
                case 0 -> mutant.deleteCharAt(at);
                case 1 -> mutant.insert(at, (char) (32 + random.nextInt(95)));
                case 2 -> mutant.setCharAt(at, "{}[]\",:0#$".charAt(random.nextInt(10)));
                case 3 -> mutant.insert(at, mutant.substring(at, to));
                default -> mutant.insert(at, text, 0, random.nextInt(text.length()));
            }
        }
        return mutant.toString();
    }
}
