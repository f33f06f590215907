package dev.millrace.server.schema.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.CheckBudget;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What passes as a value, and where the answer points for what does not. */
@Timeout(120)
class ValueChecksTest {
    private static final SchemaParser PARSER = new SchemaParser(1 << 20);
    private static final int[] FIRST = {};

    private static final String ORDER = """
            {"type":"record","name":"Order","fields":[
              {"name":"id","type":"string"},
              {"name":"total","type":"int"},
              {"name":"paid","type":"boolean"},
              {"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID"]}},
              {"name":"note","type":["null","string"]},
              {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
                {"name":"price","type":"double"},{"name":"hash","type":{"type":"fixed","name":"H","size":2}}]}}},
              {"name":"tags","type":{"type":"map","values":"long"}}]}""";

    private static ValueCheck check(SchemaType type, String schema) {
        return PARSER.parse(SchemaSource.of(type, schema)).values();
    }

    private static GenericData.Record order(Schema schema) {
        GenericData.Record order = new GenericData.Record(schema);
        order.put("id", "o-17");
        order.put("total", 12);
        order.put("paid", true);
        order.put("state", new GenericData.EnumSymbol(schema.getField("state").schema(), "PAID"));
        order.put("note", "fragile");
        Schema line = schema.getField("lines").schema().getElementType();
        GenericData.Record first = new GenericData.Record(line);
        first.put("price", 1.5);
        first.put("hash", new GenericData.Fixed(line.getField("hash").schema(), new byte[] {1, 2}));
        order.put("lines", List.of(first));
        order.put("tags", Map.of("a", 1L, "b", -1L));
        return order;
    }

    @Test
    void acceptsWhatAvroWritesAndNothingThatIsCutOffOrLonger() {
        Schema schema = new Schema.Parser().parse(ORDER);
        ValueCheck check = check(SchemaType.AVRO, ORDER);
        byte[] value = Values.avro(schema, order(schema));
        assertThat(check.problem(ByteBuffer.wrap(value), FIRST)).isNull();
        for (int length = 0; length < value.length; length++) {
            assertThat(check.problem(ByteBuffer.wrap(value, 0, length).slice(), FIRST))
                    .as("cut off at %d", length)
                    .isNotNull();
        }
        byte[] longer = java.util.Arrays.copyOf(value, value.length + 1);
        assertThat(check.problem(ByteBuffer.wrap(longer), FIRST)).contains("1 bytes are left over");
    }

    @Test
    void namesTheFieldThatIsWrong() {
        ValueCheck check = check(SchemaType.AVRO, ORDER);
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {2, 'a', 2, 7}), FIRST))
                .isEqualTo("at /paid: byte 7 is no boolean");
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {2, 'a', 2, 1, 8}), FIRST))
                .isEqualTo("at /state: index 4 among 2 symbols");
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {100}), FIRST))
                .isEqualTo("at /id: a string of 50 bytes with 0 bytes left");
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {0, 2, 1, 0, 0, 2, 0, 0}), FIRST))
                .startsWith("at /lines/0/price: ");
    }

    /** The walk must agree with Avro's own decoder on whatever bytes; where both refuse, the reasons may differ. */
    @Test
    void agreesWithAvrosDecoderOnMutatedValues() throws IOException {
        long seed = Seeds.first();
        SplittableRandom random = new SplittableRandom(seed);
        Schema schema = new Schema.Parser().parse(ORDER);
        ValueCheck check = check(SchemaType.AVRO, ORDER);
        byte[] good = Values.avro(schema, order(schema));
        int refused = 0;
        for (int i = 0; i < 2_000; i++) {
            byte[] value = good.clone();
            value[random.nextInt(value.length)] = (byte) random.nextInt(256);
            boolean decodes = decodes(schema, value);
            String problem = check.problem(ByteBuffer.wrap(value), FIRST);
            if (!decodes) {
                refused++;
                assertThat(problem)
                        .as("-Dseed=%d %s", seed, java.util.HexFormat.of().formatHex(value))
                        .isNotNull();
            }
        }
        assertThat(refused).isPositive();
    }

    private static boolean decodes(Schema schema, byte[] value) throws IOException {
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(value, null);
        try {
            new GenericDatumReader<>(schema).read(null, decoder);
            return decoder.isEnd();
        } catch (IOException | AvroRuntimeException | IndexOutOfBoundsException | OutOfMemoryError refused) {
            return false;
        }
    }

    @Test
    void boundsItemsWithoutBytesAndDepth() {
        ValueCheck nothing = check(SchemaType.AVRO, "{\"type\":\"array\",\"items\":\"null\"}");
        byte[] bomb = {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f, 0};
        assertThat(nothing.problem(ByteBuffer.wrap(bomb), FIRST)).contains("more than 65536 items without bytes");
        ValueCheck list = check(
                SchemaType.AVRO,
                "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}");
        StringBuilder bomber = new StringBuilder("{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}");
        for (int i = 1; i <= 20; i++) {
            bomber.insert(0, "{\"type\":\"record\",\"name\":\"R" + i + "\",\"fields\":[{\"name\":\"a\",\"type\":")
                    .append("},{\"name\":\"b\",\"type\":\"R" + (i - 1) + "\"},{\"name\":\"c\",\"type\":\"R" + (i - 1)
                            + "\"}]}");
        }
        assertThat(check(SchemaType.AVRO, bomber.toString()).problem(ByteBuffer.allocate(0), FIRST))
                .contains("more than 65536 items without bytes");
        byte[] deep = new byte[100_000];
        java.util.Arrays.fill(deep, (byte) 2);
        assertThat(list.problem(ByteBuffer.wrap(deep), FIRST)).contains("nested more than 500 deep");
    }

    @Test
    void namesThePathInJson() {
        ValueCheck check = check(
                SchemaType.JSON,
                "{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"string\"},"
                        + "\"lines\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":"
                        + "{\"price\":{\"type\":\"number\",\"minimum\":0}}}}}}");
        assertThat(check.problem(Values.utf8("{\"id\":\"a\",\"lines\":[{\"price\":1}]}"), FIRST))
                .isNull();
        assertThat(check.problem(Values.utf8("{}"), FIRST)).contains("id");
        assertThat(check.problem(Values.utf8("{\"id\":\"a\",\"lines\":[{\"price\":1},{\"price\":-1}]}"), FIRST))
                .startsWith("at /lines/1/price: ");
        assertThat(check.problem(Values.utf8("{\"id\":\"a\"} x"), FIRST)).contains("not JSON");
        assertThat(check.problem(Values.utf8(""), FIRST)).contains("empty");
        assertThat(check.problem(Values.utf8("[".repeat(100_000)), FIRST)).contains("depth");
        assertThat(check.problem(Values.utf8("{\"id\":\"a\",\"n\":1e999999999}"), FIRST))
                .contains("exponent");
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {'"', (byte) 0xff, '"'}), FIRST))
                .isNotNull();
    }

    private static void assertEndsOverBudget(String schema, String value) {
        CheckBudget budget = new CheckBudget();
        budget.addRecord(value.length());
        assertThat(check(SchemaType.JSON, schema).problem(Values.utf8(value), FIRST, budget))
                .as(schema.length() > 80 ? schema.substring(0, 80) : schema)
                .contains("more than the " + budget.allowed() + " steps", "Simplify the schema");
        assertThat(budget.spent()).isGreaterThan(budget.allowed());
    }

    private static String allOf(String part, int count) {
        return "{\"allOf\":[" + (part + ",").repeat(count - 1) + part + "]}";
    }

    @Test
    void hostileJsonSchemasEndWithTheirBudget() {
        assertEndsOverBudget("{\"pattern\":\"^(a|a)*$\"}", "\"" + "a".repeat(200) + "!\"");
        assertEndsOverBudget(
                "{\"patternProperties\":{\"^(a+)+$\":{\"type\":\"string\"}}}", "{\"" + "a".repeat(200) + "!\":1}");
        String doubled = IntStream.range(0, 40)
                .mapToObj(i -> "\"d" + i + "\":" + allOf("{\"$ref\":\"#/definitions/d" + (i + 1) + "\"}", 2))
                .collect(Collectors.joining(",", "{\"$ref\":\"#/definitions/d0\",\"definitions\":{", ",\"d40\":{}}}"));
        assertEndsOverBudget(doubled, "{}");
        String items =
                IntStream.range(0, 50_000).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]"));
        assertEndsOverBudget(allOf("{\"uniqueItems\":true}", 5_000), items);
        assertEndsOverBudget(allOf("{\"maxLength\":9999999}", 10_000), "\"" + "x".repeat(1_000_000) + "\"");
        assertEndsOverBudget("{\"format\":\"email\"}", "\"" + "@".repeat(100_000) + " \"");
        String names =
                IntStream.range(0, 20_000).mapToObj(i -> "\"p" + i + "\":true").collect(Collectors.joining(","));
        assertEndsOverBudget("{\"items\":{\"properties\":{" + names + "}}}", "[" + "{},".repeat(10_000) + "{}]");
    }

    @Test
    void patternsRepeatGroupsThroughoutLongTexts() {
        String text = "ab".repeat(50_000);
        CheckBudget budget = new CheckBudget();
        budget.addRecord(text.length());
        ValueCheck pairs = check(SchemaType.JSON, "{\"pattern\":\"^(ab)*$\"}");
        assertThat(pairs.problem(Values.utf8("\"" + text + "\""), FIRST, budget))
                .isNull();
        assertThat(pairs.problem(Values.utf8("\"" + text + "a\""), FIRST, budget))
                .startsWith("at /: ");
        CheckBudget large = new CheckBudget();
        large.addRecord(20 * text.length());
        assertThat(check(SchemaType.JSON, "{\"pattern\":\"^(a|b)*$\"}")
                        .problem(Values.utf8("\"" + text.repeat(20) + "\""), FIRST, large))
                .contains("keeps more than", "publish shorter texts");
    }

    @Test
    void valuesOfOneRequestShareABudget() {
        ValueCheck check = check(SchemaType.JSON, "{\"pattern\":\"^(a|a){18}$\"}");
        CheckBudget budget = new CheckBudget();
        int accepted = 0;
        String problem = null;
        while (problem == null && accepted < 1_000) {
            budget.addRecord(20);
            problem = check.problem(Values.utf8("\"" + "a".repeat(18) + "\""), FIRST, budget);
            if (problem == null) {
                accepted++;
                budget.spend(500_000);
            }
        }
        assertThat(accepted).isBetween(1, 3);
        assertThat(problem).contains("fewer records at once");
    }

    /** What people really have: events of twenty types in one schema, a large batch of them in one array. */
    @Test
    void largeHonestValuesTakeAFractionOfTheirBudget() {
        String types = IntStream.range(0, 20)
                .mapToObj(i -> "{\"type\":\"object\",\"required\":[\"type\",\"id\"],\"additionalProperties\":false,"
                        + "\"properties\":{\"type\":{\"const\":\"event" + i + "\"},\"id\":{\"type\":\"string\","
                        + "\"pattern\":\"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$\"},\"total\":{\"minimum\":0}}}")
                .collect(Collectors.joining(","));
        String value = "{\"type\":\"event19\",\"id\":\"123e4567-e89b-12d3-a456-426614174000\",\"total\":7},";
        String all = "[" + value.repeat(1_999) + value.substring(0, value.length() - 1) + "]";
        CheckBudget budget = new CheckBudget();
        budget.addRecord(all.length());
        ValueCheck check = check(SchemaType.JSON, "{\"items\":{\"oneOf\":[" + types + "]}}");
        assertThat(check.problem(Values.utf8(all), FIRST, budget)).isNull();
        assertThat(budget.spent()).isLessThan(budget.allowed() / 2);
    }

    @Test
    void findsTheMessageOfAProtobufFileByItsIndexes() {
        ValueCheck check = check(
                SchemaType.PROTOBUF,
                "syntax = \"proto2\"; message A { optional string s = 1; message In { required int32 n = 1; } }"
                        + " message B { required bool ok = 1; }");
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {10, 1, 'x'}), FIRST))
                .isNull();
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {8, 1}), new int[] {1}))
                .isNull();
        assertThat(check.problem(ByteBuffer.wrap(new byte[0]), new int[] {1})).contains("required fields [ok]");
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {8, 5}), new int[] {0, 0}))
                .isNull();
        assertThat(check.problem(ByteBuffer.wrap(new byte[] {10, 9, 'x'}), FIRST))
                .contains("no A");
        assertThat(check.problem(ByteBuffer.wrap(new byte[0]), new int[] {7})).contains("message 7 where there are 2");
    }
}
